package wiretap

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// conversation is what a client of this module and the server of wstest say on one connection.
func conversation(t *testing.T, version httpconn.Version, opt mintws.Options, frames ...mintws.Frame) (talk []said) {
	t.Helper()
	var out httpconn.Output
	var in mintws.Inbox
	opt.Rand = rand.NewChaCha8([32]byte{})
	peer := wstest.NewPeer(wstest.Options{})
	conn, err := httpconn.New(version, httpconn.Config{}, &out)
	if err != nil {
		t.Fatal(err)
	}
	var ws mintws.WebSocket
	for asked, round := false, 0; !asked || !ws.Over(); round++ {
		if !asked && (version == httpconn.HTTP1 || round > 0) {
			if conn, ws, err = mintws.Upgrade(conn, &out, "ws://example.org/feed?token=s3cr3t", opt); err != nil {
				t.Fatal(err)
			}
			asked = true
		}
		for ws.State() == mintws.Open && len(frames) > 0 {
			if conn, ws, err = mintws.Send(conn, &out, ws, frames[0]); err != nil {
				t.Fatal(err)
			}
			frames = frames[1:]
		}
		data := string(out.Take(nil))
		reply := string(peer.Receive([]byte(data)))
		talk = append(talk, said{FromClient, data}, said{FromServer, reply})
		out.Reset()
		conn, err = conn.Stream(&out, []byte(reply))
		for _, ev := range out.Events {
			in.Reset()
			conn, ws, _ = mintws.Receive(conn, &out, ws, &in, ev)
		}
		if err != nil || round > 20 {
			t.Fatal(round, err)
		}
	}
	return append(talk, said{FromClient, string(out.Take(nil))})
}

// TestConversations: what our own client and server say is shown whole.
func TestConversations(t *testing.T) {
	header := map[string][]string{"Authorization": {"Bearer s3cr3t"}}
	for version, want := range map[httpconn.Version][]string{
		httpconn.HTTP1: {"> GET /feed?token=…", "<   Sec-WebSocket-Accept: ", "> Text, 5 bytes, 11 on the wire", "< Text, 5 bytes, 7 on the wire",
			`"Hello"`, "> Close, 2 bytes", "< Close, 2 bytes"},
		httpconn.HTTP2: {"> PRI * HTTP/2.0", "> SETTINGS len=", "< SETTINGS", ">   :path: /feed?token=…", "> HEADERS flags=END_HEADERS stream=1",
			"> DATA stream=1 len=11, 20 on the wire", "> [1] Text, 5 bytes, 11 on the wire", "< [1] Text, 5 bytes, 7 on the wire", `"Hello"`,
			"> [1] Close, 2 bytes", "< [1] Close, 2 bytes"},
	} {
		talk := conversation(t, version, mintws.Options{Header: header}, mintws.Text("Hello"), mintws.Close(1000, ""))
		lines := read(Options{}, talk, 0)
		text := strings.Join(lines, "\n")
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%v: no %q in\n%s", version, w, text)
			}
		}
		if strings.Contains(text, "s3cr3t") || strings.Contains(text, "not read on") || strings.Contains(text, "cut off") {
			t.Errorf("%v:\n%s", version, text)
		}
		check(t, Options{}, talk, lines...)
		if n := strings.Count(strings.Join(read(Options{Secrets: true}, talk, 0), "\n"), "s3cr3t"); n < 2 {
			t.Errorf("%v: %d secrets are shown when asked for, want 2", version, n)
		}
	}
}

// blocks encodes header blocks one after the other.
type blocks struct {
	buf bytes.Buffer
	enc *hpack.Encoder
}

func (b *blocks) block(fields ...string) []byte {
	if b.enc == nil {
		b.enc = hpack.NewEncoder(&b.buf)
	}
	b.buf.Reset()
	for i := 0; i < len(fields); i += 2 {
		if err := b.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}); err != nil {
			panic(err)
		}
	}
	return bytes.Clone(b.buf.Bytes())
}

