package mintws

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func mustParams(t testing.TB, s string) Params {
	t.Helper()
	list, err := parseExtensions([]string{s})
	if err != nil || len(list) != 1 {
		t.Fatalf("%q: %v, %v", s, list, err)
	}
	return list[0]
}

func TestDeflateOffers(t *testing.T) {
	for _, tt := range []struct {
		opt  DeflateOptions
		want []string
	}{
		{DeflateOptions{}, []string{"permessage-deflate; client_max_window_bits"}},
		{DeflateOptions{SendWindowFixed: true}, []string{"permessage-deflate"}},
		{DeflateOptions{SendWindowFixed: true, Fallback: true}, []string{"permessage-deflate"}},
		{DeflateOptions{ReceiveWindowBits: 9, SendNoTakeover: true, ReceiveNoTakeover: true, Fallback: true}, []string{
			"permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits",
			"permessage-deflate; client_max_window_bits"}},
		{DeflateOptions{AnnounceSendWindow: true}, []string{"permessage-deflate; client_max_window_bits=12"}},
		{DeflateOptions{AnnounceSendWindow: true, SendWindow: 256}, []string{"permessage-deflate; client_max_window_bits=8"}},
		{DeflateOptions{AnnounceSendWindow: true, SendWindow: 257}, []string{"permessage-deflate; client_max_window_bits=9"}},
		{DeflateOptions{AnnounceSendWindow: true, SendWindow: 1 << 14}, []string{"permessage-deflate; client_max_window_bits=14"}},
		{DeflateOptions{AnnounceSendWindow: true, SendWindow: 1<<14 + 1}, []string{"permessage-deflate; client_max_window_bits"}},
		{DeflateOptions{AnnounceSendWindow: true, ReceiveWindowBits: 10, Fallback: true}, []string{
			"permessage-deflate; server_max_window_bits=10; client_max_window_bits=12", "permessage-deflate; client_max_window_bits"}},
	} {
		e, err := NewDeflate(tt.opt)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range e.Offers() {
			got = append(got, p.String())
		}
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%+v offers %q, want %q", tt.opt, got, tt.want)
		}
	}
	for _, bad := range []DeflateOptions{{Level: 10}, {Level: -1}, {SendWindow: 255}, {SendWindow: 1<<15 + 1}, {ReceiveWindowBits: 7}, {ReceiveWindowBits: 16},
		{AnnounceSendWindow: true, SendWindowFixed: true}} {
		if _, err := NewDeflate(bad); !errors.Is(err, ErrInvalidOptions) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// TestDeflateCheck is the client's side of RFC 7692 section 7.1: what a server may answer.
func TestDeflateCheck(t *testing.T) {
	announce := DeflateOptions{AnnounceSendWindow: true, Fallback: true}
	none, all := DeflateOptions{SendWindowFixed: true}, DeflateOptions{ReceiveWindowBits: 10, ReceiveNoTakeover: true}
	for _, tt := range []struct {
		opt    DeflateOptions
		answer string
		err    string // a part of the error; "": accepted
		want   string // of the transform
	}{
		{none, "", "", "15 15 false false"},
		{none, "server_no_context_takeover", "", "15 15 false true"}, // may be answered without being asked for
		{none, "client_no_context_takeover", "", "15 15 true false"},
		{none, "server_max_window_bits=8", "", "15 8 false false"},
		{none, "client_max_window_bits=12", "client_max_window_bits was not offered", ""},
		{none, "client_max_window_bits", "client_max_window_bits", ""},
		{none, "x=1", "parameter x", ""},
		{none, "server_no_context_takeover=1", "want none", ""},
		{none, "server_max_window_bits", "want 8 to 15", ""},
		{none, "server_max_window_bits=7", "want 8 to 15", ""},
		{none, "server_max_window_bits=16", "want 8 to 15", ""},
		{none, "server_max_window_bits=08", `"08"`, ""},
		{none, "server_max_window_bits=+9", `"+9"`, ""},
		{none, "server_max_window_bits=10; server_max_window_bits=10", "twice", ""},
		{DeflateOptions{}, "client_max_window_bits=8", "", "8 15 false false"},
		{DeflateOptions{}, "client_max_window_bits", "want 8 to 15", ""},
		{all, "server_no_context_takeover; server_max_window_bits=10", "", "15 10 false true"},
		{all, "server_no_context_takeover; server_max_window_bits=9", "", "15 9 false true"},
		{all, "server_no_context_takeover; server_max_window_bits=11", "want 8 to 10", ""},
		{all, "server_no_context_takeover", "want 8 to 10", ""},
		{all, "server_max_window_bits=10", "server_no_context_takeover was asked for", ""},
		{DeflateOptions{ReceiveWindowBits: 10, Fallback: true}, "", "", "15 15 false false"},
		{DeflateOptions{SendNoTakeover: true}, "", "", "15 15 true false"},
		{announce, "", "", "12 15 false false"}, // kept to whatever the answer says
		{announce, "client_max_window_bits=14", "", "12 15 false false"},
		{announce, "client_max_window_bits=9; server_max_window_bits=10", "", "9 10 false false"},
	} {
		e, err := NewDeflate(tt.opt)
		if err != nil {
			t.Fatal(err)
		}
		tr, err := e.Check(mustParams(t, strings.TrimSuffix("permessage-deflate; "+tt.answer, "; ")))
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%+v answered %q: %v, want %q", tt.opt, tt.answer, err, tt.err)
			}
			continue
		}
		if err != nil || agreed(tr) != tt.want {
			t.Errorf("%+v answered %q: %v, %v, want %s", tt.opt, tt.answer, agreed(tr), err, tt.want)
		}
	}
}

