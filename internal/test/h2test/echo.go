package h2test

import (
	"errors"
	"fmt"
	"io"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Echo is a server that returns the WebSocket messages it gets, and the Close. Its fields make it unusual; the zero Echo is
// an ordinary one. It does not stand on the server of mintws/wstest, because that decodes with package mintws, and a fault
// there would be on both sides of a test and not be seen.
type Echo struct {
	// Settings are the server's first. ENABLE_CONNECT_PROTOCOL is added, unless NoConnect is set.
	Settings  []http2.Setting
	NoConnect bool
	// Begin is called when the first SETTINGS are written.
	Begin func(e *Session)
	// LateAck leaves the client's SETTINGS unacknowledged until Session.Ack is called. Until then the server goes by the
	// defaults.
	LateAck bool
	// Head answers a request; nil is a 200 without further fields.
	Head func(e *Session, id uint32)
	// Credit is called after each frame of the client's that used up window, and after each acknowledgement of SETTINGS. Nil
	// gives credit for everything at once.
	Credit func(e *Session, id uint32, n int)
	// Before is called before each DATA frame on a stream, and After when the server has ended its side of it.
	Before, After func(e *Session, id uint32)
	// Chunk is how many bytes of content a DATA frame has at most; 0 is 16,384.
	Chunk int
	// Pad returns the padding of the nth DATA frame, -1 for none; nil is none. It is left out where the window or the frame
	// has no room.
	Pad func(n int) int
	// EmptyEnd puts END_STREAM on a DATA frame of its own.
	EmptyEnd bool
	// Reverse serves the stream opened last first. Hold answers nothing until so many messages have come.
	Reverse bool
	Hold    int
	// CloseFirst makes the server send the first Close, with 1001, behind the first echo of each stream.
	CloseFirst bool
	// WantUpdate wants the first header block to begin with an HPACK table size update to 0 (RFC 7541 section 4.2).
	WantUpdate bool
	// Resets says that the server resets streams, so that they need not end in order.
	Resets bool
}

// Session is one connection of an Echo.
type Session struct {
	*Server
	Sent    int // DATA frames on all streams
	Streams []*Stream
	Acked   bool // the client's SETTINGS are applied

	echo       Echo
	dec        *hpack.Decoder
	held       int
	sendWin    int64 // the client's window for the connection
	clientInit int64 // and its INITIAL_WINDOW_SIZE
	recvWin    int64 // ours
	recvInit   int64
	client     []http2.Setting // not applied yet
	pending    [][]http2.Setting
	limit      int // our MAX_CONCURRENT_STREAMS
	goneAway   bool
}

// Stream is one stream of a Session.
type Stream struct {
	ID         uint32
	Window     int64 // what the client may still send
	sendWin    int64
	in, out    []byte
	end, ended bool // our side is to end, has ended
	gotEnd     bool
	sentClose  bool
	gotClose   bool
}

// Play runs the server: it is what Start wants.
func (p Echo) Play(s *Server) error {
	e := &Session{Server: s, echo: p, sendWin: 65535, clientInit: 65535, recvWin: 65535, recvInit: 65535, limit: 1 << 30}
	e.dec = hpack.NewDecoder(4096, nil)
	settings := p.Settings
	if !p.NoConnect {
		settings = append(settings[:len(settings):len(settings)], http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: 1})
	}
	e.Settings(settings...)
	if p.Begin != nil {
		p.Begin(e)
	}
	for {
		f, err := s.Next()
		if err != nil {
			if errors.Is(err, io.ErrClosedPipe) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return e.over()
			}
			return err
		}
		if err = e.frame(f); err != nil {
			return err
		}
		e.pump()
	}
}

// over judges how the connection ended.
func (e *Session) over() error {
	if !e.goneAway {
		return errors.New("the client closed without GOAWAY")
	}
	for _, st := range e.Streams {
		if !e.echo.Resets && (!st.gotEnd || !st.ended || !st.gotClose) {
			return fmt.Errorf("stream %d did not end in order: %t %t %t", st.ID, st.gotEnd, st.ended, st.gotClose)
		}
	}
	for _, settings := range e.pending {
		return fmt.Errorf("SETTINGS %v were not acknowledged", settings)
	}
	return nil
}

