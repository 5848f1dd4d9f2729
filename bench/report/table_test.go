package main

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// sampleText is what two rounds print, settings first.
const sampleText = `date: 2026-11-21
commit: 0123456789ab
go: go1.26.8
cores: 2
rounds: 2
time: 10ms
seed: 77
goos: linux
goarch: amd64
--- round 1 of 2
cpu: Some <CPU> & more
BenchmarkEncode/binary/16B/lib=mintws-2      100   50.0 ns/op   320 MB/s   0 B/op   0 allocs/op
BenchmarkEncode/binary/16B/lib=gws-2         100   100 ns/op    160 MB/s   24 B/op  1 allocs/op
BenchmarkEncode/binary/16B/lib=nbio-2        100   90 ns/op     160 MB/s   24 B/op  1 allocs/op
BenchmarkEncode/binary/16B/lib=floor-2       100   20 ns/op
BenchmarkRoundTrip/128B/lib=mintws           100   12000 ns/op  80000 msg/s  13 B/op  0 allocs/op
BenchmarkRoundTrip/128B/lib=gws              100   14000 ns/op  70000 msg/s
BenchmarkIdle/connections/lib=mintws-2       1     9999 ns/op   600 heap-B/conn   2000 rss-B/conn   77 B/op   1 allocs/op
BenchmarkDeflateEncode/1KiB/lib=mintws-2     1     9999 ns/op   300 wire-B
BenchmarkDeflateEncode/1KiB/lib=klauspost-2  1     9999 ns/op
BenchmarkAlone-2                             1     3 ns/op
--- round 2 of 2
BenchmarkEncode/binary/16B/lib=mintws-2      100   60.0 ns/op   320 MB/s   0 B/op   0 allocs/op
BenchmarkEncode/binary/16B/lib=gws-2         100   240 ns/op    160 MB/s   24 B/op  1 allocs/op
BenchmarkEncode/binary/16B/lib=floor-2       100   20 ns/op
BenchmarkRoundTrip/128B/lib=mintws           100   12000 ns/op  60000 msg/s  27 B/op  0 allocs/op
BenchmarkRoundTrip/128B/lib=gws              100   14000 ns/op  70000 msg/s
took: 3m5s
`

func parsed(t *testing.T, text string) (results, *table) {
	t.Helper()
	res, err := parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return res, newTable(res)
}

