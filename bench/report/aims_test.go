package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// find returns the check of the aim with the title whose text begins with what.
func find(t *testing.T, aims []aim, title, what string) check {
	t.Helper()
	for _, a := range aims {
		for _, c := range a.checks {
			if strings.HasPrefix(a.title, title) && strings.HasPrefix(c.what, what) {
				return c
			}
		}
	}
	t.Fatalf("no aim %q has a check %q", title, what)
	return check{}
}

// inRounds are results of benchmarks, a round for each value.
func inRounds(unit string, values map[string][]float64) string {
	var b strings.Builder
	for i := range 20 {
		fmt.Fprintf(&b, "--- round %d\n", i+1)
		for name, list := range values {
			if i < len(list) {
				fmt.Fprintf(&b, "Benchmark%s 1 1 B/op 1 allocs/op %v %s\n", name, list[i], unit)
			}
		}
	}
	return b.String()
}

// encodings are results of Encode for all sizes, in which mintws takes so long, gws 100 ns and the floor 20 ns.
func encodings(ns float64, allocs int) string {
	var b strings.Builder
	b.WriteString("--- round 1\nBenchmarkKey/4B/lib=floor 1 10 ns/op\n")
	for _, size := range sizes {
		fmt.Fprintf(&b, "BenchmarkEncode/binary/%s/lib=mintws 1 %v ns/op %d B/op %d allocs/op\n", size, ns, allocs, allocs)
		fmt.Fprintf(&b, "BenchmarkEncode/binary/%s/lib=gws 1 100 ns/op\nBenchmarkEncode/binary/%s/lib=floor 1 20 ns/op\n", size, size)
		fmt.Fprintf(&b, "BenchmarkEncode/binary/%s/lib=gobwas 1 25 ns/op\n", size)
	}
	return b.String()
}

// streams are results of DecodeStream and DecodeReads, in which mintws and its joiner take so long, and all others 100 ns.
func streams(ns, joiner float64) string {
	var b strings.Builder
	b.WriteString("--- round 1\n")
	row := func(name string) {
		fmt.Fprintf(&b, "%s/lib=mintws 1 %v ns/op 2097152 B/op 1 allocs/op\n%s/lib=mintws+joiner 1 %v ns/op\n", name, ns, name, joiner)
		for _, lib := range []string{"gobwas+new", "wsutil", "gorilla"} {
			fmt.Fprintf(&b, "%s/lib=%s 1 100 ns/op\n", name, lib)
		}
	}
	for _, role := range []string{"Client", "Server"} {
		for _, job := range []string{"1KiB/4KiB", "16KiB/64KiB", "64KiB/64KiB", "1MiB/16KiB", "1MiB/64KiB"} {
			row("BenchmarkDecodeStream/" + job + "/" + role + "/heap=0")
			row("BenchmarkDecodeStream/" + job + "/" + role + "/heap=64MiB")
		}
		row("BenchmarkDecodeReads/1MiB/16KiB/" + role)
		row("BenchmarkDecodeReads/1MiB/1KiB/" + role)
	}
	row("BenchmarkDecodeReads/64KiB-binary/1460B/Client")
	return b.String()
}

// shares are results over a distance, of mintws and of the Framer.
func shares(ns, framer float64) string {
	var b strings.Builder
	b.WriteString("--- round 1\n")
	for _, rtt := range []string{"rtt=10ms", "rtt=50ms", "rtt=100ms", "rtt=50ms,window=1MiB"} {
		fmt.Fprintf(&b, "BenchmarkH2Distance/down/%s/lib=mintws 1 1 ns/op %v share\n", rtt, ns)
		fmt.Fprintf(&b, "BenchmarkH2Distance/down/%s/lib=framer 1 1 ns/op %v share\n", rtt, framer)
	}
	return b.String()
}

