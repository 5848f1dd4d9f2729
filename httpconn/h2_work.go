package httpconn

import (
	"math"

	"github.com/mintws/mintws/internal/hpack"
)

// Work that a server can cause is bounded by a budget, Limits.MaxWork. Most frames cost no more than some constant times their
// own bytes, answer included: PING, PRIORITY, RST_STREAM, WINDOW_UPDATE, empty DATA, unknown types. They are not counted at
// all. What they make one call do is bounded by the bytes that the call was given, the same in any split, and a server that
// sends a PING each second and nothing else can do so for ever. Counted is what a few bytes can repeat at a large cost:
//
//   - one for each stream looked at when GOAWAY or a larger INITIAL_WINDOW_SIZE is held against all streams;
//   - one for each stream whose queue is looked at without a byte of it being sent, and what its change allocates;
//   - one for each KiB of header fields that the table makes of few bytes.
//
// It is counted over the connection's life, and content of either side pays it back in proportion: one byte is no more than one
// byte. So do the header blocks that we send, as each request entitles the server to a response, whose fields may be counted.

const (
	paidBytes  = 64  // content pays back one for each frame, and one for so many bytes
	requeued   = 2   // KiB that it takes to change one stream's queue, at the most: its path in the map, eight nodes
	freeFields = 256 // bytes of header fields that each byte of their block may make without being counted
)

// charge counts work that is done.
func (h *h2) charge(n int) { h.work = int32(min(int64(h.work)+int64(n), math.MaxInt32)) }

// repay is n bytes of content in one frame, n above 0.
func (h *h2) repay(n int32) {
	if h.work > 0 {
		h.work = max(0, h.work-1-n/paidBytes)
	}
}

// chargeFields counts what a header block of size bytes became: the values are looked at, the names copied twice on their way
// to the canonical form.
func (h *h2) chargeFields(fields []hpack.Field, size int) {
	list := -freeFields * size
	for i := range fields {
		list += 2*len(fields[i].Name) + len(fields[i].Value)
	}
	if list > 0 {
		h.charge(list >> 10)
	}
}
