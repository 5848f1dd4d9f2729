package bench

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"

	"github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
	"github.com/lesismal/nbio/logging"
	"github.com/lesismal/nbio/nbhttp"
	nbio "github.com/lesismal/nbio/nbhttp/websocket"
	"github.com/lxzan/gws"
	xnet "golang.org/x/net/websocket"
)

// gorillaLoop reads into a buffer of its own, so that reading allocates little.
type gorillaLoop struct {
	conn *gorilla.Conn
	buf  []byte
}

func loopGorilla(addr, path string) (loopClient, error) {
	conn, _, err := new(gorilla.Dialer).Dial("ws://"+addr+path, nil)
	if err != nil {
		return nil, err
	}
	return &gorillaLoop{conn, make([]byte, loopBuffer)}, nil
}

func (c *gorillaLoop) trips(n int, p []byte) error {
	for range n {
		if err := c.send(1, p); err != nil {
			return err
		}
		_, r, err := c.conn.NextReader()
		if err != nil {
			return err
		}
		m, err := readAll(r, c.buf)
		if err != nil {
			return err
		}
		if !bytes.Equal(c.buf[:m], p) {
			return errEcho
		}
	}
	return nil
}

func (c *gorillaLoop) send(n int, p []byte) error {
	for range n {
		if err := c.conn.WriteMessage(gorilla.BinaryMessage, p); err != nil {
			return err
		}
	}
	return nil
}

func (c *gorillaLoop) wait() {
	c.buf = nil
	c.conn.NextReader()
}

func (c *gorillaLoop) close() { c.conn.Close() }

// coderLoop reads into a buffer of its own, too.
type coderLoop struct {
	conn *websocket.Conn
	buf  []byte
}

// coderHTTP is what it dials with: no proxy, and no connection is kept.
var coderHTTP = &http.Client{Transport: &http.Transport{}}

