package hpack

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"unsafe"

	xhpack "golang.org/x/net/http2/hpack"
)

// TestErrors has every way in which a block can be wrong. The table holds "a: b" (index 62) unless stated otherwise.
func TestErrors(t *testing.T) {
	one := Table{}.inserted("a", "b")
	for _, c := range []struct {
		what   string
		table  Table
		block  string
		err    error
		offset int
		reason string
	}{
		{"index 0", one, "82 80", ErrIndex, 1, "index 0, the entries are 1 to 62"},
		{"index beyond the table", one, "82 bf", ErrIndex, 1, "index 63, the entries are 1 to 62"},
		{"index beyond the empty table", Table{}, "be", ErrIndex, 0, "index 62, the entries are 1 to 61"},
		{"index of 32 bits", one, "ff 80 ff ff ff 0f", ErrIndex, 0, "index 4294967295,"},
		{"name index beyond the table, with indexing", one, "7f 00 01 61", ErrIndex, 0, "index 63,"},
		{"name index beyond the table, without", one, "0f 30 01 61", ErrIndex, 0, "index 63,"},
		{"name index beyond the table, never", one, "1f 30 01 61", ErrIndex, 0, "index 63,"},
		{"index of an evicted entry", one, "20 be", ErrIndex, 1, "index 62, the entries are 1 to 61"},

		{"index not ended", one, "ff", ErrTruncated, 0, "after 1 bytes"},
		{"index not ended, more", one, "82 ff 80 80", ErrTruncated, 1, "after 3 bytes"},
		{"no name", one, "40", ErrTruncated, 1, "where a string begins"},
		{"no value", one, "41", ErrTruncated, 1, "where a string begins"},
		{"no value after a name", one, "00 01 61", ErrTruncated, 3, "where a string begins"},
		{"name cut", one, "00 02 61", ErrTruncated, 1, "string of 2 bytes, 1 are left"},
		{"value cut", one, "00 01 61 03 62 62", ErrTruncated, 3, "string of 3 bytes, 2 are left"},
		{"value of 4 GiB", one, "41 7f 80 ff ff ff 0f 61", ErrTruncated, 1, "string of 4294967295 bytes, 1 are left"},
		{"length not ended", one, "41 7f 80", ErrTruncated, 1, "after 2 bytes"},
		{"update not ended", one, "3f", ErrTruncated, 0, "after 1 bytes"},

		{"index of 33 bits", one, "ff 81 ff ff ff 0f", ErrInteger, 0, "integer of at least 4294967296"},
		{"index of 35 bits", one, "ff ff ff ff ff 7f", ErrInteger, 0, "integer of at least"},
		{"endless index", one, "ff 80 80 80 80 80", ErrInteger, 0, "not ended after 6 bytes"},
		{"endless length", one, "41 7f 80 80 80 80 80 80 80 80 80 80 80", ErrInteger, 1, "not ended after 6 bytes"},
		{"endless update", one, "3f 80 80 80 80 80 80", ErrInteger, 0, "not ended after 6 bytes"},

		{"Huffman name", one, "00 81 00 01 61", ErrHuffman, 1, "string of 1 bytes 00"},
		{"Huffman value", one, "41 81 00", ErrHuffman, 1, "string of 1 bytes 00"},
		{"long Huffman value", one, "41 92" + strings.Repeat("ff", 18), ErrHuffman, 1, "string of 18 bytes ff ff"},

		{"update above the default", Table{}, "3f e2 1f", ErrTableSize, 0, "update to 4097, the maximum is 4096"},
		{"update above the maximum", tableOf(100), "3f 46", ErrTableSize, 0, "update to 101, the maximum is 100"},
		{"second update above the maximum", tableOf(100), "20 3f 46", ErrTableSize, 1, "update to 101,"},
		{"update after a field", one, "82 20", ErrUpdatePlace, 1, "after the first field"},
		{"update after a field, empty table", Table{}, "82 20", ErrUpdatePlace, 1, "after the first field"},
		{"three updates", one, "20 21 22", ErrUpdatePlace, 2, "more than 2"},

		{"lowered, no update", one.WithMaxSize(100), "82", ErrUpdateMissing, 0, "no update to 100 or less"},
		{"lowered, empty block", one.WithMaxSize(100), "", ErrUpdateMissing, 0, "no update to 100 or less"},
		{"lowered and raised, no update", one.WithMaxSize(0).WithMaxSize(4096), "82", ErrUpdateMissing, 0, "no update to 0 "},
		{"lowered and raised, final one only", one.WithMaxSize(9).WithMaxSize(4096), "3f e1 1f", ErrUpdateMissing, 0, "to 9 "},
		{"lowered twice and raised", one.WithMaxSize(9).WithMaxSize(8).WithMaxSize(20), "29", ErrUpdateMissing, 0, "to 8 "},
		{"lowered, empty table", Table{}.WithMaxSize(100), "82", ErrUpdateMissing, 0, "no update to 100 or less"},
	} {
		dst := []Field{{Name: "mine"}}
		next, fields, err := c.table.AppendFields(dst, unhex(c.block), Limits{})
		var e *Error
		if !errors.Is(err, c.err) || !errors.As(err, &e) {
			t.Errorf("%s: %v, want %v", c.what, err, c.err)
			continue
		}
		if e.Offset != c.offset || !strings.Contains(e.Reason, c.reason) {
			t.Errorf("%s: %q at %d, want %q at %d", c.what, e.Reason, e.Offset, c.reason, c.offset)
		}
		if next != c.table || len(fields) != 1 {
			t.Errorf("%s: returned another table or fields: %v", c.what, fields)
		}
		// A limit never hides a broken block, and never breaks a good one.
		if _, _, err = c.table.AppendFields(nil, unhex(c.block), Limits{List: 1, Fields: 1}); !errors.Is(err, c.err) {
			t.Errorf("%s: %v with a small limit, want %v", c.what, err, c.err)
		}
	}
}

