package httpconn

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"

	"golang.org/x/net/http2"
)

// h2QueueCases begin with content that waits for a window: 10,000 bytes on stream 1, and 20,000 on each other.
var h2QueueCases = []h2Case{
	{name: "credit on the connection", reqs: h2QueueRequests,
		input: fWindow(1, 1<<20) + fWindow(0, 5000) + fWindow(0, 15_000) + fWindow(0, 30_000),
		sent:  "DATA 3 5000\nDATA 5 15000\nDATA 1 10000 end\nDATA 3 15000 end\nDATA 5 5000 end\n",
		want:  "1 Drained\n3 Drained\n5 Drained\n"},
	{name: "credit on the connection before the stream's", reqs: h2QueueRequests,
		input: fWindow(0, 1<<20) + fWindow(1, 1) + fWindow(1, 1<<16),
		sent:  "DATA 3 16384\nDATA 5 16384\nDATA 3 3616 end\nDATA 5 3616 end\nDATA 1 1\nDATA 1 9999 end\n",
		want:  "3 Drained\n5 Drained\n1 Drained\n"},
	{name: "smaller and larger windows", reqs: h2QueueRequests,
		input: fSettings(setWindow, 10) + fWindow(0, 1<<20) + fSettings(setWindow, 100_000, setFrame, 20_000),
		sent: "SETTINGS ack\nDATA 3 10\nDATA 5 10\nSETTINGS ack\n" +
			"DATA 1 10000 end\nDATA 3 16384\nDATA 5 16384\nDATA 3 3606 end\nDATA 5 3606 end\n",
		want: "0 Settings\n0 Settings\n1 Drained\n3 Drained\n5 Drained\n"},
	{name: "queued bytes of a stream that is reset", reqs: h2QueueRequests,
		input: fWindow(0, 100) + fReset(3, http2.ErrCodeNo) + fWindow(1, 1<<20) + fWindow(0, 1<<20) + fReset(5, http2.ErrCodeCancel),
		sent:  "DATA 3 100\nDATA 5 16384\nDATA 1 10000 end\nDATA 5 3616 end\n",
		want:  "3 Reset ResetError NO_ERROR\n1 Drained\n5 Drained\n5 Reset ResetError CANCEL\n"},
	{name: "queued bytes at the end", reqs: h2QueueRequests[:1], eof: true, code: http2.ErrCodeNo, is: ErrUnexpectedEOF,
		input: fWindow(0, 1<<20) + fWindow(1, 5000), sent: "DATA 1 5000\n", want: "1 Reset ConnError NO_ERROR\n"},
}

// h2QueueRequests leave the window of stream 1, and of the connection, full.
var h2QueueRequests = []Request{h2Content(75_535), h2Content(20_000), h2Content(20_000)}

func h2Content(n int) Request {
	return Request{Method: http.MethodPost, Scheme: "https", Authority: "example.com", Body: mContent(0, n)}
}

// queueStep is bytes to send on a stream, or from the server.
type queueStep struct {
	id    StreamID
	n     int
	input string
}

// queueRun returns where steps, of which the first has place at, lead from c, and what was sent on the way. What the Conn was
// given is spoilt after each call, and so is what it gave. The input comes in pieces if rng is not nil.
func queueRun(t testing.TB, rng *rand.Rand, c Conn, at int, steps []queueStep) (next Conn, sent []byte) {
	t.Helper()
	var out Output
	spoil := func(p []byte) {
		for i := range p {
			p[i] = '#'
		}
	}
	for i, step := range steps {
		p := bytes.Repeat([]byte{byte(at + i)}, step.n)
		if step.id != 0 {
			c = h2Must(t)(c.SendData(&out, step.id, p, false))
		}
		spoil(p)
		pieces := []string{step.input}
		if rng != nil {
			pieces = randomPieces(rng, step.input)
		}
		for _, piece := range pieces {
			data := []byte(piece)
			c = h2Must(t)(c.Stream(&out, data))
			spoil(data)
		}
		sent = append(sent, out.Send...)
		spoil(out.Send)
		out.Reset()
	}
	return c, sent
}

// TestQueueOldValues goes on from every value of a conversation in which much waits: each still has what it had, whatever
// became of those after it, of what they were given and of what they gave.
func TestQueueOldValues(t *testing.T) {
	start := h2Fed(t, h2Started(t, Config{}, h2Ext, h2Ext, h2Ext), f200(1)+f200(3)+f200(5)+fSettings(setWindow, 1<<15))
	rng := rand.New(rand.NewPCG(7, 7))
	var steps []queueStep
	for range 150 {
		step := queueStep{id: StreamID(2*rng.IntN(3) + 1), n: rng.IntN(2000)}
		switch rng.IntN(8) {
		case 0:
			step.n = rng.IntN(40_000)
		case 1, 2:
			step.id, step.input = 0, fWindow(0, 1+rng.Uint32N(30_000))
		case 3, 4:
			step.input = fWindow(uint32(step.id), 1+rng.Uint32N(10_000))
		case 5:
			step.input = fSettings(setWindow, 1<<14+rng.Uint32N(1<<16))
		}
		steps = append(steps, step)
	}
	values, want := []Conn{start}, make([][]byte, len(steps)+1)
	most := 0
	for i, step := range steps {
		next, sent := queueRun(t, nil, values[i], i, []queueStep{step})
		values, want[i] = append(values, next), sent
		most = max(most, next.Buffered(0))
	}
	for i := range slices.Backward(steps) {
		want[i] = slices.Concat(want[i], want[i+1])
	}
	end := values[len(steps)]
	if most < 50_000 || len(want[0]) < 100_000 {
		t.Fatalf("at most %d bytes waited, %d were sent", most, len(want[0]))
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 2))
			for range 20 {
				i := r.IntN(len(values))
				h2Disturb(r, values[i]) // must leave no trace
				next, sent := queueRun(t, r, values[i], i, steps[i:])
				if !bytes.Equal(sent, want[i]) || !next.Equal(end) {
					t.Errorf("from step %d: %d bytes sent, want %d, or others", i, len(sent), len(want[i]))
				}
			}
		})
	}
	wg.Wait()
}