func loopCoder(addr, path string) (loopClient, error) {
	conn, _, err := websocket.Dial(context.Background(), "ws://"+addr+path, &websocket.DialOptions{
		HTTPClient: coderHTTP, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, err
	}
	return &coderLoop{conn, make([]byte, loopBuffer)}, nil
}

func (c *coderLoop) trips(n int, p []byte) error {
	for range n {
		if err := c.send(1, p); err != nil {
			return err
		}
		_, r, err := c.conn.Reader(context.Background())
		if err != nil {
			return err
		}
		m, err := readAll(r, c.buf)
		if err != nil {
			return err
		}
		if !bytes.Equal(c.buf[:m], p) {
			return errEcho
		}
	}
	return nil
}

func (c *coderLoop) send(n int, p []byte) error {
	for range n {
		if err := c.conn.Write(context.Background(), websocket.MessageBinary, p); err != nil {
			return err
		}
	}
	return nil
}

func (c *coderLoop) wait() {
	c.buf = nil
	c.conn.Reader(context.Background())
}

func (c *coderLoop) close() { c.conn.CloseNow() }

// rally is a conversation in a callback: each echo is answered there with the next message.
type rally struct {
	left int
	p    []byte
	done chan error
}

// start sends the first of n messages and waits for the last one's echo.
func (r *rally) start(n int, p []byte, send func([]byte) error) error {
	r.left, r.p = n, p
	if err := send(p); err != nil {
		return err
	}
	return <-r.done
}

// echo takes an echo.
func (r *rally) echo(p []byte, send func([]byte) error) {
	err := error(nil)
	if !bytes.Equal(p, r.p) {
		err = errEcho
	}
	r.left--
	if err == nil && r.left > 0 {
		if err = send(r.p); err == nil {
			return
		}
	}
	r.over(err)
}

// over ends the conversation, once.
func (r *rally) over(err error) {
	select {
	case r.done <- err:
	default:
	}
}

// gwsLoop answers in gws's callback, on the goroutine that reads.
type gwsLoop struct {
	gws.BuiltinEventHandler
	conn  *gws.Conn
	rally rally
	read  sync.Once
}

func loopGws(addr, path string) (loopClient, error) {
	c, err := &gwsLoop{rally: rally{done: make(chan error, 1)}}, error(nil)
	if c.conn, _, err = gws.NewClient(c, &gws.ClientOption{Addr: "ws://" + addr + path}); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *gwsLoop) write(p []byte) error { return c.conn.WriteMessage(gws.OpcodeBinary, p) }

// OnMessage is called for each message.
func (c *gwsLoop) OnMessage(_ *gws.Conn, m *gws.Message) {
	c.rally.echo(m.Bytes(), c.write)
	m.Close()
}

// OnClose is called at the end.
func (c *gwsLoop) OnClose(_ *gws.Conn, err error) { c.rally.over(err) }

func (c *gwsLoop) trips(n int, p []byte) error {
	c.read.Do(func() { go c.conn.ReadLoop() })
	return c.rally.start(n, p, c.write)
}

func (c *gwsLoop) send(n int, p []byte) error {
	for range n {
		if err := c.write(p); err != nil {
			return err
		}
	}
	return nil
}

func (c *gwsLoop) wait() { c.read.Do(c.conn.ReadLoop) }

func (c *gwsLoop) close() { c.conn.NetConn().Close() }

// nbioLoop answers in nbio's callback, on the goroutine that polls.
type nbioLoop struct {
	conn  *nbio.Conn
	rally rally
}

// nbioEngine is what its connections share: it runs callbacks where it polls, on no goroutine of their own. It is started by
// the first client, and lives as long as the process.
var nbioEngine = sync.OnceValues(func() (*nbhttp.Engine, error) {
	logging.SetLevel(logging.LevelError)
	inPlace := func(f func()) { f() }
	e := nbhttp.NewEngine(nbhttp.Config{
		NPoller: 1, ClientExecutor: inPlace, ServerExecutor: inPlace, ReleaseWebsocketPayload: true,
	})
	return e, e.Start()
})

func loopNbio(addr, path string) (loopClient, error) {
	engine, err := nbioEngine()
	if err != nil {
		return nil, err
	}
	c := &nbioLoop{rally: rally{done: make(chan error, 1)}}
	opt := nbio.NewOptions()
	opt.Engine = engine
	opt.OnMessage(func(_ *nbio.Conn, _ nbio.MessageType, p []byte) { c.rally.echo(p, c.write) })
	opt.OnClose(func(_ *nbio.Conn, err error) { c.rally.over(errors.Join(net.ErrClosed, err)) })
	if c.conn, _, err = (&nbio.Dialer{Engine: engine, Options: opt}).Dial("ws://"+addr+path, nil); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *nbioLoop) write(p []byte) error { return c.conn.WriteMessage(nbio.BinaryMessage, p) }

func (c *nbioLoop) trips(n int, p []byte) error { return c.rally.start(n, p, c.write) }

func (c *nbioLoop) send(n int, p []byte) error {
	for range n {
		if err := c.write(p); err != nil {
			return err
		}
	}
	return nil
}

func (c *nbioLoop) wait() {}

func (c *nbioLoop) close() { c.conn.Close() }

// xnetLoop uses Write and Read, which allocate less than its codecs.
type xnetLoop struct {
	sock net.Conn
	conn *xnet.Conn
	buf  []byte
}

func loopXnet(addr, path string) (loopClient, error) {
	config, err := xnet.NewConfig("ws://"+addr+path, "http://"+addr)
	if err != nil {
		return nil, err
	}
	sock, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	conn, err := xnet.NewClient(config, sock)
	if err != nil {
		sock.Close()
		return nil, err
	}
	conn.PayloadType = xnet.BinaryFrame
	return &xnetLoop{sock, conn, make([]byte, loopBuffer)}, nil
}

func (c *xnetLoop) trips(n int, p []byte) error {
	for range n {
		if err := c.send(1, p); err != nil {
			return err
		}
		m := 0
		for m < len(p) { // an EOF here is the end of the connection: that of a frame goes unseen
			k, err := c.conn.Read(c.buf[m:])
			if err != nil {
				return err
			}
			m += k
		}
		if !bytes.Equal(c.buf[:m], p) {
			return errEcho
		}
	}
	return nil
}

func (c *xnetLoop) send(n int, p []byte) error {
	for range n {
		if _, err := c.conn.Write(p); err != nil {
			return err
		}
	}
	return nil
}

func (c *xnetLoop) wait() { c.conn.Read(make([]byte, 1)) }

func (c *xnetLoop) close() { c.sock.Close() }
