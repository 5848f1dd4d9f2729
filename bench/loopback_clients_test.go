package bench

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
)

// loopClient is a connection of some library to the server.
type loopClient interface {
	// trips sends p as one binary message n times, each after the last one's echo has come.
	trips(n int, p []byte) error
	// send sends p as one binary message n times, one write a message.
	send(n int, p []byte) error
	// wait lets a goroutine wait for the next message, where the library has no other way, until the connection is closed.
	wait()
	// close closes the socket, without a closing handshake.
	close()
}

// batcher is a client that can send many messages with one write.
type batcher interface {
	// sendBatch sends p as one binary message n times, with one write.
	sendBatch(n int, p []byte) error
}

// loopLib is a library; open dials path of the server at addr.
type loopLib struct {
	name string
	open func(addr, path string) (loopClient, error)
}

var loopLibs = []loopLib{
	{"mintws", loopMintws},
	{"gorilla", loopGorilla},
	{"coder", loopCoder},
	{"gobwas", loopGobwas},
	{"wsutil", loopWsutil},
	{"gws", loopGws},
	{"nbio", loopNbio},
	{"xnet", loopXnet},
	{"floor", loopFloor},
}

// loopRuns is one run for each library, with a client of path.
func loopRuns(s *loopServer, path string, f func(b *testing.B, c loopClient)) []run {
	return runsOf(loopLibs, s, path, f)
}

// runsOf is loopRuns for some of the libraries.
func runsOf(libs []loopLib, s *loopServer, path string, f func(b *testing.B, c loopClient)) (runs []run) {
	for _, lib := range libs {
		runs = append(runs, run{lib.name, func(b *testing.B) {
			c, err := lib.open(s.addr(), path)
			if err != nil {
				b.Fatal(err)
			}
			f(b, c)
			b.StopTimer()
			c.close()
		}})
	}
	return runs
}

// errEcho is an echo that is not what was sent.
var errEcho = errors.New("the echo differs")

// mintwsLoop is our client: the loop of the README.
type mintwsLoop struct {
	sock net.Conn
	conn httpconn.Conn
	ws   mintws.WebSocket
	*loopScratch
}

// loopScratch is what connections can share.
type loopScratch struct {
	out httpconn.Output
	in  mintws.Inbox
	buf []byte
}

// loopScratches keeps scratch space for the next connection, as gobwas keeps what its handshakes need.
var loopScratches = sync.Pool{New: func() any { return &loopScratch{buf: make([]byte, loopBuffer)} }}

// loopBuffer is what is read at most in one call, the default of the peers that have one.
const loopBuffer = 4 << 10

func loopMintws(addr, path string) (loopClient, error) {
	c, err := &mintwsLoop{loopScratch: loopScratches.Get().(*loopScratch)}, error(nil)
	url := "ws://" + addr + path
	dial := httpdial.Options{Proxy: httpdial.NoProxy, Timeout: -1} // gobwas, gorilla and coder have no timeout unless asked for one
	c.sock, c.conn, err = httpdial.Dial(context.Background(), url, &c.out, dial)
	if err != nil {
		return nil, err
	}
	c.conn, c.ws, err = mintws.Upgrade(c.conn, &c.out, url, mintws.Options{})
	for err == nil && c.ws.State() == mintws.Connecting {
		if _, err = c.sock.Write(c.out.Send); err == nil {
			err = c.step()
		}
	}
	if err != nil {
		c.sock.Close()
		return nil, err
	}
	return c, nil
}

// step reads once, and takes what came.
func (c *mintwsLoop) step() error {
	c.out.Reset()
	c.in.Reset()
	n, err := c.sock.Read(c.buf)
	if err != nil {
		return err
	}
	if c.conn, err = c.conn.Stream(&c.out, c.buf[:n]); err != nil {
		return err
	}
	for _, ev := range c.out.Events {
		if c.conn, c.ws, err = mintws.Receive(c.conn, &c.out, c.ws, &c.in, ev); err != nil {
			return err
		}
	}
	return nil
}

