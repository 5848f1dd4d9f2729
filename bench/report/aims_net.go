package main

import (
	"fmt"
	"strconv"
	"strings"
)

func judgeH2(t *table) []check {
	row := func(kind, conn string) series { return t.time("H2"+kind+"/"+conn, ours) }
	var dear, many, framing, sends, waiting []measured
	ways := []string{"send", "receive", "both"}
	for _, way := range ways {
		one := row("Message/"+way, "http2-1")
		dear = append(dear, measured{way, one.over(row("Message/"+way, "http1"))})
		many = append(many, measured{way, row("Message/"+way, "http2-10000").over(one)})
	}
	for _, way := range []string{"send", "whole", "receive", "receive32"} {
		framing = append(framing, measured{way, row("Data/"+way, "http2-1")})
	}
	for _, conn := range []string{"http1", "http2-1"} {
		sends = append(sends, measured{conn, row("Message/send", conn)})
	}
	for _, m := range t.bytes("H2Full/", each([]string{"http2-100/", "http2-10000/"}, []string{"credit=136B", "credit=16KiB"})...) {
		waiting = append(waiting, measured{m.label, m.s.times(1. / 128)})
	}
	const enough = 64
	return []check{
		atMost("128 B at most 3 times HTTP/1.1", 3, factor, dear),
		atMost("10,000 streams at most 2 times one", 2, factor, many),
		atMost("DATA framing by itself at most 25 ns a frame (send: BeginData and EndData, whole: SendData, receive32: 32 in a read)", 25, duration, framing),
		state("the same in the time of x/net's Framer, which has no windows", factor, t.versus("H2Data/", []string{"send/http2-1", "whole/http2-1", "receive/http2-1"}, "framer")),
		state("Send of 128 B", duration, sends),
		atMost("at most 64 B allocated a message, on average", enough, octets,
			t.bytes("H2Message/", each([]string{"send/", "receive/"}, []string{"http2-1", "http2-10000"})...)),
		state("allocated for each byte of 128 B that wait while the connection's window is full, of which the copy is 1", factor, waiting),
	}
}

func judgeBulk(t *table) []check {
	rtts := []string{"rtt=10ms", "rtt=50ms", "rtt=100ms", "rtt=50ms,window=1MiB"} // the link is the bound, or the window is
	var share []measured
	for _, rtt := range rtts {
		share = append(share, measured{rtt, t.cost("H2Distance/down/"+rtt, "share", ours)})
	}
	// compare turns it round, as more is better.
	every := t.compare("H2Distance/down/", rtts, "share", "framer", ours)
	bulk := each([]string{"down/", "up/"}, []string{"16KiB", "1MiB"})
	// sent is what is allocated for each byte, while the server's window is open and while it is small, so that all has to wait.
	sent := func(size string, n float64) (list []measured) {
		for _, m := range t.bytes("H2Loopback/up/", size, size+",window=64KiB") {
			list = append(list, measured{m.label, m.s.times(1 / n)})
		}
		return list
	}
	var busy []measured
	for _, row := range []string{"16KiB,window=64KiB", "1MiB,window=64KiB"} {
		busy = append(busy, measured{row, t.cost("H2Loopback/up/"+row, "cpu-ns/MiB", ours)})
	}
	return []check{
		atLeast("one stream down over a distance: at least 0.85 of min(link, window/RTT)", 0.85, factor, share),
		atLeast("at least 0.9 of x/net's Framer that gives credit for every frame", 0.9, factor, every),
		atMost("messages of 16 KiB allocate at most 1.3 B for each byte sent", 1.3, factor, sent("16KiB", 16<<10)),
		atMost("messages of 1 MiB at most 1.1 B", 1.1, factor, sent("1MiB", 1<<20)),
		state("processor time for a MiB sent through a window of 64 KiB, both ends", duration, busy),
		state("over loopback, in the time of x/net's Transport", factor, t.versus("H2Loopback/", bulk, "xnet")),
		state("over loopback, in the time of the same over HTTP/1.1", factor, t.versus("H2Loopback/", bulk, "mintws+http1")),
	}
}

