package hpack

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	xhpack "golang.org/x/net/http2/hpack"
)

// headerLists makes random header lists in which names, values and whole fields come back, as in real traffic.
type headerLists struct {
	rng  *rand.Rand
	seen []xhpack.HeaderField
}

func (h *headerLists) next() []xhpack.HeaderField {
	list := make([]xhpack.HeaderField, h.rng.IntN(12))
	for i := range list {
		f := xhpack.HeaderField{Name: h.text(20), Value: h.text(60)}
		switch old := len(h.seen); h.rng.IntN(8) {
		case 0, 1:
			f.Name, f.Value = static[1+h.rng.IntN(staticLen)].Name, h.text(40)
		case 2:
			s := static[1+h.rng.IntN(staticLen)]
			f.Name, f.Value = s.Name, s.Value
		case 3, 4, 5:
			if old > 0 {
				f = h.seen[max(0, old-1-h.rng.IntN(80))]
			}
		case 6:
			if old > 0 {
				f.Name = h.seen[h.rng.IntN(old)].Name
			}
		}
		f.Sensitive = h.rng.IntN(10) == 0
		list[i], h.seen = f, append(h.seen, f)
	}
	return list
}

// text returns up to most bytes: mostly letters, which Huffman codes shorten, sometimes any bytes, sometimes much more.
func (h *headerLists) text(most int) string {
	if h.rng.IntN(300) == 0 {
		most = 6000
	}
	b, from, span := make([]byte, h.rng.IntN(most)), 'a', 26
	if h.rng.IntN(4) == 0 {
		from, span = 0, 256
	}
	for i := range b {
		b[i] = byte(int(from) + h.rng.IntN(span))
	}
	return string(b)
}

// TestDecodeOther decodes what the encoder of golang.org/x/net makes of random lists, through size updates of all kinds, and
// compares the table with that of its decoder.
func TestDecodeOther(t *testing.T) {
	for seed := range uint64(20) {
		h := headerLists{rng: rand.New(rand.NewPCG(seed, 7541))}
		var wire bytes.Buffer
		enc := xhpack.NewEncoder(&wire)
		dec := xhpack.NewDecoder(DefaultMaxSize, func(xhpack.HeaderField) {})
		var table Table
		for i := range 300 {
			switch h.rng.IntN(20) {
			case 0: // the encoder chooses
				enc.SetMaxDynamicTableSize(uint32(h.rng.IntN(int(table.limit()) + 1)))
			case 1: // we announce another maximum, and its SETTINGS are acknowledged
				n := uint32(h.rng.IntN(3 * DefaultMaxSize))
				enc.SetMaxDynamicTableSizeLimit(n)
				dec.SetAllowedMaxDynamicTableSize(n)
				table = table.WithMaxSize(n)
			case 2: // several changes before one block: the encoder tells the smallest and the last
				for range 3 {
					enc.SetMaxDynamicTableSize(uint32(h.rng.IntN(int(table.limit()) + 1)))
				}
			}
			wire.Reset()
			list := h.next()
			for len(list) == 0 {
				list = h.next() // the encoder tells sizes with the first field
			}
			for _, f := range list {
				if err := enc.WriteField(f); err != nil {
					t.Fatal(err)
				}
			}
			next, fields, err := table.AppendFields(nil, wire.Bytes(), Limits{List: -1})
			if err != nil || text(fields) != otherText(list) {
				t.Fatalf("seed %d, block %d: %v\n% x", seed, i, err, wire.Bytes())
			}
			if _, err := decodeOther(dec, wire.Bytes()); err != nil {
				t.Fatalf("seed %d, block %d: the other decoder: %v", seed, i, err)
			}
			if got, want := text(newestFirst(next)), otherText(otherTable(dec)); got != want {
				t.Fatalf("seed %d, block %d: table\n%s\nwant\n%s", seed, i, got, want)
			}
			checkReplay(t, table, wire.Bytes(), next, fields)
			table = next
		}
	}
}

// TestEncodeForOther has the decoder of golang.org/x/net decode what we encode.
func TestEncodeForOther(t *testing.T) {
	for seed := range uint64(20) {
		h := headerLists{rng: rand.New(rand.NewPCG(seed, 8441))}
		dec := xhpack.NewDecoder(DefaultMaxSize, nil)
		for i := range 200 {
			var wire []byte
			if h.rng.IntN(10) == 0 {
				wire = AppendTableSizeUpdate(wire, uint32(h.rng.IntN(DefaultMaxSize+1)))
			}
			list := h.next()
			for _, f := range list {
				wire = AppendField(wire, f.Name, f.Value, f.Sensitive)
			}
			got, err := dec.DecodeFull(wire)
			if err != nil || otherText(got) != otherText(list) {
				t.Fatalf("seed %d, block %d: %v\n% x", seed, i, err, wire)
			}
			if n := len(otherTable(dec)); n != 0 {
				t.Fatalf("seed %d, block %d: %d entries in the table", seed, i, n)
			}
		}
	}
}

// decodeOther is dec.DecodeFull, but feeds table size updates one by one: that decoder refuses a second one while entries are
// left, though section 4.2 allows it.
func decodeOther(dec *xhpack.Decoder, block []byte) (fields []xhpack.HeaderField, err error) {
	for len(block) > 0 && block[0]&0xe0 == 0x20 {
		d := decoder{p: block}
		if _, e := d.integer(0x1f); e != nil {
			break
		}
		if _, err = dec.DecodeFull(block[:d.i]); err != nil {
			return nil, err
		}
		block = block[d.i:]
	}
	return dec.DecodeFull(block)
}

// checkReplay decodes block from table again, after something else was decoded from it: both times the result must be
// the same.
func checkReplay(t *testing.T, table Table, block []byte, next Table, fields []Field) {
	t.Helper()
	before := text(newestFirst(next))
	other, _, err := table.AppendFields(nil, incremental(0, "fork", "fork").appendTo(nil, false), Limits{})
	_, owed := table.owed() // then the fork is refused, as it does not begin with an update
	if (err != nil) != owed || err == nil && other.MaxSize() >= 40 && lines(newestFirst(other)[:1]) != "fork: fork" {
		t.Fatalf("fork: %v", err)
	}
	again, fields2, err := table.AppendFields(nil, block, Limits{List: -1, Fields: -1})
	if err != nil || text(fields2) != text(fields) || !again.Equal(next) {
		t.Fatalf("replayed: %v\n%s\nwas\n%s", err, text(fields2), text(fields))
	}
	if text(newestFirst(next)) != before {
		t.Fatal("a value changed")
	}
}

// otherTable returns the entries of dec's table, the newest first, by asking for them one by one.
func otherTable(dec *xhpack.Decoder) (entries []xhpack.HeaderField) {
	for i := uint64(staticLen + 1); ; i++ {
		fields, err := dec.DecodeFull(indexed(i).appendTo(nil, false))
		if err != nil {
			_ = dec.Close() // ends the block that failed
			return entries
		}
		entries = append(entries, fields...)
	}
}

func text(fields []Field) string {
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, "%q: %q %v\n", f.Name, f.Value, f.Sensitive)
	}
	return b.String()
}

func otherText(fields []xhpack.HeaderField) string {
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, "%q: %q %v\n", f.Name, f.Value, f.Sensitive)
	}
	return b.String()
}