func TestJudge(t *testing.T) {
	const encode, decode, reads = "Encode into", "Decode whole", "Messages that"
	for _, c := range []struct {
		text     string
		assembly bool
		aim      string
		what     string
		want     verdict
		figure   string
	}{
		{encodings(25, 0), false, encode, "ahead of every", met, "16B (gws) 0.25"},
		{encodings(25, 0), false, encode, "ahead of gobwas", met, "16B 1.00"},
		{encodings(26, 0), false, encode, "ahead of gobwas", level, "16B 1.04"},
		{encodings(27, 0), false, encode, "ahead of gobwas", missed, "16B 1.08"},
		{encodings(26, 0), true, encode, "from 1 KiB on", met, "1KiB 1.30"},
		{encodings(27, 0), true, encode, "from 1 KiB on", missed, "1KiB 1.35"},
		{encodings(25, 0), false, encode, "allocates nothing", met, "16B 0 B"},
		{encodings(25, 17), false, encode, "allocates nothing", missed, "16B 17 B"},
		{encodings(51, 0), false, encode, "up to 1 KiB", missed, "16B (gws) 0.51"},
		{encodings(50, 0), false, encode, "16 and 128 B", met, "16B 2.00"},
		{encodings(51, 0), false, encode, "16 and 128 B", missed, "16B 2.05"},
		{encodings(101, 0), false, encode, "ahead of every", level, "16B (gws) 1.01"},
		{encodings(106, 0), false, encode, "ahead of every", missed, "16B (gws) 1.06"},
		{sampleText, false, encode, "ahead of every", notRun, "no figure 128B"},
		{sampleText, false, reads, "delivered", notRun, "no figure DecodeReads/1MiB/16KiB/Client"},
		{streams(130, 100), false, reads, "delivered", met, "the worst of 25 is DecodeStream/1MiB/64KiB/Server/heap=64MiB 1.30"},
		{streams(131, 100), false, reads, "delivered", missed, "the worst of 25 is"},
		{streams(100, 104), false, reads, "1 MiB in reads of 16 KiB, joined", level, "wsutil, heap=0 1.04"},
		{streams(100, 106), false, reads, "1 MiB in reads of 16 KiB, joined", missed, "wsutil, heap=0 1.06"},
		{streams(100, 100), false, reads, "1 MiB in reads of 16 KiB allocates", met, "2.00"},
		{sampleText, false, "Small messages over loopback", "round trips within", notRun, "no figure"},
		{"--- round 1\nBenchmarkRoundTrip/128B/lib=mintws 1 1 ns/op 100 msg/s\nBenchmarkRoundTrip/128B/lib=floor 1 1 ns/op 105 msg/s\n",
			false, "Small messages over loopback", "round trips within", met, "1.05"},
		{"--- round 1\nBenchmarkIdleState/http1/lib=mintws 1 1 ns/op 301 heap-B/conn\n", false, "Memory", "HTTP/1.1", missed, "301 B"},
		{"--- round 1\nBenchmarkDecodeBatch/16x20B/Client/lib=mintws 1 160 ns/op\n", false, decode, "16 frames", met, "10.0 ns"},
		{"--- round 1\nBenchmarkDecodeBatch/16x20B/Client/lib=mintws 1 162 ns/op\n", false, decode, "16 frames", missed, "10.1 ns"},
		{shares(0.85, 0.94), false, "Large", "one stream", met, "rtt=10ms 0.85, rtt=50ms 0.85, rtt=100ms 0.85, rtt=50ms,window=1MiB 0.85"},
		{shares(0.84, 0.94), false, "Large", "one stream", missed, "rtt=10ms 0.84"},
		{shares(0.85, 0.94), false, "Large", "at least 0.9 of", met, "rtt=10ms 0.90"},
		{shares(0.84, 0.94), false, "Large", "at least 0.9 of", missed, "rtt=10ms 0.89"},
		{"--- round 1\nBenchmarkRatio/ascii 1 1.06 of-std-at-00016 0.5 of-std-at-01024\n", false, "Text", "validation alone", missed,
			"ascii, 16 B 1.06, ascii, 1024 B 0.50"},
		{"--- round 1\nBenchmarkRatio/ascii 1 1.05 of-std-at-00016\n", false, "Text", "validation alone", met, "ascii, 16 B 1.05"},
		{sampleText, false, "Text", "validation alone", notRun, ""},
		{sampleText, false, "Text", "Encode, five", notRun, "no figure ascii/16B"},
		{sampleText, false, "Scale", "a million", notRun, ""},
	} {
		_, tab := parsed(t, c.text)
		got := find(t, judge(tab, c.assembly, ""), c.aim, c.what)
		if got.verdict != c.want || !strings.HasPrefix(got.figure, c.figure) {
			t.Errorf("%s: %s, %s; want %s, %s", c.what, got.verdict, got.figure, c.want, c.figure)
		}
	}
}

// TestSpread: a verdict has to hold in three quarters of the rounds.
func TestSpread(t *testing.T) {
	const trip = "RoundTrip/128B/lib="
	for _, c := range []struct {
		ours   []float64 // the socket's rate in ours, round by round
		limit  verdict   // of: at most 1.05 of the socket
		ahead  verdict   // of: ahead of gobwas, which is as fast as the socket
		figure string
	}{
		{[]float64{0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 1.5}, met, met, "0.90"},
		{[]float64{0.9, 0.9, 0.9, 0.9, 0.9, 1.2, 1.2, 1.2}, level, level, "0.90 [0.90–1.20]"},
		{[]float64{1.06, 1.06, 1.06, 1.06, 1.06, 1.06, 0.9, 0.9}, level, missed, "1.06 [0.90–1.06]"},
		{[]float64{1.06, 1.06, 1.06, 1.06, 1.06, 1.06, 1.06, 0.9}, missed, missed, "1.06"},
		{[]float64{1.04, 1.04, 1.04, 1.04}, met, level, "1.04"},
		{[]float64{0.97, 1.02}, met, level, "0.99 [0.97–1.02]"},
	} {
		rates := map[string][]float64{}
		for _, r := range c.ours {
			rates[trip+"mintws"] = append(rates[trip+"mintws"], 1000)
			rates[trip+"floor"] = append(rates[trip+"floor"], 1000*r)
			rates[trip+"gobwas"] = append(rates[trip+"gobwas"], 1000*r)
		}
		_, tab := parsed(t, inRounds("msg/s", rates))
		aims := judge(tab, false, "")
		limit, ahead := find(t, aims, "Small messages over loop", "round trips within"), find(t, aims, "Small messages over loop", "round trips: ahead")
		if limit.verdict != c.limit || ahead.verdict != c.ahead || limit.figure != c.figure {
			t.Errorf("%v: %s and %s, %s; want %s and %s, %s", c.ours, limit.verdict, ahead.verdict, limit.figure, c.limit, c.ahead, c.figure)
		}
	}
}

