package wiretap

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// said is what one side sends at a time.
type said struct {
	from Direction
	data string
}

// read feeds a conversation, in pieces of n bytes or with 0 as it is, and returns the records as they are printed. Pieces of content
// are joined, since they come as they are read.
func read(opt Options, talk []said, n int) (lines []string) {
	tap := New(opt)
	var content [2]strings.Builder
	each := func(r Record) {
		if r.Kind == Content {
			p := string(r.Payload)
			if opt.MaxPayload != 0 { // the beginning of each piece
				p = strings.Repeat("x", int(r.Wire))
			}
			content[r.From].WriteString(p)
			return
		}
		if s := content[r.From].String(); s != "" {
			lines = append(lines, fmt.Sprintf("%v content %q", r.From, s))
			content[r.From].Reset()
		}
		lines = append(lines, r.String())
	}
	for _, s := range talk {
		size := n
		if n == 0 {
			size = max(1, len(s.data))
		}
		for p := range slices.Chunk([]byte(s.data), size) {
			mine := bytes.Clone(p)
			tap.Feed(s.from, mine, each)
			for i := range mine {
				mine[i] = 0xee // what was kept must not be this
			}
		}
	}
	tap.End(FromClient, each)
	tap.End(FromServer, each)
	for from := range content {
		if s := content[from].String(); s != "" {
			lines = append(lines, fmt.Sprintf("%v content %q", Direction(from), s))
		}
	}
	return lines
}

// check reads a conversation in pieces of each size, and wants lines.
func check(t *testing.T, opt Options, talk []said, lines ...string) {
	t.Helper()
	for _, n := range []int{0, 1, 2, 3, 5, 7, 9, 14, 64} {
		if diff := cmp.Diff(lines, read(opt, talk, n)); diff != "" {
			t.Fatalf("in pieces of %d: (-want +got)\n%s", n, diff)
		}
	}
}

func unhex(s string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestFrames(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, tt := range []struct {
		name, bytes, want string
	}{
		{"text", unhex("81 05") + "Hello", `< Text, 5 bytes, 7 on the wire: 81 05 | 48 65 6c 6c 6f | "Hello"`},
		{"masked", unhex("81 85 37fa213d 7f9f4d5158"),
			`< Text, 5 bytes, 11 on the wire: 81 85 37 fa 21 3d | 48 65 6c 6c 6f | "Hello"`},
		{"empty", unhex("82 00"), `< Binary, 0 bytes, 2 on the wire: 82 00`},
		{"empty, masked", unhex("82 80 01020304"), `< Binary, 0 bytes, 6 on the wire: 82 80 01 02 03 04`},
		{"fragment", unhex("01 01 61"), `< Text more, 1 bytes, 3 on the wire: 01 01 | 61 | "a"`},
		{"compressed", unhex("c1 02 0700"), `< Text RSV1, 2 bytes, 4 on the wire: c1 02 | 07 00 | "\a\x00"`},
		{"reserved", unhex("fb 00"), `< Opcode(0xb) RSV1 RSV2 RSV3, 0 bytes, 2 on the wire: fb 00`},
		{"close", unhex("88 05 03e8") + "bye", `< Close, 5 bytes, 7 on the wire: 88 05 | 03 e8 62 79 65 | "\x03\xe8bye"`},
		{"long", unhex("81 7e 012c") + long,
			`< Text, 300 bytes, 304 on the wire: 81 7e 01 2c | 78 78 78 78 | "xxxx" …`},
		{"very long", unhex("81 ff 000000000000012c 00000000") + long,
			`< Text, 300 bytes, 314 on the wire: 81 ff 00 00 00 00 00 00 01 2c 00 00 00 00 | 78 78 78 78 | "xxxx" …`},
		{"cut in its header", unhex("82 7e 01"), `< Binary, 0 bytes, 3 on the wire: 82 7e 01, cut off`},
		{"cut in its mask", unhex("82 85 0102"), `< Binary, 0 bytes, 4 on the wire: 82 85 01 02, cut off`},
		{"cut in its payload", unhex("82 05 6162"), `< Binary, 5 bytes, 4 on the wire: 82 05 | 61 62 | "ab" …, cut off`},
		{"too long to be", unhex("82 7f 8000000000000000 00"), `< not read on, wiretap: malformed`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			opt := Options{Frames: true}
			if len(tt.bytes) > 100 {
				opt.MaxPayload = 4
			}
			check(t, opt, []said{{FromServer, tt.bytes}}, tt.want)
		})
	}
	check(t, Options{Frames: true, MaxPayload: -1}, []said{{FromClient, unhex("81 01 61 8900")}},
		"> Text, 1 bytes, 3 on the wire: 81 01", "> Ping, 0 bytes, 2 on the wire: 89 00")
}

const (
	request = "GET /feed?token=s3cr3t&x HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer s3cr3t\r\n\r\n"
	answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSet-Cookie: id=s3cr3t\r\n\r\n"
)

