package httpconn

import (
	"golang.org/x/net/http2"
)

// h2HandleDataHead takes the header of a DATA frame. The whole payload, padding included, counts against both windows at
// once (RFC 9113 section 6.9).
func (c *Conn) h2HandleDataHead(out *Output, f frameHead, v verdict) *ConnError {
	h := &c.h2
	n := int32(f.length)
	if int64(h.recvUncredited)+int64(n) > int64(c.set.connWindow) { // section 6.9: "MUST be counted", whatever the stream's state
		return fault(http2.ErrCodeFlowControl, ErrFlowControl,
			"DATA of %d bytes exceeds the connection's window of %d", n, c.set.connWindow-h.recvUncredited)
	}
	h.recvUncredited += n
	c.recvRemaining, h.dataID = int64(n), f.id
	h.flags |= h2InData
	if f.flags.Has(http2.FlagDataPadded) {
		if n == 0 {
			return fault(http2.ErrCodeFrameSize, ErrMalformed, "padded DATA frame of 0 bytes")
		}
		h.flags |= h2DataPadded
	}
	if f.flags.Has(http2.FlagDataEndStream) {
		h.flags |= h2DataEnd
	}
	var err *ConnError
	switch v.action {
	case accept:
		err = c.h2CheckData(out, n)
	case failStream:
		h.flags |= h2DataDiscard
		err = c.h2FailStream(out, h.streams.find(f.id), v.code, ErrMalformed, "DATA after the end of the stream")
	default:
		h.flags |= h2DataDiscard
	}
	if err == nil && n == 0 {
		err = c.h2HandleDataEnd(out)
	}
	return err
}

// h2CheckData checks a DATA frame against its stream: the head of the response comes first, and the window must allow it.
func (c *Conn) h2CheckData(out *Output, n int32) *ConnError {
	h := &c.h2
	s := h.streams.at(h.dataID)      // it is there, as the verdict was to accept
	if s.flags&streamAnswered == 0 { // RFC 9113 section 8.1
		h.flags |= h2DataDiscard
		return c.h2FailStream(out, *s, http2.ErrCodeProtocol, ErrMalformed, "DATA before the response's head")
	}
	window := c.h2Allowed().streamWindow
	if n > 0 && int64(s.recvUncredited)+int64(n) > int64(window) { // section 6.9.1; an empty frame needs no window
		h.flags |= h2DataDiscard
		return c.h2FailStream(out, *s, http2.ErrCodeFlowControl, ErrFlowControl,
			"DATA of %d bytes exceeds the stream's window of %d", n, window-s.recvUncredited)
	}
	if s.recvRemaining >= 0 {
		h.flags |= h2DataCounted
	}
	s.recvUncredited += n
	h.streams.received(s, n)
	if n > 0 && h.flags&h2DataPadded == 0 { // once for each frame, however the input is cut
		h.repay(n)
	}
	return nil
}

// h2HandleDataPayload takes bytes of the DATA frame under way, and returns how many.
func (c *Conn) h2HandleDataPayload(out *Output, data []byte) (int, *ConnError) {
	h := &c.h2
	used := 0
	if h.flags&h2DataPadded != 0 {
		h.flags &^= h2DataPadded
		h.dataPadding = data[0]
		c.recvRemaining--
		used, data = 1, data[1:]
		if int64(h.dataPadding) > c.recvRemaining { // RFC 9113 section 6.1
			return used, fault(http2.ErrCodeProtocol, ErrMalformed,
				"DATA with %d bytes of padding in %d of payload", h.dataPadding, c.recvRemaining+1)
		}
		h.recvConsumed += int32(h.dataPadding) + 1 // the caller never sees it
		if h.flags&h2DataDiscard == 0 {
			if c.set.manualCredit {
				s := h.streams.find(h.dataID)
				s.recvConsumed += int32(h.dataPadding) + 1
				h.streams.put(s)
			}
			if content := int32(c.recvRemaining) - int32(h.dataPadding); content > 0 {
				h.repay(content)
			}
		}
	}
	n := min(int(c.recvRemaining)-int(h.dataPadding), len(data))
	if n > 0 {
		c.recvRemaining -= int64(n)
		if err := c.h2HandleContent(out, data[:n:n]); err != nil {
			return used, err
		}
		used, data = used+n, data[n:]
	}
	if c.recvRemaining > 0 && c.recvRemaining <= int64(h.dataPadding) { // only padding remains
		n = min(int(c.recvRemaining), len(data))
		used += n
		c.recvRemaining -= int64(n)
		h.dataPadding -= uint8(n)
	}
	if c.recvRemaining == 0 {
		return used, c.h2HandleDataEnd(out)
	}
	return used, nil
}

// h2HandleContent hands over p, content of the DATA frame under way.
func (c *Conn) h2HandleContent(out *Output, p []byte) *ConnError {
	h := &c.h2
	if h.flags&h2DataDiscard != 0 {
		h.recvConsumed += int32(len(p))
		return nil
	}
	s := h.streams.at(h.dataID)
	var excess int // beyond what was announced
	if h.flags&h2DataCounted != 0 {
		excess = int(max(0, int64(len(p))-s.recvRemaining))
		p = p[: len(p)-excess : len(p)-excess]
		s.recvRemaining -= int64(len(p))
		h.streams.put(*s)
	}
	if len(p) > 0 {
		out.addData(s.id, s.tag, p)
	}
	if !c.set.manualCredit {
		h.recvConsumed += int32(len(p))
	}
	if excess > 0 { // RFC 9113 section 8.1.1
		h.recvConsumed += int32(excess)
		if c.set.manualCredit {
			s.recvConsumed += int32(excess)
		}
		return c.h2FailStream(out, *s, http2.ErrCodeProtocol, ErrMalformed, "more content than the content-length announced")
	}
	return nil
}

// h2HandleDataEnd is the end of a DATA frame: it gives credit for it, and ends the stream if the frame was its last.
func (c *Conn) h2HandleDataEnd(out *Output) *ConnError {
	h := &c.h2
	id, flags := h.dataID, h.flags
	h.dataID, h.flags = 0, flags&^h2DataFlags
	c.h2SendConnCredit(out)
	if flags&h2DataDiscard != 0 {
		return nil
	}
	s := h.streams.at(id)
	if flags&h2DataEnd != 0 {
		return c.h2HandleEndStream(out, *s)
	}
	c.h2SendStreamCredit(out, s)
	return nil
}

// h2HandleEndStream takes the server's END_STREAM.
func (c *Conn) h2HandleEndStream(out *Output, s stream) *ConnError {
	if s.recvRemaining > 0 { // RFC 9113 section 8.1.1
		return c.h2FailStream(out, s, http2.ErrCodeProtocol, ErrMalformed,
			"content ends %d bytes before the content-length", s.recvRemaining)
	}
	s.flags |= streamGotEnd
	c.h2EndCredit(&s)
	c.h2.streams.put(s)
	if !s.live() {
		c.editRare().liveStreams--
	}
	out.Events = append(out.Events, Event{Kind: EventDone, StreamID: s.id, Tag: s.tag})
	return nil
}
