package bench

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// BenchmarkH2Full is messages of 128 bytes that are sent while the connection's window is full, in memory. Each WebSocket
// sends one, all of them wait, and then the server gives credit in steps, for one message or for 16 KiB, until all are out.
// One operation is one message: sent, queued, and on its way. mintws+open sends the same through a window that is open, and
// beside it is x/net's Framer, which knows no windows.
func BenchmarkH2Full(b *testing.B) {
	p := fill(h2Size)
	for _, n := range []int{100, 10_000} {
		for _, step := range []size{{"136B", h2Sent}, {"16KiB", 16 << 10}} {
			versus(b, fmt.Sprintf("http2-%d/credit=%s", n, step.name), h2Size,
				run{"mintws", func(b *testing.B) {
					m := openFull(b, n)
					m.fullRound(n, step.n, p, nil) // what is queued has memory now, as far as that is used again
					b.ResetTimer()
					for left := b.N; left > 0; left -= n {
						m.fullRound(min(left, n), step.n, p, nil)
					}
				}},
				run{"mintws+open", func(b *testing.B) {
					m := openTunnels(b, httpconn.HTTP2, n, mintws.Options{}, "")
					for i := range m.ws {
						m.send(i, p)
					}
					b.ResetTimer()
					for i := range b.N {
						m.send(i%n, p)
					}
				}},
				h2Framer(httpconn.HTTP2, p, true, false))
		}
	}
}

// openFull opens n WebSockets on a connection whose window is full.
func openFull(t testing.TB, n int) *tunnels {
	m := openTunnelsIn(t, httpconn.HTTP2, n, mintws.Options{}, "")
	var err error
	id := m.ws[0].StreamID()
	if m.conn, err = m.conn.SendData(&m.out, id, make([]byte, m.conn.SendWindow(0)), false); err != nil {
		t.Fatal(err)
	}
	if left := m.conn.SendWindow(0); left != 0 {
		t.Fatalf("the window has %d bytes left", left)
	}
	return m
}

// fullRound sends p on each of the first n WebSockets, then gives the credit for all of it, step bytes at a time. What comes
// out must be exactly as much as was given. taken, if it is set, gets the frames.
func (m *tunnels) fullRound(n, step int, p []byte, taken func(frames []byte)) {
	var err error
	m.out.Reset()
	for i := range n {
		if m.conn, m.ws[i], err = mintws.Send(m.conn, &m.out, m.ws[i], mintws.Binary(p)); err != nil {
			m.t.Fatal(err)
		}
	}
	if len(m.out.Send) != 0 {
		m.t.Fatalf("%d bytes are sent, and there is no window", len(m.out.Send))
	}
	var update [9 + 4]byte
	copy(update[:], h2Credit(0, 0))
	drained := 0
	for left := n * h2Sent; left > 0; left -= step {
		binary.BigEndian.PutUint32(update[9:], uint32(min(left, step)))
		m.out.Reset()
		m.stream(update[:])
		drained += len(m.out.Events)
		if sent := dataIn(m.out.Send); sent != min(left, step) {
			m.t.Fatalf("%d bytes are sent, and there was credit for %d", sent, min(left, step))
		}
		if taken != nil {
			taken(m.out.Send)
		}
	}
	if drained != n {
		m.t.Fatalf("%d WebSockets of %d have sent all", drained, n)
	}
}

// dataIn returns how many bytes of content are in frames, which must all be DATA.
func dataIn(frames []byte) (sum int) {
	for len(frames) >= 9 {
		n := int(frames[0])<<16 | int(frames[1])<<8 | int(frames[2])
		if http2.FrameType(frames[3]) != http2.FrameData || len(frames) < 9+n {
			return -1
		}
		sum += n
		frames = frames[9+n:]
	}
	return sum - len(frames)
}

// TestH2Full: each WebSocket's message gets through as it was sent, whatever the steps of the credit cut.
func TestH2Full(t *testing.T) {
	const n = 100
	p := fill(h2Size)
	for _, step := range []int{1, h2Sent, 1000, 16 << 10} {
		m := openFull(t, n)
		var wire bytes.Buffer
		m.fullRound(n, step, p, func(frames []byte) { wire.Write(frames) })
		got := map[httpconn.StreamID][]byte{}
		framer := http2.NewFramer(nil, &wire)
		for wire.Len() > 0 {
			f, err := framer.ReadFrame()
			if err != nil {
				t.Fatal(err)
			}
			id := httpconn.StreamID(f.Header().StreamID)
			got[id] = append(got[id], f.(*http2.DataFrame).Data()...)
		}
		for i, ws := range m.ws {
			frame := got[ws.StreamID()]
			if len(frame) != h2Sent {
				t.Fatalf("steps of %d: WebSocket %d has sent %d bytes", step, i, len(frame))
			}
			_, payload, key, _ := floorDecode(frame)
			floorMask(payload, payload, key)
			if !bytes.Equal(payload, p) {
				t.Fatalf("steps of %d: WebSocket %d has sent %x", step, i, payload)
			}
		}
	}
}