func (c *mintwsLoop) trips(n int, p []byte) error { return mintwsTrips(c, &c.in, n, p) }
func (c *mintwsLoop) send(n int, p []byte) error  { return mintwsSend(c, n, p) }

// stepper is a client of ours: with the connection, or the codec alone.
type stepper interface {
	batcher
	step() error
}

// mintwsTrips is loopClient.trips for a client that puts what it received into in.
func mintwsTrips(c stepper, in *mintws.Inbox, n int, p []byte) error {
	for range n {
		if err := c.sendBatch(1, p); err != nil {
			return err
		}
		in.Reset()
		for len(in.Frames) == 0 {
			if err := c.step(); err != nil {
				return err
			}
		}
		if !bytes.Equal(in.Frames[0].Payload, p) {
			return errEcho
		}
	}
	return nil
}

// mintwsSend is loopClient.send.
func mintwsSend(c stepper, n int, p []byte) error {
	for range n {
		if err := c.sendBatch(1, p); err != nil {
			return err
		}
	}
	return nil
}

func (c *mintwsLoop) sendBatch(n int, p []byte) (err error) {
	c.out.Reset()
	for range n {
		if c.conn, c.ws, err = mintws.Send(c.conn, &c.out, c.ws, mintws.Binary(p)); err != nil {
			return err
		}
	}
	_, err = c.sock.Write(c.out.Send)
	return err
}

func (c *mintwsLoop) wait() {
	c.loopScratch = nil
	awaitReadable(c.sock)
}

func (c *mintwsLoop) close() {
	c.sock.Close()
	if c.loopScratch != nil {
		c.out.Reset()
		loopScratches.Put(c.loopScratch)
	}
}

// floorLoop is the socket itself: a frame made beforehand is written, and as many bytes read as an echo has. Nothing is
// parsed, nothing checked: a bound, not a peer.
type floorLoop struct {
	sock  net.Conn
	frame []byte
	buf   []byte
}

// floorKey masks the floor's frames.
const floorKey = 0x3D21FA37

func loopFloor(addr, path string) (loopClient, error) {
	sock, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &floorLoop{sock: sock, buf: make([]byte, loopBuffer)}
	if _, err = sock.Write([]byte("GET " + path + " HTTP/1.1\r\nHost: " + addr + "\r\nUpgrade: websocket\r\n" +
		"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")); err == nil {
		_, err = sock.Read(c.buf)
	}
	if err != nil {
		sock.Close()
		return nil, err
	}
	return c, nil
}

func (c *floorLoop) trips(n int, p []byte) error {
	c.frame = floorEncode(make([]byte, 0, 14+len(p)), 2, p, floorKey)
	for range n {
		if _, err := c.sock.Write(c.frame); err != nil {
			return err
		}
		if _, err := io.ReadFull(c.sock, c.buf[:len(c.frame)-4]); err != nil {
			return err
		}
	}
	return nil
}

func (c *floorLoop) send(n int, p []byte) error {
	c.frame = floorEncode(make([]byte, 0, 14+len(p)), 2, p, floorKey)
	for range n {
		if _, err := c.sock.Write(c.frame); err != nil {
			return err
		}
	}
	return nil
}

func (c *floorLoop) sendBatch(n int, p []byte) error {
	size := 6 + len(p)
	if len(c.frame) != n*size {
		c.frame = make([]byte, 0, n*(14+len(p)))
		for range n {
			c.frame = floorEncode(c.frame, 2, p, floorKey)
		}
	}
	_, err := c.sock.Write(c.frame)
	return err
}

func (c *floorLoop) wait() {
	c.buf, c.frame = nil, nil
	awaitReadable(c.sock)
}

func (c *floorLoop) close() { c.sock.Close() }
