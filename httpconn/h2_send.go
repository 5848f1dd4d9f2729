package httpconn

import (
	"fmt"
	"net/http"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2"
)

// canSend returns nil if the stream can carry bytes now, or else the error.
func (s stream) canSend() error {
	switch {
	case !s.live(): // whether it is still remembered must make no difference
		return ErrUnknownStream
	case s.flags&streamSentEnd != 0:
		return ErrStreamEnded
	case s.flags&streamTunnel != 0 || s.flags&(streamBody|streamConnect) == streamBody:
		return nil
	}
	return ErrNotSendable
}

// h2SendData is Conn.SendData on HTTP/2.
func (c *Conn) h2SendData(out *Output, id StreamID, p []byte, end bool) error {
	if !end && c.h2SendTunnel(out, id, p) {
		return nil
	}
	mark, err := c.h2BeginData(out, id, len(p))
	if err != nil {
		opened := id&1 != 0 && c.h2.rare.lastID >= id
		if end && len(p) == 0 && (err == ErrStreamEnded || err == ErrUnknownStream && opened) {
			return nil
		}
		return err
	}
	out.Send = append(out.Send, p...)
	return c.h2EndData(out, id, mark, end)
}

// h2BeginData is Conn.BeginData on HTTP/2: it leaves room for a frame header.
func (c *Conn) h2BeginData(out *Output, id StreamID, size int) (int, error) {
	if err := c.h2Usable(); err != nil {
		return 0, err
	}
	// No Content-Length counts the bytes of a tunnel. If all of them could be queued, the windows need not be looked at.
	if c.h2.streams.tunnel(id) && size <= c.set.limits.MaxBuffered-c.h2.queues.buffered(0) {
		mark := len(out.Send)
		out.Send = append(out.Send, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		return mark, nil
	}
	s := c.h2.streams.get(id)
	if err := s.canSend(); err != nil {
		return 0, err
	}
	if s.sendRemaining >= 0 && int64(size) > s.sendRemaining {
		return 0, fmt.Errorf("%w: %d bytes given, %d remaining", ErrBodyLength, size, s.sendRemaining)
	}
	if err := c.h2CheckBuffered(&s, size); err != nil {
		return 0, err
	}
	mark := len(out.Send)
	out.Send = append(out.Send, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	return mark, nil
}

// h2CheckBuffered returns ErrBufferFull if more of size bytes on s would have to be queued than the limit allows.
func (c *Conn) h2CheckBuffered(s *stream, size int) error {
	blocked := int64(size) - c.h2Sendable(s)
	if blocked > 0 && blocked+int64(c.h2.queues.buffered(0)) > int64(c.set.limits.MaxBuffered) {
		return fmt.Errorf("%w: %d bytes queued, %d more to queue, the limit is %d",
			ErrBufferFull, c.h2.queues.buffered(0), blocked, c.set.limits.MaxBuffered)
	}
	return nil
}

// h2Sendable returns how many bytes s can send at once.
func (c *Conn) h2Sendable(s *stream) int64 {
	if s.flags&streamQueued != 0 { // what is queued must go first
		return 0
	}
	return max(0, min(c.h2StreamSendWindow(s), int64(c.h2.sendWindow)))
}

// h2EndData is Conn.EndData on HTTP/2.
func (c *Conn) h2EndData(out *Output, id StreamID, mark int, end bool) error {
	if err := c.h2Usable(); err != nil {
		return err
	}
	n := len(out.Send) - mark - frameHeadLen
	if mark < 0 || n < 0 || [frameHeadLen]byte(out.Send[mark:]) != [frameHeadLen]byte{} {
		return fmt.Errorf("%w: mark %d is not where BeginData left room", ErrNotSendable, mark)
	}
	c.h2.streams.claim()
	if !end && c.h2SpendTunnel(id, n) {
		putFrameHead(out.Send[mark:], n, http2.FrameData, 0, id)
		c.h2.streams.release()
		return nil
	}
	s := c.h2.streams.find(id)
	err := s.canSend()
	if err == nil && s.sendRemaining >= 0 && (int64(n) > s.sendRemaining || end && int64(n) < s.sendRemaining) {
		err = fmt.Errorf("%w: %d bytes given, %d remaining", ErrBodyLength, n, s.sendRemaining)
		out.Send = out.Send[:mark]
	}
	if err == nil {
		c.h2SendContent(out, s, mark, end)
	}
	c.h2.streams.release()
	return err
}

// h2SendContent frames what is in out.Send behind mark and the room for a frame header, and queues what the windows do not
// allow. It needs the claim, and a stream that can send.
func (c *Conn) h2SendContent(out *Output, s stream, mark int, end bool) {
	h := &c.h2
	body := out.Send[mark+frameHeadLen:]
	n := min(len(body), int(c.h2Sendable(&s)))
	s.sendCredit -= int32(n)
	h.sendWindow -= int32(n)
	if n > 0 {
		h.repay(int32(n))
	}
	if s.sendRemaining >= 0 {
		s.sendRemaining -= int64(len(body))
	}
	if rest := body[n:]; len(rest) > 0 {
		h.queues = h.queues.add(s.id, rest, c.h2StreamSendWindow(&s) > 0)
		s.flags |= streamQueued
	}
	queued := s.flags&streamQueued != 0
	if end {
		s.flags |= streamSentEnd
		if queued {
			h.queues = h.queues.finish(s.id, nil)
		}
	}
	out.Send = frameData(out.Send[:mark+frameHeadLen+n], mark, s.id, end && !queued, int(h.rare.peerMaxFrame))
	if end || s.sendRemaining >= 0 {
		h.streams.put(s)
	} else {
		h.streams.putSend(s)
	}
	if !s.live() {
		c.editRare().liveStreams--
	}
}

// frameData makes DATA frames of at most size bytes (RFC 9113 section 6.1) of b[mark:], which is room for a header, then
// content. Without content there is a frame only if it ends the stream.
func frameData(b []byte, mark int, id StreamID, end bool, size int) []byte {
	n := len(b) - mark - frameHeadLen
	last := http2.Flags(0)
	if end {
		last = http2.FlagDataEndStream
	}
	if n == 0 && !end {
		return b[:mark]
	}
	if n <= size {
		putFrameHead(b[mark:], n, http2.FrameData, last, id)
		return b
	}
	more := (n - 1) / size // frames after the first
	for range more {
		b = append(b, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	for i := more; i >= 0; i-- { // from the end, so that nothing is overwritten before it is moved
		from, to := mark+frameHeadLen+i*size, mark+i*(frameHeadLen+size)
		length, flags := size, http2.Flags(0)
		if i == more {
			length, flags = n-i*size, last
		}
		copy(b[to+frameHeadLen:], b[from:from+length])
		putFrameHead(b[to:], length, http2.FrameData, flags, id)
	}
	return b
}

// h2SendTrailers is Conn.SendTrailers on HTTP/2 (RFC 9113 section 8.1).
func (c *Conn) h2SendTrailers(out *Output, id StreamID, header http.Header) error {
	if err := c.h2Usable(); err != nil {
		return err
	}
	s := c.h2.streams.get(id)
	if err := s.canSend(); err != nil {
		return err
	}
	switch {
	case s.flags&streamTunnel != 0: // section 8.5
		return fmt.Errorf("%w: a tunnel has no trailers", ErrNotSendable)
	case s.sendRemaining > 0:
		return fmt.Errorf("%w: ended with %d bytes remaining", ErrBodyLength, s.sendRemaining)
	}
	fields, err := h2Fields(header)
	if err != nil {
		return err
	}
	for _, f := range fields {
		if !httpguts.ValidTrailerHeader(http.CanonicalHeaderKey(f.name)) {
			return invalid("trailer field "+quote(f.name),
				"a field that may stand in a trailer section (RFC 9110 section 6.5.1)")
		}
	}
	if len(fields) == 0 {
		return c.h2SendData(out, id, nil, true)
	}
	if err = c.h2CheckListSize(fields); err != nil {
		return err
	}
	h := &c.h2
	h.streams.claim()
	s.flags |= streamSentEnd
	if block := encodeFields(fields); s.flags&streamQueued != 0 {
		h.queues = h.queues.finish(id, block)
	} else {
		c.h2SendBlock(out, block, id, true)
	}
	h.streams.put(s)
	h.streams.release()
	if !s.live() {
		c.editRare().liveStreams--
	}
	return nil
}
