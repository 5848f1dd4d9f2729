package httpconn

import "golang.org/x/net/http2"

// The windows for what we receive (RFC 9113 section 5.2): when the server is given credit, and for what.

// creditShare: credit is given at the end of the frame with which this fraction of a window is used up (RFC 9113 section 6.9.1
// leaves the moment to the receiver). What waits for a WINDOW_UPDATE is missing from the window, and a WINDOW_UPDATE for each
// frame is a flood. A sixteenth costs 13 bytes for each, and holds back no more than an eighth of a window of 16 frames or
// more, however the frames come to lie. See TestH2Distance.
const creditShare = 16

// h2SendConnCredit gives credit on the connection once enough of its window is used up, or as much as is left where the
// caller holds the most of it: what it holds of some streams must not stop the others.
func (c *Conn) h2SendConnCredit(out *Output) {
	h, window := &c.h2, c.set.connWindow
	if h.recvConsumed > 0 && h.recvConsumed >= min(window/creditShare, window-h.recvUncredited) {
		out.Send = appendWord(out.Send, http2.FrameWindowUpdate, 0, uint32(h.recvConsumed))
		h.recvUncredited -= h.recvConsumed
		h.recvConsumed = 0
	}
}

// h2SendStreamCredit gives credit on s, which is in the table, once enough of the window is used up. It needs the claim.
func (c *Conn) h2SendStreamCredit(out *Output, s *stream) {
	switch n := c.h2CreditStream(out, s); {
	case n == 0:
	case c.set.manualCredit:
		c.h2.streams.put(*s)
	default:
		c.h2.streams.received(s, -n)
	}
}

// h2CreditStream is h2SendStreamCredit for a state that the caller logs. It returns how much credit was given. Without
// manual credit all that was received counts as consumed.
func (c *Conn) h2CreditStream(out *Output, s *stream) int32 {
	n := s.recvConsumed
	if !c.set.manualCredit {
		n = s.recvUncredited
	}
	if n == 0 || n < c.set.streamWindow/creditShare || s.flags&streamGotEnd != 0 || !s.live() {
		return 0
	}
	out.Send = appendWord(out.Send, http2.FrameWindowUpdate, s.id, uint32(n))
	s.recvUncredited, s.recvConsumed = s.recvUncredited-n, 0
	return n
}

// h2SendAllCredit gives credit on all streams after the window was made smaller. A server that has already used up more
// than the smaller window sends nothing more, so nothing else would bring that credit about. The frame under way brings its
// own.
func (c *Conn) h2SendAllCredit(out *Output) {
	h := &c.h2
	h.streams.claim()
	for _, s := range liveIn(h.streams.r.table, 0) {
		if h.flags&h2InData == 0 || s.id != h.dataID {
			c.h2SendStreamCredit(out, h.streams.at(s.id))
		}
	}
	h.streams.release()
}

// h2EndCredit reduces the counts of s, which gets no more credit, to what the caller has still to consume.
func (c *Conn) h2EndCredit(s *stream) {
	n := int32(0)
	if c.set.manualCredit {
		n = c.h2Unconsumed(s)
	}
	s.recvUncredited, s.recvConsumed = n, 0
}

// h2Unconsumed returns how many bytes that came on s were handed over and not consumed.
func (c *Conn) h2Unconsumed(s *stream) int32 {
	n := s.recvUncredited - s.recvConsumed
	if h := &c.h2; h.flags&(h2InData|h2DataDiscard) == h2InData && h.dataID == s.id { // all of the frame was counted when it began
		n -= int32(c.recvRemaining) - int32(h.dataPadding)
	}
	return n
}

// h2Consume is Conn.Consume on HTTP/2.
func (c *Conn) h2Consume(out *Output, id StreamID, n int) error {
	if err := c.h2Usable(); err != nil {
		return err
	}
	h := &c.h2
	if id == 0 || id&1 == 0 || id > h.rare.lastID {
		return ErrUnknownStream
	}
	if !c.set.manualCredit {
		return ErrUnsupported
	}
	s := h.streams.get(id)
	switch over := s.id == 0 || s.flags&streamCanceled != 0; {
	case n >= 0 && over: // all that came on it has been credited
		return nil
	case n < 0 || int64(n) > int64(c.h2Unconsumed(&s)):
		return ErrConsumed
	}
	h.recvConsumed += int32(n)
	c.h2SendConnCredit(out)
	h.streams.claim()
	s.recvConsumed += int32(n)
	c.h2CreditStream(out, &s)
	h.streams.put(s)
	h.streams.release()
	return nil
}
