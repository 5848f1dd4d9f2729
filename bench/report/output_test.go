package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMarkdown(t *testing.T) {
	res, tab := parsed(t, sampleText)
	text := string(markdown(res, tab, judge(tab, false, "")))
	for _, want := range []string{
		"| Encode | mintws | floor | gws | nbio | mintws / floor | mintws / best peer |\n|---|--:|--:|--:|--:|--:|--:|\n",
		"| binary/16B | 55.0 ns | 20.0 ns | 170 ns | 90.0 ns | 2.75 | 0.56 nbio |\n",
		"| binary/16B | 0 | – | 1, 24 | 1, 24 |\n",
		"| 128B, msg/s | 70.0k | 70.0k | 1.02 gws |\n",
		"| allocs/op, B/op | mintws | gws |\n|---|--:|--:|\n| 128B | 0, 20 | – |\n", // less than one allocation is not nothing
		"| Idle | mintws |\n|---|--:|\n", "| connections, rss-B/conn | 2000 |\n",
		"| DeflateEncode | mintws | klauspost | mintws / klauspost |\n|---|--:|--:|--:|\n", "| 1KiB, wire-B | 300 | – | – |\n",
		"Some <CPU> & more, 2 cores, linux/amd64, go1.26.8, 2026-11-21; mintws at 0123456789ab.",
		"2 rounds; 2 for small messages over loopback, 2 for", "(seed 77; 10ms for each benchmark", "The run took 3m5s.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
}

// TestPlot: the plot is XML, has every library, and draws what is off the scale at its end.
func TestPlot(t *testing.T) {
	res, tab := parsed(t, sampleText+"BenchmarkX/<a>/lib=mintws 1 1 ns/op\nBenchmarkX/<a>/lib=gws 1 9999 ns/op\n"+
		"BenchmarkEncode/german/1KiB/lib=mintws 1 1 ns/op\nBenchmarkEncode/german/1KiB/lib=gws 1 9 ns/op\n") // much like another
	svg := plot(res, tab)
	d := xml.NewDecoder(bytes.NewReader(svg))
	var text strings.Builder
	elements := make(map[string]int)
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			elements[token.Name.Local]++
		case xml.CharData:
			text.Write(token)
		}
	}
	for _, want := range []string{"gws", "nbio", "floor", ours, "binary/16B", "<a>", "128B, msg/s", title("Encode")} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("there is no %q in %s", want, text.String())
		}
	}
	// Three in the legend, three for Encode, one for RoundTrip, one for X.
	if elements["svg"] != 1 || elements["rect"] != 1 || elements["path"] != 8 {
		t.Errorf("elements: %v", elements)
	}
}

func TestPosition(t *testing.T) {
	for _, c := range []struct {
		ratio, x float64
		beyond   string
	}{{scaleFrom, 0, ""}, {scaleTo, scaleWidth, ""}, {scaleFrom / 2, 0, "left"}, {scaleTo * 2, scaleWidth, "right"}} {
		if x, beyond := position(c.ratio); x != c.x || beyond != c.beyond {
			t.Errorf("%v: %v %q, want %v %q", c.ratio, x, beyond, c.x, c.beyond)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{duration(4.128), "4.13 ns"}, {duration(52.3), "52.3 ns"}, {duration(1334), "1.33 µs"}, {duration(837e3), "837 µs"},
		{duration(2e6), "2 ms"}, {duration(1.5e9), "1.50 s"}, {amount(635000, "msg/s"), "635k"}, {amount(9870, "B"), "9870"},
		{amount(6_540_000, "msg/s"), "6.54M"}, {factor(0.0123), "0.012"}, {factor(1.234), "1.23"}, {factor(0), "0.00"}, {factor(12.3), "12"},
		{octets(301), "301 B"}, {octets(19_600), "19.6 kB"}, {octets(1_060_000), "1.06 MB"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestShort(t *testing.T) {
	res, tab := parsed(t, sampleText)
	file := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(file, []byte("above\n"+begin+"old\n"+end+"below\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // it can be replaced again
		if err := replaceShort(file, short(res, tab)); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"above\n" + begin + "| | mintws |", "| encode 16 B | 55.0 ns | 90.0 ns nbio | 0.56 | 2.75 |\n",
		"| round trips of 128 B over loopback, a second | 70.0k | 70.0k gws | 1.02 | – |\n", end + "below\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "old") {
		t.Error("the old table is still there")
	}
	if err = os.WriteFile(file, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err = replaceShort(file, "x"); err == nil {
		t.Error("a file without marks was accepted")
	}
}
