// Package h2test has scripted HTTP/2 servers for tests, made with the Framer and the HPACK coder of golang.org/x/net, which
// share nothing with package httpconn, and a loop that drives a connection against them. Servers run on one end of a
// net.Pipe and judge what the client sends: windows, frame sizes and the number of streams are held against what they
// announced.
package h2test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Patience is how long any read or write of a test may take. It is the deadline of every socket, and only ever passes where
// a test has failed.
const Patience = time.Minute

// Frame is a frame that the client sent.
type Frame struct {
	http2.FrameHeader
	Payload  []byte          // of DATA without padding, of PING; the fragment of the block in HEADERS and CONTINUATION
	Settings []http2.Setting // of SETTINGS
	Value    uint32          // the increment of WINDOW_UPDATE, the code of RST_STREAM and GOAWAY
}

// Server is the server's end of one connection. Its methods are for the goroutine that runs the script.
type Server struct {
	*http2.Framer // writes to the buffer that Flush sends; nothing is checked

	// Cut, if it is positive, is how many bytes Flush writes at a time.
	Cut int
	// Mangle, if it is set, may change the header of each frame, 9 bytes, before it is sent.
	Mangle func(head []byte)
	// MaxFrame is the largest frame that the client may send. A script that announces another sets it before it writes its
	// SETTINGS.
	MaxFrame uint32

	sock   net.Conn
	client net.Conn
	buf    bytes.Buffer
	block  bytes.Buffer
	enc    *hpack.Encoder
	inbox  mailbox
	ends   []Frame
}

// Start runs play on the server's end of a connection and returns the client's end, which has a deadline. When play returns
// the server closes its end. The test fails with its error, and does not end before it has returned.
func Start(t testing.TB, play func(s *Server) error) net.Conn {
	t.Helper()
	client, sock := net.Pipe()
	s := &Server{sock: sock, client: client, MaxFrame: 16384}
	s.inbox.init()
	s.Framer = http2.NewFramer(&s.buf, nil)
	s.AllowIllegalWrites = true
	s.enc = hpack.NewEncoder(&s.block)
	end := time.Now().Add(Patience)
	if err := errors.Join(client.SetDeadline(end), sock.SetDeadline(end)); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 2)
	go func() { s.inbox.close(s.read()); done <- nil }()
	go func() {
		err := play(s)
		if e := s.Flush(); err == nil && e != nil && !errors.Is(e, io.ErrClosedPipe) {
			err = e
		}
		sock.Close()
		done <- err
	}()
	t.Cleanup(func() {
		client.Close()
		if err := errors.Join(<-done, <-done); err != nil {
			t.Errorf("server: %v", err)
		}
	})
	return client
}

// read takes what the client sends for as long as it sends anything, so that its writes never wait for the script.
func (s *Server) read() error {
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(s.sock, preface); err != nil {
		return err
	}
	if string(preface) != http2.ClientPreface {
		return fmt.Errorf("preface is %q", preface)
	}
	fr := http2.NewFramer(io.Discard, s.sock)
	fr.SetMaxReadFrameSize(1<<24 - 1) // what was announced is the script's to check
	for {
		f, err := fr.ReadFrame()
		if err != nil {
			return err
		}
		s.inbox.put(take(f))
	}
}

// take copies what has to be known of a frame out of the Framer's memory.
func take(frame http2.Frame) Frame {
	f := Frame{FrameHeader: frame.Header()}
	switch frame := frame.(type) {
	case *http2.DataFrame:
		f.Payload = bytes.Clone(frame.Data())
	case *http2.HeadersFrame:
		f.Payload = bytes.Clone(frame.HeaderBlockFragment())
	case *http2.ContinuationFrame:
		f.Payload = bytes.Clone(frame.HeaderBlockFragment())
	case *http2.PingFrame:
		f.Payload = bytes.Clone(frame.Data[:])
	case *http2.SettingsFrame:
		for i := range frame.NumSettings() {
			f.Settings = append(f.Settings, frame.Setting(i))
		}
	case *http2.WindowUpdateFrame:
		f.Value = frame.Increment
	case *http2.RSTStreamFrame:
		f.Value = uint32(frame.ErrCode)
	case *http2.GoAwayFrame:
		f.Value = uint32(frame.ErrCode)
	}
	return f
}

