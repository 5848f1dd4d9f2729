package httpconn

import (
	"golang.org/x/net/http2"
)

// h2HandleDataHead takes the header of a DATA frame. Its whole payload, padding included, counts against both windows at
// once (RFC 9113 section 6.9).
func (c *Conn) h2HandleDataHead(out *Output, f frameHead, v verdict) *ConnError {
	h := &c.h2
	n := int32(f.length)
	if int64(h.recv)+int64(n) > int64(c.set.connWindow) { // section 6.9: "MUST be counted", whatever the stream's state
		return fault(http2.ErrCodeFlowControl, ErrFlowControl,
			"DATA of %d bytes exceeds the connection's window of %d", n, c.set.connWindow-h.recv)
	}
	h.recv += n
	h.left, h.id = n, f.id
	h.flags |= h2InData
	if f.flags.Has(http2.FlagDataPadded) {
		if n == 0 {
			return fault(http2.ErrCodeFrameSize, ErrMalformed, "padded DATA frame of 0 bytes")
		}
		h.flags |= h2Padded
	}
	if f.flags.Has(http2.FlagDataEndStream) {
		h.flags |= h2End
	}
	var err *ConnError
	switch v.action {
	case accept:
		err = c.h2CheckData(out, n)
	case failStream:
		h.flags |= h2Drop
		err = c.h2FailStream(out, h.streams.find(f.id), v.code, ErrMalformed, "DATA after the end of the stream")
	default:
		h.flags |= h2Drop
	}
	if err == nil && n == 0 {
		err = c.h2HandleDataEnd(out)
	}
	return err
}

// h2CheckData holds a DATA frame against its stream: the head comes first, and the window must allow it.
func (c *Conn) h2CheckData(out *Output, n int32) *ConnError {
	h := &c.h2
	s := h.streams.at(h.id)          // the verdict was that it is open
	if s.flags&streamAnswered == 0 { // RFC 9113 section 8.1
		h.flags |= h2Drop
		return c.h2FailStream(out, *s, http2.ErrCodeProtocol, ErrMalformed, "DATA before the response's head")
	}
	window := c.h2Allowed().window
	if n > 0 && int64(s.recv)+int64(n) > int64(window) { // section 6.9.1; an empty frame needs none, even below zero
		h.flags |= h2Drop
		return c.h2FailStream(out, *s, http2.ErrCodeFlowControl, ErrFlowControl,
			"DATA of %d bytes exceeds the stream's window of %d", n, window-s.recv)
	}
	if s.left >= 0 {
		h.flags |= h2Counted
	}
	s.recv += n
	h.streams.received(s, n)
	if n > 0 && h.flags&h2Padded == 0 { // once for a frame, however it is cut
		h.repay(n)
	}
	return nil
}

// h2HandleDataPayload takes bytes of the DATA frame under way, and returns how many.
func (c *Conn) h2HandleDataPayload(out *Output, data []byte) (int, *ConnError) {
	h := &c.h2
	used := 0
	if h.flags&h2Padded != 0 {
		h.flags &^= h2Padded
		h.pad = data[0]
		h.left--
		used, data = 1, data[1:]
		if int32(h.pad) > h.left { // RFC 9113 section 6.1
			return used, fault(http2.ErrCodeProtocol, ErrMalformed,
				"DATA with %d bytes of padding in %d of payload", h.pad, h.left+1)
		}
		h.owed += int32(h.pad) + 1 // the caller never sees it
		if h.flags&h2Drop == 0 {
			if c.set.manual {
				s := h.streams.find(h.id)
				s.owed += int32(h.pad) + 1
				h.streams.put(s)
			}
			if content := h.left - int32(h.pad); content > 0 {
				h.repay(content)
			}
		}
	}
	n := min(int(h.left)-int(h.pad), len(data))
	if n > 0 {
		h.left -= int32(n)
		if err := c.h2HandleContent(out, data[:n:n]); err != nil {
			return used, err
		}
		used, data = used+n, data[n:]
	}
	if h.left > 0 && h.left <= int32(h.pad) { // only padding is left
		n = min(int(h.left), len(data))
		used += n
		h.left -= int32(n)
		h.pad -= uint8(n)
	}
	if h.left == 0 {
		return used, c.h2HandleDataEnd(out)
	}
	return used, nil
}

