package bench

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/gobwas/ws"

	"github.com/mintws/mintws/mintws"
)

// refFrame is one frame as the oracle or a peer saw it, unmasked. For a Close the payload is the whole body, code included.
type refFrame struct {
	op      mintws.Opcode
	more    bool
	payload []byte
}

// String shows a short payload, and of a long one how long it is.
func (f refFrame) String() string {
	if len(f.payload) > 40 {
		return fmt.Sprintf("{%v more=%v %d bytes}", f.op, f.more, len(f.payload))
	}
	return fmt.Sprintf("{%v more=%v %q}", f.op, f.more, f.payload)
}

// equal reports whether both are the same frame.
func (f refFrame) equal(x refFrame) bool {
	return f.op == x.op && f.more == x.more && bytes.Equal(f.payload, x.payload)
}

// verdict is what the oracle says about a stream of bytes.
type verdict struct {
	frames []refFrame // complete and legal, in order, as they are on the wire
	at     int        // offset of the first byte that makes the stream illegal
	breach []error    // what is wrong there: any of these sentinels names it. Empty where the stream is legal so far
	rules  []rule     // the rule behind each of breach
	closed bool       // a Close ended it; what follows is ignored
}

// rule names what the oracle refuses for. Those that come from gobwas's CheckHeader share one name, as every peer has them.
type rule string

const (
	ruleHeader  rule = "frame header (5.1, 5.2, 5.4, 5.5)"
	ruleMinimal rule = "length in the fewest bytes (5.2)"
	ruleControl rule = "length of a control frame in one byte (5.5)"
	ruleTopBit  rule = "top bit of a 64-bit length (5.2)"
	ruleFrame   rule = "limit of a frame's size (10.4)"
	ruleMessage rule = "limit of a message's size (10.4)"
	ruleFrames  rule = "limit of fragments (10.4)"
	ruleClose1  rule = "Close body of one byte (5.5.1)"
	ruleCode    rule = "close code (7.4)"
	ruleReason  rule = "UTF-8 of a close reason (5.5.1)"
	ruleText    rule = "UTF-8 of text (8.1)"
)

// allRules is what random streams must have broken for a test to be worth its time.
var allRules = []rule{ruleHeader, ruleMinimal, ruleControl, ruleTopBit, ruleFrame, ruleMessage, ruleFrames, ruleClose1,
	ruleCode, ruleReason, ruleText}

// limits are those that the oracle and ours apply. They are small enough that streams break them.
var limits = mintws.Limits{MaxFrame: 70_000, MaxMessage: 80_000, MaxFragments: 12}

// oracle judges frames one after the other. About headers it asks gobwas; what gobwas leaves out is spelled out.
type oracle struct {
	verdict
	state  ws.State
	op     mintws.Opcode // of the message under way, 0 where there is none
	size   int64         // payload bytes of the message under way
	parts  int           // its frames
	broken []byte        // the beginning of a character at the end of its text so far
}

// judge says what the decoder in the given role must make of data.
func judge(role mintws.Role, data []byte) verdict {
	o := oracle{state: ws.StateClientSide}
	if role == mintws.Server {
		o.state = ws.StateServerSide
	}
	for pos := 0; pos < len(data) && !o.closed && len(o.breach) == 0; {
		n := o.frame(data[pos:], pos)
		if n == 0 {
			break
		}
		pos += n
	}
	return o.verdict
}

// refuse notes a breach at offset at.
func (o *oracle) refuse(at int, r rule, sentinel error) {
	o.at, o.breach, o.rules = at, append(o.breach, sentinel), append(o.rules, r)
}

// frame judges the frame at the start of b, which begins at offset pos, and returns its size; 0 where it is illegal or
// incomplete.
func (o *oracle) frame(b []byte, pos int) int {
	if !o.header(b, pos) {
		return 0
	}
	r := bytes.NewReader(b)
	h, err := ws.ReadHeader(r)
	if err != nil {
		return 0 // incomplete: header has found it legal so far
	}
	if err = ws.CheckHeader(h, o.state); err != nil {
		panic("the oracle contradicts itself: " + err.Error())
	}
	head := len(b) - r.Len()
	body := bytes.Clone(b[head:min(int64(len(b)), int64(head)+h.Length)])
	if h.Masked {
		ws.Cipher(body, h.Mask, 0)
	}
	whole := int64(len(body)) == h.Length
	f := refFrame{op: mintws.Opcode(h.OpCode), more: !h.Fin, payload: body}
	if f.op == mintws.OpClose {
		o.closeBody(body, whole, pos+head)
	}
	if !f.op.IsControl() {
		o.data(f, h.Length, whole, pos+head)
	}
	if len(o.breach) > 0 || !whole {
		return 0
	}
	o.frames = append(o.frames, f)
	o.closed = f.op == mintws.OpClose
	return head + len(body)
}

