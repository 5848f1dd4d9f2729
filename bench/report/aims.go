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
		before("ahead of every library that does the whole job (the best is named)", t.ahead(row, sizes, wholeJob)),
		atMost("up to 1 KiB at most 0.5 of them", 0.5, factor, t.ahead(row, upTo1K, wholeJob)),
		before("ahead of gobwas's low-level functions", t.versus(row, sizes, "gobwas")),
		atMost("16 and 128 B without drawing the key at most 2 times the floor", 2, factor, net),
	}
	if assembly {
		checks = append(checks, atMost("from 1 KiB on at most 1.3 times the floor, which masks with the same assembly", 1.3, factor,
			t.versus(row, from1K, "floor")))
	}
	return append(checks, t.free(row, sizes...))
}

func judgeDecode(t *table) []check {
	const row = "Decode/binary/"
	batch := t.time("DecodeBatch/16x20B/Client", ours).times(1. / 16)
	return []check{
		atMost("16 and 128 B, in place, at most 6 times the floor", 6, factor, t.versus("DecodeInPlace/binary/", small, "floor")),
		atMost("from 1 KiB on, with the read, at most 1.5 times the floor", 1.5, factor, t.versus(row, from1K, "floor")),
		before("ahead of every library (the best is named)", t.ahead(row, sizes, peer)),
		atMost("16 frames of 20 B in one read, at most 10 ns each", 10, duration, []measured{{"", batch}}),
		t.free(row, sizes...),
	}
}

func judgeReads(t *table) []check {
	const long = "1MiB/16KiB/Client"
	streams := each([]string{"1KiB/4KiB/", "16KiB/64KiB/", "64KiB/64KiB/", "1MiB/16KiB/", "1MiB/64KiB/"}, []string{"Client/", "Server/"})
	kept := append(t.versus("", under("DecodeReads/", []string{long, "1MiB/16KiB/Server", "1MiB/1KiB/Client", "1MiB/1KiB/Server",
		"64KiB-binary/1460B/Client"}), "gobwas+new"),
		t.versus("", under("DecodeStream/", each(streams, []string{"heap=0", "heap=64MiB"})), "gobwas+new")...)
	var taken []measured
	for _, m := range t.bytes("DecodeReads/", long) {
		taken = append(taken, measured{s: m.s.times(1. / (1 << 20))})
	}
	var reused, wsconn []measured
	for _, heap := range []string{"heap=0", "heap=64MiB"} {
		for _, lib := range []string{"wsutil", "gorilla"} {
			ratio := t.compare("DecodeStream/"+long+"/", []string{heap}, "ns/op", "mintws+joiner", lib)[0].s
			reused = append(reused, measured{lib + ", " + heap, ratio})
		}
	}
	for _, kind := range []string{"ConnTrip", "ConnStream"} {
		wsconn = append(wsconn, t.versus("", under(kind+"/", []string{"16KiB", "64KiB", "1MiB"}), "gws")...)
	}
	return []check{
		atMost("delivered in new memory: at most 1.3 times gobwas+new, which makes one buffer of the announced size for each message",
			1.3, factor, kept),
		atMost("1 MiB in reads of 16 KiB allocates at most 2.2 times the message", 2.2, factor, taken),
		before("1 MiB in reads of 16 KiB, joined by session.Joiner in memory that is used again: level with wsutil and gorilla", reused),
		before("package wsconn over loopback, 16 KiB and more: ahead of gws", wsconn),
	}
}

func judgeText(t *table) []check {
	// sum is ours in that of the check and ours without it.
	sum := func(label, text, binary string) measured {
		return measured{label, t.time(text, ours).over(t.time(text, "utf8.Valid").plus(t.time(binary, ours)))}
	}
	var checks []check
	for _, work := range []string{"Encode", "Decode"} {
		var list []measured
		for _, content := range contents {
			lengths := sizes
			if !slices.Contains([]string{"ascii", "mixed"}, content) {
				lengths = sizes[1:5]
			}
			for _, size := range lengths {
				list = append(list, sum(content+"/"+size, work+"/"+content+"/"+size, work+"/binary/"+size))
			}
		}
		checks = append(checks, before(work+", five kinds of text: at most utf8.Valid and the binary message together", list))
	}
	var reads []measured
	for _, content := range []string{"ascii", "mixed"} {
		const binary = "DecodeReads/64KiB-binary/1460B/Client"
		reads = append(reads, sum(content, strings.Replace(binary, "binary", content, 1), binary))
	}
	return append(checks,
		before("the same in reads of 1,460 B", reads),
		atMost("64 KiB in mixed scripts, decoded: at most 0.5 of utf8.Valid", 0.5, factor,
			t.compareTo("Decode/mixed/64KiB", "utf8.Valid")),
		atMost("validation alone, 12 texts and 6 lengths: at most 1.05 of utf8.Valid", 1.05, factor, t.ratios("Ratio")),
		atMost("the same in portable Go", 1.05, factor, t.ratios("PortableRatio")))
}

// compareTo is versus for one row, without a label.
func (t *table) compareTo(row, lib string) []measured {
	return []measured{{"", t.time(row, ours).over(t.time(row, lib))}}
}

// ratios are the times of validation in those of utf8.Valid: a row for each text, a unit for each length.
func (t *table) ratios(group string) (list []measured) {
	for _, r := range t.rows {
		if r.group == group {
			text := strings.TrimPrefix(r.name, group+"/")
			list = append(list, measured{text + ", " + ratioOf(r.unit), r.cells[ours].values})
		}
	}
	return list
}

func judgeDeflate(t *table) []check {
	const row, window, window32 = "DeflateEncode/1KiB/", "window=4KiB", "window=32KiB"
	// klauspost's has the same window always.
	dear := t.time(row+window, ours).over(t.time(row+window32, "klauspost"))
	size := t.cost(row+window, "wire-B", ours).over(t.cost(row+window32, "wire-B", "klauspost"))
	var all []measured
	for _, contest := range []string{"window=4KiB (gws)", "window=32KiB (coder)", "none (gws)"} {
		name, lib, _ := strings.Cut(strings.TrimSuffix(contest, ")"), " (")
		for _, length := range []string{"128B", "1KiB", "16KiB"} {
			full := length + "/" + name
			all = append(all, measured{full + " (" + lib + ")", t.time("DeflateEncode/"+full, ours).over(t.time("DeflateEncode/"+full, lib))})
		}
	}
	return []check{
		atMost("1 KiB of JSON at most 2 times klauspost with one writer per connection", 2, factor, []measured{{"", dear}}),
		atMost("and at most 1.06 times the size that it makes", 1.06, factor, []measured{{"", size}}),
		before("1 KiB with takeover: ahead of gws", t.versus(row, []string{window, window32}, "gws")),
		state("encoded at all sizes, with and without takeover, in the time of the best peer", factor, all),
		atMost("decoded at most 1.2 times klauspost with one reader per connection", 1.2, factor,
			t.versus("DeflateDecode/1KiB/", []string{window, window32}, "klauspost")),
	}
}

func judgePrice(t *table) []check {
	return []check{
		state("whole frames, in the same decoder with its state behind a pointer", factor, t.versus("DecodeInPlace/binary/", sizes, "mutable")),
		state("in 16 fragments, or in reads of 1,460 B, which that joins in memory that is used again", factor,
			t.versus("Decode", []string{"Fragments/binary/16x1KiB", "Reads/64KiB-binary/1460B/Client"}, "mutable")),
	}
}
