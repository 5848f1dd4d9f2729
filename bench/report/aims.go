package main

import (
	"slices"
	"strings"
)

// The sizes of messages in the names of benchmarks.
var (
	sizes  = []string{"16B", "128B", "1KiB", "16KiB", "64KiB", "1MiB"}
	small  = sizes[:2]
	upTo1K = sizes[:3]
	from1K = sizes[2:]
)

// wholeJob are the libraries that encode as mintws does: the caller's bytes stay as they are, and one write is enough. The
// low-level functions of gobwas leave part of that to their user.
func wholeJob(lib string) bool {
	return slices.Contains([]string{"gws", "nbio", "wsutil", "gorilla", "coder"}, lib)
}

func judgeEncode(t *table, assembly bool) []check {
	const row = "Encode/binary/"
	var net []measured
	for _, size := range small {
		one := t.time(row+size, ours).minus(t.time("Key/4B", "floor"))
		net = append(net, measured{size, one.over(t.time(row+size, "floor"))})
	}
	checks := []check{
		before("ahead of every library that does the whole job", t.ahead(row, sizes, wholeJob)),
		atMost("up to 1 KiB at most 0.5 of them", 0.5, factor, t.ahead(row, upTo1K, wholeJob)),
		atMost("16 and 128 B without the key at most 2 times the floor", 2, factor, net),
		atMost("from 1 KiB on at most 1.3 times the floor", 1.3, factor, t.versus(row, from1K, "floor")),
	}
	if assembly {
		checks = append(checks, before("with assembly, ahead of gobwas's from 16 KiB on", t.versus(row, sizes[3:], "gobwas")))
	}
	return append(checks, t.free(under(row, sizes)...))
}

func judgeDecode(t *table) []check {
	const row = "Decode/binary/"
	batch := t.time("DecodeBatch/16x20B/Client", ours).times(1. / 16)
	return []check{
		atMost("16 and 128 B, in place, at most 6 times the floor", 6, factor, t.versus("DecodeInPlace/binary/", small, "floor")),
		atMost("from 1 KiB on, with the read, at most 1.5 times the floor", 1.5, factor, t.versus(row, from1K, "floor")),
		before("ahead of every library", t.ahead(row, sizes, peer)),
		atMost("16 frames of 20 B in one read, at most 10 ns each", 10, duration, []measured{{"", batch}}),
		t.free(under(row, sizes)...),
	}
}

func judgeReads(t *table) []check {
	const row = "DecodeReads/1MiB/16KiB/Client"
	against := func(lib string) []measured { return []measured{{"", t.time(row, ours).over(t.time(row, lib))}} }
	var kept, reused []measured
	for _, heap := range []string{"heap=0", "heap=64MiB"} {
		kept = append(kept, t.versus("DecodeStream/", []string{"1KiB/4KiB/Client/" + heap, "16KiB/64KiB/Client/" + heap,
			"64KiB/64KiB/Client/" + heap, "1MiB/16KiB/Client/" + heap, "1MiB/64KiB/Client/" + heap}, "gobwas+new")...)
		const long = "DecodeStream/1MiB/16KiB/Client/"
		for _, lib := range []string{"wsutil", "gorilla"} {
			ratio := t.time(long+heap, "mintws+joiner").over(t.time(long+heap, lib))
			reused = append(reused, measured{lib + ", " + heap, ratio})
		}
	}
	return []check{
		atMost("1 MiB in reads of 16 KiB: at most 2 times an append to new memory", 2, factor, against("append")),
		state("in an append to memory of the right size that is used again", against("floor")),
		atMost("a stream of messages that reads cut: at most 1.3 times gobwas with a new buffer for each", 1.3, factor, kept),
		before("1 MiB in reads of 16 KiB, joined in memory that is used again: level with wsutil and gorilla", reused),
	}
}

func judgeText(t *table) []check {
	// sum is ours in that of the check and ours without it.
	sum := func(label, text, binary string) measured {
		return measured{label, t.time(text, ours).over(t.time(text, "utf8.Valid").plus(t.time(binary, ours)))}
	}
	var checks []check
	for _, work := range []string{"Encode", "Decode"} {
		for _, content := range []string{"ascii", "mixed"} {
			var list []measured
			for _, size := range sizes {
				list = append(list, sum(size, work+"/"+content+"/"+size, work+"/binary/"+size))
			}
			checks = append(checks, before(work+", "+content+": at most utf8.Valid and binary together", list))
		}
	}
	var reads []measured
	for _, content := range []string{"ascii", "mixed"} {
		const binary = "DecodeReads/64KiB-binary/1460B/Client"
		reads = append(reads, sum(content, strings.Replace(binary, "binary", content, 1), binary))
	}
	const large = "Decode/mixed/64KiB"
	return append(checks,
		before("the same in reads of 1,460 B", reads),
		atMost("64 KiB of mixed text: at most 0.5 of utf8.Valid", 0.5, factor,
			[]measured{{"", t.time(large, ours).over(t.time(large, "utf8.Valid"))}}))
}

