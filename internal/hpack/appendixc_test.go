package hpack

import (
	"encoding/hex"
	"strings"
	"testing"

	xhpack "golang.org/x/net/http2/hpack"
)

// TestAppendixC1 has the integers of RFC 7541 appendix C.1, in both directions.
func TestAppendixC1(t *testing.T) {
	for _, c := range []struct {
		section string
		first   byte // bits above the prefix, which the integer must not disturb
		mask    byte
		v       uint64
		wire    string
	}{
		{"C.1.1", 0xe0, 0x1f, 10, "ea"},
		{"C.1.2", 0x00, 0x1f, 1337, "1f9a0a"},
		{"C.1.3", 0x00, 0xff, 42, "2a"},
	} {
		if got := hex.EncodeToString(appendInteger(nil, c.first, c.mask, c.v)); got != c.wire {
			t.Errorf("%s: %d is encoded as %s, want %s", c.section, c.v, got, c.wire)
		}
		d := decoder{p: unhex(c.wire)}
		if v, err := d.integer(c.mask); v != c.v || err != nil || d.i != len(d.p) {
			t.Errorf("%s: %s is decoded as %d, %v after %d bytes", c.section, c.wire, v, err, d.i)
		}
	}
}

// rep is one representation of a field, as the examples of appendix C choose them.
type rep struct {
	first, mask byte
	index       uint64
	name        string // where index is 0
	value       string
}

func indexed(i uint64) rep { return rep{first: 0x80, mask: 0x7f, index: i} }

func incremental(i uint64, name, value string) rep { return rep{0x40, 0x3f, i, name, value} }

// appendTo encodes r, all its strings in Huffman code or none.
func (r rep) appendTo(dst []byte, huffman bool) []byte {
	dst = appendInteger(dst, r.first, r.mask, r.index)
	if r.first == 0x80 {
		return dst
	}
	texts := []string{r.name, r.value}
	if r.index != 0 {
		texts = texts[1:]
	}
	for _, s := range texts {
		if huffman {
			dst = appendInteger(dst, 0x80, 0x7f, xhpack.HuffmanEncodeLength(s))
			dst = xhpack.AppendHuffmanString(dst, s)
		} else {
			dst = append(appendInteger(dst, 0, 0x7f, uint64(len(s))), s...)
		}
	}
	return dst
}

// example is one header block of appendix C, with what the table holds after it.
type example struct {
	section string
	reps    []rep
	wire    string
	fields  string // "name: value", one a line
	table   string // the newest first
	size    int
}

const (
	request1 = ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com"
	request2 = request1 + "\ncache-control: no-cache"
	request3 = ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value"

	date1     = "Mon, 21 Oct 2013 20:13:21 GMT"
	date2     = "Mon, 21 Oct 2013 20:13:22 GMT"
	setCookie = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"

	response1 = ":status: 302\ncache-control: private\ndate: " + date1 + "\nlocation: https://www.example.com"
	response2 = ":status: 307\ncache-control: private\ndate: " + date1 + "\nlocation: https://www.example.com"
	response3 = ":status: 200\ncache-control: private\ndate: " + date2 +
		"\nlocation: https://www.example.com\ncontent-encoding: gzip\nset-cookie: " + setCookie

	requestTable1 = ":authority: www.example.com"
	requestTable2 = "cache-control: no-cache\n" + requestTable1
	requestTable3 = "custom-key: custom-value\n" + requestTable2

	responseTable1 = "location: https://www.example.com\ndate: " + date1 + "\ncache-control: private\n:status: 302"
	responseTable2 = ":status: 307\nlocation: https://www.example.com\ndate: " + date1 + "\ncache-control: private"
	responseTable3 = "set-cookie: " + setCookie + "\ncontent-encoding: gzip\ndate: " + date2
)

var (
	requests = [][]rep{
		{indexed(2), indexed(6), indexed(4), incremental(1, "", "www.example.com")},
		{indexed(2), indexed(6), indexed(4), indexed(62), incremental(24, "", "no-cache")},
		{indexed(2), indexed(7), indexed(5), indexed(63), incremental(0, "custom-key", "custom-value")},
	}
	responses = [][]rep{
		{incremental(8, "", "302"), incremental(24, "", "private"), incremental(33, "", date1),
			incremental(46, "", "https://www.example.com")},
		{incremental(8, "", "307"), indexed(65), indexed(64), indexed(63)},
		{indexed(8), indexed(65), incremental(33, "", date2), indexed(64), incremental(26, "", "gzip"),
			incremental(55, "", setCookie)},
	}
)

