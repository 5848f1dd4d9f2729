package session_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// input returns the bytes of the test's answer.
func (tt refusalTest) input(v httpconn.Version) []byte {
	content := bytes.Repeat([]byte{'x'}, tt.content)
	if !tt.later {
		return answer(v, tt.status, tt.header, content, !tt.cut)
	}
	if v == httpconn.HTTP2 {
		return append(answer(v, tt.status, tt.header, content, false), 0, 0, 0, 0, 1, 0, 0, 0, 1)
	}
	return fmt.Appendf(nil, "HTTP/1.1 %d x\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", tt.status, len(content), content)
}

// answer returns the bytes of a response on the first stream of a connection.
func answer(v httpconn.Version, status int, h http.Header, content []byte, end bool) []byte {
	var b bytes.Buffer
	if v == httpconn.HTTP1 {
		fmt.Fprintf(&b, "HTTP/1.1 %d x\r\n", status)
		h.Write(&b)
		if end {
			fmt.Fprintf(&b, "Content-Length: %d\r\n", len(content))
		} else {
			fmt.Fprintf(&b, "Content-Length: %d\r\n", len(content)+1)
		}
		b.WriteString("\r\n")
		b.Write(content)
		return b.Bytes()
	}
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	enc.WriteField(hpack.HeaderField{Name: ":status", Value: strconv.Itoa(status)})
	for name, values := range h {
		for _, value := range values {
			enc.WriteField(hpack.HeaderField{Name: strings.ToLower(name), Value: value})
		}
	}
	fr := http2.NewFramer(&b, nil)
	fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: end && len(content) == 0})
	for len(content) > 0 {
		piece := content[:min(len(content), 16<<10)]
		content = content[len(piece):]
		fr.WriteData(1, end && len(content) == 0, piece)
	}
	return b.Bytes()
}

