package httpconn

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// h1All is both tables.
func h1All() []h1Case { return append(h1Good[:len(h1Good):len(h1Good)], h1Bad...) }

// TestH1AnySplit holds D7: cutting the input anywhere gives the same events, the same error and the same next value.
func TestH1AnySplit(t *testing.T) {
	for _, tc := range h1All() {
		t.Run(tc.name, func(t *testing.T) {
			step, rounds := stride(tc.input, 4<<10), 20
			if step > 1 {
				rounds = 2
			}
			c := h1Begin(t, tc)
			whole := h1Feed(c, tc.eof, tc.input)
			check := func(how string, pieces ...string) {
				t.Helper()
				got := h1Feed(c, tc.eof, pieces...)
				if got.String() != whole.String() {
					t.Fatalf("%s\n%v\nwhole\n%v", how, got, whole)
				}
				if !got.conn.Equal(whole.conn) {
					t.Fatalf("%s leads to another value\n%+v\n%+v", how, got.conn, whole.conn)
				}
			}
			for cut := 0; cut <= len(tc.input); cut += step {
				check("cut at "+itoa(int64(cut)), tc.input[:cut], tc.input[cut:])
			}
			check("byte by byte", strings.Split(tc.input, "")...)
			rng := rand.New(rand.NewPCG(1, uint64(len(tc.input))))
			for range rounds {
				check("in random pieces", randomPieces(rng, tc.input)...)
			}
		})
	}
}

// TestH1Linear feeds a large head byte by byte. Allocated bytes are the measure, as time is not to be trusted: a parser
// that copied what it kept on each call would need some 30,000 bytes for each.
func TestH1Linear(t *testing.T) {
	input := "HTTP/1.1 200 OK\r\n" + strings.Repeat("Content-Length: 1\r\n", 200) + "X: " + strings.Repeat("y",
		60<<10-4<<10) + "\r\n\r\nz"
	c := h1Begin(t, h1Case{reqs: h1Get})
	data := []byte(input)
	var out Output
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			d := c
			var err error
			for i := range data {
				if d, err = d.Stream(&out, data[i:i+1]); err != nil {
					b.Fatal(err)
				}
			}
			out.Reset()
		}
	})
	if perByte := result.AllocedBytesPerOp() / int64(len(input)); perByte > 512 {
		t.Errorf("%d bytes allocated for each byte of the head", perByte)
	}
}