var (
	requestLines = `> GET /feed?token=…&… HTTP/1.1
>   Host: example.org
>   Upgrade: websocket
>   Connection: Upgrade
>   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
>   Authorization: …`
	answerLines = `< HTTP/1.1 101 Switching Protocols
<   Upgrade: websocket
<   Connection: Upgrade
<   Set-Cookie: …`
	hello = unhex("81 05") + "Hello"
	heard = `Text, 5 bytes, 7 on the wire: 81 05 | 48 65 6c 6c 6f | "Hello"`
)

func TestHTTP1(t *testing.T) {
	for _, tt := range []struct {
		name string
		talk []said
		want []string
	}{
		{"opens", []said{{FromClient, request}, {FromServer, answer + hello}, {FromClient, hello}},
			[]string{requestLines, answerLines, "< " + heard, "> " + heard}},
		{"client does not wait", []said{{FromClient, request + hello}, {FromServer, answer}},
			[]string{requestLines, "> " + heard, answerLines}},
		{"bare line feeds", []said{{FromServer, "HTTP/1.1 101 Yes\nUpgrade: WebSocket\n\n" + hello}},
			[]string{"< HTTP/1.1 101 Yes\n<   Upgrade: WebSocket", "< " + heard}},
		{"early hints", []said{{FromServer, "HTTP/1.1 103 Early Hints\r\nLink: </a?b=c>; rel=preload\r\n\r\n" + answer + hello}},
			[]string{"< HTTP/1.1 103 Early Hints\n<   Link: </a?b=…& rel=…", answerLines, "< " + heard}},
		{"refused, asked again", []said{
			{FromClient, request}, {FromServer, "HTTP/1.1 401 No\r\nContent-Length: 3\r\n\r\nno!"},
			{FromClient, request}, {FromServer, answer + hello}, {FromClient, hello}},
			[]string{requestLines, "< HTTP/1.1 401 No\n<   Content-Length: 3", requestLines, `< content "no!"`, answerLines, "< " + heard, "> " + heard}},
		{"refused in chunks", []said{
			{FromClient, request}, {FromServer, "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nno!\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n" + answer + hello}},
			[]string{requestLines, "< HTTP/1.1 401 No\n<   Transfer-Encoding: chunked", `< content "no!!"`, answerLines, "< " + heard}},
		{"refused to the end", []said{{FromServer, "HTTP/1.1 503 No\r\n\r\nHTTP/1.1 is what I speak\n\n"}},
			[]string{"< HTTP/1.1 503 No", `< content "HTTP/1.1 is what I speak\n\n"`}},
		{"without content", []said{{FromServer, "HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" + answer + hello}},
			[]string{"< HTTP/1.1 304 No\n<   Content-Length: 5", "< HTTP/1.1 503 No\n<   Content-Length: 0", answerLines, "< " + heard}},
		{"pipelined", []said{{FromClient, "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi" + request + request}},
			[]string{"> POST / HTTP/1.1\n>   Content-Length: 2", `> content "hi"`, requestLines, requestLines}},
		{"cut", []said{{FromClient, request[:20]}}, []string{"> not read on, cut off, wiretap: malformed"}},
		{"chunk of no size", []said{{FromServer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}},
			[]string{"< HTTP/1.1 200 OK\n<   Transfer-Encoding: chunked", "< not read on, wiretap: malformed"}},
		{"empty lines first", []said{{FromClient, "\r\n\r\n" + request}}, []string{requestLines}},
	} {
		t.Run(tt.name, func(t *testing.T) { check(t, Options{}, tt.talk, tt.want...) })
	}
}

// TestSecrets: none is shown unless that is asked for.
func TestSecrets(t *testing.T) {
	for _, line := range []string{
		"Authorization: Bearer s3cr3t", "authorization : s3cr3t", "Authorization: Bearer\r\n s3cr3t", "Proxy-Authorization: Basic s3cr3t",
		"Cookie: a=s3cr3t; b=s3cr3t", "Set-Cookie: a=s3cr3t", "X-Api-Key: s3cr3t", "X-Auth-Token: s3cr3t", "Authorization Bearer s3cr3t",
		"Location: https://me:s3cr3t@example.org/x?code=s3cr3t#s3cr3t", "Referer: https://example.org/?s3cr3t",
		"Sec-WebSocket-Protocol: chat, token.s3cr3t", "Sec-WebSocket-Protocol: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaas3cr3t",
	} {
		for _, start := range []string{"GET /?a=s3cr3t&s3cr3t;b=s3cr3t HTTP/1.1", "GET https://me:s3cr3t@example.org/?x=s3cr3t HTTP/1.1",
			"GET /a b?x=s3cr3t HTTP/1.1"} {
			talk := []said{{FromClient, start + "\r\n" + line + "\r\n\r\n"}}
			if got := strings.Join(read(Options{}, talk, 0), "\n"); strings.Contains(got, "s3cr3t") || !strings.Contains(got, hidden) {
				t.Errorf("%s: %s", line, got)
			}
			if got := strings.Join(read(Options{Secrets: true}, talk, 0), "\n"); strings.Count(got, "s3cr3t") != strings.Count(talk[0].data, "s3cr3t") {
				t.Errorf("asked for: %s: %s", line, got)
			}
		}
	}
	plain := "GET /a/b HTTP/1.1\r\nHost: example.org\r\nSec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Key: x\r\n" +
		"WWW-Authenticate: Bearer realm=\"x\"\r\nLocation: https://example.org/x\r\n\r\n"
	if got := strings.Join(read(Options{}, []said{{FromClient, plain}}, 0), "\n"); strings.Contains(got, hidden) {
		t.Errorf("hidden without need: %s", got)
	}
}