// agreed says what a transform was made for: window bits for sending and receiving, and whether they forget.
func agreed(t Transform) string {
	d, ok := t.(*deflateTransform)
	if !ok {
		return "none"
	}
	return fmt.Sprint(d.sendBits, d.receiveBits, d.sendForgets, d.receiveForgets)
}

// TestDeflateAnswer is the server's side of RFC 7692 section 7.1.
func TestDeflateAnswer(t *testing.T) {
	for _, tt := range []struct {
		opt         DeflateOptions
		offer, want string // "-": declined
		agreed      string
	}{
		{DeflateOptions{}, "", "", "15 15 false false"},
		{DeflateOptions{}, "client_max_window_bits", "", "15 15 false false"},
		{DeflateOptions{}, "client_max_window_bits=10", "client_max_window_bits=10", "15 10 false false"},
		{DeflateOptions{}, "server_max_window_bits=8", "server_max_window_bits=8", "8 15 false false"},
		{DeflateOptions{}, "server_no_context_takeover", "server_no_context_takeover", "15 15 true false"},
		{DeflateOptions{}, "client_no_context_takeover", "client_no_context_takeover", "15 15 false true"},
		{DeflateOptions{SendNoTakeover: true, ReceiveNoTakeover: true}, "", "server_no_context_takeover; client_no_context_takeover",
			"15 15 true true"},
		{DeflateOptions{ReceiveWindowBits: 9}, "client_max_window_bits", "client_max_window_bits=9", "15 9 false false"},
		{DeflateOptions{ReceiveWindowBits: 9}, "client_max_window_bits=12", "client_max_window_bits=9", "15 9 false false"},
		{DeflateOptions{ReceiveWindowBits: 9}, "client_max_window_bits=8", "client_max_window_bits=8", "15 8 false false"},
		{DeflateOptions{ReceiveWindowBits: 9}, "", "-", ""},
		{DeflateOptions{AnnounceSendWindow: true}, "", "server_max_window_bits=12", "12 15 false false"},
		{DeflateOptions{AnnounceSendWindow: true}, "server_max_window_bits=14", "server_max_window_bits=12", "12 15 false false"},
		{DeflateOptions{AnnounceSendWindow: true}, "server_max_window_bits=9", "server_max_window_bits=9", "9 15 false false"},
		{DeflateOptions{AnnounceSendWindow: true, SendWindow: 1 << 15}, "", "", "15 15 false false"},
		{DeflateOptions{}, "x", "-", ""},
		{DeflateOptions{}, "server_max_window_bits", "-", ""},
		{DeflateOptions{}, "client_max_window_bits=16", "-", ""},
		{DeflateOptions{}, "server_no_context_takeover; server_no_context_takeover", "-", ""},
	} {
		e, err := NewDeflate(tt.opt)
		if err != nil {
			t.Fatal(err)
		}
		p, tr, ok := e.Answer(mustParams(t, strings.TrimSuffix("permessage-deflate; "+tt.offer, "; ")))
		got := "-"
		if ok {
			got = strings.TrimPrefix(strings.TrimPrefix(p.String(), "permessage-deflate"), "; ")
		}
		if got != tt.want || ok && agreed(tr) != tt.agreed {
			t.Errorf("%+v, offered %q: %q, %v; want %q, %s", tt.opt, tt.offer, got, agreed(tr), tt.want, tt.agreed)
		}
	}
}