func judgeH2(t *table) []check {
	row := func(kind, conn string) series { return t.time("H2"+kind+"/"+conn, ours) }
	var dear, many, framing []measured
	for _, way := range []string{"send", "receive", "both"} {
		one := row("Message/"+way, "http2-1")
		dear = append(dear, measured{way, one.over(row("Message/"+way, "http1"))})
		many = append(many, measured{way, row("Message/"+way, "http2-10000").over(one)})
	}
	for _, way := range []string{"send", "receive", "receive32"} {
		framing = append(framing, measured{way, row("Data/"+way, "http2-1")})
	}
	return []check{
		atMost("128 B at most 3 times HTTP/1.1", 3, factor, dear),
		atMost("10,000 streams at most 2 times one", 2, factor, many),
		atMost("DATA framing by itself at most 20 ns", 20, duration, framing),
		t.free("H2Message/send/http2-1", "H2Message/receive/http2-1", "H2Data/send/http2-1", "H2Data/receive/http2-1"),
	}
}

func judgeLoopback(t *table) []check {
	rate := func(row, lib string) series { return t.cost(row, "msg/s", lib) }
	const one, batch, trip = "Pipelined/64B/one", "Pipelined/64B/batch", "RoundTrip/128B"
	shake := func(lib string) series { return t.cost("Handshake/loopback", "handshake/s", lib) }
	return []check{
		atMost("round trips within 5% of the bare socket", 1.05, factor,
			[]measured{{"", rate(trip, "floor").over(rate(trip, ours))}}),
		before("64 B, 32 a write: ahead of gws on a buffered connection", []measured{
			{"", rate(batch, "gws+buffered").over(rate(batch, ours))},
		}),
		before("64 B, one a write: ahead of gws", []measured{{"", rate(one, "gws").over(rate(one, ours))}}),
		before("handshakes: ahead of gorilla and coder", []measured{
			{"gorilla", shake("gorilla").over(shake(ours))}, {"coder", shake("coder").over(shake(ours))},
		}),
	}
}

func judgeIdle(t *table) []check {
	held := func(name string) []measured {
		return []measured{{"", t.cost("IdleState/"+name, "heap-B/conn", ours)}}
	}
	count := func(v float64) string { return amount(v, "B") + " B" }
	return []check{
		atMost("HTTP/1.1, at most 300 B", 300, count, held("http1")),
		atMost("HTTP/2, at most 1 KiB", 1<<10, count, held("http2")),
		atMost("with takeover no more than one and a half windows, of 4 KiB and 32 KiB, and 1 KiB", 55<<10, count,
			held("http1-takeover")),
	}
}

func judgeDeflate(t *table) []check {
	const row, window, window32 = "DeflateEncode/1KiB/", "window=4KiB", "window=32KiB"
	// klauspost's has the same window always.
	dear := t.time(row+window, ours).over(t.time(row+window32, "klauspost"))
	size := t.cost(row+window, "wire-B", ours).over(t.cost(row+window32, "wire-B", "klauspost"))
	return []check{
		atMost("1 KiB of JSON at most 2 times klauspost with one writer per connection", 2, factor, []measured{{"", dear}}),
		atMost("at most 1.06 times the size that it makes", 1.06, factor, []measured{{"", size}}),
		before("ahead of gws with takeover", t.versus(row, []string{window, window32}, "gws")),
		atMost("decoded at most 1.2 times klauspost with one reader per connection", 1.2, factor,
			t.versus("DeflateDecode/1KiB/", []string{window, window32}, "klauspost")),
	}
}

func judgePrice(t *table) []check {
	return []check{
		state("whole frames, in the same decoder with its state behind a pointer", t.versus("DecodeInPlace/binary/", sizes, "mutable")),
		state("in 16 fragments, or in reads of 1,460 B, which that joins in memory that is used again",
			t.versus("Decode", []string{"Fragments/binary/16x1KiB", "Reads/64KiB-binary/1460B/Client"}, "mutable")),
	}
}
