package handshake_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
)

// upgrade is the request of RFC 6455 section 1.2, without its last line.
const upgrade = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n" +
	"Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n"

// outcome is all that feeding bytes has told, in words.
type outcome struct {
	Requests []string
	Refused  string
	Rest     string // of the last head, not complete
}

// describe writes all of a request that counts.
func describe(r *http.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q %q %d.%d host %q uri %q url %q close %v body %v length %d coding %v", r.Method, r.Proto, r.URL.Path, r.ProtoMajor,
		r.ProtoMinor, r.Host, r.RequestURI, r.URL, r.Close, r.Body == http.NoBody, r.ContentLength, r.TransferEncoding)
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, " %s=%q", name, r.Header[name])
	}
	return b.String()
}

// feed feeds pieces, each in memory that is overwritten afterwards, and all requests that stand in them.
func feed(t testing.TB, h handshake.Head, pieces ...string) (handshake.Head, outcome) {
	t.Helper()
	var o outcome
	for _, piece := range pieces {
		data := []byte(piece)
		for rest := data; len(rest) > 0; {
			next, r, behind, err := h.Feed(rest)
			h = next
			if err != nil {
				var he *mintws.HandshakeError
				if !errors.As(err, &he) || !he.Server || r != nil || behind != nil || h.Len() != 0 {
					t.Fatalf("Feed = %v, %q, %v", r, behind, err)
				}
				o.Refused = fmt.Sprintf("%d %v", he.Status, err)
				return h, o
			}
			if r == nil {
				if behind != nil {
					t.Fatalf("there is no request, and %q behind it", behind)
				}
				break
			}
			if cap(behind) != len(behind) {
				t.Fatal("rest has room behind it")
			}
			text := describe(r)
			kept := len(rest) - len(behind)
			for i := range rest[:kept] {
				rest[i] = '!'
			}
			if describe(r) != text {
				t.Fatal("the request is in the memory that was fed")
			}
			o.Requests = append(o.Requests, text)
			rest = behind
		}
		for i := range data {
			data[i] = '!'
		}
	}
	o.Rest = fmt.Sprint(h.Len())
	return h, o
}

func TestFeed(t *testing.T) {
	var h handshake.Head
	data := []byte(upgrade + "\r\n\x81\x80\x00\x00\x00\x00")
	next, r, rest, err := h.Feed(data)
	if err != nil || r == nil || string(rest) != "\x81\x80\x00\x00\x00\x00" || !next.Equal(handshake.Head{}) {
		t.Fatalf("Feed = %+v, %v, %q, %v", next, r, rest, err)
	}
	if &rest[0] != &data[len(data)-6] {
		t.Error("rest is not a part of data")
	}
	want := http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
		"Origin": {"http://example.com"}, "Sec-Websocket-Protocol": {"chat, superchat"}, "Sec-Websocket-Version": {"13"}}
	if diff := cmp.Diff(want, r.Header); diff != "" {
		t.Error(diff)
	}
	if r.Method != "GET" || r.URL.Path != "/chat" || r.Host != "server.example.com" || r.Proto != "HTTP/1.1" || !r.ProtoAtLeast(1, 1) ||
		r.Close || r.Body != http.NoBody || r.RequestURI != "/chat" || r.Context() == nil {
		t.Errorf("%+v", r)
	}
	r.RemoteAddr = "192.0.2.1:1" // the request is the caller's
	opt := mintws.AcceptOptions{Subprotocols: []string{"superchat"}, AllowedOrigins: []string{"http://example.com"}}
	ws, status, header, err := mintws.Accept(r, opt)
	if err != nil || ws.Subprotocol() != "superchat" {
		t.Fatal(err)
	}
	const wantHead = "dst HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" +
		"Sec-WebSocket-Protocol: superchat\r\nUpgrade: websocket\r\n\r\n"
	if out, answerErr := handshake.AppendAnswer([]byte("dst "), status, header); answerErr != nil || string(out) != wantHead {
		t.Errorf("answer is %q, %v; want %q", out, answerErr, wantHead)
	}
}

// TestRefusalSticks: nothing that comes after a refusal is looked at.
func TestRefusalSticks(t *testing.T) {
	h, _, _, first := handshake.Head{}.Feed([]byte("\n"))
	for _, data := range []string{"", upgrade + "\r\n"} {
		next, r, rest, err := h.Feed([]byte(data))
		if err != first || r != nil || rest != nil || !next.Equal(h) {
			t.Errorf("Feed = %v, %q, %v", r, rest, err)
		}
	}
	other, _, _, _ := handshake.Head{}.Feed([]byte("\r\r"))
	same, _, _, _ := handshake.Head{}.Feed([]byte("\n and more"))
	if h.Equal(handshake.Head{}) || h.Equal(other) || !h.Equal(same) {
		t.Error("Equal of Heads that were refused")
	}
}

// TestNoByteIsLost: rest is what stands behind the head, to the byte, wherever the last read began.
func TestNoByteIsLost(t *testing.T) {
	const frames = "\x81\x80\x00\x00\x00\x00\r\n\r\nGET"
	text := upgrade + "\r\n" + frames
	for i := range len(upgrade) + 2 {
		h, r, rest, err := handshake.Head{}.Feed([]byte(text[:i]))
		if r != nil || err != nil || rest != nil || h.Len() != i {
			t.Fatal(i, r, rest, err)
		}
		h, r, rest, err = h.Feed([]byte(text[i:]))
		if r == nil || err != nil || string(rest) != frames || h.Len() != 0 {
			t.Fatalf("cut at %d: %v %q %v", i, r, rest, err)
		}
	}
	if _, r, rest, err := (handshake.Head{}).Feed([]byte(upgrade + "\r\n")); r == nil || len(rest) != 0 || err != nil {
		t.Errorf("nothing behind it: %v %q %v", r, rest, err)
	}
}

