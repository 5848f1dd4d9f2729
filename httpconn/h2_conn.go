package httpconn

import "golang.org/x/net/http2"

// Consume gives the server credit for n bytes of stream id that the caller is done with. It is for connections with
// Config.ManualCredit; without it, and on HTTP/1.1, it returns [ErrUnsupported].
//
// n counts bytes of EventData, as they came: len(ev.Data), not what frames or messages were made of them. What was received
// is owed after the stream is over, too, by the server's end or by a reset: until it is consumed the connection's window is
// smaller by it, and the stream takes memory. [Conn.Cancel] gives that credit itself. After it Consume does nothing and
// returns nil, as it does for a stream that is long over and was consumed whole.
//
// [ErrConsumed] means that n is more than was received on this stream and not consumed, [ErrUnknownStream] that there was no
// such stream. They change nothing.
func (c Conn) Consume(out *Output, id StreamID, n int) (Conn, error) {
	switch c.version {
	case HTTP2:
		return c.h2Consume(out, id, n)
	case HTTP1:
		return c, ErrUnsupported
	}
	return c, ErrClosed
}

// Ping sends a PING (RFC 9113 section 6.7). Its answer is an EventPong with the same payload. [ErrTooManyPings] means that
// too many are unanswered; HTTP/1.1 returns [ErrUnsupported].
func (c Conn) Ping(out *Output, payload [8]byte) (Conn, error) {
	switch {
	case c.version == HTTP1:
		return c, ErrUnsupported
	case c.version == 0:
		return c, ErrClosed
	}
	if err := c.h2Usable(); err != nil {
		return c, err
	}
	if int(c.h2.rare.pings) >= c.set.limits.MaxPings {
		return c, ErrTooManyPings
	}
	c.change().pings++
	out.Send = append(appendFrameHead(out.Send, 8, http2.FramePing, 0, 0), payload[:]...)
	return c, nil
}

// Buffered returns how many bytes given to SendData on stream id wait for the server's credit; id 0 is the whole connection.
// On HTTP/1.1 nothing waits.
func (c Conn) Buffered(id StreamID) int { return c.h2.queues.buffered(id) }

// SendWindow returns how many bytes can be sent on stream id at once; id 0 is the whole connection. What exceeds it is
// queued. It is 0 for a stream that cannot send. On HTTP/1.1 there are no windows: it is the largest int for a stream that
// can send, and for 0.
func (c Conn) SendWindow(id StreamID) int {
	const all = int(^uint(0) >> 1)
	if c.fail != nil || c.version == 0 {
		return 0
	}
	if c.version == HTTP1 {
		if c.h1Usable() != nil || id != 0 && c.h1CanSend(id) != nil {
			return 0
		}
		return all
	}
	if c.h2.flags&h2Closed != 0 {
		return 0
	}
	if id == 0 {
		return int(max(0, c.h2.send))
	}
	s := c.h2.streams.get(id)
	if s.canSend() != nil {
		return 0
	}
	return int(c.h2Window(&s))
}

// PeerSetting returns what the server set. ok is false where it did not set it, until its SETTINGS have come, and on
// HTTP/1.1. Settings that this package does not know are not kept.
func (c Conn) PeerSetting(s http2.SettingID) (v uint32, ok bool) {
	if c.h2.rare == nil {
		return 0, false
	}
	v, ok = c.h2.rare.peer[s]
	return v, ok
}

// h2Cancel is Conn.Cancel on HTTP/2.
func (c Conn) h2Cancel(out *Output, id StreamID, code http2.ErrCode) (Conn, error) {
	if err := c.h2Usable(); err != nil {
		return c, err
	}
	s := c.h2.streams.get(id)
	if !s.live() {
		return c, ErrUnknownStream
	}
	if c.set.manual {
		c.h2.owed += c.h2Unconsumed(&s)
	}
	c.h2.streams.claim()
	c.h2CloseStream(s, streamWeReset|streamCanceled)
	c.h2.streams.release()
	out.Send = appendWord(out.Send, http2.FrameRSTStream, id, uint32(code))
	c.h2CreditConn(out)
	return c, nil
}

// h2Close is Conn.Close on HTTP/2.
func (c Conn) h2Close(out *Output) Conn {
	if c.h2.flags&h2Closed != 0 {
		return c
	}
	out.Send = appendGoAway(out.Send, http2.ErrCodeNo, "")
	c.h2.streams.claim()
	c.h2Abandon(new(Output), nil) // only Stream and StreamEOF append events
	c.h2.streams.release()
	return c
}
