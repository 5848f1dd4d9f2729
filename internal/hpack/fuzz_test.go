package hpack

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	xhpack "golang.org/x/net/http2/hpack"
)

// FuzzDecode decodes the blocks of one connection with this package and with golang.org/x/net, which must agree on what is
// legal, on the fields and on the table. In data, a block comes after one byte that has its length; the last may be shorter.
//
// The exceptions, by name:
//   - ErrUpdatePlace: the other takes any number of updates, and takes them in the middle of a block while its table is empty.
//   - ErrInteger: the other takes numbers of 63 bits and more leading zeros. It refuses most of them later, as indices.
//   - ErrUpdateMissing cannot happen: nothing lowers the maximum here. TestErrors has it.
func FuzzDecode(f *testing.F) {
	for _, group := range [][][]rep{requests, responses} {
		for _, huffman := range []bool{false, true} {
			var data []byte
			for _, reps := range group {
				var block []byte
				for _, r := range reps {
					block = r.appendTo(block, huffman)
				}
				data = append(append(data, byte(len(block))), block...)
			}
			f.Add(uint16(4096), uint16(0), data)
			f.Add(uint16(256), uint16(100), data)
		}
	}
	f.Fuzz(func(t *testing.T, maxSize, list uint16, data []byte) {
		maxSize %= DefaultMaxSize + 1
		dec := xhpack.NewDecoder(uint32(maxSize), nil)
		table := tableOf(uint32(maxSize))
		for len(data) > 0 {
			n := min(int(data[0]), len(data)-1)
			block := bytes.Clone(data[1 : 1+n])
			data = data[1+n:]

			next, fields, err := table.AppendFields(nil, block, Limits{List: -1, Fields: -1})
			limited, some, limErr := table.AppendFields(nil, block, Limits{List: int(list), Fields: int(list)})
			if err != nil {
				var e *Error
				if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(block) || next != table || len(fields) > 0 {
					t.Fatalf("%v, and fields %v", err, fields)
				}
				if limErr == nil || limErr.Error() != err.Error() {
					t.Fatalf("%v, with limits %v", err, limErr)
				}
				if errors.Is(err, ErrUpdatePlace) || errors.Is(err, ErrInteger) {
					return
				}
				if _, err2 := decodeOther(dec, block); err2 == nil {
					t.Fatalf("only we refuse % x: %v", block, err)
				}
				return
			}
			want, err := decodeOther(dec, block)
			if err != nil {
				t.Fatalf("only the other refuses % x: %v", block, err)
			}
			if text(fields) != otherText(want) {
				t.Fatalf("% x:\n%s\nthe other:\n%s", block, text(fields), otherText(want))
			}
			if got, want := text(newestFirst(next)), otherText(otherTable(dec)); got != want {
				t.Fatalf("% x: table\n%s\nthe other:\n%s", block, got, want)
			}
			checkLimited(t, list, fields, some, limErr)
			if !limited.Equal(next) || next.Size() > next.MaxSize() || next.MaxSize() > int(maxSize) {
				t.Fatalf("% x: size %d, maximum %d; with limits %d", block, next.Size(), next.MaxSize(), limited.Size())
			}
			checkMemory(t, next)
			for i := range block {
				block[i] ^= 0x55 // nothing may depend on it
			}
			if text(fields) != otherText(want) {
				t.Fatal("fields share memory with the block")
			}
			for i := range block {
				block[i] ^= 0x55
			}
			checkReplay(t, table, block, next, fields)
			reencode(t, fields)
			table = next
		}
	})
}

// checkLimited: with limits come as many of the fields, from the first on, as fit.
func checkLimited(t *testing.T, list uint16, fields, some []Field, err error) {
	t.Helper()
	lim := Limits{List: int(list), Fields: int(list)}.resolved()
	n, size := 0, 0
	for n < len(fields) && n < lim.Fields && size+fields[n].Size() <= lim.List {
		size += fields[n].Size()
		n++
	}
	if errors.Is(err, ErrTooLarge) != (n < len(fields)) || !strings.HasPrefix(text(fields), text(some)) || len(some) != n {
		t.Fatalf("limit %d: %d of %d fields, want %d: %v", list, len(some), len(fields), n, err)
	}
}

// reencode: what was decoded survives the encoder.
func reencode(t *testing.T, fields []Field) {
	t.Helper()
	var block []byte
	for _, f := range fields {
		block = AppendField(block, f.Name, f.Value, f.Sensitive)
	}
	_, again, err := Table{}.AppendFields(nil, block, Limits{List: -1, Fields: -1})
	if err != nil || text(again) != text(fields) {
		t.Fatalf("encoded again: %v\n%s\nwas\n%s", err, text(again), text(fields))
	}
}
