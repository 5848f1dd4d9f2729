package mintws

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestDeflatePools: connections take turns in the memory that is pooled, with one between that gets corrupted messages.
// What each of them sends is, byte for byte, what it sends when it is alone, so nothing of another can be in it.
func TestDeflatePools(t *testing.T) {
	for _, opt := range []DeflateOptions{{Level: 1}, {Level: 5}, {Level: 6}, {Level: 7}, {Level: 9}, {SendNoTakeover: true},
		{ReceiveWindowBits: 9}} {
		t.Run(fmt.Sprintf("%+v", opt), func(t *testing.T) {
			send := func(ws WebSocket, i int, secret string) (WebSocket, []byte) {
				message := fmt.Sprintf(`{"id":%d,"token":"%s","name":"the same for all of them, whoever they are","n":%d}`,
					i, strings.Repeat(secret, i%20), i*i)
				next, wire, err := ws.Encode(Text(message))
				if err != nil {
					t.Fatal(err)
				}
				return next, wire
			}
			const n = 60
			var alone [2][n][]byte
			for k, secret := range []string{"alpha-4711", "bravo-0815"} {
				_, s := deflated(t, opt, opt, Options{})
				for i := range n {
					s, alone[k][i] = send(s, i, secret)
				}
			}
			c0, s0 := deflated(t, opt, opt, Options{})
			c1, s1 := deflated(t, opt, opt, Options{})
			third, _ := deflated(t, opt, opt, Options{})
			for i := range n {
				var wire []byte
				for _, one := range []struct {
					c, s   *WebSocket
					want   []byte
					secret string
				}{{&c0, &s0, alone[0][i], "alpha-4711"}, {&c1, &s1, alone[1][i], "bravo-0815"}} {
					*one.s, wire = send(*one.s, i, one.secret)
					if !bytes.Equal(wire, one.want) {
						t.Fatalf("message %d: sends % x beside others, % x alone", i, wire, one.want)
					}
					corrupt := bytes.Clone(wire)
					corrupt[0] |= byte(RSV1)        // some are short, and not compressed
					corrupt[len(corrupt)/2] ^= 0x55 // this is an error, or other text
					corrupt[len(corrupt)-1] = 0xff  // and this one is an error in any case
					if r, err := decodeAll(third, corrupt); err == nil {
						t.Fatalf("message %d is received although it is corrupted: %v", i, r.Frames)
					}
					r, err := decodeAll(*one.c, wire)
					if err != nil || len(r.Frames) != 1 || i%20 > 0 && !bytes.Contains(r.Frames[0].Payload, []byte(one.secret)) {
						t.Fatalf("message %d: %v, %v", i, r.Frames, err)
					}
					*one.c = r.WS
				}
			}
		})
	}
}

// TestDeflateReachesNobody: a message that refers to text before the first byte of its own connection gets none, whoever
// has been decoding before. The same holds for the message after one that an error cut off.
func TestDeflateReachesNobody(t *testing.T) {
	secret := strings.Repeat("a secret that is nobody's business. ", 100)
	busy, s := takeovers(t)
	// Fixed codes: a match of length 3 at distance 1, which is before the start; the same after one literal, at
	// distance 2.
	reaches := [][]byte{{0x02, 0x02, 0x00}, {0x82, 0x02, 0x22, 0x00}}
	for i := range 20 {
		var wire []byte
		var err error
		if s, wire, err = s.Encode(Text(secret)); err != nil {
			t.Fatal(err)
		}
		r, err := decodeAll(busy, wire)
		if err != nil {
			t.Fatal(err)
		}
		busy = r.WS
		if r, err = decodeAll(busy, join(0xC2, 2, 0xff, 0xff)); err == nil {
			t.Fatal(r.Frames)
		}
		for _, p := range reaches {
			for _, opt := range []DeflateOptions{{}, {ReceiveNoTakeover: true}} {
				fresh, _ := deflated(t, opt, opt, Options{})
				in := Inbox{Buf: []byte(secret)[:0]} // memory that was used before
				_, err = fresh.AppendDecode(&in, join(0xC2, len(p), p))
				if !errors.Is(err, ErrDeflate) || len(in.Frames) != 0 || bytes.Contains(in.Buf, []byte("sec")) {
					t.Fatalf("round %d: %v, %v, %q", i, in.Frames, err, in.Buf)
				}
			}
		}
		// Without takeover a message cannot refer to the one before it either (RFC 7692 section 7.1.1).
		forgetful, _ := deflated(t, DeflateOptions{ReceiveNoTakeover: true}, DeflateOptions{}, Options{})
		r, err = decodeAll(forgetful, join(0xC2, 7, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0xC2, 5, 0xf2, 0x00, 0x11, 0x00, 0x00))
		if !errors.Is(err, ErrDeflate) || len(r.Frames) != 1 {
			t.Fatalf("%v, %v", r.Frames, err)
		}
	}
}