// Settings writes SETTINGS, which count once the client has acknowledged them.
func (e *Session) Settings(settings ...http2.Setting) {
	e.write(e.WriteSettings(settings...))
	e.pending = append(e.pending, settings)
	for _, v := range settings { // what is more than before may be used before we see the acknowledgement
		if v.ID == http2.SettingMaxFrameSize {
			e.MaxFrame = max(e.MaxFrame, v.Val)
		}
	}
}

// Ack applies the client's SETTINGS and acknowledges them.
func (e *Session) Ack() {
	if e.Acked || e.client == nil {
		return
	}
	e.Acked = true
	for _, v := range e.client {
		if v.ID == http2.SettingInitialWindowSize {
			for _, st := range e.Streams {
				st.sendWin += int64(v.Val) - e.clientInit
			}
			e.clientInit = int64(v.Val)
		}
	}
	e.write(e.WriteSettingsAck())
}

// Grant gives the client n bytes of credit; stream 0 is the connection.
func (e *Session) Grant(id uint32, n int64) {
	if n <= 0 {
		return
	}
	if st := e.Stream(id); st != nil {
		st.Window += n
	} else {
		e.recvWin += n
	}
	e.write(e.WriteWindowUpdate(id, uint32(n)))
}

// ConnWindow returns what the client may still send on the connection.
func (e *Session) ConnWindow() int64 { return e.recvWin }

// Stream returns the stream of the given identifier, or nil.
func (e *Session) Stream(id uint32) *Stream {
	for _, st := range e.Streams {
		if st.ID == id {
			return st
		}
	}
	return nil
}

// Over reports whether both sides have ended the stream.
func (st *Stream) Over() bool { return st.ended && st.gotEnd }

// order is the order in which streams are served.
func (e *Session) order(i int) *Stream {
	if e.echo.Reverse {
		return e.Streams[len(e.Streams)-1-i]
	}
	return e.Streams[i]
}

// pump writes what the client's windows allow, one DATA frame of each stream in turn.
func (e *Session) pump() {
	for progress := e.held >= e.echo.Hold; progress; {
		progress = false
		for i := range e.Streams {
			if e.data(e.order(i)) {
				progress = true
			}
		}
	}
}

// next returns how much of a stream's content can go into one frame now, whether that is its last, and whether there is
// a frame to write.
func (e *Session) next(st *Stream) (n int, last, ok bool) {
	chunk := e.echo.Chunk
	if chunk == 0 {
		chunk = 16384
	}
	n = int(max(0, min(int64(min(len(st.out), chunk)), e.window(st))))
	last = st.end && n == len(st.out) && (n == 0 || !e.echo.EmptyEnd)
	return n, last, n > 0 || last && !st.ended
}

// window is what the client's windows allow on a stream.
func (e *Session) window(st *Stream) int64 { return min(st.sendWin, e.sendWin) }

// data writes one DATA frame, if there is one to write.
func (e *Session) data(st *Stream) bool {
	_, _, ok := e.next(st)
	if ok && e.echo.Before != nil {
		e.echo.Before(e, st.ID)
	}
	n, last, ok := e.next(st) // Before may have changed the window
	if !ok {
		return false
	}
	var pad []byte
	cost := int64(n)
	if e.echo.Pad != nil {
		if k := e.echo.Pad(e.Sent); k >= 0 && cost+int64(k)+1 <= min(e.window(st), 16384) {
			pad, cost = make([]byte, k), cost+int64(k)+1
		}
	}
	e.write(e.WriteDataPadded(st.ID, last, st.out[:n], pad))
	st.out = st.out[n:]
	st.sendWin -= cost
	e.sendWin -= cost
	e.Sent++
	if last {
		st.ended = true
		if e.echo.After != nil {
			e.echo.After(e, st.ID)
		}
	}
	return true
}
