package http2_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/http2/hpack"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/h2test"
)

// answer makes a server that answers with a block of the given fields behind the status.
func answer(h h2test.Head, pairs ...string) func() h2test.Echo {
	return func() h2test.Echo {
		return h2test.Echo{Head: func(e *h2test.Session, id uint32) {
			e.WriteBlock(id, e.Encode(h2test.Fields(append([]string{":status", "200"}, pairs...)...)), h)
		}}
	}
}

// plain is the same with a block that uses no table and no Huffman coding.
func plain(never bool, pairs ...string) func() h2test.Echo {
	return func() h2test.Echo {
		return h2test.Echo{Head: func(e *h2test.Session, id uint32) {
			e.WriteBlock(id, h2test.PlainBlock(h2test.Fields(append([]string{":status", "200"}, pairs...)...), never), h2test.Head{})
		}}
	}
}

// manyFields are as many as the default limit allows beside the status.
func manyFields() (pairs []string) {
	for i := range httpconn.DefaultMaxHeaderFields - 1 {
		pairs = append(pairs, fmt.Sprintf("x-field-%d", i%100), strconv.Itoa(i))
	}
	return pairs
}

var legalHeads = []legal{
	{name: "padded HEADERS", section: "6.2", echo: answer(h2test.Head{Pad: 255}, "server", "test")},
	{name: "HEADERS with the flag and no padding", section: "6.2", echo: answer(h2test.Head{Pad: -1})},
	{name: "HEADERS with priority and padding", section: "6.2", echo: answer(h2test.Head{Pad: 9, Priority: true})},
	{name: "CONTINUATION of one byte each", section: "6.10", echo: answer(h2test.Head{Split: 1}, "x", "a few more bytes of block")},
	{name: "empty CONTINUATION", section: "6.10", echo: answer(h2test.Head{Split: 1, Empty: 20, Pad: 3})},
	{name: "empty HEADERS before CONTINUATION", section: "6.10", echo: func() h2test.Echo {
		return h2test.Echo{Head: func(e *h2test.Session, id uint32) {
			_ = e.WriteRawFrame(0x1, 0, id, nil)
			_ = e.WriteContinuation(id, true, e.Encode(h2test.Fields(":status", "200")))
		}}
	}},
	{name: "literals without Huffman", section: "RFC 7541 6.2.2", echo: plain(false, "server", "test", "x-empty", "")},
	{name: "literals never indexed", section: "RFC 7541 6.2.3", echo: plain(true, "set-cookie", "a=b", "set-cookie", "c=d")},
	{name: "long fields", section: "RFC 7541 5.1", echo: plain(false, "x-long", strings.Repeat("value ", 2000)+"end")},
	{name: "many fields", section: "RFC 9110 5.4", echo: answer(h2test.Head{Split: 1000}, manyFields()...)},
	{name: "static and dynamic indices", section: "RFC 7541 6.1", echo: func() h2test.Echo {
		return h2test.Echo{Head: func(e *h2test.Session, id uint32) {
			// The same on every stream, and the date again and again: from the second stream on all of it are indices.
			e.Respond(id, ":status", "200", "date", "Sat, 21 Nov 2026 00:00:00 GMT", "x-same", "value", "x-stream", fmt.Sprint(id))
		}}
	}, streams: 8, size: 8 << 10},
	{name: "table size updates", section: "RFC 7541 4.2 and 6.3", echo: func() h2test.Echo {
		sizes := []uint32{0, 100, 4096, 64, 1000}
		return h2test.Echo{Head: func(e *h2test.Session, id uint32) {
			e.Encoder().SetMaxDynamicTableSize(0)
			e.Encoder().SetMaxDynamicTableSize(sizes[id/2%5])
			e.Respond(id, ":status", "200", "x-same", "value", "x-stream", strings.Repeat(fmt.Sprint(id), 30))
		}}
	}, streams: 10, size: 8 << 10},
	{name: "HEADER_TABLE_SIZE 0", section: "6.5.2, RFC 7541 4.2", echo: func() h2test.Echo {
		return h2test.Echo{Settings: setting(headerTable, 0), WantUpdate: true}
	}},
	{name: "HEADER_TABLE_SIZE 0, then larger", section: "RFC 7541 4.2", echo: func() h2test.Echo {
		return h2test.Echo{Settings: setting(headerTable, 0, headerTable, 1<<32-1), WantUpdate: true}
	}},
	{name: "103 and 100 before the answer", section: "8.1", echo: func() h2test.Echo {
		return h2test.Echo{Head: func(e *h2test.Session, id uint32) {
			e.Respond(id, ":status", "103", "link", "</style.css>; rel=preload")
			e.Respond(id, ":status", "100")
			e.WriteBlock(id, e.Encode(h2test.Fields(":status", "103")), h2test.Head{Split: 1, Pad: 1})
			e.Respond(id, ":status", "200")
		}}
	}},
	{name: "status 201", section: "RFC 8441 5", echo: status("201")},
	{name: "status 204", section: "RFC 9110 9.3.6", echo: status("204")},
	{name: "status 205", section: "RFC 9110 9.3.6", echo: status("205")},
	{name: "status 206", section: "RFC 9110 9.3.6", echo: status("206")},
	{name: "status 299", section: "RFC 9110 15", echo: status("299")},
	{name: "sec-websocket-accept without a key", section: "RFC 8441 5", echo: answer(h2test.Head{},
		"sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")},
	{name: "content-length in a tunnel", section: "RFC 9110 9.3.6", echo: answer(h2test.Head{}, "content-length", "5")},
	{name: "content-length 0 in a tunnel", section: "RFC 9110 9.3.6", echo: answer(h2test.Head{}, "content-length", "0")},
	{name: "empty and odd values", section: "8.2.1", echo: answer(h2test.Head{}, "x-empty", "", "x-obs", "caf\xe9", "x-tab", "a\tb",
		"!#$%&'*+-.^_`|~9", "every character of a name")},
	{name: "trailer and te fields", section: "RFC 9110 6.6.2", echo: answer(h2test.Head{}, "trailer", "x-sum", "te", "trailers"),
		more: func(t *testing.T, l *h2test.Loop) {
			if l.Conn.Next() != httpconn.NextRead || l.Conn.Slots() == 0 {
				t.Errorf("the connection is %v with %d slots, want one that can be used", l.Conn.Next(), l.Conn.Slots())
			}
		}},
}

func status(code string) func() h2test.Echo {
	return func() h2test.Echo {
		return h2test.Echo{Head: func(e *h2test.Session, id uint32) {
			fields := []hpack.HeaderField{{Name: ":status", Value: code}, {Name: "x-secret", Value: "never indexed", Sensitive: true}}
			e.WriteBlock(id, e.Encode(fields), h2test.Head{})
		}}
	}
}
