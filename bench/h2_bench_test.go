package bench

import (
	"bytes"
	"fmt"
	"testing"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// h2Case is a connection with so many WebSockets.
type h2Case struct {
	name    string
	version httpconn.Version
	streams int
}

var h2Cases = []h2Case{
	{"http1", httpconn.HTTP1, 1},
	{"http2-1", httpconn.HTTP2, 1},
	{"http2-100", httpconn.HTTP2, 100},
	{"http2-10000", httpconn.HTTP2, 10_000},
}

// BenchmarkH2Message is a message of 128 bytes, in memory: sent as Send does it, received as Stream and Receive do it, and
// both in turn. The WebSockets of a connection take turns too. Beside it is x/net's Framer, with the floor of a WebSocket's frame in
// its frames; over HTTP/1.1, which has none, that floor is alone.
func BenchmarkH2Message(b *testing.B) {
	p := fill(h2Size)
	for _, c := range h2Cases {
		both := func(send, receive bool) run {
			return run{"mintws", func(b *testing.B) {
				m := openTunnels(b, c.version, c.streams, mintws.Options{}, "")
				wire := m.messages(p)
				for i := range m.ws { // buffers, and what the streams keep, have grown
					m.send(i, p)
					m.receive(i, wire[i])
				}
				b.ResetTimer()
				i := 0
				for range b.N {
					if send {
						m.send(i, p)
					}
					if receive {
						m.receive(i, wire[i])
					}
					if i++; i == len(m.ws) {
						i = 0
					}
				}
			}}
		}
		versus(b, "send/"+c.name, h2Size, both(true, false), h2Framer(c.version, p, true, false))
		versus(b, "receive/"+c.name, h2Size, both(false, true), h2Framer(c.version, p, false, true))
		versus(b, "both/"+c.name, 2*h2Size, both(true, true), h2Framer(c.version, p, true, true))
	}
}

// h2Framer is the same without checks, windows or streams.
func h2Framer(version httpconn.Version, p []byte, send, receive bool) run {
	lib := "framer"
	if version == httpconn.HTTP1 {
		lib = "floor"
	}
	return run{lib, func(b *testing.B) {
		var out bytes.Buffer
		var in bytes.Reader
		framer := http2.NewFramer(&out, &in)
		framer.SetReuseFrames()
		buf := make([]byte, 0, 14+len(p))
		wire := floorEncode(make([]byte, 0, 14+len(p)), 2, p, 0)
		if version == httpconn.HTTP2 {
			wire = h2Frame(http2.FrameData, 0, 1, wire)
		}
		for range b.N {
			if send {
				buf = floorEncode(buf[:0], 2, p, floorKey)
				if version == httpconn.HTTP2 {
					out.Reset()
					if err := framer.WriteData(1, false, buf); err != nil {
						b.Fatal(err)
					}
				}
			}
			if receive {
				got := wire
				if version == httpconn.HTTP2 {
					in.Reset(wire)
					f, err := framer.ReadFrame()
					if err != nil {
						b.Fatal(err)
					}
					got = f.(*http2.DataFrame).Data()
				}
				_, sink, _, _ = floorDecode(got)
			}
		}
	}}
}

// BenchmarkH2Data is DATA frames of 128 bytes by themselves, which mean nothing: BeginData and EndData around an append
// (send), SendData (whole), and Stream with one frame in a read, and with 32. Beside it is x/net's Framer, which knows neither
// streams nor windows.
func BenchmarkH2Data(b *testing.B) {
	p := fill(h2Size)
	for _, n := range []int{1, 100, 10_000} {
		name := fmt.Sprintf("http2-%d", n)
		framer := run{"framer", func(b *testing.B) {
			var out bytes.Buffer
			framer := http2.NewFramer(&out, nil)
			for range b.N {
				out.Reset()
				if err := framer.WriteData(1, false, p); err != nil {
					b.Fatal(err)
				}
			}
		}}
		versus(b, "send/"+name, h2Size, run{"mintws", func(b *testing.B) { dataSend(b, n, p) }}, framer)
		versus(b, "whole/"+name, h2Size, run{"mintws", func(b *testing.B) { dataSendWhole(b, n, p) }}, framer)
		versus(b, "receive/"+name, h2Size, run{"mintws", func(b *testing.B) { dataReceive(b, n, p) }},
			run{"framer", func(b *testing.B) {
				var in bytes.Reader
				framer := http2.NewFramer(nil, &in)
				framer.SetReuseFrames()
				wire := h2Frame(http2.FrameData, 0, 1, p)
				for range b.N {
					in.Reset(wire)
					f, err := framer.ReadFrame()
					if err != nil {
						b.Fatal(err)
					}
					sink = f.(*http2.DataFrame).Data()
				}
			}})
		versus(b, "receive32/"+name, h2Size, run{"mintws", func(b *testing.B) { dataReceiveMany(b, n, p) }})
	}
}

func dataSend(b *testing.B, n int, p []byte) {
	m := openTunnels(b, httpconn.HTTP2, n, mintws.Options{}, "")
	m.out.Send = make([]byte, 0, 1<<10)
	b.ResetTimer()
	i := 0
	for range b.N {
		m.out.Send = m.out.Send[:0]
		id := m.ws[i].StreamID()
		mark, err := m.conn.BeginData(&m.out, id, len(p))
		if err != nil {
			b.Fatal(err)
		}
		m.out.Send = append(m.out.Send, p...)
		if m.conn, err = m.conn.EndData(&m.out, id, mark, false); err != nil {
			b.Fatal(err)
		}
		m.spent(len(p))
		if i++; i == n {
			i = 0
		}
	}
}

func dataSendWhole(b *testing.B, n int, p []byte) {
	m := openTunnels(b, httpconn.HTTP2, n, mintws.Options{}, "")
	m.out.Send = make([]byte, 0, 1<<10)
	b.ResetTimer()
	i := 0
	for range b.N {
		m.out.Send = m.out.Send[:0]
		var err error
		if m.conn, err = m.conn.SendData(&m.out, m.ws[i].StreamID(), p, false); err != nil {
			b.Fatal(err)
		}
		m.spent(len(p))
		if i++; i == n {
			i = 0
		}
	}
}

func dataReceive(b *testing.B, n int, p []byte) {
	m := openTunnels(b, httpconn.HTTP2, n, mintws.Options{}, "")
	var wire [][]byte
	for _, ws := range m.ws {
		wire = append(wire, h2Frame(http2.FrameData, 0, ws.StreamID(), p))
	}
	b.ResetTimer()
	i := 0
	for range b.N {
		m.out.Reset()
		if m.stream(wire[i]); len(m.out.Events) != 1 {
			b.Fatalf("%d events", len(m.out.Events))
		}
		if i++; i == n {
			i = 0
		}
	}
}

// dataReceiveMany is dataReceive with 32 frames in a read, of as many streams as there are. One operation is one frame.
func dataReceiveMany(b *testing.B, n int, p []byte) {
	const perRead = 32
	m := openTunnels(b, httpconn.HTTP2, n, mintws.Options{}, "")
	reads := make([][]byte, max(1, n/perRead))
	for i := range len(reads) * perRead {
		reads[i/perRead] = append(reads[i/perRead], h2Frame(http2.FrameData, 0, m.ws[i%n].StreamID(), p)...)
	}
	b.ResetTimer()
	i := 0
	for left := b.N; left > 0; left -= perRead {
		m.out.Reset()
		if m.stream(reads[i]); len(m.out.Events) != perRead {
			b.Fatalf("%d events", len(m.out.Events))
		}
		if i++; i == len(reads) {
			i = 0
		}
	}
}
