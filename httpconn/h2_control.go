package httpconn

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/net/http2"
)

// h2HandleSettings applies the server's SETTINGS, one value after the other, and acknowledges them (RFC 9113 section
// 6.5.3).
func (c *Conn) h2HandleSettings(out *Output, f frameHead, p []byte) *ConnError {
	if f.flags.Has(http2.FlagSettingsAck) {
		return c.h2HandleSettingsAck(out)
	}
	r := c.editRare()
	r.peerSettings = maps.Clone(r.peerSettings)
	if r.peerSettings == nil {
		r.peerSettings = make(map[http2.SettingID]uint32, len(p)/6)
	}
	before := r.peerInitialWindow
	largest := before
	for ; len(p) > 0; p = p[6:] {
		s := http2.Setting{ID: http2.SettingID(binary.BigEndian.Uint16(p)), Val: binary.BigEndian.Uint32(p[2:])}
		if err := c.h2HandleSetting(r, s); err != nil {
			return err
		}
		largest = max(largest, r.peerInitialWindow)
	}
	if err := c.h2Resize(before, largest); err != nil {
		return err
	}
	c.h2.flags |= h2GotSettings
	out.Send = appendFrameHead(out.Send, 0, http2.FrameSettings, http2.FlagSettingsAck, 0)
	out.Events = append(out.Events, Event{Kind: EventSettings})
	c.h2SendQueued(out)
	return nil
}

// h2HandleSetting applies one value to r, which is c's own copy.
func (c *Conn) h2HandleSetting(r *h2rare, s http2.Setting) *ConnError {
	bad := func(code http2.ErrCode, want string) *ConnError {
		return fault(code, ErrMalformed, "%v is %d, expected %s", s.ID, s.Val, want)
	}
	switch s.ID { // RFC 9113 section 6.5.2
	case http2.SettingEnablePush:
		if s.Val != 0 { // a server must not set it to 1 (section 8.4)
			return bad(http2.ErrCodeProtocol, "0")
		}
	case http2.SettingInitialWindowSize:
		if s.Val > maxWindow {
			return bad(http2.ErrCodeFlowControl, "at most 2^31-1")
		}
		r.peerInitialWindow = int32(s.Val)
	case http2.SettingMaxFrameSize:
		if s.Val < initialMaxFrame || s.Val > largestMaxFrame {
			return bad(http2.ErrCodeProtocol, "16384 to 16777215")
		}
		r.peerMaxFrame = int32(s.Val)
	case http2.SettingHeaderTableSize:
		// We use no table, but RFC 7541 section 4.2 requires an answer.
		if s.Val < r.sendTableSize {
			r.sendTableSize, r.sendTableUpdate = s.Val, int64(s.Val)
		}
	case http2.SettingEnableConnectProtocol: // RFC 8441 section 3
		if s.Val > 1 {
			return bad(http2.ErrCodeProtocol, "0 or 1")
		}
		if s.Val == 0 && r.peerSettings[s.ID] == 1 {
			return bad(http2.ErrCodeProtocol, "1, as it was before")
		}
	case http2.SettingMaxConcurrentStreams, http2.SettingMaxHeaderListSize:
	default: // section 6.5.2: "MUST ignore". What is not kept takes no memory
		return nil
	}
	r.peerSettings[s.ID] = s.Val
	return nil
}

// h2Resize applies a change of the initial window, which moves the windows of all streams (RFC 9113 section 6.9.2). Windows
// are stored relative to it, so two things are to be done. No window may exceed its maximum at the largest of the values
// that one SETTINGS frame had. Streams that waited may go on with the last of them.
func (c *Conn) h2Resize(before, largest int32) *ConnError {
	h := &c.h2
	if largest > before && h.rare.liveStreams > 0 {
		table := h.streams.r.table
		h.charge(len(table))
		for _, s := range table {
			if s.live() && int64(largest)+int64(s.sendCredit) > maxWindow {
				return fault(http2.ErrCodeFlowControl, ErrFlowControl,
					"INITIAL_WINDOW_SIZE %d makes the window of stream %d larger than 2^31-1", largest, s.id)
			}
		}
	}
	if h.rare.peerInitialWindow > before && h.queues != nil {
		queues, n := h.queues.unblock(func(id StreamID) bool { s := h.streams.find(id); return c.h2StreamSendWindow(&s) > 0 })
		h.charge(n)
		h.queues = queues
	}
	return nil
}

// h2HandlePing answers a PING, or reports the answer to ours (RFC 9113 section 6.7).
func (c *Conn) h2HandlePing(out *Output, f frameHead, p []byte) *ConnError {
	if f.flags.Has(http2.FlagPingAck) && c.h2.rare.unackedPings > 0 {
		c.editRare().unackedPings--
		out.Events = append(out.Events, Event{Kind: EventPong, Data: slices.Clone(p)})
		return nil
	}
	if f.flags.Has(http2.FlagPingAck) {
		return nil
	}
	out.Send = append(appendFrameHead(out.Send, 8, http2.FramePing, http2.FlagPingAck, 0), p...)
	return nil
}

