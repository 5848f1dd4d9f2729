package httpconn

import (
	"math"

	"github.com/mintws/mintws/internal/hpack"
)

// A budget, Limits.MaxWork, bounds the work that a server can cause. Most frames cost no more than a constant times their
// own size, answer included: PING, PRIORITY, RST_STREAM, WINDOW_UPDATE, empty DATA, unknown types. They are not counted at
// all. What they make one call do is bounded by the bytes that the call was given, the same in any split, and a server that
// sends one PING each second and nothing else can do so for ever. What is counted is work that a few bytes can cause again
// and again at a large cost:
//
//   - one for each stream looked at when GOAWAY or a larger INITIAL_WINDOW_SIZE is held against all streams;
//   - one for each stream whose queue is looked at without sending a byte of it; changing it allocates some 100 bytes;
//   - one for each KiB of header fields that the table makes of few bytes.
//
// It is charged where it is done, as its amount is known only there, and judged in one place, after each frame that
// h2HandleFrame has dispatched. Only frames cause work that is charged, so no other call can exceed the budget.
//
// The count is over the connection's life. Content of either side pays it back in proportion: one byte is no more than one
// byte. So do the header blocks that we send, as each request entitles the server to a response, whose fields may be
// counted.

const (
	paidBytes  = 64  // content pays back one for each frame, and one for each so many bytes
	freeFields = 256 // bytes of header fields that one byte of their block makes without being counted
)

// charge counts work that is done.
func (h *h2) charge(n int) { h.work = int32(min(int64(h.work)+int64(n), math.MaxInt32)) }

// repay pays work back for n bytes of content in one frame. n is above 0.
func (h *h2) repay(n int32) {
	if h.work > 0 {
		h.work = max(0, h.work-1-n/paidBytes)
	}
}

// chargeFields counts what a header block of size bytes became. Values are looked at once; names are copied twice on their
// way to the canonical form.
func (h *h2) chargeFields(fields []hpack.Field, size int) {
	list := -freeFields * size
	for i := range fields {
		list += 2*len(fields[i].Name) + len(fields[i].Value)
	}
	if list > 0 {
		h.charge(list >> 10)
	}
}
