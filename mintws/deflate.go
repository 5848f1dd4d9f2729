package mintws

import (
	"fmt"
	"math/bits"
	"strconv"
	"sync/atomic"
)

// DeflateOptions says how permessage-deflate (RFC 7692) is offered, agreed to and used. The zero DeflateOptions is the
// default: context takeover in both directions, the largest window for receiving, a small one for sending.
type DeflateOptions struct {
	// Level is how hard to compress, 1 (fastest) to 9. Default 1.
	Level int
	// Threshold is the smallest payload that is compressed of a message in one frame. Shorter ones are sent as they are, and
	// so are those that compressing would not shorten. Default 64 bytes. A negative number is no threshold: then an empty
	// message is compressed, too. Messages in fragments are always compressed, as their length is not known, and a Frame
	// with Raw never is.
	Threshold int

	// SendWindow is how many bytes of earlier messages are kept to refer to when sending: 256 to 32,768. A sender may
	// use less than was negotiated, and most of the gain is in the first few KiB. Default 4096.
	SendWindow int
	// AnnounceSendWindow tells the peer how far back a message that is sent refers at most: SendWindow, rounded up to a
	// power of two. A client announces it with client_max_window_bits=n in its offer. A server does with
	// server_max_window_bits=n in its answer, asked for or not (RFC 7692 section 7.1.2). A peer then keeps no more than that
	// of what it received, instead of 32 KiB. Distances within a message are limited as well, so long messages take more
	// bytes.
	AnnounceSendWindow bool
	// SendWindowFixed keeps a client from offering client_max_window_bits, so that the server cannot ask for a smaller
	// window.
	SendWindowFixed bool
	// SendNoTakeover compresses each message that is sent by itself, and keeps nothing of it.
	SendNoTakeover bool
	// ReceiveNoTakeover asks the peer for the same, so that nothing has to be kept of what was received.
	ReceiveNoTakeover bool
	// ReceiveWindowBits asks the peer for a window of at most 2^n bytes, with n from 8 to 15. Default 15, which demands
	// nothing.
	ReceiveWindowBits int
	// Fallback lets a client also offer permessage-deflate without these demands, for servers that decline them.
	Fallback bool

	// MaxRatio bounds how many bytes one byte may inflate to, in a message of more than 64 KiB. 0, the default, and negative
	// numbers mean no bound. If payload is handed over as it arrives, the ratio is that of what has come so far.
	//
	// No ratio suits everybody: DEFLATE cannot exceed 1032, and with context takeover a snapshot that is sent again and
	// again honestly reaches several hundred. What bounds memory is MaxMessage and [Inbox].Max.
	MaxRatio int
}

// Defaults of DeflateOptions.
const (
	DefaultDeflateLevel      = 1    // most of the gain for the least time
	DefaultDeflateThreshold  = 64   // below, little is saved
	DefaultDeflateSendWindow = 4096 // JSON of 1 KiB is within 6 % of the size that 32 KiB give, in less than half the time
)

const deflateName = "permessage-deflate"

// deflateExtension is the Extension.
type deflateExtension struct {
	opt  DeflateOptions
	last *atomic.Pointer[deflateTransform] // the last one made, which is never written again
}

// NewDeflate returns the extension permessage-deflate (RFC 7692), for both roles. One Extension serves all connections of a
// program. Those whose peers agree to the same, one after the other, share what was agreed. The error wraps
// [ErrInvalidOptions] and names the field.
func NewDeflate(opt DeflateOptions) (Extension, error) {
	for _, f := range []struct {
		name                 string
		v                    *int
		def, lowest, highest int
		negativeIsNoLimit    bool
	}{
		{"Level", &opt.Level, DefaultDeflateLevel, 1, 9, false},
		{"Threshold", &opt.Threshold, DefaultDeflateThreshold, 0, 1 << 30, true},
		{"SendWindow", &opt.SendWindow, DefaultDeflateSendWindow, 1 << 8, 1 << 15, false},
		{"ReceiveWindowBits", &opt.ReceiveWindowBits, 15, 8, 15, false},
		{"MaxRatio", &opt.MaxRatio, 0, 0, 1 << 30, true},
	} {
		switch {
		case *f.v == 0:
			*f.v = f.def
		case *f.v < 0 && f.negativeIsNoLimit:
		case *f.v < f.lowest || *f.v > f.highest:
			return nil, fmt.Errorf("%w: DeflateOptions.%s is %d, want %d to %d", ErrInvalidOptions, f.name, *f.v, f.lowest, f.highest)
		}
	}
	if opt.AnnounceSendWindow && opt.SendWindowFixed { // it is announced by offering client_max_window_bits
		return nil, fmt.Errorf("%w: DeflateOptions has both AnnounceSendWindow and SendWindowFixed", ErrInvalidOptions)
	}
	return deflateExtension{opt, new(atomic.Pointer[deflateTransform])}, nil
}

// deflateParams are the parameters of RFC 7692 section 7.1, of an offer or an answer.
type deflateParams struct {
	serverNoTakeover, clientNoTakeover bool
	serverBits, clientBits             int  // 0: the parameter is not there
	clientBitsAny                      bool // client_max_window_bits without a value
}

func (d deflateParams) params() Params {
	p := Params{Name: deflateName}
	add := func(there bool, name, value string) {
		if there {
			p.Params = append(p.Params, Param{name, value})
		}
	}
	add(d.serverNoTakeover, "server_no_context_takeover", "")
	add(d.clientNoTakeover, "client_no_context_takeover", "")
	add(d.serverBits > 0, "server_max_window_bits", strconv.Itoa(d.serverBits))
	add(d.clientBits > 0, "client_max_window_bits", strconv.Itoa(d.clientBits))
	add(d.clientBitsAny, "client_max_window_bits", "")
	return p
}