// header judges what there is of a header byte by byte, and reports whether it is legal so far.
func (o *oracle) header(b []byte, pos int) bool {
	h := ws.Header{Fin: b[0]&0x80 != 0, Rsv: b[0] >> 4 & 7, OpCode: ws.OpCode(b[0] & 15), Masked: o.state.ServerSide()}
	o.checkHeader(h, pos)
	control := h.OpCode.IsControl()
	if !control && o.parts >= limits.MaxFragments {
		o.refuse(pos, ruleFrames, mintws.ErrTooManyFragments)
	}
	if len(b) < 2 || len(o.breach) > 0 {
		return len(o.breach) == 0
	}
	h.Masked, h.Length = b[1]&0x80 != 0, int64(b[1]&0x7F)
	o.checkHeader(h, pos+1)
	if full, err := ws.ReadHeader(bytes.NewReader(b)); control && err == nil && h.Length > 125 && full.Length <= 125 {
		o.rules[0] = ruleControl // the short length of a control frame, written long
	}
	if h.OpCode == ws.OpClose && h.Length == 1 {
		o.refuse(pos+1, ruleClose1, mintws.ErrClosePayload)
	}
	room := min(limits.MaxFrame, limits.MaxMessage-o.size)
	least := map[int64]int64{126: 126, 127: 1 << 16}[h.Length]
	if lowest := max(least, min(h.Length, 125)); !control && lowest > room {
		o.refuse(pos+1, o.sizeRule(b, uint64(lowest), least), mintws.ErrMessageTooBig)
	}
	if len(o.breach) > 0 {
		return false
	}
	want := map[int64]int{126: 2, 127: 8}[h.Length]
	for k := 1; k <= min(want, len(b)-2); k++ { // after k bytes of the extended length: what can it still become?
		ext := [8]byte{}
		copy(ext[8-want:], b[2:2+k])
		lowest := binary.BigEndian.Uint64(ext[:])
		highest := lowest | (1<<(8*(want-k)) - 1)
		switch {
		case lowest>>63 != 0:
			o.refuse(pos+1+k, ruleTopBit, mintws.ErrInvalidLength)
		case highest < uint64(least):
			o.refuse(pos+1+k, ruleMinimal, mintws.ErrInvalidLength)
		case max(lowest, uint64(least)) > uint64(room):
			o.refuse(pos+1+k, o.sizeRule(b, lowest, least), mintws.ErrMessageTooBig)
		}
		if len(o.breach) > 0 {
			return false
		}
	}
	return true
}

// sizeRule says which limit the frame at the start of b breaks, that has n payload bytes or more. If its form promises at
// least so many as break the limit, but the length itself does not keep that promise, it is the form that is wrong.
func (o *oracle) sizeRule(b []byte, n uint64, least int64) rule {
	h, err := ws.ReadHeader(bytes.NewReader(b))
	switch {
	case err == nil && h.Length < least:
		return ruleMinimal
	case n <= uint64(limits.MaxMessage-o.size):
		return ruleFrame
	}
	return ruleMessage
}

// checkHeader refuses h at offset at for everything that gobwas finds wrong with it: it names one fault at a time, so each is
// mended and the question put again.
func (o *oracle) checkHeader(h ws.Header, at int) {
	for {
		err := ws.CheckHeader(h, o.state)
		switch {
		case err == nil:
			return
		case errors.Is(err, ws.ErrProtocolOpCodeReserved):
			o.refuse(at, ruleHeader, mintws.ErrReservedOpcode)
			switch {
			case h.OpCode.IsControl():
				h.OpCode = ws.OpPing
			case o.state.Fragmented():
				h.OpCode = ws.OpContinuation
			default:
				h.OpCode = ws.OpBinary
			}
		case errors.Is(err, ws.ErrProtocolControlPayloadOverflow):
			o.refuse(at, ruleHeader, mintws.ErrControlTooLong)
			h.Length = 0
		case errors.Is(err, ws.ErrProtocolControlNotFinal):
			o.refuse(at, ruleHeader, mintws.ErrControlFragmented)
			h.Fin = true
		case errors.Is(err, ws.ErrProtocolNonZeroRsv):
			o.refuse(at, ruleHeader, mintws.ErrReservedBits)
			h.Rsv = 0
		case errors.Is(err, ws.ErrProtocolMaskRequired):
			o.refuse(at, ruleHeader, mintws.ErrUnmasked)
			h.Masked = true
		case errors.Is(err, ws.ErrProtocolMaskUnexpected):
			o.refuse(at, ruleHeader, mintws.ErrMasked)
			h.Masked = false
		case errors.Is(err, ws.ErrProtocolContinuationExpected):
			o.refuse(at, ruleHeader, mintws.ErrExpectedContinuation)
			h.OpCode = ws.OpContinuation
		case errors.Is(err, ws.ErrProtocolContinuationUnexpected):
			o.refuse(at, ruleHeader, mintws.ErrUnexpectedContinuation)
			h.OpCode = ws.OpBinary
		default:
			panic("unknown error of gobwas: " + err.Error())
		}
	}
}
