package bench

import (
	"flag"
	"math/rand/v2"
	"testing"

	testtexts "github.com/mintws/mintws/internal/test/texts"
	"github.com/mintws/mintws/mintws"
)

// size is a payload length with the name it has in the benchmarks.
type size struct {
	name string
	n    int
}

// sizes are those of the benchmarks of single frames.
var sizes = []size{{"16B", 16}, {"128B", 128}, {"1KiB", 1 << 10}, {"16KiB", 16 << 10}, {"64KiB", 64 << 10}, {"1MiB", 1 << 20}}

// content is what a benchmark's payload is made of.
type content struct {
	name string
	op   mintws.Opcode
	make func(n int) []byte
}

// contents are the kinds of payload: binary is not validated, text is.
var contents = []content{
	{"binary", mintws.OpBinary, fill},
	{"ascii", mintws.OpText, func(n int) []byte { return repeat("The quick brown fox jumps over the lazy dog. ", n) }},
	{"mixed", mintws.OpText, func(n int) []byte { return repeat("Größe, 日本語, κόσμε, 😀 and ASCII. ", n) }},
}

// sparse are texts with few characters outside ASCII, as most are that are sent. They are drawn from words by chance.
var sparse = []content{
	{"json", mintws.OpText, testtexts.Named("json").Sized}, // one é in 100 bytes
	{"english", mintws.OpText, testtexts.Named("english").Sized},
	{"german", mintws.OpText, testtexts.Named("german").Sized},
}

// sparseSizes are those of the benchmarks of such text.
var sparseSizes = []size{sizes[1], sizes[2], sizes[3], sizes[4]}

// repeat returns n bytes of s, again and again, with spaces for a character that would be cut at the end.
func repeat(s string, n int) []byte {
	p := make([]byte, 0, n)
	for len(p)+len(s) <= n {
		p = append(p, s...)
	}
	for len(p) < n {
		p = append(p, ' ')
	}
	return p
}

// benchEndpoint returns an open WebSocket with the default options.
func benchEndpoint(b *testing.B, role mintws.Role) mintws.WebSocket {
	b.Helper()
	endpoint, err := mintws.NewWebSocket(role, mintws.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return endpoint
}

// run is one library's way to do one thing b.N times.
type run struct {
	lib string
	f   func(b *testing.B)
}

// order is what the libraries of a row are put in order by, at random; 0 leaves them as they are.
var order = flag.Uint64("order", 0, "put the libraries of each row in a random order that comes of this number")

// versus runs one benchmark for each library, named so that benchstat -col /lib sets them side by side. bytes is what one
// iteration handles.
func versus(b *testing.B, name string, bytes int, runs ...run) {
	b.Helper()
	if *order != 0 {
		rng := rand.New(rand.NewPCG(*order, 0))
		rng.Shuffle(len(runs), func(i, j int) { runs[i], runs[j] = runs[j], runs[i] })
	}
	for _, r := range runs {
		b.Run(name+"/lib="+r.lib, func(b *testing.B) {
			b.SetBytes(int64(bytes))
			b.ReportAllocs()
			r.f(b)
		})
	}
}
