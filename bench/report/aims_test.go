package main

import (
	"fmt"
	"strings"
	"testing"
)

// find returns the check of an aim whose text begins with what.
func find(t *testing.T, aims []aim, number int, what string) check {
	t.Helper()
	for _, c := range aims[number-1].checks {
		if strings.HasPrefix(c.what, what) {
			return c
		}
	}
	t.Fatalf("aim %d has no check %q: %v", number, what, aims[number-1].checks)
	return check{}
}

// encodings are results of Encode for all sizes, in which mintws takes so long, gws 100 ns and the floor 20 ns.
func encodings(ns float64, allocs int) string {
	var b strings.Builder
	b.WriteString("--- round 1\nBenchmarkKey/4B/lib=floor 1 10 ns/op\n")
	for _, size := range sizes {
		fmt.Fprintf(&b, "BenchmarkEncode/binary/%s/lib=mintws 1 %v ns/op 0 B/op %d allocs/op\n", size, ns, allocs)
		fmt.Fprintf(&b, "BenchmarkEncode/binary/%s/lib=gws 1 100 ns/op\nBenchmarkEncode/binary/%s/lib=floor 1 20 ns/op\n", size, size)
		fmt.Fprintf(&b, "BenchmarkEncode/binary/%s/lib=gobwas 1 25 ns/op\n", size)
	}
	return b.String()
}

// streams are results of DecodeStream, in which mintws and its joiner take so long, and all others 100 ns.
func streams(ns, joiner float64) string {
	var b strings.Builder
	b.WriteString("--- round 1\n")
	for _, job := range []string{"1KiB/4KiB", "16KiB/64KiB", "64KiB/64KiB", "1MiB/16KiB", "1MiB/64KiB"} {
		for _, heap := range []string{"0", "64MiB"} {
			row := "BenchmarkDecodeStream/" + job + "/Client/heap=" + heap
			fmt.Fprintf(&b, "%s/lib=mintws 1 %v ns/op\n%s/lib=mintws+joiner 1 %v ns/op\n", row, ns, row, joiner)
			for _, lib := range []string{"gobwas+new", "wsutil", "gorilla"} {
				fmt.Fprintf(&b, "%s/lib=%s 1 100 ns/op\n", row, lib)
			}
		}
	}
	return b.String()
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		text     string
		assembly bool
		number   int
		what     string
		want     verdict
		figure   string
	}{
		{encodings(25, 0), false, 1, "ahead of every", met, "16B (gws) 0.25"},
		{encodings(25, 0), false, 1, "from 1 KiB on", met, "1KiB 1.25"},
		{encodings(25, 0), true, 1, "with assembly", met, "16KiB 1.00"},
		{encodings(26, 0), true, 1, "with assembly", level, "16KiB 1.04"},
		{encodings(27, 0), true, 1, "with assembly", missed, "16KiB 1.08"},
		{encodings(25, 0), false, 1, "0 allocations", met, ""},
		{encodings(25, 1), false, 1, "0 allocations", missed, "Encode/binary/16B 1.00"},
		{encodings(51, 0), false, 1, "up to 1 KiB", missed, "16B (gws) 0.51"},
		{encodings(50, 0), false, 1, "16 and 128 B", met, "16B 2.00"},
		{encodings(51, 0), false, 1, "16 and 128 B", missed, "16B 2.05"},
		{encodings(101, 0), false, 1, "ahead of every", level, "16B (gws) 1.01"},
		{encodings(106, 0), false, 1, "ahead of every", missed, "16B (gws) 1.06"},
		{sampleText, false, 1, "ahead of every", notMeasured, "no 128B"},
		{sampleText, false, 3, "1 MiB", notMeasured, "no "},
		{streams(130, 100), false, 3, "a stream", met, "1KiB/4KiB/Client/heap=0 1.30"},
		{streams(131, 100), false, 3, "a stream", missed, "1KiB/4KiB/Client/heap=0 1.31"},
		{streams(100, 104), false, 3, "1 MiB in reads of 16 KiB, joined", level, "wsutil, heap=0 1.04"},
		{streams(100, 106), false, 3, "1 MiB in reads of 16 KiB, joined", missed, "wsutil, heap=0 1.06"},
		{sampleText, false, 6, "round trips", notMeasured, "no "},
		{"--- round 1\nBenchmarkRoundTrip/128B/lib=mintws 1 1 ns/op 100 msg/s\nBenchmarkRoundTrip/128B/lib=floor 1 1 ns/op 105 msg/s\n",
			false, 6, "round trips", met, "1.05"},
		{"--- round 1\nBenchmarkDecodeReads/1MiB/16KiB/Client/lib=mintws 1 50 ns/op\n" +
			"BenchmarkDecodeReads/1MiB/16KiB/Client/lib=floor 1 5 ns/op\n", false, 3, "in an append to memory", stated, "10"},
		{"--- round 1\nBenchmarkIdleState/http1/lib=mintws 1 1 ns/op 301 heap-B/conn\n", false, 7, "HTTP/1.1", missed, "301 B"},
		{"--- round 1\nBenchmarkDecodeBatch/16x20B/Client/lib=mintws 1 160 ns/op\n", false, 2, "16 frames", met, "10.0 ns"},
		{"--- round 1\nBenchmarkDecodeBatch/16x20B/Client/lib=mintws 1 162 ns/op\n", false, 2, "16 frames", missed, "10.1 ns"},
	} {
		_, tab := parsed(t, c.text)
		got := find(t, judge(tab, c.assembly), c.number, c.what)
		if got.verdict != c.want || !strings.HasPrefix(got.figure, c.figure) {
			t.Errorf("%s: %s, %s; want %s, %s", c.what, got.verdict, got.figure, c.want, c.figure)
		}
	}
}

// TestShortfalls: what was missed is listed again at the end, and nothing else is.
func TestShortfalls(t *testing.T) {
	_, tab := parsed(t, encodings(51, 0))
	list := judge(tab, false)[9].checks
	if len(list) < 2 || list[0].what != "1, up to 1 KiB at most 0.5 of them" {
		t.Errorf("%v", list)
	}
	_, tab = parsed(t, sampleText)
	if list = judge(tab, false)[9].checks; len(list) != 0 {
		t.Errorf("%v", list)
	}
}

// TestSumsByRound: what is computed from several is computed round by round.
func TestSumsByRound(t *testing.T) {
	var b strings.Builder
	for _, slow := range []int{1, 10, 1} { // the second round is in a busy minute
		fmt.Fprintf(&b, "--- round 1\nBenchmarkDecode/mixed/64KiB/lib=mintws 1 %d ns/op\n", 4*slow)
		fmt.Fprintf(&b, "BenchmarkDecode/mixed/64KiB/lib=utf8.Valid 1 %d ns/op\n", 8*slow)
	}
	_, tab := parsed(t, b.String())
	if got := find(t, judge(tab, false), 4, "64 KiB of mixed"); got.verdict != met || got.figure != "0.50" {
		t.Errorf("%+v", got)
	}
}
