package hpack

import (
	"encoding/hex"
	"testing"

	xhpack "golang.org/x/net/http2/hpack"
)

// TestAppendField has every form that a field can take.
func TestAppendField(t *testing.T) {
	for _, c := range []struct {
		name, value string
		sensitive   bool
		wire        string
	}{
		{":method", "GET", false, "82"},
		{":status", "500", false, "8e"},
		{"accept-encoding", "gzip, deflate", false, "90"},
		{"www-authenticate", "", false, "bd"},
		{":path", "/", false, "84"},
		{":path", "/0", false, "04 02 2f30"},                         // 14 bits of Huffman code are not shorter
		{":path", "/sample/path", false, "04 89 6103a6ba0ac5634cff"}, // the first index of the name
		{":method", "CONNECT", false, "02 07 434f4e4e454354"},
		{"content-length", "0", false, "0f0d 01 30"}, // an index that does not fit its prefix; 5 bits fill a byte
		{"x", "", false, "00 01 78 00"},
		{"cookie", "a", true, "1f11 01 61"},
		{":method", "GET", true, "12 03 474554"}, // the table's value is not used
		{"password", "secret", true, "10 86 ac68 4783 d927 84 4149 6153"},
		{"", "", false, "00 00 00"},
	} {
		got := AppendField([]byte("dst"), c.name, c.value, c.sensitive)
		if string(got[:3]) != "dst" || string(got[3:]) != string(unhex(c.wire)) {
			t.Errorf("%s: %s is %s, want %s", c.name, c.value, hex.EncodeToString(got[3:]), c.wire)
		}
		next, fields, err := Table{}.AppendFields(nil, got[3:], Limits{})
		if err != nil || len(fields) != 1 || fields[0] != (Field{c.name, c.value, c.sensitive}) || next != (Table{}) {
			t.Errorf("%s: %s comes back as %v, %v", c.name, c.value, fields, err)
		}
	}
}

func TestAppendTableSizeUpdate(t *testing.T) {
	for _, c := range []struct {
		n    uint32
		wire string
	}{{0, "20"}, {30, "3e"}, {31, "3f00"}, {4096, "3fe11f"}, {1<<32 - 1, "3fe0ffffff0f"}} {
		if got := hex.EncodeToString(AppendTableSizeUpdate(nil, c.n)); got != c.wire {
			t.Errorf("%d is %s, want %s", c.n, got, c.wire)
		}
	}
}

// TestStaticTable holds the table to that of another implementation, and its search to the table.
func TestStaticTable(t *testing.T) {
	for i := range staticLen + 1 {
		fields, err := xhpack.NewDecoder(0, nil).DecodeFull([]byte{0x80 | byte(i)})
		if i == 0 {
			if err == nil {
				t.Error("index 0")
			}
			continue
		}
		if f := static[i]; err != nil || fields[0].Name != f.Name || fields[0].Value != f.Value {
			t.Errorf("entry %d is %v, want %v, %v", i, f, fields, err)
		}
		if n, exact := staticIndex(static[i].Name, static[i].Value); n != i || !exact {
			t.Errorf("entry %d is found at %d", i, n)
		}
		if n, exact := staticIndex(static[i].Name, "nothing"); exact || static[n].Name != static[i].Name ||
			static[n-1].Name == static[i].Name {
			t.Errorf("name of entry %d is found at %d", i, n)
		}
	}
	if _, err := xhpack.NewDecoder(0, nil).DecodeFull([]byte{0x80 | staticLen + 1}); err == nil {
		t.Error("there are more entries")
	}
}