// TestDeflateNarrow: a sender that promised a window keeps the promise, within a message too. The receiver refuses
// distances beyond it.
func TestDeflateNarrow(t *testing.T) {
	for bits := 8; bits <= 15; bits++ {
		c, s := deflated(t, DeflateOptions{SendWindow: 1 << 15}, DeflateOptions{ReceiveWindowBits: bits}, Options{})
		want := 1 << bits
		if got := c.cfg.transforms[0].(*deflateTransform).sendBits; got != bits {
			t.Fatalf("%d bits agreed, want %d", got, bits)
		}
		noise := make([]byte, want*3/4)
		for i := range noise {
			noise[i] = byte(i*i>>3 ^ i*7)
		}
		for _, gap := range []int{0, want / 2, want, 2 * want} { // the same noise again at many distances
			msg := append(append(append([]byte(nil), noise...), make([]byte, gap)...), noise...)
			for range 2 {
				var p []byte
				var err error
				if c, p, err = c.Encode(Binary(msg)); err != nil {
					t.Fatal(err)
				}
				r, err := decodeAll(s, p)
				if diff := diffFrames(r.Frames, []Frame{Binary(msg)}); err != nil || diff != "" {
					t.Fatalf("%d bits, gap %d: %v", bits, gap, err)
				}
				s = r.WS
			}
		}
	}
}

// TestIdleDeflate: between messages only the windows are held, and without takeover nothing.
func TestIdleDeflate(t *testing.T) {
	for _, takeover := range []bool{true, false} {
		opt := DeflateOptions{SendNoTakeover: !takeover, ReceiveNoTakeover: !takeover}
		const n = 64
		var idle [n][2]WebSocket
		msg := jsonLike(40 << 10)
		c, s := deflated(t, opt, opt, Options{})
		held := heldBy(func() {
			for i := range idle {
				idle[i] = [2]WebSocket{c, s}
				for j := range 6 {
					from, to := &idle[i][j%2], &idle[i][1-j%2]
					var p []byte
					var err error
					if *from, p, err = from.Encode(Text(msg)); err != nil {
						t.Fatal(err)
					}
					if *to, _, err = to.Decode(p); err != nil {
						t.Fatal(err)
					}
				}
			}
		}) / (2 * n)
		limit := int64(2<<15 + 512)
		if !takeover {
			limit = 64 // nothing of its own: what an uncompressed one has is in the array
		}
		if held > limit {
			t.Errorf("takeover %v: an idle WebSocket holds %d bytes, at most %d are allowed", takeover, held, limit)
		}
		if idle[0][0].State() != Open {
			t.Error("not open")
		}
	}
}
