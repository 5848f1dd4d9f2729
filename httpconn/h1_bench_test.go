package httpconn

import (
	"strings"
	"testing"
)

// The hot path of a WebSocket: bytes read, bytes sent.
func BenchmarkH1Tunnel(b *testing.B) {
	c := h1Open(b)
	data := []byte(strings.Repeat("x", 128))
	out := Output{Events: make([]Event, 0, 1), Send: make([]byte, 0, 256)}
	b.Run("Stream", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			out.Reset()
			c, _ = c.Stream(&out, data)
		}
	})
	b.Run("BeginEnd", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			out.Reset()
			mark, _ := c.BeginData(&out, 1, len(data))
			out.Send = append(out.Send, data...)
			c, _ = c.EndData(&out, 1, mark, false)
		}
	})
	b.Run("SendData", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			out.Reset()
			c, _ = c.SendData(&out, 1, data, false)
		}
	})
}

// One request and its response on a connection that is kept.
func BenchmarkH1Exchange(b *testing.B) {
	c := h1Begin(b, h1Case{})
	r := h1Requests[3].r // a WebSocket's handshake
	response := []byte("HTTP/1.1 403 Forbidden\r\nDate: Mon, 27 Jul 2009 12:28:53 GMT\r\nServer: Apache\r\n" +
		"Content-Type: text/plain\r\nCache-Control: no-cache\r\nContent-Length: 14\r\n\r\nno lines here\n")
	var out Output
	b.ReportAllocs()
	b.SetBytes(int64(len(response)))
	for range b.N {
		out.Reset()
		var err error
		if c, _, err = c.Request(&out, r); err != nil {
			b.Fatal(err)
		}
		if c, err = c.Stream(&out, response); err != nil {
			b.Fatal(err)
		}
	}
}

// A body in chunks of 100 bytes, many in one read.
func BenchmarkH1Chunks(b *testing.B) {
	c := h1Feed(h1Begin(b, h1Case{reqs: h1Get}), false, h1Chk).conn
	data := []byte(strings.Repeat("64\r\n"+strings.Repeat("x", 100)+"\r\n", 40))
	var out Output
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for range b.N {
		out.Reset()
		c, _ = c.Stream(&out, data)
	}
}

// A head of 8 KiB, whole and byte by byte.
func BenchmarkH1Head(b *testing.B) {
	c := h1Begin(b, h1Case{reqs: h1Get})
	data := []byte(h1OK + strings.Repeat("X-Some-Header: "+strings.Repeat("v", 64)+"\r\n", 100) + "\r\n")
	for _, step := range []int{len(data), 1} {
		b.Run(map[bool]string{true: "bytewise", false: "whole"}[step == 1], func(b *testing.B) {
			var out Output
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for range b.N {
				out.Reset()
				d := c
				for i := 0; i < len(data); i += step {
					d, _ = d.Stream(&out, data[i:i+step])
				}
			}
		})
	}
}
