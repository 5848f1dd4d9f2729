package httpconn

import (
	"fmt"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/internal/pbuf"
)

// h2Receive is Conn.Stream on HTTP/2.
func (c *Conn) h2Receive(out *Output, data []byte) error {
	if err := c.h2Usable(); err != nil {
		return err
	}
	c.h2.streams.claim()
	if c.h2.flags&h2InData == 0 && c.h2.rare.recvFrame.Len() == 0 {
		data = data[c.h2HandleTunnels(out, data):]
	}
	var fail *ConnError
	if len(data) > 0 {
		if fail = c.h2HandleFrames(out, data); fail != nil {
			c.h2Fail(out, fail)
		}
	}
	c.h2.streams.release()
	if fail != nil {
		return fail
	}
	return nil
}

// h2HandleFrames takes data frame by frame. Like everything that it calls, it needs the claim on the streams.
func (c *Conn) h2HandleFrames(out *Output, data []byte) *ConnError {
	h := &c.h2
	began := h.rare.recvFrame
	for len(data) > 0 {
		if h.flags&h2InData != 0 {
			n, err := c.h2HandleDataPayload(out, data)
			if err != nil {
				return err
			}
			data = data[n:]
			continue
		}
		if began.Len() == 0 {
			if n := c.h2HandleTunnels(out, data); n > 0 {
				data = data[n:]
				continue
			}
		}
		b := data
		if began.Len() > 0 { // in an earlier call
			whole := frameHeadLen
			if began.Len() >= frameHeadLen {
				whole += parseFrameHead(began.Bytes()).length
			}
			n := min(whole-began.Len(), len(data))
			began = began.Append(data[:n], whole)
			data = data[n:]
			b = began.Bytes()
		}
		n, err := c.h2HandleFrame(out, b)
		if err != nil {
			return err
		}
		switch {
		case began.Len() == 0 && n == 0: // it ends in a later call
			whole := frameHeadLen
			if len(data) >= frameHeadLen {
				whole += parseFrameHead(data).length
			}
			began, data = began.Append(data, whole), nil
		case began.Len() == 0:
			data = data[n:]
		case n > 0:
			began = pbuf.Buf{}
		}
	}
	if began != h.rare.recvFrame {
		c.editRare().recvFrame = began
	}
	return nil
}

// h2HandleFrame handles the frame at the start of b and returns how many bytes it used. That is the whole frame; for DATA,
// which is never kept until it is whole, only the header; 0 if b does not hold enough yet.
func (c *Conn) h2HandleFrame(out *Output, b []byte) (int, *ConnError) {
	if len(b) < frameHeadLen {
		return 0, nil
	}
	f := parseFrameHead(b)
	v, err := c.h2CheckFrame(f)
	if err != nil {
		return 0, err
	}
	if f.kind == http2.FrameData {
		return frameHeadLen, c.h2HandleDataHead(out, f, v)
	}
	if len(b) < frameHeadLen+f.length {
		return 0, nil
	}
	if f.kind == http2.FrameRSTStream && c.h2.sentResets > 0 {
		c.h2.sentResets--
	}
	p := b[frameHeadLen:][:f.length]
	switch {
	case f.kind == http2.FrameHeaders: // even if it is ignored, since its fields change the table
		err = c.h2HandleHeaders(out, f, p)
	case f.kind == http2.FrameContinuation:
		err = c.h2HandleContinuation(out, f, p)
	case v.action == ignore: // it costs nothing
	case v.action == failStream:
		err = c.h2FailStream(out, c.h2.streams.find(f.id), v.code, ErrMalformed, "%v frame of %d bytes", f.kind, f.length)
	case f.kind == http2.FrameSettings:
		err = c.h2HandleSettings(out, f, p)
	case f.kind == http2.FramePing:
		err = c.h2HandlePing(out, f, p)
	case f.kind == http2.FrameGoAway:
		err = c.h2HandleGoAway(out, p)
	case f.kind == http2.FrameRSTStream:
		err = c.h2HandleReset(out, f, p)
	case f.kind == http2.FrameWindowUpdate:
		err = c.h2HandleWindowUpdate(out, f, p)
	}
	if limit := c.set.limits.MaxWork; err == nil && int(c.h2.work) > limit {
		err = fault(http2.ErrCodeEnhanceYourCalm, ErrFlood,
			"work of %d without content, the last of it for a %v frame; at most %d is allowed", c.h2.work, f.kind, limit)
	}
	return frameHeadLen + f.length, err
}

// h2Fail ends the connection: GOAWAY, and an EventReset for each stream.
func (c *Conn) h2Fail(out *Output, fail *ConnError) {
	out.Send = appendGoAway(out.Send, fail.Code, fail.Reason)
	c.h2Abandon(out, fail)
	c.fail = fail
}

// h2Abandon tells every stream that has not had its last event of the end of the connection, and forgets all that the
// connection held.
func (c *Conn) h2Abandon(out *Output, err error) {
	for _, s := range liveIn(c.h2.streams.r.table, 0) {
		if s.expected() {
			out.Events = append(out.Events, Event{Kind: EventReset, StreamID: s.id, Tag: s.tag, Err: err})
		}
	}
	c.h2.queues = nil
	c.h2.flags = c.h2.flags&^h2DataFlags | h2Closed
	c.recvRemaining, c.h2.dataID, c.h2.dataPadding, c.h2.work = 0, 0, 0, 0
	r := c.editRare()
	r.recvFrame = pbuf.Buf{}
	r.block, r.blockID, r.blockEnd, r.blockFrames, r.liveStreams = pbuf.Buf{}, 0, false, 0, 0
	c.h2.streams.rebase(make([]stream, minStreams))
}

// h2ReceiveEOF is Conn.StreamEOF on HTTP/2.
func (c *Conn) h2ReceiveEOF(out *Output) error {
	if err := c.h2Usable(); err != nil {
		return err
	}
	h := &c.h2
	h.streams.claim()
	defer func() { c.h2.streams.release() }()
	waiting := 0 // streams that the server has not ended
	for _, s := range h.streams.r.table {
		if s.live() && s.flags&streamGotEnd == 0 {
			waiting++
		}
	}
	var reason string
	switch {
	case h.flags&h2GotSettings == 0:
		reason = "the connection ended before its SETTINGS"
	case h.rare.recvFrame.Len() > 0 || h.flags&h2InData != 0:
		reason = "the connection ended in the middle of a frame"
	case h.rare.blockID != 0:
		reason = fmt.Sprintf("the connection ended in the header block of stream %d", h.rare.blockID)
	case waiting > 0:
		reason = fmt.Sprintf("the connection ended with responses under way: %d", waiting)
	default:
		c.h2Abandon(out, &ConnError{Code: http2.ErrCodeNo, Err: ErrUnexpectedEOF, // for streams on which only we were still sending
			Reason: "the connection ended while bytes were queued"})
		return nil
	}
	fail := &ConnError{Code: http2.ErrCodeNo, Reason: reason, Err: ErrUnexpectedEOF}
	c.h2Abandon(out, fail)
	c.fail = fail
	return fail
}
