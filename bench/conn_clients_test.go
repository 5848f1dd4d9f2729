package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"unicode/utf8"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"
	gorilla "github.com/gorilla/websocket"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
)

// connClient is a connection of a library whose calls block, or that calls back.
type connClient interface {
	// send sends p as one message of the client's kind.
	send(p []byte) error
	// receive calls begin, which makes the server send, then receives n messages and gives each to take, where others may be
	// sent. It stops at an error.
	receive(n int, begin func() error, take func(p []byte) error) error
	// close closes the socket, without a closing handshake.
	close()
}

// connLib is a library; open dials path of the server at addr, for messages of the kind op and of up to n bytes.
type connLib struct {
	name string
	open func(addr, path string, op mintws.Opcode, n int) (connClient, error)
}

// connLibs are libraries in the order of the tables. Each gets the buffers with which it is fastest.
var connLibs = []connLib{
	{"mintws", connMintws},
	{"gorilla", connGorilla},
	{"coder", connCoder},
	{"gws", connGws},
	{"nbio", connNbio},
	{"gobwas", connGobwas},
	{"floor", connFloor},
}

// receiveEach is receive for a library that is asked for one message after the other.
func receiveEach(n int, begin func() error, read func() ([]byte, error), take func(p []byte) error) error {
	err := begin()
	for ; err == nil && n > 0; n-- {
		var p []byte
		if p, err = read(); err == nil {
			err = take(p)
		}
	}
	return err
}

// mintwsConn is package wsconn.
type mintwsConn struct {
	conn *wsconn.Conn
	op   mintws.Opcode
}

func connMintws(addr, path string, op mintws.Opcode, _ int) (connClient, error) {
	conn, err := wsconn.Dial(context.Background(), "ws://"+addr+path, wsconn.Options{})
	return mintwsConn{conn, op}, err
}

func (c mintwsConn) send(p []byte) error { return c.conn.Write(context.Background(), c.op, p) }

func (c mintwsConn) receive(n int, begin func() error, take func(p []byte) error) error {
	return receiveEach(n, begin, func() ([]byte, error) {
		_, p, err := c.conn.Read(context.Background())
		return p, err
	}, take)
}

func (c mintwsConn) close() { c.conn.CloseNow() }

// gorillaConn reads into a buffer of its own, and has a buffer to write from that takes a whole message.
type gorillaConn struct {
	conn *gorilla.Conn
	op   mintws.Opcode
	buf  []byte
}

func connGorilla(addr, path string, op mintws.Opcode, n int) (connClient, error) {
	conn, _, err := (&gorilla.Dialer{WriteBufferSize: n + 14}).Dial("ws://"+addr+path, nil)
	return &gorillaConn{conn, op, make([]byte, n+1)}, err
}

func (c *gorillaConn) send(p []byte) error { return c.conn.WriteMessage(int(c.op), p) }

func (c *gorillaConn) receive(n int, begin func() error, take func(p []byte) error) error {
	return receiveEach(n, begin, func() ([]byte, error) {
		_, r, err := c.conn.NextReader()
		if err != nil {
			return nil, err
		}
		m, err := readAll(r, c.buf)
		return c.buf[:m], err
	}, take)
}

func (c *gorillaConn) close() { c.conn.Close() }

// coderConn reads into a buffer of its own, too.
type coderConn struct {
	conn *websocket.Conn
	op   mintws.Opcode
	buf  []byte
}

func connCoder(addr, path string, op mintws.Opcode, n int) (connClient, error) {
	conn, _, err := websocket.Dial(context.Background(), "ws://"+addr+path, &websocket.DialOptions{
		HTTPClient: coderHTTP, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(-1)
	return &coderConn{conn, op, make([]byte, n+1)}, nil
}

func (c *coderConn) send(p []byte) error {
	return c.conn.Write(context.Background(), websocket.MessageType(c.op), p)
}

func (c *coderConn) receive(n int, begin func() error, take func(p []byte) error) error {
	return receiveEach(n, begin, func() ([]byte, error) {
		_, r, err := c.conn.Reader(context.Background())
		if err != nil {
			return nil, err
		}
		m, err := readAll(r, c.buf)
		return c.buf[:m], err
	}, take)
}

func (c *coderConn) close() { c.conn.CloseNow() }

// gobwasConn uses gobwas's low-level functions: one buffer for each direction, one write a message. Text is validated with
// utf8.Valid, as they leave that to their user.
type gobwasConn struct {
	sock net.Conn
	op   mintws.Opcode
	r    *bufio.Reader
	head []byte
	buf  []byte
	enc  gobwasEncoder
}

func connGobwas(addr, path string, op mintws.Opcode, n int) (connClient, error) {
	sock, _, _, err := ws.Dialer{}.Dial(context.Background(), "ws://"+addr+path)
	return &gobwasConn{sock: sock, op: op, r: bufio.NewReaderSize(sock, loopBuffer), head: make([]byte, ws.MaxHeaderSize),
		buf: make([]byte, n)}, err
}

// errText is text that is not UTF-8.
var errText = errors.New("not UTF-8")

func (c *gobwasConn) send(p []byte) error {
	if c.op == mintws.OpText && !utf8.Valid(p) {
		return errText
	}
	c.enc.buf.Reset()
	if err := c.enc.encode(mintws.Client, c.op, p); err != nil {
		return err
	}
	_, err := c.sock.Write(c.enc.buf.Bytes())
	return err
}

func (c *gobwasConn) receive(n int, begin func() error, take func(p []byte) error) error {
	return receiveEach(n, begin, func() ([]byte, error) {
		h, err := ws.ReadHeaderBuffer(c.r, c.head)
		if err == nil {
			err = ws.CheckHeader(h, ws.StateClientSide)
		}
		if err != nil || h.Length > int64(len(c.buf)) {
			return nil, fmt.Errorf("%d bytes: %w", h.Length, errors.Join(err, errEcho))
		}
		p := c.buf[:h.Length]
		if _, err = io.ReadFull(c.r, p); err == nil && h.OpCode == ws.OpText && !utf8.Valid(p) {
			err = errText
		}
		return p, err
	}, take)
}

func (c *gobwasConn) close() { c.sock.Close() }

// floorConn is the socket itself. It knows how long the messages are, keeps the frame that it sends, and checks nothing.
type floorConn struct {
	sock  net.Conn
	op    mintws.Opcode
	sent  *byte // what is in frame
	frame []byte
	buf   []byte
	head  int // of a frame in buf
}

func connFloor(addr, path string, op mintws.Opcode, n int) (connClient, error) {
	c, err := loopFloor(addr, path)
	if err != nil {
		return nil, err
	}
	head := len(floorHeader(nil, byte(op), n))
	return &floorConn{sock: c.(*floorLoop).sock, op: op, buf: make([]byte, head+n), head: head}, nil
}

func (c *floorConn) send(p []byte) error {
	if c.sent != &p[0] || len(p) < 100 { // an order for messages is another one in the same place
		if cap(c.frame) < 14+len(p) {
			c.frame = make([]byte, 0, 14+len(p))
		}
		c.sent, c.frame = &p[0], floorEncode(c.frame[:0], byte(c.op), p, floorKey)
	}
	_, err := c.sock.Write(c.frame)
	return err
}

func (c *floorConn) receive(n int, begin func() error, take func(p []byte) error) error {
	return receiveEach(n, begin, func() ([]byte, error) {
		_, err := io.ReadFull(c.sock, c.buf)
		return c.buf[c.head:], err
	}, take)
}

func (c *floorConn) close() { c.sock.Close() }