// parseDeflate parses the parameters. One that is unknown, appears twice, or has a wrong value makes the element unusable
// (RFC 7692 section 7.1).
func parseDeflate(p Params, answer bool) (d deflateParams, err error) {
	seen := map[string]bool{}
	for _, x := range p.Params {
		if seen[x.Name] {
			return d, fmt.Errorf("parameter %s appears twice", x.Name)
		}
		seen[x.Name] = true
		switch x.Name {
		case "server_no_context_takeover", "client_no_context_takeover": // sections 7.1.1.1 and 7.1.1.2: no value
			if x.Value != "" {
				return d, fmt.Errorf("parameter %s has value %s, want none", x.Name, quote(x.Value))
			}
			d.serverNoTakeover = d.serverNoTakeover || x.Name[0] == 's'
			d.clientNoTakeover = d.clientNoTakeover || x.Name[0] == 'c'
		case "server_max_window_bits", "client_max_window_bits": // sections 7.1.2.1 and 7.1.2.2
			if x.Name[0] == 'c' && x.Value == "" && !answer {
				d.clientBitsAny = true
				continue
			}
			n, e := strconv.Atoi(x.Value)
			if e != nil || n < 8 || n > 15 || strconv.Itoa(n) != x.Value { // "a decimal integer value without leading zeroes"
				return d, fmt.Errorf("parameter %s has value %s, want 8 to 15", x.Name, quote(x.Value))
			}
			if x.Name[0] == 's' {
				d.serverBits = n
			} else {
				d.clientBits = n
			}
		default:
			return d, fmt.Errorf("parameter %s is unknown", x.Name)
		}
	}
	return d, nil
}

// announced returns the window that we announce for sending, as the exponent of a power of two. 0 is none, as 15 says
// nothing.
func (e deflateExtension) announced() int {
	if n := bits.Len(uint(e.opt.SendWindow - 1)); e.opt.AnnounceSendWindow && n < 15 {
		return n
	}
	return 0
}

// narrower returns the smaller of two windows, where 0 is no limit.
func narrower(a, b int) int {
	if a == 0 || b == 0 {
		return a + b
	}
	return min(a, b)
}

// wishes returns the offers as parameters, in order of preference.
func (e deflateExtension) wishes() []deflateParams {
	full := deflateParams{clientBits: e.announced(), clientBitsAny: e.announced() == 0 && !e.opt.SendWindowFixed,
		serverNoTakeover: e.opt.ReceiveNoTakeover, clientNoTakeover: e.opt.SendNoTakeover}
	if e.opt.ReceiveWindowBits < 15 {
		full.serverBits = e.opt.ReceiveWindowBits
	}
	list := []deflateParams{full}
	if undemanding := (deflateParams{clientBitsAny: !e.opt.SendWindowFixed}); e.opt.Fallback && full != undemanding {
		list = append(list, undemanding)
	}
	return list
}

// Offers returns what a client proposes.
func (e deflateExtension) Offers() []Params {
	var list []Params
	for _, w := range e.wishes() {
		list = append(list, w.params())
	}
	return list
}

// Check judges the server's answer: it must answer one of our offers (RFC 7692 section 7.1).
func (e deflateExtension) Check(answer Params) (Transform, error) {
	a, err := parseDeflate(answer, true)
	if err != nil {
		return nil, err
	}
	for _, w := range e.wishes() {
		if err = w.answeredBy(a); err == nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	// Section 7.1.2.2: we keep to what we announced "even if the server doesn't include" the parameter, or includes a larger
	// value.
	return e.transform(narrower(a.clientBits, e.announced()), a.serverBits, e.opt.SendNoTakeover || a.clientNoTakeover, a.serverNoTakeover), nil
}

// answeredBy reports why a cannot be the answer to offer w.
func (w deflateParams) answeredBy(a deflateParams) error {
	switch {
	case w.serverNoTakeover && !a.serverNoTakeover: // section 7.1.1.1: accepted by including it
		return fmt.Errorf("parameter server_no_context_takeover was asked for and is missing")
	case w.serverBits > 0 && (a.serverBits == 0 || a.serverBits > w.serverBits): // section 7.1.2.1
		return fmt.Errorf("parameter server_max_window_bits is %d, want 8 to %d", a.serverBits, w.serverBits)
	case a.clientBits > 0 && !w.clientBitsAny && w.clientBits == 0: // section 7.1.2.2
		return fmt.Errorf("parameter client_max_window_bits was not offered")
	}
	return nil
}

// Answer judges a client's offer.
func (e deflateExtension) Answer(offer Params) (Params, Transform, bool) {
	if offer.Name != deflateName {
		return Params{}, nil, false
	}
	o, err := parseDeflate(offer, false)
	if err != nil { // section 7.1: decline it
		return Params{}, nil, false
	}
	a := deflateParams{
		serverNoTakeover: o.serverNoTakeover || e.opt.SendNoTakeover,
		clientNoTakeover: o.clientNoTakeover || e.opt.ReceiveNoTakeover,
		serverBits:       narrower(o.serverBits, e.announced()), // section 7.1.2.1: the offer need not have it
	}
	if want := e.opt.ReceiveWindowBits; want < 15 {
		switch {
		case o.clientBitsAny, o.clientBits >= want:
			a.clientBits = want
		case o.clientBits > 0: // less than we would ask for
			a.clientBits = o.clientBits
		default: // section 7.1.2.2: the client cannot be asked
			return Params{}, nil, false
		}
	} else if o.clientBits > 0 {
		a.clientBits = o.clientBits // what the client said it would use in any case, so that we keep less
	}
	return a.params(), e.transform(a.serverBits, a.clientBits, a.serverNoTakeover, a.clientNoTakeover), true
}
