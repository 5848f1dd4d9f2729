package bench

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"testing"

	"github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
	"github.com/lxzan/gws"
	xnet "golang.org/x/net/websocket"
)

// bufferedLibs are libraries that write each message by itself, on a connection that can collect what is written. nbio is not
// among them, as its connections are those of its poller; gobwas, wsutil and mintws need no help.
var bufferedLibs = []loopLib{
	buffered("gorilla+buffered", func(sock *heldConn, url string) (loopClient, error) {
		d := gorilla.Dialer{NetDial: func(_, _ string) (net.Conn, error) { return sock, nil }}
		conn, _, err := d.Dial(url, nil)
		return &gorillaLoop{conn, make([]byte, loopBuffer)}, err
	}),
	buffered("coder+buffered", func(sock *heldConn, url string) (loopClient, error) {
		dial := func(context.Context, string, string) (net.Conn, error) { return sock, nil }
		conn, _, err := websocket.Dial(context.Background(), url, &websocket.DialOptions{
			HTTPClient:      &http.Client{Transport: &http.Transport{DialContext: dial}},
			CompressionMode: websocket.CompressionDisabled,
		})
		return &coderLoop{conn, make([]byte, loopBuffer)}, err
	}),
	buffered("gws+buffered", func(sock *heldConn, url string) (loopClient, error) {
		c, err := &gwsLoop{rally: rally{done: make(chan error, 1)}}, error(nil)
		c.conn, _, err = gws.NewClientFromConn(c, &gws.ClientOption{Addr: url}, sock)
		return c, err
	}),
	buffered("xnet+buffered", func(sock *heldConn, url string) (loopClient, error) {
		config, err := xnet.NewConfig(url, "http://"+sock.RemoteAddr().String())
		if err != nil {
			return nil, err
		}
		conn, err := xnet.NewClient(config, sock)
		if err != nil {
			return nil, err
		}
		conn.PayloadType = xnet.BinaryFrame
		return &xnetLoop{sock, conn, make([]byte, loopBuffer)}, nil
	}),
}

// batchLibs are those that can write many messages at once.
func batchLibs() []loopLib {
	return append(slices.DeleteFunc(append(slices.Clone(loopLibs), codecLib), func(lib loopLib) bool {
		return !slices.Contains([]string{"mintws", "mintws+codec", "gobwas", "wsutil", "floor"}, lib.name)
	}), bufferedLibs...)
}

// heldConn is a connection that collects what is written to it while it is held.
type heldConn struct {
	net.Conn
	w    *bufio.Writer
	held bool
}

// Write writes at once, or keeps p for later.
func (c *heldConn) Write(p []byte) (int, error) {
	if c.held {
		return c.w.Write(p)
	}
	return c.Conn.Write(p)
}

// heldLoop is a client with such a connection.
type heldLoop struct {
	loopClient
	sock *heldConn
}

// buffered is a library whose client connect makes of a socket.
func buffered(name string, connect func(sock *heldConn, url string) (loopClient, error)) loopLib {
	return loopLib{name, func(addr, path string) (loopClient, error) {
		sock, err := net.Dial("tcp", addr)
		if err != nil {
			return nil, err
		}
		held := &heldConn{Conn: sock, w: bufio.NewWriterSize(sock, loopBuffer)}
		c, err := connect(held, "ws://"+addr+path)
		if err != nil {
			sock.Close()
			return nil, err
		}
		return &heldLoop{c, held}, nil
	}}
}

func (c *heldLoop) sendBatch(n int, p []byte) error {
	c.sock.held = true
	err := c.send(n, p)
	c.sock.held = false
	return errors.Join(err, c.sock.w.Flush())
}

// countedConn counts calls of Write.
type countedConn struct {
	net.Conn
	writes int
}

func (c *countedConn) Write(p []byte) (int, error) {
	c.writes++
	return c.Conn.Write(p)
}

// TestBatchIsOneWrite: a batch of every library that is said to collect leaves with one write, and a single message with one.
func TestBatchIsOneWrite(t *testing.T) {
	s := newLoopServer(t)
	for _, lib := range bufferedLibs {
		c, err := lib.open(s.addr(), "/drain")
		if err != nil {
			t.Fatal(lib.name, err)
		}
		defer c.close()
		held := c.(*heldLoop).sock
		under := &countedConn{Conn: held.Conn}
		held.Conn = under
		held.w.Reset(under)
		if err = c.(batcher).sendBatch(pipelineBatch, fill(pipelineSize)); err != nil || !s.await(pipelineBatch*wireSize) {
			t.Errorf("%s: a batch: %v", lib.name, err)
		}
		if under.writes != 1 {
			t.Errorf("%s: a batch of %d messages left with %d writes", lib.name, pipelineBatch, under.writes)
		}
		if err = c.send(1, fill(pipelineSize)); err != nil || !s.await(wireSize) {
			t.Errorf("%s: one message after a batch: %v", lib.name, err)
		}
	}
}