// TestIntegers: every value near a border of the encoding, with every prefix; and leading zeros, which are legal within
// bounds.
func TestIntegers(t *testing.T) {
	for bits := 1; bits <= 8; bits++ {
		mask := byte(1<<bits - 1)
		for _, base := range []uint64{0, uint64(mask), uint64(mask) + 1<<7, uint64(mask) + 1<<14, uint64(mask) + 1<<21,
			uint64(mask) + 1<<28, 1 << 16, math.MaxUint32} {
			for v := base - min(base, 2); v <= min(base+2, math.MaxUint32); v++ {
				p := appendInteger(nil, ^mask, mask, v)
				d := decoder{p: p}
				if got, err := d.integer(mask); got != v || err != nil || d.i != len(p) || p[0]&^mask != ^mask {
					t.Errorf("%d bits, %d: % x is %d, %v", bits, v, p, got, err)
				}
				for n := range p {
					d = decoder{p: p[:n:n]}
					if _, err := d.integer(mask); !errors.Is(err, ErrTruncated) || d.i != 0 {
						t.Errorf("%d bits: % x: %v", bits, p[:n], err)
					}
				}
			}
		}
	}
	for _, c := range []struct {
		wire string
		v    uint64
		err  error
	}{
		{"7f 00", 127, nil},
		{"7f 80 00", 127, nil},
		{"7f 80 80 80 80 00", 127, nil},
		{"7f 80 80 80 80 80", 0, ErrInteger},
		{"7f 80 ff ff ff 0f", math.MaxUint32, nil},
		{"7f 81 ff ff ff 0f", 0, ErrInteger},
		{"7f 80 80 80 80 10", 0, ErrInteger},
	} {
		d := decoder{p: unhex(c.wire)}
		v, err := d.integer(0x7f)
		if c.err == nil && (err != nil || v != c.v) || c.err != nil && !errors.Is(err, c.err) {
			t.Errorf("%s: %d, %v", c.wire, v, err)
		}
	}
}