func TestParse(t *testing.T) {
	res, _ := parsed(t, sampleText)
	if len(res.rounds) != 2 || len(res.rounds[0]) != 10 || len(res.rounds[1]) != 5 {
		t.Fatalf("%d rounds: %v", len(res.rounds), res.rounds)
	}
	first := res.rounds[0][0]
	if first.row != "Encode/binary/16B" || first.lib != ours || first.values["ns/op"] != 50 || first.values["MB/s"] != 320 {
		t.Errorf("%+v", first)
	}
	if alone := res.rounds[0][9]; alone.row != "Alone" || alone.lib != ours {
		t.Errorf("%+v", alone)
	}
	if res.config["cpu"] != "Some <CPU> & more" || res.config["commit"] != "0123456789ab" {
		t.Errorf("%v", res.config)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"BenchmarkX-2 1 3 ns/op\n":                "before the first round",
		"--- round 1\nBenchmarkX-2 1 x ns/op\n":   "BenchmarkX-2",
		"--- round 1\nBenchmarkX/y 1 1.2.3 B/op ": "BenchmarkX/y",
	} {
		if _, err := parse(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestLines: what a benchmark prints besides is no result.
func TestLines(t *testing.T) {
	for _, line := range []string{"", "PASS", "BenchmarkX-2", "BenchmarkX-2  \tsomething else", "--- BENCH: BenchmarkX-2",
		"BenchmarkX-2 was slow today, very"} {
		if _, ok, err := parseLine(line); ok || err != nil {
			t.Errorf("%q: %v %v", line, ok, err)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{3, 1}, 2}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 100, 2}, 3}} {
		if got := median(slices.Clone(c.values)); got != c.want {
			t.Errorf("of %v: %v, want %v", c.values, got, c.want)
		}
	}
}

// TestRatio: the median is that of the rounds' ratios, and below 1 always means that the first is ahead.
func TestRatio(t *testing.T) {
	_, tab := parsed(t, sampleText)
	encode, trip := tab.find["Encode/binary/16B ns/op"], tab.find["RoundTrip/128B msg/s"]
	for _, c := range []struct {
		r    *row
		a, b string
		want float64
		ok   bool
	}{
		{encode, ours, "gws", (50./100 + 60./240) / 2, true},
		{encode, ours, "nbio", 50. / 90, true}, // it was there in one round
		{encode, "floor", ours, (20./50 + 20./60) / 2, true},
		{encode, ours, "coder", 0, false},
		{trip, ours, "gws", (70./80 + 70./60) / 2, true},
		{nil, ours, "gws", 0, false},
	} {
		if got, ok := c.r.ratio(c.a, c.b); math.Abs(got-c.want) > 1e-9 || ok != c.ok {
			t.Errorf("%s to %s: %v %v, want %v", c.a, c.b, got, ok, c.want)
		}
	}
	if got := encode.best(peer); got != "nbio" {
		t.Errorf("best of Encode: %q", got)
	}
	if got := trip.best(func(string) bool { return true }); got != ours { // they are level, and it comes first
		t.Errorf("best of RoundTrip: %q", got)
	}
}

// TestRival: a library that does not validate text is no rival there.
func TestRival(t *testing.T) {
	for _, c := range []struct {
		row, lib string
		want     bool
	}{
		{"Decode/binary/1KiB", "coder", true}, {"Decode/mixed/1KiB", "coder", false}, {"Decode/mixed/1KiB", "nbio", true},
		{"Encode/ascii/1KiB", "nbio", false}, {"Encode/ascii/1KiB", "gws", true}, {"DecodeReads/64KiB-ascii/1460B", "gobwas+new", true},
		{"Encode/json/1KiB", "coder", false}, {"ConnTrip/16KiB-json", "gorilla", false}, {"ConnTrip/16KiB-json", "nbio", true},
		{"DeflateEncode/1KiB/window=4KiB", "coder", true},
		{"Encode/binary/1KiB", "floor+key", false}, {"Encode/binary/1KiB", ours, false}, {"Encode/mixed/1KiB", "utf8.Valid", false},
	} {
		group, _, _ := strings.Cut(c.row, "/")
		if got := (&row{group: group, name: c.row}).rival(c.lib); got != c.want {
			t.Errorf("%s in %s: %v", c.lib, c.row, got)
		}
	}
}

// TestRows: which units make a row.
func TestRows(t *testing.T) {
	_, tab := parsed(t, sampleText)
	var got []string
	for _, r := range tab.rows {
		got = append(got, r.name+" "+r.unit)
	}
	want := []string{"Encode/binary/16B ns/op", "RoundTrip/128B msg/s", "Idle/connections heap-B/conn", "Idle/connections rss-B/conn",
		"DeflateEncode/1KiB ns/op", "DeflateEncode/1KiB wire-B", "Alone ns/op"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if libs := libsOf(tab.rows); !slices.Equal(libs, []string{ours, "floor", "klauspost", "gws", "nbio"}) {
		t.Errorf("columns %q", libs)
	}
}

// TestGroups: rows of one benchmark stay together, in the order of titles.
func TestGroups(t *testing.T) {
	_, tab := parsed(t, sampleText)
	var got []string
	for _, rows := range tab.groups() {
		got = append(got, rows[0].group)
	}
	if !slices.Equal(got, []string{"Encode", "RoundTrip", "Idle", "DeflateEncode", "Alone"}) {
		t.Errorf("got %q", got)
	}
}