// TestAppendixC has the examples of sections C.2 to C.6: each group is one connection.
func TestAppendixC(t *testing.T) {
	for _, g := range []struct {
		huffman  bool
		max      uint32
		examples []example
	}{
		{false, 4096, []example{{"C.2.1", []rep{incremental(0, "custom-key", "custom-header")},
			"400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
			"custom-key: custom-header", "custom-key: custom-header", 55}}},
		{false, 4096, []example{{"C.2.2", []rep{{0x00, 0x0f, 4, "", "/sample/path"}},
			"040c 2f73 616d 706c 652f 7061 7468", ":path: /sample/path", "", 0}}},
		{false, 4096, []example{{"C.2.3", []rep{{0x10, 0x0f, 0, "password", "secret"}},
			"1008 7061 7373 776f 7264 0673 6563 7265 74", "password: secret (sensitive)", "", 0}}},
		{false, 4096, []example{{"C.2.4", []rep{indexed(2)}, "82", ":method: GET", "", 0}}},
		{false, 4096, []example{
			{"C.3.1", requests[0], "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", request1, requestTable1, 57},
			{"C.3.2", requests[1], "8286 84be 5808 6e6f 2d63 6163 6865", request2, requestTable2, 110},
			{"C.3.3", requests[2], "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
				request3, requestTable3, 164},
		}},
		{true, 4096, []example{
			{"C.4.1", requests[0], "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", request1, requestTable1, 57},
			{"C.4.2", requests[1], "8286 84be 5886 a8eb 1064 9cbf", request2, requestTable2, 110},
			{"C.4.3", requests[2], "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
				request3, requestTable3, 164},
		}},
		// From here on SETTINGS_HEADER_TABLE_SIZE is 256, and entries are evicted.
		{false, 256, []example{
			{"C.5.1", responses[0], `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
				2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
				response1, responseTable1, 222},
			{"C.5.2", responses[1], "4803 3330 37c1 c0bf", response2, responseTable2, 222},
			{"C.5.3", responses[2], `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0
				5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d
				6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`, response3, responseTable3, 215},
		}},
		{true, 256, []example{
			{"C.6.1", responses[0], `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b
				ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`, response1, responseTable1, 222},
			{"C.6.2", responses[1], "4883 640e ffc1 c0bf", response2, responseTable2, 222},
			{"C.6.3", responses[2], `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad
				94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106
				3d50 07`, response3, responseTable3, 215},
		}},
	} {
		table := tableOf(g.max)
		for _, e := range g.examples {
			var wire []byte
			for _, r := range e.reps {
				wire = r.appendTo(wire, g.huffman)
			}
			if want := unhex(e.wire); string(wire) != string(want) {
				t.Errorf("%s: encoded as\n%x, want\n%x", e.section, wire, want)
			}
			next, fields, err := table.AppendFields(nil, unhex(e.wire), Limits{})
			if err != nil {
				t.Fatalf("%s: %v", e.section, err)
			}
			if got := lines(fields); got != e.fields {
				t.Errorf("%s: fields\n%s\nwant\n%s", e.section, got, e.fields)
			}
			if got := lines(newestFirst(next)); got != e.table || next.Size() != e.size {
				t.Errorf("%s: table of size %d\n%s\nwant size %d\n%s", e.section, next.Size(), got, e.size, e.table)
			}
			table = next
		}
	}
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return b
}

// tableOf returns an empty table whose maximum is n from the start, as a context of HPACK may agree on.
func tableOf(n uint32) Table { return Table{xmax: n ^ DefaultMaxSize, xlimit: n ^ DefaultMaxSize} }

func newestFirst(t Table) []Field {
	var fields []Field
	for i := range uint64(t.Len()) {
		name, value, ok := t.lookup(staticLen + 1 + i)
		if !ok {
			panic("no entry")
		}
		fields = append(fields, Field{Name: name, Value: value})
	}
	return fields
}

func lines(fields []Field) string {
	var s []string
	for _, f := range fields {
		line := f.Name + ": " + f.Value
		if f.Sensitive {
			line += " (sensitive)"
		}
		s = append(s, line)
	}
	return strings.Join(s, "\n")
}