// asked returns a session that waits for its answer.
func asked(t testing.TB, v httpconn.Version, opt mintws.Options) session.Session {
	t.Helper()
	var out session.Output
	s, err := session.Upgrade(connect(t, v, wstest.NewPeer(wstest.Options{})), &out, url, opt, timing, epoch)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type refusalTest struct {
	name     string
	versions []httpconn.Version // nil: both
	status   int
	header   http.Header
	content  int  // how much of it comes
	cut      bool // and it is not all
	late     bool // the rest does not come in time
	eof      bool // the connection ends before that
	later    bool // the end comes by itself, after all of the content

	waits    bool // not over with these bytes
	body     int
	reusable map[httpconn.Version]bool // nil: both
}

var (
	oneOnly  = []httpconn.Version{httpconn.HTTP1}
	neither  = map[httpconn.Version]bool{}
	twoAlone = map[httpconn.Version]bool{httpconn.HTTP2: true}
)

var refusalTests = []refusalTest{
	{name: "unauthorized", status: 401, header: http.Header{"Www-Authenticate": {"Bearer"}}, content: 12, body: 12},
	{name: "no content", status: 302, header: http.Header{"Location": {"/other"}}},
	{name: "a page of 1 KiB", status: 503, content: 1024, body: 1024},
	{name: "a page of 64 KiB", status: 503, content: 64 << 10, body: 1024},
	{name: "a page of 64 KiB whose end comes later", status: 503, content: 64 << 10, later: true, body: 1024},
	{name: "a larger page", status: 503, content: 64<<10 + 1, body: 1024, reusable: twoAlone},
	{name: "a much larger page", status: 200, content: 200 << 10, body: 1024, versions: oneOnly, reusable: neither},
	{name: "connection: close", status: 401, versions: oneOnly, header: http.Header{"Connection": {"close"}}, content: 3, body: 3, reusable: neither},
	{name: "cut", status: 401, content: 5, cut: true, waits: true, body: 5, eof: true, reusable: neither},
	{name: "cut off after too much", status: 401, content: 64<<10 + 1, cut: true, body: 1024, reusable: twoAlone},
	{name: "slow", status: 401, content: 5, cut: true, waits: true, body: 5, late: true, reusable: twoAlone},
	{name: "a 200 that is wrong", status: 200, versions: []httpconn.Version{httpconn.HTTP2}, header: http.Header{"Sec-Websocket-Protocol": {"x"}},
		cut: true, reusable: twoAlone},
	{name: "a 101 that is wrong", status: 101, versions: oneOnly, header: http.Header{"Upgrade": {"websocket"}}, reusable: neither},
}

// play feeds a session with the answer, cut where cuts say, and lets it end.
func (tt refusalTest) play(t *testing.T, v httpconn.Version, cuts ...int) session.Session {
	t.Helper()
	data := tt.input(v)
	s := asked(t, v, plain())
	var out session.Output
	from := 0
	for _, to := range append(cuts, len(data)) {
		piece := slices.Clone(data[from:to])
		from = to
		var err error
		if s, err = s.Received(&out, at(sec), piece); err != s.Err() {
			t.Errorf("%s, %v, cut at %v: error %v, Err %v", tt.name, v, cuts, err, s.Err())
		}
		poison(&session.Output{}, piece)
	}
	if s.Over() == tt.waits {
		t.Errorf("%s, %v, cut at %v: %s", tt.name, v, cuts, ended(s))
	}
	if tt.waits && (s.Deadline() != at(30*sec) || s.State() != connecting) {
		t.Errorf("%s, %v: %v, deadline %v", tt.name, v, s.State(), s.Deadline())
	}
	if tt.eof {
		s, _ = s.EOF(&out, at(2*sec))
	}
	if tt.late {
		s, _ = s.Tick(&out, at(30*sec))
	}
	if reset := []byte{0, 0, 4, 3, 0, 0, 0, 0, 1}; v == httpconn.HTTP2 && bytes.Contains(out.Take(nil), reset) != (tt.cut && !tt.eof) {
		t.Errorf("%s, cut at %v: the stream is reset %v", tt.name, cuts, tt.eof || !tt.cut)
	}
	return s
}

// TestRefusal: a refusal is an error with all that a program needs to go on, however the reads were cut.
func TestRefusal(t *testing.T) {
	for _, tt := range refusalTests {
		if tt.versions == nil {
			tt.versions = versions
		}
		if tt.reusable == nil {
			tt.reusable = map[httpconn.Version]bool{httpconn.HTTP1: true, httpconn.HTTP2: true}
		}
		for _, v := range tt.versions {
			check := func(s session.Session, cuts ...int) {
				t.Helper()
				var r *session.Refusal
				if !errors.As(s.Err(), &r) || !s.Over() || s.State() != failed || !s.Deadline().IsZero() {
					t.Fatalf("%s, %v, cut at %v: %s", tt.name, v, cuts, ended(s))
				}
				if r.Status != tt.status || string(r.Body) != strings.Repeat("x", tt.body) || r.Reusable != tt.reusable[v] {
					t.Errorf("%s, %v, cut at %v: status %d, %d bytes of body, reusable %v", tt.name, v, cuts, r.Status, len(r.Body), r.Reusable)
				}
				for name := range tt.header {
					if r.Header.Get(name) != tt.header.Get(name) {
						t.Errorf("%s, %v: header %v", tt.name, v, r.Header)
					}
				}
				var he *mintws.HandshakeError
				if !errors.As(s.Err(), &he) || !errors.Is(s.Err(), he.Err) || s.Err().Error() != he.Error() {
					t.Errorf("%s, %v: %v is not the HandshakeError as well", tt.name, v, s.Err())
				}
			}
			check(tt.play(t, v))
			size := len(tt.input(v))
			for cut := 1; cut < size; cut += 1 + size/200 {
				check(tt.play(t, v, cut), cut)
			}
			check(tt.play(t, v, size-2, size-1), size-2, size-1)
			if size < 400 {
				var all []int
				for i := 1; i < size; i++ {
					all = append(all, i)
				}
				check(tt.play(t, v, all...), all...)
			}
		}
	}
}

// TestAgain: after a refusal the same connection opens a WebSocket, if the Refusal says so, and from any fork.
func TestAgain(t *testing.T) {
	for _, v := range versions {
		refuse := wstest.Options{Behave: func(r *http.Request) wstest.Behavior {
			if r.Header.Get("Authorization") != "Bearer new" {
				return wstest.Behavior{Refuse: http.StatusUnauthorized}
			}
			return wstest.Behavior{}
		}}
		sock := &pipe{peer: wstest.NewPeer(refuse)}
		var out session.Output
		s, err := session.Upgrade(connect(t, v, sock.peer), &out, url, plain(), timing, epoch)
		if err != nil {
			t.Fatal(err)
		}
		turn := func() {
			out.WriteTo(sock)
			buf := make([]byte, 4096)
			n, _ := sock.Read(buf)
			s, _ = s.Received(&out, at(10*sec), buf[:n])
		}
		turn()
		var r *session.Refusal
		if !errors.As(s.Err(), &r) || r.Status != 401 || !r.Reusable {
			t.Fatalf("%v: %s", v, ended(s))
		}
		opt := plain()
		opt.Header = http.Header{"Authorization": {"Bearer new"}}
		bad := opt
		bad.Subprotocols = []string{"a b"}
		if next, againErr := s.Again(&out, at(20*sec), url, bad); !errors.Is(againErr, mintws.ErrInvalidOptions) || !next.Equal(s) {
			t.Errorf("%v: Again with a bad option: %v, %s", v, againErr, ended(next))
		}
		refused := s
		if s, err = s.Again(&out, at(20*sec), url, opt); err != nil || s.Over() || s.State() != connecting || s.Deadline() != at(50*sec) {
			t.Fatalf("%v: Again: %v, %s, deadline %v", v, err, ended(s), s.Deadline())
		}
		if !errors.As(refused.Err(), &r) || !refused.Over() {
			t.Errorf("%v: the old value is now %s", v, ended(refused))
		}
		turn()
		if s.State() != open || s.Err() != nil || s.Over() {
			t.Errorf("%v: after the second answer: %s", v, ended(s))
		}
	}
}

// TestAfterRefusal: a connection that may be asked again is still listened to.
func TestAfterRefusal(t *testing.T) {
	refused := func(v httpconn.Version) session.Session {
		var out session.Output
		s, _ := asked(t, v, plain()).Received(&out, epoch, answer(v, 401, nil, []byte("no"), true))
		if !s.Over() {
			t.Fatal(ended(s))
		}
		return s
	}
	var out session.Output
	for _, v := range versions {
		s, err := refused(v).EOF(&out, epoch)
		if next, againErr := s.Again(&out, epoch, url, plain()); !errors.Is(againErr, httpconn.ErrClosed) || err != s.Err() || !next.Equal(s) {
			t.Errorf("%v: Again after the end: %v, %v", v, againErr, err)
		}
		if next, tickErr := s.Tick(&out, at(1e6*sec)); tickErr != s.Err() || !next.Equal(s) {
			t.Errorf("%v: Tick after the end: %v", v, tickErr)
		}
	}
	// A PING between the two questions, in two pieces.
	ping := []byte{0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}
	s := refused(httpconn.HTTP2)
	for _, piece := range [][]byte{ping[:5], ping[5:]} {
		s, _ = s.Received(&out, epoch, piece)
	}
	if pong := append([]byte{0, 0, 8, 6, 1}, ping[5:]...); !bytes.Equal(out.Take(nil), pong) {
		t.Error("no answer to a PING")
	}
	if next, err := s.Again(&out, epoch, url, plain()); err != nil || next.State() != connecting {
		t.Errorf("Again after a PING: %v", err)
	}
	// Bytes that nobody asked for, as a proxy sends that has waited enough.
	s, _ = refused(httpconn.HTTP1).Received(&out, epoch, []byte("HTTP/1.1 408 x\r\n\r\n"))
	if _, err := s.Again(&out, epoch, url, plain()); !errors.Is(err, httpconn.ErrUnsolicited) {
		t.Errorf("Again after a 408: %v", err)
	}
}
