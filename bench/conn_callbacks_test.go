package bench

import (
	"errors"
	"fmt"
	"net"

	nbio "github.com/lesismal/nbio/nbhttp/websocket"
	"github.com/lxzan/gws"

	"github.com/mintws/mintws/mintws"
)

// called is what receive is in libraries that call back.
type called struct {
	left int
	take func(p []byte) error
	done chan error
}

// message takes one.
func (c *called) message(p []byte) {
	if c.left--; c.left < 0 {
		c.over(fmt.Errorf("%d bytes that nobody asked for", len(p)))
	} else if err := c.take(p); err != nil || c.left == 0 {
		c.over(err)
	}
}

// over ends it, once.
func (c *called) over(err error) {
	select {
	case c.done <- err:
	default:
	}
}

func (c *called) receive(n int, begin func() error, take func(p []byte) error) error {
	c.left, c.take = n, take
	if err := begin(); err != nil {
		return err
	}
	return <-c.done
}

// gwsConn takes messages in gws's callback, on the goroutine that reads.
type gwsConn struct {
	gws.BuiltinEventHandler
	called
	conn *gws.Conn
	op   mintws.Opcode
}

func connGws(addr, path string, op mintws.Opcode, _ int) (connClient, error) {
	c, err := &gwsConn{called: called{done: make(chan error, 1)}, op: op}, error(nil)
	if c.conn, _, err = gws.NewClient(c, &gws.ClientOption{Addr: "ws://" + addr + path, CheckUtf8Enabled: true}); err != nil {
		return nil, err
	}
	go c.conn.ReadLoop()
	return c, nil
}

// OnMessage is called for each message.
func (c *gwsConn) OnMessage(_ *gws.Conn, m *gws.Message) {
	c.message(m.Bytes())
	m.Close()
}

// OnClose is called at the end.
func (c *gwsConn) OnClose(_ *gws.Conn, err error) { c.over(err) }

func (c *gwsConn) send(p []byte) error { return c.conn.WriteMessage(gws.Opcode(c.op), p) }

func (c *gwsConn) close() { c.conn.NetConn().Close() }

// nbioConn takes messages in nbio's callback, on the goroutine that polls.
type nbioConn struct {
	called
	conn *nbio.Conn
	op   mintws.Opcode
}

func connNbio(addr, path string, op mintws.Opcode, _ int) (connClient, error) {
	engine, err := nbioEngine()
	if err != nil {
		return nil, err
	}
	c := &nbioConn{called: called{done: make(chan error, 1)}, op: op}
	opt := nbio.NewOptions()
	opt.Engine = engine
	opt.OnMessage(func(_ *nbio.Conn, _ nbio.MessageType, p []byte) { c.message(p) })
	opt.OnClose(func(_ *nbio.Conn, err error) { c.over(errors.Join(net.ErrClosed, err)) })
	if c.conn, _, err = (&nbio.Dialer{Engine: engine, Options: opt}).Dial("ws://"+addr+path, nil); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *nbioConn) send(p []byte) error { return c.conn.WriteMessage(nbio.MessageType(c.op), p) }

func (c *nbioConn) close() { c.conn.Close() }
