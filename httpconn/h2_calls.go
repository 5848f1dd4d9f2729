package httpconn

import "golang.org/x/net/http2"

// h2SendPing is Conn.Ping on HTTP/2.
func (c *Conn) h2SendPing(out *Output, payload [8]byte) error {
	if err := c.h2Usable(); err != nil {
		return err
	}
	if int(c.h2.rare.unackedPings) >= c.set.limits.MaxPings {
		return ErrTooManyPings
	}
	c.editRare().unackedPings++
	out.Send = append(appendFrameHead(out.Send, 8, http2.FramePing, 0, 0), payload[:]...)
	return nil
}

// h2SendWindow is Conn.SendWindow on HTTP/2.
func (c *Conn) h2SendWindow(id StreamID) int {
	if c.h2Usable() != nil {
		return 0
	}
	if id == 0 {
		return int(max(0, c.h2.sendWindow))
	}
	s := c.h2.streams.get(id)
	if s.canSend() != nil {
		return 0
	}
	return int(c.h2Sendable(&s))
}

// h2Cancel is Conn.Cancel on HTTP/2.
func (c *Conn) h2Cancel(out *Output, id StreamID, code http2.ErrCode) error {
	if err := c.h2Usable(); err != nil {
		return err
	}
	s := c.h2.streams.get(id)
	if !s.live() {
		return ErrUnknownStream
	}
	if c.set.manualCredit {
		c.h2.recvConsumed += c.h2Unconsumed(&s)
	}
	c.h2.streams.claim()
	c.h2CloseStream(s, streamWeReset|streamCanceled)
	c.h2.streams.release()
	out.Send = appendWord(out.Send, http2.FrameRSTStream, id, uint32(code))
	c.h2SendConnCredit(out)
	return nil
}

// h2Close is Conn.Close on HTTP/2.
func (c *Conn) h2Close(out *Output) {
	if c.h2.flags&h2Closed != 0 {
		return
	}
	out.Send = appendGoAway(out.Send, http2.ErrCodeNo, "")
	c.h2.streams.claim()
	c.h2Abandon(new(Output), nil) // only Stream and StreamEOF append events
	c.h2.streams.release()
}