// frame is one of HTTP/2.
func frame(kind http2.FrameType, flags http2.Flags, id uint32, payload ...byte) string {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	head = binary.BigEndian.AppendUint32(append(head, byte(flags)), id)
	return string(head) + string(payload)
}

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// frameLines are those that are not about frames of HTTP/2, and the fields.
func frameLines(lines []string) (kept []string) {
	for _, line := range lines {
		if _, rest, _ := strings.Cut(line, " "); strings.HasPrefix(rest, "[") || strings.HasPrefix(rest, "content") || strings.Contains(line, "\n") {
			if _, fields, ok := strings.Cut(line, "\n"); ok {
				line = fields
			}
			kept = append(kept, line)
		}
	}
	return kept
}

func TestHTTP2(t *testing.T) {
	request := []string{":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":path", "/a?b=s3cr3t", "authorization", "s3cr3t"}
	const asked = ">   :method: CONNECT\n>   :protocol: websocket\n>   :scheme: https\n>   :path: /a?b=…\n>   authorization: …"
	const endHeaders, endStream, padded = http2.FlagHeadersEndHeaders, http2.FlagDataEndStream, http2.FlagDataPadded
	hello := []byte(hello)
	for _, tt := range []struct {
		name string
		talk func(c, s *blocks) []said
		want []string
	}{
		{"opens", func(c, s *blocks) []said {
			return []said{
				{FromClient, preface + frame(http2.FrameHeaders, endHeaders, 1, c.block(request...)...)},
				{FromServer, frame(http2.FrameSettings, 0, 0) + frame(http2.FrameHeaders, endHeaders, 1, s.block(":status", "200")...) +
					frame(http2.FrameData, 0, 1, hello...)}}
		},
			[]string{asked, "<   :status: 200", "< [1] " + heard}},
		{"in pieces, padded, with a priority", func(c, s *blocks) []said {
			return []said{
				{FromClient, preface + frame(http2.FrameHeaders, http2.FlagHeadersPadded|http2.FlagHeadersPriority, 1, append(append([]byte{2, 0, 0, 0, 0, 9},
					c.block(request[:4]...)...), 0, 0)...) + frame(http2.FrameContinuation, 0, 1) +
					frame(http2.FrameContinuation, endHeaders, 1, c.block(request[4:]...)...) +
					frame(http2.FrameData, 0, 1, hello[:3]...) + frame(http2.FrameData, padded, 1, append(append([]byte{3}, hello[3:]...), 0, 0, 0)...)}}
		},
			[]string{asked, "> [1] " + heard}},
		{"two at once", func(c, s *blocks) []said {
			return []said{
				{FromClient, preface + frame(http2.FrameHeaders, endHeaders, 1, c.block(request...)...) +
					frame(http2.FrameHeaders, endHeaders, 3, c.block(request...)...) + frame(http2.FrameData, 0, 1, hello[:3]...) +
					frame(http2.FrameData, 0, 3, hello...) + frame(http2.FrameData, endStream, 1, hello[3:]...)}}
		},
			[]string{asked, asked, "> [3] " + heard, "> [1] " + heard}},
		{"refused", func(c, s *blocks) []said {
			return []said{
				{FromClient, preface + frame(http2.FrameHeaders, endHeaders, 1, c.block(request...)...)},
				{FromServer, frame(http2.FrameHeaders, endHeaders, 1, s.block(":status", "403")...) + frame(http2.FrameData, endStream, 1, []byte("no!")...)}}
		},
			[]string{asked, "<   :status: 403", `< content "no!"`}},
		{"another request", func(c, s *blocks) []said {
			return []said{
				{FromClient, preface + frame(http2.FrameHeaders, endHeaders|http2.FlagHeadersEndStream, 1, c.block(":method", "GET")...)},
				{FromServer, frame(http2.FrameHeaders, endHeaders, 1, s.block(":status", "200")...) + frame(http2.FrameData, padded, 1, 1, 'h', 'i', 0)}}
		},
			[]string{">   :method: GET", "<   :status: 200", `< content "hi"`}},
		{"reset in a frame", func(c, s *blocks) []said {
			return []said{
				{FromClient, preface + frame(http2.FrameHeaders, endHeaders, 1, c.block(request...)...) + frame(http2.FrameData, 0, 1, hello[:3]...)},
				{FromServer, frame(http2.FrameRSTStream, 0, 1, 0, 0, 0, 8)}}
		},
			[]string{asked, `> [1] Text, 5 bytes, 3 on the wire: 81 05 | 48 | "H" …, cut off`}},
		{"a frame that is too long", func(c, s *blocks) []said {
			return []said{
				{FromClient, preface + frame(http2.FrameHeaders, endHeaders, 1, c.block(request...)...) +
					frame(http2.FrameData, 0, 1, []byte(unhex("81 7f ffffffffffffffff 00"))...) + frame(http2.FrameData, 0, 1, hello...)}}
		},
			[]string{asked, "> [1] not read on, wiretap: malformed"}},
		{"more padding than there is", func(c, s *blocks) []said {
			return []said{
				{FromClient, preface + frame(http2.FrameHeaders, endHeaders, 1, c.block(request...)...) + frame(http2.FrameData, padded, 1, 200, 1, 2) +
					frame(http2.FrameData, 0, 1, hello...)}}
		},
			[]string{asked, "> [1] " + heard}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, n := range []int{0, 1, 2, 3, 10, 100} {
				lines := read(Options{}, tt.talk(new(blocks), new(blocks)), n)
				if got := strings.Join(frameLines(lines), "\n"); got != strings.Join(tt.want, "\n") {
					t.Errorf("in pieces of %d: got\n%s\nwant\n%s\nof\n%s", n, got, strings.Join(tt.want, "\n"), strings.Join(lines, "\n"))
				}
			}
		})
	}
}