func judgeLoopback(t *table) []check {
	const one, batch, trip, shake = "Pipelined/64B/one", "Pipelined/64B/batch", "RoundTrip/128B", "Handshake/loopback"
	than := func(row, unit, lib string) measured {
		return measured{"", t.compare("", []string{row}, unit, ours, lib)[0].s}
	}
	rate := func(row, lib string) []measured { return []measured{than(row, "msg/s", lib)} }
	codec := func(row string) []measured {
		return []measured{{"", t.compare("", []string{row}, "msg/s", ours+"+codec", "gobwas")[0].s}}
	}
	var shakes []measured
	for _, lib := range []string{"gorilla", "coder"} {
		m := than(shake, "handshake/s", lib)
		m.label = lib
		shakes = append(shakes, m)
	}
	return []check{
		atMost("round trips within 5% of the bare socket", 1.05, factor, rate(trip, "floor")),
		before("round trips: ahead of gobwas's low-level functions", rate(trip, "gobwas")),
		before("round trips by the codec alone: ahead of gobwas's low-level functions, which are no more", codec(trip)),
		before("64 B, one a write: ahead of gws", rate(one, "gws")),
		before("64 B, one a write: ahead of gobwas's low-level functions", rate(one, "gobwas")),
		before("64 B, one a write by the codec alone: the same", codec(one)),
		before("64 B, 32 a write: ahead of gws on a connection that collects 32 messages", rate(batch, "gws+buffered")),
		before("64 B, 32 a write: ahead of gobwas's low-level functions, 32 frames in a buffer", rate(batch, "gobwas")),
		before("64 B, 32 a write by the codec alone: the same", codec(batch)),
		before("handshakes: ahead of gorilla and coder", shakes),
		before("handshakes: ahead of gobwas", []measured{than(shake, "handshake/s", "gobwas")}),
	}
}

func judgeIdle(t *table) []check {
	held := func(name string) []measured {
		return []measured{{"", t.cost("IdleState/"+name, "heap-B/conn", ours)}}
	}
	return []check{
		atMost("HTTP/1.1, at most 300 B", 300, octets, held("http1")),
		atMost("HTTP/2, at most 1 KiB", 1<<10, octets, held("http2")),
		atMost("with takeover no more than one and a half windows, of 4 KiB and 32 KiB, and 1 KiB", 55<<10, octets,
			held("http1-takeover")),
		state("a whole connection, goroutine and socket with it, in the heap of gobwas's", factor,
			t.compare("Idle/", []string{"connections"}, "heap-B/conn", ours, "gobwas")),
	}
}

// scalePage has what examples/multiplex printed of a million, which takes a run and a machine of its own.
const scalePage = "../docs/scale.md"

// judgeScale reads the output on that page.
func judgeScale(page string) []check {
	const gigabyte = 1e9 / (1 << 20) // in MiB
	c := check{what: "a million WebSockets in one process, each with an echo, in less than 1 GB of RSS at the peak", verdict: notRun}
	open, back, rss := printed(page, "at once"), printed(page, "messages back"), printed(page, "RSS at the peak")
	if open > 0 && back > 0 && rss > 0 {
		c.figure = fmt.Sprintf("%.0f MiB for %.0f, in a run of its own: [%s](%s)", rss, open, scalePage, scalePage)
		if c.verdict = missed; open >= 1e6 && back >= 1e6 && rss < gigabyte {
			c.verdict = met
		}
	}
	return []check{c}
}

// printed returns the number in the last line of page that begins with name, or 0.
func printed(page, name string) (n float64) {
	for line := range strings.Lines(page) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			if words := strings.Fields(rest); len(words) > 0 {
				n, _ = strconv.ParseFloat(words[0], 64)
			}
		}
	}
	return n
}
