package mintws

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/mintws/mintws/httpconn"
)

// config is what is fixed before the first frame. It is never written once a WebSocket points to it.
type config struct {
	role     Role
	delivery Delivery
	skipUTF8 bool
	manual   bool
	limits   Limits           // every field set
	rand     io.Reader        // nil: crypto/rand
	version  httpconn.Version // how the request was made

	// These three are kept only until the answer has come.
	accept  string   // the Sec-WebSocket-Accept that the response must have
	offered []string // subprotocols
	asked   []Extension

	// These are what was agreed on; until then they are empty.
	subprotocol string
	extensions  []string    // as they stand in the response
	transforms  []Transform // what they do to frames that are sent, in order
	rsv         RSV         // the reserved bits that they use
	always      bool        // one of them uses none, so that every message passes through it
}

func newConfig(role Role, opt Options) (*config, error) {
	if role > Server {
		return nil, fmt.Errorf("%w: Role %d", ErrInvalidOptions, role)
	}
	if opt.Delivery > DeliverPayload {
		return nil, fmt.Errorf("%w: Delivery %d", ErrInvalidOptions, opt.Delivery)
	}
	limits := opt.Limits
	if opt.Delivery == DeliverPayload { // nothing is held back, so there is no bound unless the caller sets one
		for _, p := range []*int64{&limits.MaxFrame, &limits.MaxMessage} {
			if *p == 0 {
				*p = -1
			}
		}
		if limits.MaxFragments == 0 {
			limits.MaxFragments = -1
		}
	}
	limits = limits.WithDefaults()
	limits.MaxFragments = min(limits.MaxFragments, math.MaxInt32) // what the counter in a WebSocket can hold
	return &config{
		role: role, delivery: opt.Delivery, skipUTF8: opt.SkipUTF8, manual: opt.ManualReply,
		limits: limits, rand: opt.Rand,
	}, nil
}

// equal reports whether both are the same, apart from rand and asked.
func (c *config) equal(x *config) bool {
	if c == nil || x == nil || c == x {
		return c == x
	}
	return c.role == x.role && c.delivery == x.delivery && c.skipUTF8 == x.skipUTF8 && c.manual == x.manual &&
		c.limits == x.limits && c.version == x.version && c.accept == x.accept && slices.Equal(c.offered, x.offered) &&
		c.subprotocol == x.subprotocol && slices.Equal(c.extensions, x.extensions) && c.rsv == x.rsv &&
		slices.EqualFunc(c.transforms, x.transforms, alike)
}

// alike reports whether two transforms do the same, as far as that can be known. The options of other authors' transforms
// cannot be.
func alike(a, b Transform) bool {
	d, ok := a.(*deflateTransform)
	x, okX := b.(*deflateTransform)
	return ok == okX && (!ok || d.deflateTerms == x.deflateTerms)
}