// h2HandleGoAway takes the server's GOAWAY. Streams above its last one were not processed (RFC 9113 section 6.8).
func (c *Conn) h2HandleGoAway(out *Output, p []byte) *ConnError {
	h := &c.h2
	last := StreamID(binary.BigEndian.Uint32(p) & uint32(maxStreamID))
	code := http2.ErrCode(binary.BigEndian.Uint32(p[4:]))
	if h.flags&h2GoneAway != 0 && last > h.rare.goAwayLast {
		return fault(http2.ErrCodeProtocol, ErrMalformed,
			"GOAWAY with last stream %d after one with %d", last, h.rare.goAwayLast)
	}
	above := h.rare.lastID // the streams that this one can end are not above
	if h.flags&h2GoneAway != 0 {
		above = min(above, h.rare.goAwayLast)
	}
	h.flags |= h2GoneAway
	c.editRare().goAwayLast = last
	away := &GoAwayError{Code: code, LastStream: last, Debug: string(p[8:]), Err: ErrGoingAway}
	out.Events = append(out.Events, Event{Kind: EventGoAway, Err: away})
	if last >= above || h.rare.liveStreams == 0 {
		return nil
	}
	h.charge(len(h.streams.r.table))
	unprocessed := *away
	unprocessed.Err = ErrUnprocessed
	for _, s := range liveIn(h.streams.r.table, last) {
		if s.answered() {
			c.h2HandlePeerReset(out, s, away)
		} else {
			c.h2HandlePeerReset(out, s, &unprocessed)
		}
	}
	return nil
}

// h2HandleReset takes the server's RST_STREAM on a stream that is not closed (RFC 9113 section 6.4).
func (c *Conn) h2HandleReset(out *Output, f frameHead, p []byte) *ConnError {
	s := c.h2.streams.find(f.id)
	err := &ResetError{Stream: s.id, Code: http2.ErrCode(binary.BigEndian.Uint32(p))}
	if err.Code == http2.ErrCodeRefusedStream && !s.answered() { // section 8.7
		err.Err = ErrUnprocessed
	}
	c.h2HandlePeerReset(out, s, err)
	return nil
}

// h2HandlePeerReset ends live stream s because the server gave it up. The caller is told, with one exception: if it has had
// the stream's EventDone and no bytes are queued, nothing is lost. The server just wants no more content (RFC 9113 section
// 8.1).
func (c *Conn) h2HandlePeerReset(out *Output, s stream, err error) {
	c.h2CloseStream(s, streamPeerReset)
	if s.expected() {
		out.Events = append(out.Events, Event{Kind: EventReset, StreamID: s.id, Tag: s.tag, Err: err})
	}
}

// h2HandleWindowUpdate takes credit that the server gives us (RFC 9113 section 6.9).
func (c *Conn) h2HandleWindowUpdate(out *Output, f frameHead, p []byte) *ConnError {
	h := &c.h2
	n := binary.BigEndian.Uint32(p) & maxWindow
	if f.id == 0 {
		if n == 0 { // section 6.9
			return fault(http2.ErrCodeProtocol, ErrMalformed, "WINDOW_UPDATE of 0 on the connection")
		}
		if int64(h.sendWindow)+int64(n) > maxWindow { // section 6.9.1
			return fault(http2.ErrCodeFlowControl, ErrFlowControl,
				"WINDOW_UPDATE of %d makes the connection's window larger than 2^31-1", n)
		}
		h.sendWindow += int32(n)
		c.h2SendQueued(out)
		return nil
	}
	s := h.streams.find(f.id)
	if n == 0 {
		return c.h2FailStream(out, s, http2.ErrCodeProtocol, ErrMalformed, "WINDOW_UPDATE of 0")
	}
	if int64(h.rare.peerInitialWindow)+int64(s.sendCredit)+int64(n) > maxWindow {
		return c.h2FailStream(out, s, http2.ErrCodeFlowControl, ErrFlowControl,
			"WINDOW_UPDATE of %d makes its window larger than 2^31-1", n)
	}
	s.sendCredit += int32(n)
	h.streams.putSend(s)
	if s.flags&streamQueued != 0 && c.h2StreamSendWindow(&s) > 0 {
		h.queues = h.queues.ready(s.id)
		c.h2SendQueued(out)
	}
	return nil
}

// h2FailStream ends stream s by RST_STREAM because of what the server did (RFC 9113 section 5.4.2). The connection goes on,
// so it returns nil, for its callers to return.
func (c *Conn) h2FailStream(
	out *Output, s stream, code http2.ErrCode, sentinel error, format string, args ...any,
) *ConnError {
	out.Send = appendWord(out.Send, http2.FrameRSTStream, s.id, uint32(code))
	if s.live() {
		c.h2CloseStream(s, streamWeReset)
		if s.expected() { // or else the caller has had its last event
			err := &StreamError{Stream: s.id, Code: code, Reason: fmt.Sprintf(format, args...), Err: sentinel}
			out.Events = append(out.Events, Event{Kind: EventReset, StreamID: s.id, Tag: s.tag, Err: err})
		}
	} else { // it was closed before: from now on its frames are ignored
		s.flags |= streamWeReset
		c.h2.streams.put(s)
	}
	return nil
}

// h2CloseStream takes a live stream out of the count and drops what it has queued. What came on it has still to be
// consumed, unless the caller has given the stream up.
func (c *Conn) h2CloseStream(s stream, how streamFlags) {
	h := &c.h2
	if c.h2EndCredit(&s); how&streamCanceled != 0 {
		s.recvUncredited = 0
	}
	if h.flags&h2InData != 0 && h.dataID == s.id {
		h.flags |= h2DataDiscard
	}
	s.flags = s.flags&^streamQueued | how
	h.streams.put(s)
	h.queues = h.queues.drop(s.id)
	c.editRare().liveStreams--
}

// h2StreamSendWindow returns how much the stream's own window allows us to send; it can be negative (RFC 9113 section 6.9.2).
func (c *Conn) h2StreamSendWindow(s *stream) int64 {
	return int64(c.h2.rare.peerInitialWindow) + int64(s.sendCredit)
}
