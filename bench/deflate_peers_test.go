package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
	"github.com/lxzan/gws"

	"github.com/mintws/mintws/mintws"
)

// deflateClient is a client of some library, after a handshake in memory.
type deflateClient interface {
	// send writes one text message to the connection.
	send(p []byte) error
	// receive reads what next returns, whole messages one at a time, until that is nil, and gives each to got.
	receive(next func() []byte, got func(p []byte)) error
	// rest drops what is the caller's own, and could be shared by all connections.
	rest()
}

// deflateLib is a library with the choices that it leaves to its user.
type deflateLib struct {
	name string
	open func(t testing.TB, s deflateSetting, out io.Writer) deflateClient
}

var (
	libMintws   = deflateLib{"mintws", openMintws(mintws.DeflateOptions{Threshold: -1})}
	libMintws32 = deflateLib{"mintws", openMintws(mintws.DeflateOptions{Threshold: -1, SendWindow: 32 << 10})}
	libGws      = deflateLib{"gws", openGws}
	libCoder    = deflateLib{"coder", openCoder}
	libGorilla  = deflateLib{"gorilla", openGorilla}
)

// feed is a connection on which the bytes to be read come from next, a message at a time.
type feed struct {
	memConn
	next func() []byte
	hold chan struct{} // if it is set, the end does not come before it is closed
}

// Read takes from the message under way, or from the next one.
func (c *feed) Read(p []byte) (int, error) {
	if c.in.Len() == 0 && c.next != nil {
		wire := c.next()
		if wire == nil && c.hold != nil {
			<-c.hold
		}
		c.in.Reset(wire)
	}
	return c.memConn.Read(p)
}

// newFeed returns a connection whose server answers the upgrade request with the extensions ext.
func newFeed(out io.Writer, ext string) *feed {
	if ext != "" {
		ext = "Sec-WebSocket-Extensions: " + ext + "\r\n"
	}
	c := &feed{memConn: memConn{out: out}}
	var request []byte
	c.answer = func(written []byte) []byte {
		request = append(request, written...)
		head, _, whole := strings.Cut(string(request), "\r\n\r\n")
		if !whole {
			return nil
		}
		_, after, _ := strings.Cut(head, "Sec-WebSocket-Key: ")
		if after == "" {
			_, after, _ = strings.Cut(head, "Sec-Websocket-Key: ")
		}
		key, _, _ := strings.Cut(after, "\r\n")
		c.answer = nil
		return []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + ext +
			"Sec-WebSocket-Accept: " + mintws.AcceptKey(key) + "\r\n\r\n")
	}
	c.out = discardUntil{c, out}
	return c
}

// discardUntil drops what is written until the handshake is over.
type discardUntil struct {
	c   *feed
	out io.Writer
}

func (d discardUntil) Write(p []byte) (int, error) {
	if d.c.in.Len() > 0 { // the request, which has just been answered
		d.c.out = d.out
	}
	return len(p), nil
}

type mintwsClient struct {
	ws  mintws.WebSocket
	buf []byte
	in  mintws.Inbox
	out io.Writer
}

func openMintws(opt mintws.DeflateOptions) func(testing.TB, deflateSetting, io.Writer) deflateClient {
	return func(t testing.TB, s deflateSetting, out io.Writer) deflateClient {
		return &mintwsClient{ws: openDeflate(t, opt, s), out: out}
	}
}

func (c *mintwsClient) send(p []byte) (err error) {
	if c.ws, c.buf, err = c.ws.AppendEncode(c.buf[:0], mintws.Frame{Opcode: mintws.OpText, Payload: p}); err == nil {
		_, err = c.out.Write(c.buf)
	}
	return err
}

func (c *mintwsClient) rest() { c.buf, c.in = nil, mintws.Inbox{} }

func (c *mintwsClient) receive(next func() []byte, got func([]byte)) (err error) {
	for wire := next(); wire != nil; wire = next() {
		c.in.Reset()
		if c.ws, err = c.ws.AppendDecode(&c.in, wire); err != nil {
			return err
		}
		for _, f := range c.in.Frames {
			got(f.Payload)
		}
	}
	return nil
}

type gwsClient struct {
	gws.BuiltinEventHandler
	conn *gws.Conn
	feed *feed
	got  func([]byte)
	err  error
}

func openGws(t testing.TB, s deflateSetting, out io.Writer) deflateClient {
	t.Helper()
	c := &gwsClient{feed: newFeed(out, s.answer())}
	conn, _, err := gws.NewClientFromConn(c, &gws.ClientOption{
		Addr: "ws://memory.invalid/",
		PermessageDeflate: gws.PermessageDeflate{
			Enabled: !s.off, Level: 1, Threshold: 1, ServerContextTakeover: s.takeover, ClientContextTakeover: s.takeover,
			ServerMaxWindowBits: s.bits, ClientMaxWindowBits: s.bits,
		},
	}, c.feed)
	if err != nil {
		t.Fatal(err)
	}
	c.conn = conn
	return c
}

func (c *gwsClient) send(p []byte) error { return c.conn.WriteMessage(gws.OpcodeText, p) }

func (c *gwsClient) rest() {}

func (c *gwsClient) receive(next func() []byte, got func([]byte)) error {
	c.feed.next, c.got, c.err = next, got, nil
	c.conn.ReadLoop() // ends with the connection
	return c.err
}

