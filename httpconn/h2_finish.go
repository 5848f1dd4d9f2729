package httpconn

import "golang.org/x/net/http2"

// h2Finish is Conn.Finish on HTTP/2.
func (c *Conn) h2Finish(out *Output, id StreamID) error {
	if !c.h2Unread(id) {
		return c.h2SendData(out, id, nil, true)
	}
	h := &c.h2
	h.streams.claim()
	s := h.streams.find(id)
	s.flags |= streamSentEnd
	h.streams.put(s)
	h.streams.release()
	if !s.live() {
		c.editRare().liveStreams--
	}
	h.sentResets++
	out.Send = appendWord(out.Send, http2.FrameRSTStream, id, uint32(http2.ErrCodeNo))
	return nil
}

// maxResets is more than the streams that libwebsockets has open at once, 24 by default, all of which may be ended before
// its first RST_STREAM arrives. It is less than what servers tolerate: Jetty 50 or 128 in a second, Netty 200 in 30 seconds.
const maxResets = 32

// h2Unread reports whether Finish resets the stream: the server has ended its half of a tunnel, or does so with the frame
// under way, and nothing is queued that it may still want.
func (c *Conn) h2Unread(id StreamID) bool {
	h := &c.h2
	if c.h2Usable() != nil || h.sentResets >= maxResets {
		return false
	}
	s := h.streams.get(id)
	if s.canSend() != nil || s.flags&(streamTunnel|streamQueued) != streamTunnel {
		return false
	}
	return s.flags&streamGotEnd != 0 || h.flags&(h2InData|h2DataEnd) == h2InData|h2DataEnd && h.dataID == id
}