// TestPrintable: what is printed cannot upset a terminal.
func TestPrintable(t *testing.T) {
	for _, s := range read(Options{}, []said{{FromServer, "HTTP/1.1 101 \x1b[2J\r\nUpgrade: websocket\r\nA\x07: \x9b1m\r\n\r\n" + "\x81\x03\x1b[K"}}, 0) {
		if strings.ContainsAny(s, "\x1b\x07") {
			t.Errorf("%q", s)
		}
	}
}

// TestBounds: what does not fit is given up, and what is announced takes no memory.
func TestBounds(t *testing.T) {
	head := "GET / HTTP/1.1\r\nA: " + strings.Repeat("x", 100)
	for _, n := range []int{0, 1, 50} {
		got := read(Options{MaxHead: 64}, []said{{FromClient, head + "\r\n\r\n"}, {FromClient, "more"}, {FromServer, answer[:10]}}, n)
		if len(got) != 2 || got[0] != "> not read on, wiretap: head is longer than MaxHead" {
			t.Errorf("in pieces of %d: %q", n, got)
		}
	}
	tap := New(Options{Frames: true})
	tap.Feed(FromServer, []byte(unhex("82 7f 7fffffffffffffff")), nil)
	for range 100 {
		tap.Feed(FromServer, bytes.Repeat([]byte("x"), 1<<14), nil)
	}
	if n := cap(tap.sides[FromServer].ws.kept); n > 512 {
		t.Errorf("%d bytes are kept of a frame, want 256", n)
	}
	tap = New(Options{})
	tap.Feed(FromServer, []byte(unhex("ffffff 04 00 00000000")), nil)
	for range 100 {
		tap.Feed(FromServer, bytes.Repeat([]byte("x"), 1<<14), nil)
	}
	if n := cap(tap.sides[FromServer].h2.kept); n > 1024 {
		t.Errorf("%d bytes are kept of a frame of HTTP/2, want 512", n)
	}
}

// TestNoAllocs: frames on a connection that is in use take no memory.
func TestNoAllocs(t *testing.T) {
	tap, frame, n := New(Options{Frames: true}), []byte(unhex("81 85 37fa213d 7f9f4d5158 82 7e 01f4")+strings.Repeat("x", 500)), 0
	each := func(r Record) { n += int(r.Wire) }
	if count := testing.AllocsPerRun(100, func() { tap.Feed(FromClient, frame, each) }); count != 0 {
		t.Errorf("%v allocations", count)
	}
	if n%len(frame) != 0 || n == 0 {
		t.Errorf("%d bytes on the wire, want a multiple of %d", n, len(frame))
	}
}

// TestLostOnce: a direction that cannot be read is silent from then on, and the other one is not.
func TestLostOnce(t *testing.T) {
	tap := New(Options{Frames: true})
	var got []error
	each := func(r Record) { got = append(got, r.Err) }
	tap.Feed(FromClient, []byte(unhex("82 ff ffffffffffffffff 8100")), each)
	tap.Feed(FromClient, []byte("more"), each)
	tap.End(FromClient, each)
	tap.Feed(FromServer, []byte(unhex("8100")), each)
	if len(got) != 2 || !errors.Is(got[0], ErrMalformed) || got[1] != nil {
		t.Errorf("%v", got)
	}
}

// TestRecordText: what has no case elsewhere.
func TestRecordText(t *testing.T) {
	for want, r := range map[string]Record{
		`< content, 300 bytes: | 61 | "a" …`: {From: FromServer, Kind: Content, Wire: 300, Payload: []byte("a")},
		`> [7] content, 1 bytes: | 61 | "a"`: {Kind: Content, Stream: 7, Wire: 1, Payload: []byte("a")},
		`< PING flags=ACK len=8, 17 on the wire: 00 | 01 | "\x01" …`: {From: FromServer, Kind: HTTP2, Type: 6, Flags: 1, Length: 8, Wire: 17,
			Header: []byte{0}, Payload: []byte{1}},
		`> [3] not read on, wiretap: malformed`: {Kind: Lost, Stream: 3, Err: ErrMalformed},
	} {
		if got := r.String(); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
	var names []string
	for k := Kind(0); k < 7; k++ {
		names = append(names, k.String())
	}
	if got := strings.Join(names, " "); got != "Kind(0) Head Content Frame HTTP2 Lost Kind(6)" {
		t.Error(got)
	}
}