// TestWorstDecides: one number of many is enough to miss an aim, and it is named.
func TestWorstDecides(t *testing.T) {
	list := []measured{{"a", series{0: 0.5}}, {"b", series{0: 0.6, 1: 1.5}}, {"c", series{0: 0.4}}}
	if c := atMost("x", 1, factor, list); c.verdict != level || c.figure != "a 0.50, b 1.05 [0.60–1.50], c 0.40" {
		t.Errorf("%+v", c)
	}
	for range most {
		list = append(list, measured{"d", series{0: 0.9}})
	}
	list = append(list, measured{"e", series{0: 2}})
	if c := atMost("x", 1, factor, list); c.verdict != missed || c.figure != "the worst of 10 is e 2.00, the best c 0.40" {
		t.Errorf("%+v", c)
	}
	if c := atLeast("x", 0.5, factor, list); c.verdict != missed || c.figure != "the worst of 10 is c 0.40, the best e 2.00" {
		t.Errorf("%+v", c)
	}
	if c := atMost("x", 1, factor, append(list, measured{label: "f"})); c.verdict != notRun || c.figure != "no figure f" {
		t.Errorf("%+v", c)
	}
}

// TestNothingIsMet: of an empty run nothing is said to be met, nor measured.
func TestNothingIsMet(t *testing.T) {
	for _, a := range judge(newTable(results{}), true, "") {
		for _, c := range a.checks {
			if c.verdict != notRun {
				t.Errorf("%s: %s", a.title, c)
			}
		}
	}
}

// TestBehind: the report begins with what was missed, and with the rows in which a peer is ahead, the worst first.
func TestBehind(t *testing.T) {
	res, tab := parsed(t, encodings(51, 17)+"BenchmarkX/a/lib=mintws 1 20 ns/op\nBenchmarkX/a/lib=gws 1 10 ns/op\n"+
		"BenchmarkX/b/lib=mintws 1 90 ns/op\nBenchmarkX/b/lib=gws 1 10 ns/op\nBenchmarkX/c/lib=mintws 1 104 ns/op\nBenchmarkX/c/lib=gws 1 100 ns/op\n")
	text := string(markdown(res, tab, judge(tab, false, "")))
	top, _, _ := strings.Cut(text, "## Aims")
	at := -1
	for _, want := range []string{"- Encode into memory that is reused: up to 1 KiB at most 0.5 of them", "- Encode into memory that is reused: allocates nothing",
		"Aims of which nothing was measured in this run:\n\n- Decode whole",
		"8 of 9 that have a peer", "| X b | 90.0 ns | 10.0 ns gws | 9.00 |", "| Encode binary/16B | 51.0 ns | 25.0 ns gobwas | 2.04 |",
		"| X a | 20.0 ns | 10.0 ns gws | 2.00 |"} {
		i := strings.Index(top, want)
		if i <= at {
			t.Errorf("%q is not there, or too early:\n%s", want, top)
		}
		at = i
	}
	if strings.Contains(top, "X c") || strings.Contains(top, "**met**") {
		t.Errorf("what is not behind is there too:\n%s", top)
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
	if got := find(t, judge(tab, false, ""), "Text", "64 KiB in mixed"); got.verdict != met || got.figure != "0.50" {
		t.Errorf("%+v", got)
	}
}

// TestScale: the million is judged by what its program has printed.
func TestScale(t *testing.T) {
	const run = "at once        1000000\nmessages back  1000000\nits RSS at the peak  700.0 MiB\nRSS at the peak  %s MiB\n"
	for page, want := range map[string]verdict{
		fmt.Sprintf(run, "953.6"): met,
		fmt.Sprintf(run, "953.7"): missed,
		strings.Replace(fmt.Sprintf(run, "500"), "back  1000000", "back  999999", 1): missed,
		strings.Replace(fmt.Sprintf(run, "500"), "at once", "not at once", 1):        notRun,
		fmt.Sprintf(run, "many"): notRun,
		"":                       notRun,
	} {
		if c := judgeScale(page)[0]; c.verdict != want {
			t.Errorf("%s, want %s, for\n%s", c, want, page)
		}
	}
	page, err := os.ReadFile("../" + scalePage)
	if err != nil {
		t.Fatal(err)
	}
	if c := judgeScale(string(page))[0]; c.verdict == notRun {
		t.Error(scalePage + " has no run of a million")
	}
}
