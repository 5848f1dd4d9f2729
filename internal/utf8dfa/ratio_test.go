package utf8dfa

import (
	"fmt"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/mintws/mintws/internal/test/texts"
)

// BenchmarkRatio prints, for each text and length, the time of Valid as a part of that of utf8.Valid: minima of many short
// runs that take turns, so that a busy machine does little to it. -benchtime 1x is enough.
func BenchmarkRatio(b *testing.B) {
	lengths := []int{16, 64, 128, 1 << 10, 16 << 10, 64 << 10}
	for _, text := range texts.Kinds {
		b.Run(text.Name, func(b *testing.B) {
			var ratios []float64
			for b.Loop() {
				ratios = ratios[:0]
				for _, n := range lengths {
					ratios = append(ratios, ratio(b, text.Pieces(n)))
				}
			}
			for i, n := range lengths {
				b.ReportMetric(ratios[i], fmt.Sprintf("of-std-at-%05d", n))
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func ratio(b *testing.B, list [][]byte) float64 {
	list = list[:max(1, min(len(list), 512<<10/len(list[0])))]
	repeat := max(1, 16<<10/(len(list)*len(list[0])))
	measure := func(valid func([]byte) bool) time.Duration {
		began := time.Now()
		for range repeat {
			for _, p := range list {
				if !valid(p) {
					b.Fatalf("%q is refused", p)
				}
			}
		}
		return time.Since(began)
	}
	ours, std := time.Hour, time.Hour
	for range 100 {
		ours, std = min(ours, measure(Valid)), min(std, measure(utf8.Valid))
	}
	return float64(ours) / float64(std)
}