// TestHeaderBlocks: where one cannot be read, those after it cannot either, and the frames are still shown.
func TestHeaderBlocks(t *testing.T) {
	var c blocks
	good := c.block(":method", "GET")
	for name, bad := range map[string]string{
		"malformed": frame(http2.FrameHeaders, http2.FlagHeadersEndHeaders, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"too long":  frame(http2.FrameHeaders, http2.FlagHeadersEndHeaders, 1, bytes.Repeat(good, 2000)...),
	} {
		for _, n := range []int{0, 1, 100} {
			lines := read(Options{MaxHead: 1000}, []said{{FromClient, preface + bad + frame(http2.FrameHeaders, http2.FlagHeadersEndHeaders, 3, good...)}}, n)
			if len(lines) != 3 || !strings.Contains(lines[1], "wiretap: ") || !strings.Contains(lines[2], "stream=3") || strings.Contains(lines[2], "GET") {
				t.Errorf("%s: %q", name, lines)
			}
		}
	}
	// A block of one-byte indices can be a thousand times as long when it is decoded.
	var b blocks
	first := b.block("a", strings.Repeat("x", 3000))
	bomb := bytes.Repeat(b.block("a", strings.Repeat("x", 3000)), 900)
	lines := read(Options{MaxHead: 4000}, []said{{FromClient, preface + frame(http2.FrameHeaders, http2.FlagHeadersEndHeaders, 1, first...) +
		frame(http2.FrameHeaders, http2.FlagHeadersEndHeaders, 3, bomb...) + frame(http2.FrameHeaders, http2.FlagHeadersEndHeaders, 5, good...)}}, 0)
	if text := strings.Join(lines, "\n"); len(text) > 30000 || !strings.Contains(text, ErrTooLong.Error()) || !strings.HasSuffix(text, ":method: GET") {
		t.Errorf("%d bytes: %.500s", len(text), text)
	}
}

// TestTableSize: SETTINGS of one side let the other one have a larger header table.
func TestTableSize(t *testing.T) {
	var c blocks
	c.block()
	c.enc.SetMaxDynamicTableSizeLimit(1 << 14)
	c.enc.SetMaxDynamicTableSize(1 << 14)
	want := ">   a: " + strings.Repeat("x", 6000)
	talk := []said{{FromServer, frame(http2.FrameSettings, 0, 0, 0, 1, 0, 0, 0x40, 0)}, {FromClient, preface}}
	for range 2 {
		talk = append(talk, said{FromClient, frame(http2.FrameHeaders, http2.FlagHeadersEndHeaders, 1, c.block("a", strings.Repeat("x", 6000))...)})
	}
	if got := frameLines(read(Options{MaxPayload: -1}, talk, 1)); len(got) != 2 || got[0] != want || got[1] != want {
		t.Errorf("%.200q", got)
	}
}

// TestStreams: streams are forgotten when they are over, and there is a bound for those that are not.
func TestStreams(t *testing.T) {
	tap, n := New(Options{MaxPayload: -1}), 0
	each := func(r Record) {
		if r.Err != nil {
			n++
		}
	}
	var c blocks
	tap.Feed(FromClient, []byte(preface), each)
	block := c.block(":protocol", "websocket")
	open := func(id uint32) {
		tap.Feed(FromClient, []byte(frame(http2.FrameHeaders, http2.FlagHeadersEndHeaders, id, block...)), each)
		block = c.block(":protocol", "websocket")
	}
	for i := range uint32(10) {
		open(2*i + 1)
		tap.Feed(FromClient, []byte(frame(http2.FrameData, http2.FlagDataEndStream, 2*i+1)), each)
		tap.Feed(FromServer, []byte(frame(http2.FrameRSTStream, 0, 2*i+1, 0, 0, 0, 0)), each)
	}
	// The last of the client, and the block goes on in a second frame.
	tap.Feed(FromClient, []byte(frame(http2.FrameHeaders, http2.FlagHeadersEndStream, 99)+
		frame(http2.FrameContinuation, http2.FlagHeadersEndHeaders, 99, block...)), each)
	block = c.block(":protocol", "websocket")
	tap.Feed(FromServer, []byte(frame(http2.FrameData, http2.FlagDataEndStream, 99)), each)
	if len(tap.streams) != 0 || n != 0 {
		t.Errorf("%d streams are kept, %d errors", len(tap.streams), n)
	}
	for i := range uint32(maxStreams + 2) {
		open(2*i + 101)
	}
	if len(tap.streams) != maxStreams || n != 2 {
		t.Errorf("%d streams are kept, %d errors, want 2", len(tap.streams), n)
	}
}

// TestCodedSecrets: the bytes of a header block are not shown either, whole or cut off, in any frame that has some.
func TestCodedSecrets(t *testing.T) {
	var c blocks
	block := c.block("authorization", "s3cr3t")
	coded := fmt.Sprintf("% x", block)
	for _, kind := range []http2.FrameType{http2.FrameHeaders, http2.FramePushPromise, http2.FrameContinuation} {
		for _, flags := range []http2.Flags{0, http2.FlagHeadersEndHeaders} {
			whole := frame(kind, flags, 1, block...)
			for cut := range block {
				talk := []said{{FromServer, frame(http2.FrameSettings, 0, 0) + whole[:len(whole)-cut]}}
				if text := strings.Join(read(Options{}, talk, 0), "\n"); strings.Contains(text, coded[:9]) {
					t.Errorf("%v cut by %d:\n%s", kind, cut, text)
				}
				if text := strings.Join(read(Options{Secrets: true}, talk, 0), "\n"); cut < len(block)-3 && !strings.Contains(text, coded[:9]) {
					t.Errorf("%v cut by %d, asked for:\n%s", kind, cut, text)
				}
			}
		}
	}
}