// TestLimits meets each limit exactly and exceeds it by one.
func TestLimits(t *testing.T) {
	fields := func(n int) string { return "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("x:\r\n", n-1) + "\r\n" }
	sized := func(n int) string {
		const frame = "GET / HTTP/1.1\r\nHost: a\r\nx: \r\n\r\n"
		return strings.Replace(frame, "x: ", "x: "+strings.Repeat("y", n-len(frame)), 1)
	}
	long := strings.Repeat("y", 100)
	for _, tt := range []struct {
		name   string
		lim    handshake.Limits
		head   string
		status int // 0: it is read
		want   string
	}{
		{"bytes", handshake.Limits{MaxHeaderBytes: 100}, sized(100), 0, ""},
		{"bytes", handshake.Limits{MaxHeaderBytes: 100}, sized(101), 431, "the head makes the request's head longer than 100 bytes"},
		{"default bytes", handshake.Limits{}, sized(handshake.DefaultMaxHeaderBytes), 0, ""},
		{"default bytes", handshake.Limits{}, sized(handshake.DefaultMaxHeaderBytes + 1), 431, "longer than 16384 bytes"},
		{"no limit of bytes", handshake.Limits{MaxHeaderBytes: -1}, sized(1 << 20), 0, ""},
		{"target", handshake.Limits{MaxHeaderBytes: 100}, "GET /" + long, 414, "the target makes"},
		{"query", handshake.Limits{MaxHeaderBytes: 100}, "GET /?" + long, 414, "the target makes"},
		{"method", handshake.Limits{MaxHeaderBytes: 100}, long + "y", 501, "the method makes"},
		{"version", handshake.Limits{MaxHeaderBytes: 10}, "GET / HTTP/1.1\r\n", 431, "the head makes"},
		{"fields", handshake.Limits{MaxHeaderFields: 5}, fields(5), 0, ""},
		{"fields", handshake.Limits{MaxHeaderFields: 5}, fields(6), 431, "the request has more fields than 5"},
		{"default fields", handshake.Limits{}, fields(handshake.DefaultMaxHeaderFields), 0, ""},
		{"default fields", handshake.Limits{}, fields(handshake.DefaultMaxHeaderFields + 1), 431, "more fields than 128"},
		{"no limit of fields", handshake.Limits{MaxHeaderFields: -1}, fields(1000), 0, ""},
	} {
		for _, size := range []int{1, 7, len(tt.head)} {
			var pieces []string
			for piece := range slices.Chunk([]byte(tt.head), size) {
				pieces = append(pieces, string(piece))
			}
			_, o := feed(t, handshake.New(tt.lim), pieces...)
			if tt.status == 0 {
				if len(o.Requests) != 1 || o.Refused != "" {
					t.Errorf("%s in pieces of %d: %+v", tt.name, size, o.Refused)
				}
				continue
			}
			if !strings.HasPrefix(o.Refused, fmt.Sprint(tt.status, " ", httpconn.ErrHeaderTooLarge)) || !strings.Contains(o.Refused, tt.want) {
				t.Errorf("%s in pieces of %d: %q, want %d with %q", tt.name, size, o.Refused, tt.status, tt.want)
			}
		}
	}
	// The limits stay, for the request after this one.
	h, r, _, err := handshake.New(handshake.Limits{MaxHeaderBytes: 100}).Feed([]byte(sized(100)))
	if r == nil || err != nil {
		t.Fatal(err)
	}
	if _, _, _, err = h.Feed([]byte(sized(101))); err == nil {
		t.Error("the limit is gone after a request")
	}
}

// TestHeadValue: old values go on as if nothing had happened, forks know nothing of each other.
func TestHeadValue(t *testing.T) {
	text := upgrade + "\r\n"
	_, want := feed(t, handshake.Head{}, text)
	old := []handshake.Head{{}}
	for i := range len(text) - 1 {
		h, _, _, err := old[i].Feed([]byte(text[i : i+1]))
		if err != nil {
			t.Fatal(err)
		}
		old = append(old, h)
	}
	done := make(chan bool)
	for i, h := range old { // all at once, the oldest and the newest: the race detector looks on
		go func() {
			defer func() { done <- true }()
			if _, other := feed(t, h, "\x00"); other.Refused == "" { // which may stand nowhere
				t.Errorf("fork at %d: %+v", i, other)
			}
			if _, got := feed(t, h, text[i:]); !cmp.Equal(got, want) {
				t.Errorf("replay at %d: %s", i, cmp.Diff(want, got))
			}
			again, _, _, _ := old[max(i-1, 0)].Feed([]byte(text[max(i-1, 0):i]))
			if i > 0 && !again.Equal(h) {
				t.Errorf("the same bytes give another value at %d", i)
			}
		}()
	}
	for range old {
		<-done
	}
	if old[3].Equal(old[4]) || !old[3].Equal(old[3]) {
		t.Error("Equal")
	}
	// A request belongs to whoever got it.
	last := old[len(old)-1]
	_, a, _, _ := last.Feed([]byte("\n"))
	_, b, _, _ := last.Feed([]byte("\n"))
	a.Header.Set("Upgrade", "x")
	a.URL.Path = "/x"
	if b.Header.Get("Upgrade") != "websocket" || b.URL.Path != "/chat" {
		t.Error("two calls return the same request")
	}
}

// TestHeadSize holds the size that the comment names.
func TestHeadSize(t *testing.T) {
	if got := unsafe.Sizeof(handshake.Head{}); got > 48 {
		t.Errorf("a Head has %d bytes", got)
	}
}