// TestHuffmanRules: what RFC 7541 section 5.2 says of the end of a Huffman string. "a" is 00011, "0" is 00000, "&" is
// 11111000.
func TestHuffmanRules(t *testing.T) {
	for _, c := range []struct {
		wire string
		text string
		ok   bool
	}{
		{"", "", true},
		{"1f", "a", true},             // 3 bits of padding
		{"f8", "&", true},             // none
		{"f8 1f", "&a", true},         //
		{"18 ff", "aa", true},         // 00011 00011 and 6 bits
		{"18", "", false},             // padding of zeros
		{"1e", "", false},             // padding does not end in ones
		{"1b", "", false},             // padding does not begin with ones
		{"1f ff", "", false},          // 11 bits of padding
		{"f8 ff", "", false},          // 8 bits of padding
		{"ff", "", false},             // nothing but 8 bits of padding
		{"7f", "9", true},             // 011111 and 2 bits
		{"ff ff ff ff", "", false},    // EOS and 2 bits
		{"ff ff ff fc", "", false},    // EOS and other bits
		{"1f ff ff ff ff", "", false}, // a, EOS, padding
		{"ff ff ff f3", "\n", true},   // 30 bits, one of the longest symbols
		{"ff ff ff fb", "\x16", true},
		{"ff ff ff f7", "\r", true},
	} {
		p := unhex(c.wire)
		s := literal{b: p, huffman: true}
		text, err := s.text()
		n, serr := s.size()
		if (err == nil) != c.ok || (serr == nil) != c.ok || text != c.text || c.ok && n != len(c.text) {
			t.Errorf("% x: %q, %v; size %d, %v", p, text, err, n, serr)
		}
		if len(text) > s.atMost() {
			t.Errorf("% x: longer than atMost", p)
		}
	}
	// Every symbol survives, followed by every padding.
	for b := range 256 {
		for k := range 8 {
			text := string([]byte{byte(b)}) + strings.Repeat("0", k)
			s := literal{b: xhpack.AppendHuffmanString(nil, text), huffman: true}
			if got, err := s.text(); got != text || err != nil || len(got) > s.atMost() {
				t.Errorf("%q: %q, %v, at most %d", text, got, err, s.atMost())
			}
		}
	}
}

// TestUpdates has the table size updates that are right.
func TestUpdates(t *testing.T) {
	one := Table{}.inserted("a", "b")
	for _, c := range []struct {
		what  string
		table Table
		block string
		max   int
		len   int
	}{
		{"none", one, "82", 4096, 1},
		{"one", one, "3f 21 82", 64, 1},
		{"one that evicts", one, "21", 1, 0},
		{"two", one, "20 3f e1 1f", 4096, 0},
		{"two, the same", one, "3f e1 1f 3f e1 1f", 4096, 1},
		{"lowered", one.WithMaxSize(64), "3f 21", 64, 1},
		{"lowered, chosen less", one.WithMaxSize(64), "20", 0, 0},
		{"lowered and raised", one.WithMaxSize(10).WithMaxSize(64), "2a 3f 21", 64, 0},
		{"lowered and raised, but kept low", one.WithMaxSize(10).WithMaxSize(64), "2a", 10, 0},
		{"lowered no further than in use", tableOf(64).WithMaxSize(64), "", 64, 0},
		{"raised", one.WithMaxSize(1 << 20), "82", 4096, 1},
		{"raised and used", one.WithMaxSize(1 << 20), "3f e1 ff 3f 82", 1 << 20, 1},
	} {
		next, _, err := c.table.AppendFields(nil, unhex(c.block), Limits{})
		if err != nil || next.MaxSize() != c.max || next.Len() != c.len {
			t.Errorf("%s: maximum %d, %d entries, %v", c.what, next.MaxSize(), next.Len(), err)
			continue
		}
		if _, owed := next.owed(); owed {
			t.Errorf("%s: another update is expected", c.what)
		}
		if _, _, err = next.AppendFields(nil, []byte{0x82}, Limits{}); err != nil {
			t.Errorf("%s: the next block: %v", c.what, err)
		}
	}
}