// Next sends what was written and returns the client's next frame. The error is io.EOF when the client has closed, and all
// that it had sent before has been returned.
func (s *Server) Next() (Frame, error) {
	if err := s.Flush(); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		return Frame{}, err
	}
	f, err := s.inbox.get()
	if err == nil && (f.Type == http2.FrameRSTStream || f.Type == http2.FrameGoAway) {
		s.ends = append(s.ends, f)
	}
	if err == nil && f.Length > s.MaxFrame {
		err = fmt.Errorf("%v frame of %d bytes, more than MAX_FRAME_SIZE", f.Type, f.Length)
	}
	return f, err
}

// Await reads frames until one has the given type, and returns it.
func (s *Server) Await(kind http2.FrameType) (Frame, error) {
	for {
		f, err := s.Next()
		if err != nil || f.Type == kind {
			return f, err
		}
	}
}

// Drain reads frames until the client has closed, and returns all RST_STREAM and GOAWAY that it has ever sent.
func (s *Server) Drain() []Frame {
	for {
		if _, err := s.Next(); err != nil {
			return s.ends // however it came
		}
	}
}

// Greet writes SETTINGS, extended CONNECT allowed among them, and acknowledges the client's.
func (s *Server) Greet(settings ...http2.Setting) {
	settings = append(settings[:len(settings):len(settings)], http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: 1})
	s.write(s.WriteSettings(settings...))
	s.write(s.WriteSettingsAck())
}

// Asked greets and returns the stream of the first request.
func (s *Server) Asked(settings ...http2.Setting) (uint32, error) {
	s.Greet(settings...)
	f, err := s.Await(http2.FrameHeaders)
	return f.StreamID, err
}

// Opened greets, answers the first request with 200, and returns its stream.
func (s *Server) Opened(settings ...http2.Setting) (uint32, error) {
	id, err := s.Asked(settings...)
	if err == nil {
		s.Respond(id, ":status", "200")
	}
	return id, err
}

// Raw writes bytes that need not be frames.
func (s *Server) Raw(p []byte) { s.buf.Write(p) }

// Flush sends what was written. When it has returned the client has read all of it.
func (s *Server) Flush() error {
	p := s.buf.Bytes()
	if s.Mangle != nil {
		for i := 0; i+9 <= len(p); i += 9 + int(p[i])<<16 + int(p[i+1])<<8 + int(p[i+2]) {
			s.Mangle(p[i : i+9])
		}
	}
	defer s.buf.Reset()
	for len(p) > 0 {
		n := len(p)
		if s.Cut > 0 {
			n = min(n, s.Cut)
		}
		if _, err := s.sock.Write(p[:n]); err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// Hush sends what was written and lets the client's reads time out from then on: what a deadline of the caller's would do to
// a server that says nothing more, without the wait.
func (s *Server) Hush() error {
	if err := s.Flush(); err != nil {
		return err
	}
	return s.client.SetReadDeadline(time.Unix(1, 0))
}

// mailbox is a queue without a bound between the goroutine that reads and the script.
type mailbox struct {
	mu     sync.Mutex
	some   sync.Cond
	frames []Frame
	err    error
}

func (m *mailbox) init() { m.some.L = &m.mu }

func (m *mailbox) put(f Frame) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frames = append(m.frames, f)
	m.some.Signal()
}

func (m *mailbox) close(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
	m.some.Signal()
}

func (m *mailbox) get() (Frame, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.frames) == 0 && m.err == nil {
		m.some.Wait()
	}
	if len(m.frames) == 0 {
		return Frame{}, m.err
	}
	f := m.frames[0]
	m.frames = m.frames[1:]
	return f, nil
}
