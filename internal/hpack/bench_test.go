package hpack

import (
	"strconv"
	"testing"

	xhpack "golang.org/x/net/http2/hpack"
)

// connectHead is what opens a WebSocket (RFC 8441 section 5.1).
var connectHead = []Field{
	{Name: ":method", Value: "CONNECT"},
	{Name: ":protocol", Value: "websocket"},
	{Name: ":scheme", Value: "https"},
	{Name: ":authority", Value: "server.example.com"},
	{Name: ":path", Value: "/chat"},
	{Name: "sec-websocket-version", Value: "13"},
}

// responseHead is what a server answers: first with literals that go into the table, from then on with four indices.
var (
	responseHead = append(append(append([]byte{0x88},
		incremental(33, "", date1).appendTo(nil, true)...),
		incremental(54, "", "mint/1.0").appendTo(nil, true)...),
		incremental(0, "sec-websocket-protocol", "chat").appendTo(nil, true)...)
	responseAgain  = []byte{0x88, 0xc0, 0xbf, 0xbe}
	responseNoneIn = append(append(append([]byte{0x88},
		rep{0x00, 0x0f, 33, "", date1}.appendTo(nil, true)...),
		rep{0x00, 0x0f, 54, "", "mint/1.0"}.appendTo(nil, true)...),
		rep{0x00, 0x0f, 0, "sec-websocket-protocol", "chat"}.appendTo(nil, true)...)
)

func appendHead(dst []byte) []byte {
	for i := range connectHead {
		dst = AppendField(dst, connectHead[i].Name, connectHead[i].Value, false)
	}
	return dst
}

// BenchmarkInsert inserts into a full table: what it costs beyond the strings. "fork" inserts into an old value each time.
func BenchmarkInsert(b *testing.B) {
	var table Table
	for i := range 200 {
		table = table.inserted("name", strconv.Itoa(1000+i))
	}
	b.Run("newest", func(b *testing.B) {
		b.ReportAllocs()
		table := table
		for b.Loop() {
			table = table.inserted("name", "value")
		}
	})
	b.Run("fork", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = table.inserted("name", "value")
		}
	})
}

// BenchmarkDecode decodes a response head of four fields.
func BenchmarkDecode(b *testing.B) {
	table, _, _ := Table{}.AppendFields(nil, responseHead, Limits{})
	fields := make([]Field, 0, 8)
	keep := func(f xhpack.HeaderField) { fields = append(fields, Field{f.Name, f.Value, f.Sensitive}) }
	b.Run("indexed", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, fields, _ = table.AppendFields(fields[:0], responseAgain, Limits{})
		}
	})
	b.Run("indexed/xnet", func(b *testing.B) {
		b.ReportAllocs()
		dec := xhpack.NewDecoder(DefaultMaxSize, keep)
		_, _ = dec.Write(responseHead)
		for b.Loop() {
			fields = fields[:0]
			_, _ = dec.Write(responseAgain)
			_ = dec.Close()
		}
	})
	b.Run("literals", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, fields, _ = table.AppendFields(fields[:0], responseNoneIn, Limits{})
		}
	})
	b.Run("inserting", func(b *testing.B) {
		b.ReportAllocs()
		table := table
		for b.Loop() {
			table, fields, _ = table.AppendFields(fields[:0], responseHead, Limits{})
		}
	})
	b.Run("inserting/xnet", func(b *testing.B) {
		b.ReportAllocs()
		dec := xhpack.NewDecoder(DefaultMaxSize, keep)
		for b.Loop() {
			fields = fields[:0]
			_, _ = dec.Write(responseHead)
			_ = dec.Close()
		}
	})
}

// BenchmarkEncode encodes the head of an extended CONNECT.
func BenchmarkEncode(b *testing.B) {
	b.ReportAllocs()
	dst := make([]byte, 0, 256)
	for b.Loop() {
		dst = appendHead(dst[:0])
	}
	b.ReportMetric(float64(len(dst)), "bytes")
}
