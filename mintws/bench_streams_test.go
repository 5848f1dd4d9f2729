package mintws_test

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// inMemory is a connection with open WebSockets and a server that exists only as the bytes that it would send.
type inMemory struct {
	t      testing.TB
	conn   httpconn.Conn
	ws     []mintws.WebSocket
	out    httpconn.Output
	in     mintws.Inbox
	said   mintws.Frame
	echoes [][]byte // what the server answers to said, one for each WebSocket
	credit []byte   // what gives us back what creditEvery messages took from the windows
}

const (
	messageSize = 128
	sentSize    = 2 + 2 + 4 + messageSize // opcode and 126, length, masking key (RFC 6455 section 5.2)
	creditEvery = 4_000_000
)

// appendFrame appends an HTTP/2 frame (RFC 9113 section 4.1).
func appendFrame(dst []byte, kind http2.FrameType, flags http2.Flags, id httpconn.StreamID, payload []byte) []byte {
	n := len(payload)
	dst = append(dst, byte(n>>16), byte(n>>8), byte(n), byte(kind), byte(flags))
	return append(binary.BigEndian.AppendUint32(dst, uint32(id)), payload...)
}

func appendCredit(dst []byte, id httpconn.StreamID, n int) []byte {
	return appendFrame(dst, http2.FrameWindowUpdate, 0, id, binary.BigEndian.AppendUint32(nil, uint32(n)))
}

