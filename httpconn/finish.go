package httpconn

import "golang.org/x/net/http2"

// Finish ends our half of stream id when the server awaits nothing more on it, as after the closing handshake of a
// WebSocket. It is SendData with no bytes and the end, but for one case: where the server has ended its half of an HTTP/2
// tunnel already, it sends RST_STREAM with NO_ERROR in place of END_STREAM. Both free the stream (RFC 9113 section 5.1) and
// take back no event: the server's EventDone comes. But libwebsockets 4.1 forgets a stream as soon as it has ended it,
// takes a DATA frame there for a connection error, and drops all the other streams.
//
// Other servers count the resets that they receive, and drop a connection with too many (1,000 with nghttp2, which is in
// Node). So that is done as long as the connection has sent at most 32 of them more than it received, and END_STREAM
// after that: a server that resets its streams itself goes on being spared.
//
// Its errors are those of SendData. They change nothing.
func (c Conn) Finish(out *Output, id StreamID) (Conn, error) {
	if c.version != HTTP2 || !c.h2Unread(id) {
		return c.SendData(out, id, nil, true)
	}
	h := &c.h2
	h.streams.claim()
	s := h.streams.find(id)
	s.flags |= streamSentEnd
	h.streams.put(s)
	h.streams.release()
	if !s.live() {
		c.change().live--
	}
	h.resets++
	out.Send = appendWord(out.Send, http2.FrameRSTStream, id, uint32(http2.ErrCodeNo))
	return c, nil
}

// maxResets is above the streams that libwebsockets has open at once, 24 unless it is told otherwise, all of which may be
// ended before its first RST_STREAM comes; and below what servers take: Jetty 50 or 128 in a second, Netty 200 in 30.
const maxResets = 32

// h2Unread reports whether Finish resets the stream: the server's end of a tunnel is in, or is at the end of the frame under
// way, and nothing is queued that it may still want.
func (c *Conn) h2Unread(id StreamID) bool {
	h := &c.h2
	if c.h2Usable() != nil || h.resets >= maxResets {
		return false
	}
	s := h.streams.get(id)
	if s.canSend() != nil || s.flags&(streamTunnel|streamQueued) != streamTunnel {
		return false
	}
	return s.flags&streamGotEnd != 0 || h.flags&(h2InData|h2End) == h2InData|h2End && h.id == id
}