// TestTooLarge: a list beyond the limits leaves the same table as without limits, and the fields that fit.
func TestTooLarge(t *testing.T) {
	long := strings.Repeat("x", 100)
	block := []byte{0x82} // :method: GET, 42
	block = incremental(0, "aa", "bb").appendTo(block, false)
	block = rep{0x00, 0x0f, 0, "cc", long}.appendTo(block, true) // 134
	block = incremental(0, "dd", long).appendTo(block, true)     // 134
	block = append(block, 0xbe)                                  // the same again
	block = incremental(0, "ee", strings.Repeat("y", 5000)).appendTo(block, true)
	block = incremental(0, "ff", "gg").appendTo(block, false)

	full, all, err := Table{}.AppendFields(nil, block, Limits{List: -1, Fields: -1})
	if err != nil || len(all) != 7 || full.Len() != 1 {
		t.Fatalf("without limits: %d fields, %d entries, %v", len(all), full.Len(), err)
	}
	check := func(lim Limits, want int) {
		t.Helper()
		next, fields, limErr := Table{}.AppendFields([]Field{{Name: "mine"}}, block, lim)
		if errors.Is(limErr, ErrTooLarge) != (want < len(all)) || limErr != nil && !errors.Is(limErr, ErrTooLarge) {
			t.Errorf("%+v: %v", lim, limErr)
		}
		if got := lines(fields); got != lines(append([]Field{{Name: "mine"}}, all[:want]...)) {
			t.Errorf("%+v: %d fields, want %d", lim, len(fields)-1, want)
		}
		if !next.Equal(full) {
			t.Errorf("%+v: another table: %v", lim, newestFirst(next))
		}
	}
	size := 0
	for i, f := range all {
		check(Limits{List: size + 1}, i)
		size += f.Size()
		check(Limits{List: size - 1}, i)
		check(Limits{List: size}, i+1)
	}
	for n := 1; n <= len(all); n++ {
		check(Limits{Fields: n}, n)
	}
	check(Limits{}, len(all))

	var e *Error
	if _, _, err = (Table{}).AppendFields(nil, block, Limits{List: 80}); !errors.As(err, &e) || e.Offset != 8 ||
		e.Reason != "a field of size 134 where 2 of 80 are left" {
		t.Errorf("%v", err)
	}
	if _, _, err = (Table{}).AppendFields(nil, block, Limits{Fields: 2}); !errors.As(err, &e) ||
		e.Reason != "more fields than the 2 allowed" {
		t.Errorf("%v", err)
	}
	many := bytes.Repeat([]byte{0x82}, DefaultFields+1)
	_, fields, err := Table{}.AppendFields(nil, many, Limits{})
	if !errors.Is(err, ErrTooLarge) || len(fields) != DefaultFields {
		t.Errorf("default of Fields: %d, %v", len(fields), err)
	}
}

// TestTooLargeCost: a small block that says much makes no more fields than the limits allow.
func TestTooLargeCost(t *testing.T) {
	big := incremental(0, "a", strings.Repeat("x", 4000)).appendTo(nil, false)
	block := append(big, bytes.Repeat([]byte{0xbe}, 1<<16)...) // 256 MB, by the measure of the standard
	_, fields, err := Table{}.AppendFields(nil, block, Limits{})
	if !errors.Is(err, ErrTooLarge) || len(fields) != DefaultList/4033 {
		t.Errorf("%d fields, %v", len(fields), err)
	}
}

// TestOwnStrings: nothing in a Field or a Table shares memory with the block.
func TestOwnStrings(t *testing.T) {
	var block []byte
	for _, huffman := range []bool{false, true} {
		block = incremental(0, "custom-key", "custom-value").appendTo(block, huffman)
		block = rep{0x10, 0x0f, 0, "password", "secret"}.appendTo(block, huffman)
	}
	next, fields, err := Table{}.AppendFields(nil, block, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprint(fields, newestFirst(next))
	for i := range block {
		block[i] = 0xff
	}
	if got := fmt.Sprint(fields, newestFirst(next)); got != want {
		t.Errorf("changed to %s", got)
	}
}

// TestDst: what dst holds is not touched, and room in it is used.
func TestDst(t *testing.T) {
	dst := make([]Field, 1, 4)
	dst[0].Name = "mine"
	_, fields, err := Table{}.AppendFields(dst, []byte{0x82, 0x84}, Limits{})
	if err != nil || len(fields) != 3 || fields[0].Name != "mine" || unsafe.SliceData(fields) != unsafe.SliceData(dst) {
		t.Errorf("%v, %v", fields, err)
	}
}
