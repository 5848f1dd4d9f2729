package httpconn

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"golang.org/x/net/http2"
	xhpack "golang.org/x/net/http2/hpack"
)

// mServer is a server that keeps the rules, and the account of what the client may do. It is a value, as the client is: both
// are forked together.
type mServer struct {
	streams  map[uint32]mStream
	conn     int64   // what the client may still send
	credit   int64   // what the server may still send
	window   int64   // INITIAL_WINDOW_SIZE of the server
	initial  int64   // of the client, as far as acknowledged
	unacked  []int64 // what it is in SETTINGS that are not acknowledged
	maxFrame int
	most     int64 // MAX_CONCURRENT_STREAMS
	lastID   uint32
	away     bool
	last     uint32 // of GOAWAY
	pings    int    // of the client's, to be answered
}

type mStream struct {
	window      int64 // what the client may still send, beside window
	credit      int64 // what the server may still send
	sent        int   // bytes of content given to the client to send
	got         int   // bytes of content that came
	delivered   int   // bytes of content of the response, sent by the server
	seen        int   // the same, seen by the client
	consumed    int   // and consumed
	clientEnd   bool  // END_STREAM came
	callerEnd   bool  // the caller ended
	serverEnd   bool
	head        bool // of the response, sent
	tunnel      bool
	connect     bool
	over        bool // reset by either
	clientReset bool
	noContent   bool
}

func (m mServer) fork() mServer {
	m.streams = maps.Clone(m.streams)
	m.unacked = slices.Clip(m.unacked)
	return m
}

// closed reports whether the server counts s as closed.
func (s mStream) closed() bool { return s.over || s.clientEnd && s.serverEnd }

// latest is the client's INITIAL_WINDOW_SIZE, acknowledged or not.
func (m *mServer) latest() int64 {
	if n := len(m.unacked); n > 0 {
		return m.unacked[n-1]
	}
	return m.initial
}

// ack applies the client's oldest SETTINGS.
func (m *mServer) ack() {
	for id, s := range m.streams {
		s.credit += m.unacked[0] - m.initial
		m.streams[id] = s
	}
	m.initial, m.unacked = m.unacked[0], m.unacked[1:]
}

// read takes what the client sent, and holds it against the rules.
func (m *mServer) read(t testing.TB, send []byte) {
	t.Helper()
	fr := http2.NewFramer(nil, bytes.NewReader(send))
	fr.SetMaxReadFrameSize(uint32(m.maxFrame))
	for {
		f, err := fr.ReadFrame()
		if err != nil {
			if err.Error() != "EOF" {
				t.Fatalf("client sent what cannot be read: %v", err)
			}
			return
		}
		id := f.Header().StreamID
		s := m.streams[id]
		switch f := f.(type) {
		case *http2.HeadersFrame:
			if !f.HeadersEnded() {
				t.Fatal("block in pieces")
			}
			m.headers(t, f, s)
			continue
		case *http2.DataFrame:
			n := int64(len(f.Data()))
			if _, ok := m.streams[id]; !ok || s.clientEnd || s.clientReset || s.over {
				t.Fatalf("DATA on stream %d, %+v", id, s)
			}
			if m.conn -= n; m.conn < 0 && n > 0 {
				t.Fatalf("DATA of %d exceeds the connection's window", n)
			}
			if s.window -= n; m.window+s.window < 0 && n > 0 {
				t.Fatalf("DATA of %d exceeds the window of stream %d", n, id)
			}
			for _, b := range f.Data() {
				if b != mByte(s.got) {
					t.Fatalf("stream %d: byte %d is %d", id, s.got, b)
				}
				s.got++
			}
			s.clientEnd = f.StreamEnded()
			if s.got > s.sent || s.clientEnd && (s.got != s.sent || !s.callerEnd) {
				t.Fatalf("stream %d: %d of %d bytes, end %v", id, s.got, s.sent, s.clientEnd)
			}
		case *http2.RSTStreamFrame:
			if _, ok := m.streams[id]; !ok || s.clientReset || s.closed() {
				t.Fatalf("RST_STREAM on stream %d, %+v", id, s)
			}
			if f.ErrCode == http2.ErrCodeNo && !(s.tunnel && s.serverEnd && s.callerEnd && s.got == s.sent) { // Finish
				t.Fatalf("RST_STREAM(NO_ERROR) on stream %d, %+v", id, s)
			}
			s.clientReset, s.over = true, true
		case *http2.WindowUpdateFrame:
			if id == 0 {
				if m.credit += int64(f.Increment); m.credit > mConnWindow {
					t.Fatalf("credit of %d on the connection", m.credit)
				}
				continue
			}
			if s.credit += int64(f.Increment); s.credit > m.initial {
				t.Fatalf("credit of %d on stream %d", s.credit, id)
			}
		case *http2.SettingsFrame:
			if !f.IsAck() {
				latest := m.latest()
				if v, ok := f.Value(http2.SettingInitialWindowSize); ok {
					latest = int64(v)
				}
				m.unacked = append(m.unacked, latest)
			}
			continue
		case *http2.PingFrame:
			if !f.IsAck() {
				m.pings++
			}
			continue
		default:
			t.Fatalf("client sent %v", f)
		}
		m.streams[id] = s
	}
}

// headers is a request, or trailers.
func (m *mServer) headers(t testing.TB, f *http2.HeadersFrame, s mStream) {
	t.Helper()
	id := f.StreamID
	fields, err := xhpack.NewDecoder(4096, nil).DecodeFull(f.HeaderBlockFragment())
	if err != nil || len(fields) == 0 {
		t.Fatalf("block on stream %d: %v", id, err)
	}
	if _, ok := m.streams[id]; ok {
		if s.clientEnd || s.clientReset || s.over || !f.StreamEnded() || s.got != s.sent || !s.callerEnd {
			t.Fatalf("trailers on stream %d, %+v", id, s)
		}
		s.clientEnd = true
		m.streams[id] = s
		return
	}
	open := int64(1)
	for _, o := range m.streams {
		if !o.closed() {
			open++
		}
	}
	if id <= m.lastID || id&1 == 0 || m.away || open > m.most {
		t.Fatalf("request on stream %d after %d, %d open of %d", id, m.lastID, open, m.most)
	}
	m.lastID = id
	m.streams[id] = mStream{clientEnd: f.StreamEnded(), callerEnd: f.StreamEnded(), credit: m.initial,
		connect: fields[0].Value == "CONNECT", noContent: fields[0].Value == "HEAD"}
}

// mByte is the byte at place i of every stream's content.
func mByte(i int) byte { return byte(i % 251) }

func mContent(from, n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = mByte(from + i)
	}
	return p
}