// OnMessage is called for each message.
func (c *gwsClient) OnMessage(_ *gws.Conn, m *gws.Message) {
	c.got(m.Bytes())
	c.err = m.Close()
}

// OnClose is called at the end.
func (c *gwsClient) OnClose(_ *gws.Conn, err error) {
	if !strings.Contains(err.Error(), io.EOF.Error()) {
		c.err = err
	}
}

type coderClient struct {
	conn *websocket.Conn
	feed *feed
	buf  []byte
}

// roundTrip is a RoundTripper that answers with a connection in memory.
type roundTrip func(r *http.Request) *http.Response

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

func openCoder(t testing.TB, s deflateSetting, out io.Writer) deflateClient {
	t.Helper()
	c := &coderClient{feed: &feed{memConn: memConn{out: out}}, buf: make([]byte, 64<<10)}
	mode := websocket.CompressionNoContextTakeover
	switch {
	case s.off:
		mode = websocket.CompressionDisabled
	case s.takeover:
		mode = websocket.CompressionContextTakeover
	}
	conn, _, err := websocket.Dial(context.Background(), "ws://memory.invalid/", &websocket.DialOptions{
		CompressionMode: mode, CompressionThreshold: 1,
		HTTPClient: &http.Client{Transport: roundTrip(func(r *http.Request) *http.Response {
			h := http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}}
			h.Set("Sec-WebSocket-Accept", mintws.AcceptKey(r.Header.Get("Sec-WebSocket-Key")))
			if ext := s.answer(); ext != "" {
				h.Set("Sec-WebSocket-Extensions", ext)
			}
			return &http.Response{StatusCode: http.StatusSwitchingProtocols, Header: h, Body: c.feed, Request: r}
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.conn = conn
	return c
}

func (c *coderClient) send(p []byte) error {
	return c.conn.Write(context.Background(), websocket.MessageText, p)
}

func (c *coderClient) rest() { c.buf = nil }

func (c *coderClient) receive(next func() []byte, got func([]byte)) error {
	for wire := next(); wire != nil; wire = next() {
		c.feed.in.Reset(wire)
		_, r, err := c.conn.Reader(context.Background())
		if err != nil {
			return err
		}
		n, err := readAll(r, c.buf)
		if err != nil {
			return err
		}
		got(c.buf[:n])
	}
	return nil
}

// readAll reads r to its end into buf, which is large enough.
func readAll(r io.Reader, buf []byte) (n int, err error) {
	for err == nil && n < len(buf) {
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	if err == io.EOF {
		return n, nil
	}
	return n, fmt.Errorf("after %d bytes: %w", n, err)
}

type gorillaClient struct {
	conn *gorilla.Conn
	feed *feed
	buf  []byte
}

func openGorilla(t testing.TB, s deflateSetting, out io.Writer) deflateClient {
	t.Helper()
	c := &gorillaClient{feed: newFeed(out, s.answer()), buf: make([]byte, 64<<10)}
	dialer := gorilla.Dialer{
		ReadBufferSize: gorillaBuffer, WriteBufferSize: gorillaBuffer, EnableCompression: !s.off,
		NetDialContext: func(context.Context, string, string) (net.Conn, error) { return c.feed, nil },
	}
	conn, _, err := dialer.Dial("ws://memory.invalid/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetCompressionLevel(1); err != nil {
		t.Fatal(err)
	}
	c.conn = conn
	return c
}

func (c *gorillaClient) send(p []byte) error { return c.conn.WriteMessage(gorilla.TextMessage, p) }

func (c *gorillaClient) rest() { c.buf = nil }

func (c *gorillaClient) receive(next func() []byte, got func([]byte)) error {
	for wire := next(); wire != nil; wire = next() {
		c.feed.in.Reset(wire)
		_, r, err := c.conn.NextReader()
		if err != nil {
			return err
		}
		n, err := readAll(r, c.buf)
		if err != nil {
			return err
		}
		got(c.buf[:n])
	}
	return nil
}

// klauspostClient is klauspost/compress as a client: what it sends is not framed.
type klauspostClient struct {
	w        *klauspostWriter
	r        klauspostReader
	buf      []byte
	takeover bool
	out      io.Writer
}

func openKlauspost(size int) func(testing.TB, deflateSetting, io.Writer) deflateClient {
	return func(t testing.TB, s deflateSetting, out io.Writer) deflateClient {
		t.Helper()
		return &klauspostClient{w: newKlauspostWriter(t, s), buf: make([]byte, size), takeover: s.takeover, out: out}
	}
}

func (c *klauspostClient) send(p []byte) error {
	_, err := c.out.Write(c.w.compress(p))
	return err
}

func (c *klauspostClient) rest() { c.buf = nil }

func (c *klauspostClient) receive(next func() []byte, got func([]byte)) error {
	for wire := next(); wire != nil; wire = next() {
		_, p, _, _ := floorDecode(wire)
		if err := c.r.decompress(c.buf, p, c.takeover); err != nil {
			return err
		}
		got(c.buf)
	}
	return nil
}

// unmasked returns the frames in wire, of a client, one by one and as a server would send them.
func unmasked(t testing.TB, wire []byte) (list [][]byte) {
	t.Helper()
	for len(wire) > 0 {
		_, p, key, size := floorDecode(wire)
		plain := bytes.Clone(p)
		floorMask(plain, p, key)
		frame := floorEncode(nil, 0, plain, 0)
		frame[0] = wire[0]
		list = append(list, frame)
		wire = wire[size:]
	}
	return list
}