// h2HandleContent hands over p, content of the DATA frame under way.
func (c *Conn) h2HandleContent(out *Output, p []byte) *ConnError {
	h := &c.h2
	if h.flags&h2Drop != 0 {
		h.owed += int32(len(p))
		return nil
	}
	s := h.streams.at(h.id)
	var rest int // what is more than was announced
	if h.flags&h2Counted != 0 {
		rest = int(max(0, int64(len(p))-s.left))
		p = p[: len(p)-rest : len(p)-rest]
		s.left -= int64(len(p))
		h.streams.put(*s)
	}
	if len(p) > 0 {
		out.addData(s, p)
	}
	if !c.set.manual {
		h.owed += int32(len(p))
	}
	if rest > 0 { // RFC 9113 section 8.1.1
		h.owed += int32(rest)
		if c.set.manual {
			s.owed += int32(rest)
		}
		return c.h2FailStream(out, *s, http2.ErrCodeProtocol, ErrMalformed, "more content than the content-length announced")
	}
	return nil
}

// h2HandleDataEnd is the end of a DATA frame: credit for what it took, and the end of the stream if it was its last.
func (c *Conn) h2HandleDataEnd(out *Output) *ConnError {
	h := &c.h2
	id, flags := h.id, h.flags
	h.id, h.flags = 0, flags&^h2FrameFlags
	c.h2CreditConn(out)
	if flags&h2Drop != 0 {
		return nil
	}
	s := h.streams.at(id)
	if flags&h2End != 0 {
		return c.h2HandleEndStream(out, *s)
	}
	c.h2CreditStream(out, s)
	return nil
}

// h2HandleEndStream is the server's END_STREAM.
func (c *Conn) h2HandleEndStream(out *Output, s stream) *ConnError {
	if s.left > 0 { // RFC 9113 section 8.1.1
		return c.h2FailStream(out, s, http2.ErrCodeProtocol, ErrMalformed,
			"content ends %d bytes before the content-length", s.left)
	}
	s.flags |= streamGotEnd
	c.h2EndCredit(&s)
	c.h2.streams.put(s)
	if !s.live() {
		c.change().live--
	}
	out.Events = append(out.Events, Event{Kind: EventDone, StreamID: s.id, Tag: s.tag})
	return nil
}

// creditShare: credit is given once this part of the window is used up, so that WINDOW_UPDATEs are few (RFC 9113 section
// 6.9.1 leaves the moment to the receiver).
const creditShare = 2

func (c *Conn) h2CreditConn(out *Output) {
	if h := &c.h2; h.owed > 0 && h.owed >= c.set.connWindow/creditShare {
		out.Send = appendWord(out.Send, http2.FrameWindowUpdate, 0, uint32(h.owed))
		h.recv -= h.owed
		h.owed = 0
	}
}

// h2CreditStream gives credit on s, which is in the table, if it is time. It needs the claim. Without manual credit all that
// was received is owed: it is not counted until it is given.
func (c *Conn) h2CreditStream(out *Output, s *stream) {
	owed := s.owed
	if !c.set.manual {
		owed = s.recv
	}
	if owed == 0 || owed < c.set.streamWindow/creditShare || s.flags&streamGotEnd != 0 || !s.live() {
		return
	}
	out.Send = appendWord(out.Send, http2.FrameWindowUpdate, s.id, uint32(owed))
	s.recv -= owed
	if s.owed == 0 {
		c.h2.streams.received(s, -owed)
		return
	}
	s.owed = 0
	c.h2.streams.put(*s)
}

// h2EndCredit leaves of what came on s, which gets no more, what the caller is still to consume.
func (c *Conn) h2EndCredit(s *stream) {
	left := int32(0)
	if c.set.manual {
		left = c.h2Unconsumed(s)
	}
	s.recv, s.owed = left, 0
}

// h2Unconsumed returns how much of what came on s was handed over and not consumed.
func (c *Conn) h2Unconsumed(s *stream) int32 {
	n := s.recv - s.owed
	if h := &c.h2; h.flags&(h2InData|h2Drop) == h2InData && h.id == s.id { // counted when the frame began
		n -= h.left - int32(h.pad)
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
	if !c.set.manual {
		return ErrUnsupported
	}
	s := h.streams.get(id)
	switch over := s.id == 0 || s.flags&streamCanceled != 0; {
	case n >= 0 && over: // all that came on it is paid back
		return nil
	case n < 0 || int64(n) > int64(c.h2Unconsumed(&s)):
		return ErrConsumed
	}
	h.owed += int32(n)
	c.h2CreditConn(out)
	h.streams.claim()
	s.owed += int32(n)
	h.streams.put(s)
	if s.live() {
		c.h2CreditStream(out, h.streams.at(id))
	}
	h.streams.release()
	return nil
}
