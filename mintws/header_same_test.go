package mintws

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
)

// A frame's header (RFC 6455 section 5.2) is read in four places, for speed: by WebSocket.header, which knows all the rules and
// names the one that was broken, by Inbox.take and Inbox.takeMasked for whole messages of one frame, and by span for messages
// whose fragments came in one read. TestHeadersAgree holds the last three to the first, for every first two bytes, and for
// extended lengths around everything that matters: the least that need their form, limits, and each bit.

// headerCase is a header, and the payload that it announces or as much of it as is there.
type headerCase struct {
	ws     WebSocket // between messages
	within WebSocket // after opening, the first fragment of a message
	opener []byte
	ender  []byte // an empty last fragment
	zeros  []byte // what payloads are cut from
}

func newHeaderCase(t *testing.T, role Role, limits Limits) *headerCase {
	c := &headerCase{ws: wireTest{role: role, opt: Options{Limits: limits}}.open(t), zeros: make([]byte, 70000)}
	c.opener, c.ender = join(0x02, 1, "a"), join(0x80, 0)
	if role == Server {
		c.opener, c.ender = join(0x02, 0x81, 1, 2, 3, 4, "a"), join(0x80, 0x80, 1, 2, 3, 4)
	}
	var err error
	if c.within, _, err = c.ws.Decode(c.opener); err != nil {
		t.Fatal(err)
	}
	return c
}

// announced returns how long the payload is to be by head alone, whether that is legal or not.
func announced(head []byte) uint64 {
	switch n := head[1] & bitsLength; n {
	case 126:
		return uint64(binary.BigEndian.Uint16(head[2:]))
	case 127:
		return binary.BigEndian.Uint64(head[2:])
	default:
		return uint64(n)
	}
}

// header returns a header with the first two bytes and the extended length given, and a key where the second byte says so.
func (*headerCase) header(first, second byte, length uint64) []byte {
	b := []byte{first, second}
	switch second & bitsLength {
	case 126:
		b = binary.BigEndian.AppendUint16(b, uint16(length))
	case 127:
		b = binary.BigEndian.AppendUint64(b, length)
	}
	if second&bitMASK != 0 {
		b = append(b, 1, 2, 3, 4)
	}
	return b
}

// check holds the fast ways to what WebSocket.header says about head.
func (c *headerCase) check(t *testing.T, head []byte) {
	t.Helper()
	h, err := c.ws.header(head)
	data := append(bytes.Clone(head), c.zeros[:min(announced(head), uint64(len(c.zeros)))]...)
	whole := err == nil && int64(len(data)) == int64(h.size)+h.length
	message := whole && (h.op == OpText || h.op == OpBinary) && h.rsv == 0

	c.same(t, "take", head, message && h.fin, data, func(in *Inbox, data []byte) int {
		return len(data) - len(in.take(data, c.ws.cfg))
	}, h.length)
	c.same(t, "join, first", head, message && !h.fin, slices.Concat(data, c.ender), func(in *Inbox, data []byte) int {
		return in.join(data, c.ws.cfg)
	}, h.length)
	if message && h.length > 0 { // all but the last byte is not a frame
		c.same(t, "take, cut", head, false, data[:len(data)-1], func(in *Inbox, data []byte) int {
			return len(data) - len(in.take(data, c.ws.cfg))
		}, 0)
	}

	h, err = c.within.header(head)
	last := err == nil && int64(len(data)) == int64(h.size)+h.length && h.op == OpContinuation && h.fin
	c.same(t, "join, last", head, last, slices.Concat(c.opener, data), func(in *Inbox, data []byte) int {
		return in.join(data, c.ws.cfg)
	}, h.length+1)

	if err == nil { // what a partial header makes room for is surely to come
		want := h.size
		if h.op.IsControl() {
			want += int(h.length)
		}
		for cut := range head {
			if n := wholeFrame(head[:cut]); n > want || n <= cut {
				t.Fatalf("wholeFrame(% x) = %d of %d", head[:cut], n, want)
			}
		}
		if n := wholeFrame(head); n != want {
			t.Fatalf("wholeFrame(% x) = %d, want %d", head, n, want)
		}
	}
}

// same holds that read takes all of data, as one message of that length, if it is to, and otherwise nothing.
func (c *headerCase) same(t *testing.T, what string, head []byte, takes bool, data []byte, read func(*Inbox, []byte) int, length int64) {
	t.Helper()
	var in Inbox
	more := data
	if what != "take, cut" { // what follows is not to be taken, nor missed: zeros are no header of a message
		more = slices.Concat(data, c.zeros[:8])
	}
	n, want := read(&in, more), 0
	if takes {
		want = len(data)
	}
	if n != want || len(in.Frames) != min(want, 1) {
		t.Fatalf("%v, %s, header % x: %d of %d bytes and %d frames were taken, want %d bytes",
			c.ws.cfg.role, what, head, n, len(data), len(in.Frames), want)
	}
	if takes && int64(len(in.Frames[0].Payload)) != length {
		t.Fatalf("%v, %s, header % x: payload of %d bytes", c.ws.cfg.role, what, head, len(in.Frames[0].Payload))
	}
}

func TestHeadersAgree(t *testing.T) {
	for _, role := range []Role{Client, Server} {
		for _, limits := range []Limits{{}, {MaxFrame: 66000}, {MaxMessage: 300}, {MaxFrame: 1, MaxMessage: 5}} {
			t.Run(fmt.Sprint(role, limits.MaxFrame, limits.MaxMessage), func(t *testing.T) {
				c := newHeaderCase(t, role, limits)
				for two := range 1 << 16 {
					c.check(t, c.header(byte(two>>8), byte(two), 0))
				}
				masked := byte(0)
				if role == Server {
					masked = bitMASK
				}
				for n := range uint64(1 << 16) {
					for _, first := range []byte{0x82, 0x02, 0x80} {
						if n < 1000 || n%251 == 0 || n > 65000 && n%13 == 0 || n == 0xFFFF {
							c.check(t, c.header(first, masked|126, n))
						}
					}
				}
				for k := range 64 {
					for _, first := range []byte{0x82, 0x02, 0x80} {
						for _, n := range []uint64{1<<k - 1, 1 << k, 1<<k + 1} {
							c.check(t, c.header(first, masked|127, n))
						}
					}
				}
			})
		}
	}
}