// newInMemory opens n WebSockets on one connection; on HTTP/1.1 n is 1.
func newInMemory(t testing.TB, version httpconn.Version, n int) *inMemory {
	t.Helper()
	m := &inMemory{t: t, said: mintws.Binary(make([]byte, messageSize))}
	var err error
	if m.conn, err = httpconn.New(version, httpconn.Config{}, &m.out); err != nil {
		t.Fatal(err)
	}
	if version == httpconn.HTTP2 {
		m.announce(n)
	}
	m.ws = make([]mintws.WebSocket, n)
	for i := range m.ws {
		if m.ws[i], err = m.open(i); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// announce has the server say how much it allows: n streams, and windows as large as there are.
func (m *inMemory) announce(n int) {
	var settings []byte
	for _, s := range []http2.Setting{
		{ID: http2.SettingEnableConnectProtocol, Val: 1},
		{ID: http2.SettingMaxConcurrentStreams, Val: uint32(n)},
		{ID: http2.SettingInitialWindowSize, Val: 1<<31 - 1},
	} {
		settings = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(settings, uint16(s.ID)), s.Val)
	}
	b := appendFrame(nil, http2.FrameSettings, 0, 0, settings)
	b = appendFrame(b, http2.FrameSettings, http2.FlagSettingsAck, 0, nil)
	m.feed(appendCredit(b, 0, 1<<31-1-65535))
}

// open makes one WebSocket, with the answer that the server gives.
func (m *inMemory) open(i int) (ws mintws.WebSocket, err error) {
	m.conn, ws, err = mintws.Upgrade(m.conn, &m.out, "ws://example.test/", mintws.Options{})
	if err != nil {
		return ws, err
	}
	id := ws.StreamID()
	if m.conn.Version() == httpconn.HTTP2 {
		m.feed(appendFrame(nil, http2.FrameHeaders, http2.FlagHeadersEndHeaders, id, []byte{0x88})) // :status 200
	} else {
		m.feed([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Accept: " + mintws.AcceptKey(keyIn(m.out.Send)) + "\r\n\r\n"))
	}
	for _, ev := range m.out.Events {
		if m.conn, ws, err = mintws.Receive(m.conn, &m.out, ws, &m.in, ev); err != nil {
			return ws, err
		}
	}
	m.out.Reset()
	echo := append([]byte{0x82, 126, 0, messageSize}, m.said.Payload...)
	if m.conn.Version() == httpconn.HTTP2 {
		echo = appendFrame(nil, http2.FrameData, 0, id, echo)
		if i == 0 {
			m.credit = appendCredit(nil, 0, creditEvery*sentSize)
		}
		m.credit = appendCredit(m.credit, id, creditEvery*sentSize/cap(m.ws))
	}
	m.echoes = append(m.echoes, echo)
	return ws, nil
}

// keyIn returns the Sec-WebSocket-Key of a request.
func keyIn(request []byte) string {
	const name = "Sec-WebSocket-Key: "
	for i := range request {
		if rest := request[i:]; len(rest) > len(name)+24 && string(rest[:len(name)]) == name {
			return string(rest[len(name):][:24])
		}
	}
	return ""
}

func (m *inMemory) feed(b []byte) {
	var err error
	if m.conn, err = m.conn.Stream(&m.out, b); err != nil {
		m.t.Fatal(err)
	}
}

// message sends a message on WebSocket i and takes its echo.
func (m *inMemory) message(i int) {
	var err error
	ws := m.ws[i]
	m.out.Reset()
	m.in.Reset()
	if m.conn, ws, err = mintws.Send(m.conn, &m.out, ws, m.said); err != nil {
		m.t.Fatal(err)
	}
	m.feed(m.echoes[i])
	for _, ev := range m.out.Events {
		if m.conn, ws, err = mintws.Receive(m.conn, &m.out, ws, &m.in, ev); err != nil {
			m.t.Fatal(err)
		}
	}
	m.ws[i] = ws
	if len(m.in.Frames) != 1 || len(m.out.Send) < sentSize {
		m.t.Fatalf("%d frames came, %d bytes are to be sent", len(m.in.Frames), len(m.out.Send))
	}
}

// messages sends n messages, on one WebSocket after the other.
func (m *inMemory) messages(n int) {
	for k := range n {
		if m.message(k % len(m.ws)); (k+1)%creditEvery == 0 {
			m.feed(m.credit)
		}
	}
}

// TestManyStreams: one message on each of 10,000 WebSockets of a connection, twice.
func TestManyStreams(t *testing.T) {
	m := newInMemory(t, httpconn.HTTP2, 10_000)
	m.messages(20_000)
	if m.conn.Slots() != 0 {
		t.Errorf("%d slots are left", m.conn.Slots())
	}
}

// BenchmarkStreamsMessage is a message of 128 bytes there and back, without sockets: Send, and Stream and Receive of the
// echo. The number of open WebSockets is in the name.
func BenchmarkStreamsMessage(b *testing.B) {
	bench := func(name string, version httpconn.Version, n int) {
		b.Run(name, func(b *testing.B) {
			m := newInMemory(b, version, n)
			m.messages(2 * n) // scratch space has grown
			b.SetBytes(messageSize)
			b.ReportAllocs()
			b.ResetTimer()
			m.messages(b.N)
		})
	}
	bench("HTTP1/1", httpconn.HTTP1, 1)
	for _, n := range []int{1, 100, 10_000} {
		bench(fmt.Sprintf("HTTP2/%d", n), httpconn.HTTP2, n)
	}
}

// BenchmarkStreamsIdle reports what an open WebSocket holds while nothing happens, its share of the connection included:
// 10,000 on one HTTP/2 connection, and as many HTTP/1.1 connections. Sockets, and buffers to read into, are the caller's and
// not counted.
func BenchmarkStreamsIdle(b *testing.B) {
	const n = 10_000
	inUse := func() uint64 {
		var s runtime.MemStats
		runtime.GC()
		runtime.GC() // what pools held is gone only now
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	report := func(b *testing.B, open func() any) {
		for b.Loop() {
			before := inUse()
			held := open()
			b.ReportMetric(float64(int64(inUse()-before))/n, "B/WebSocket")
			runtime.KeepAlive(held)
		}
	}
	b.Run("HTTP1", func(b *testing.B) {
		type pair struct {
			conn httpconn.Conn
			ws   mintws.WebSocket
		}
		report(b, func() any {
			pairs := make([]pair, n)
			for i := range pairs {
				m := newInMemory(b, httpconn.HTTP1, 1)
				pairs[i] = pair{m.conn, m.ws[0]}
			}
			return pairs
		})
	})
	b.Run("HTTP2", func(b *testing.B) {
		report(b, func() any {
			m := newInMemory(b, httpconn.HTTP2, n)
			return &inMemory{conn: m.conn, ws: m.ws}
		})
	})
}
