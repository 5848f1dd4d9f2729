package httpconn

import (
	"fmt"

	"golang.org/x/net/http2"
)

// Whether a frame may come is judged here, before anything is done with it.

// streamState is a state of RFC 9113 section 5.1, of those that a client without server push meets. The closed state is split
// by how it was reached, because what may still arrive depends on that.
type streamState uint8

const (
	stateIdle       streamState = iota // not opened yet
	stateOpen                          // open
	stateHalfLocal                     // half-closed (local): we ended our side
	stateHalfRemote                    // half-closed (remote): the server ended its side
	stateEnded                         // closed: both sides ended
	statePeerReset                     // closed: the server sent RST_STREAM
	stateWeReset                       // closed: we sent RST_STREAM; frames sent before it arrived may still come
	stateForgotten                     // closed, and no longer remembered
	numStates
)

// String returns the state's name in RFC 9113.
func (s streamState) String() string {
	return [...]string{"idle", "open", "half-closed (local)", "half-closed (remote)", "closed by both sides",
		"closed by the server's RST_STREAM", "closed by our RST_STREAM", "closed"}[s]
}

// state returns the state of a stream that is or was open. The zero stream stands for one that is no longer remembered.
func (s *stream) state() streamState {
	switch {
	case s.id == 0:
		return stateForgotten
	case s.flags&streamWeReset != 0:
		return stateWeReset
	case s.flags&streamPeerReset != 0:
		return statePeerReset
	}
	switch sent, got := s.sentAll(), s.flags&streamGotEnd != 0; {
	case sent && got:
		return stateEnded
	case sent:
		return stateHalfLocal
	case got:
		return stateHalfRemote
	}
	return stateOpen
}

// verdict says what is to be done with a frame on a stream.
type verdict struct {
	action action
	code   http2.ErrCode
}

type action uint8

const (
	accept     action = iota
	ignore            // the frame is legal, but no longer matters
	failStream        // stream error
	failConn          // connection error
)

// verdicts is RFC 9113 section 5.1 with section 6, for the frames of a stream: every state, every frame. TestStatesOfStreams
// draws docs/states-stream.md from it, and adds what leads from one state to another.
var verdicts = [...][numStates]verdict{
	http2.FrameData: {
		stateIdle: {failConn, http2.ErrCodeProtocol},
		stateOpen: {}, stateHalfLocal: {},
		stateHalfRemote: {failStream, http2.ErrCodeStreamClosed},
		stateEnded:      {failConn, http2.ErrCodeStreamClosed},
		statePeerReset:  {failStream, http2.ErrCodeStreamClosed},
		stateWeReset:    {action: ignore}, stateForgotten: {action: ignore},
	},
	http2.FrameHeaders: {
		stateIdle: {failConn, http2.ErrCodeProtocol}, // only clients open streams, as push is off
		stateOpen: {}, stateHalfLocal: {},
		stateHalfRemote: {failStream, http2.ErrCodeStreamClosed},
		stateEnded:      {failConn, http2.ErrCodeStreamClosed},
		statePeerReset:  {failStream, http2.ErrCodeStreamClosed},
		stateWeReset:    {action: ignore}, stateForgotten: {action: ignore},
	},
	http2.FramePriority: { // section 5.3.2: deprecated, and legal in any state
		{action: ignore}, {action: ignore}, {action: ignore}, {action: ignore},
		{action: ignore}, {action: ignore}, {action: ignore}, {action: ignore},
	},
	http2.FrameRSTStream: {
		stateIdle: {failConn, http2.ErrCodeProtocol}, // section 6.4
		stateOpen: {}, stateHalfLocal: {}, stateHalfRemote: {},
		stateEnded: {action: ignore}, statePeerReset: {action: ignore},
		stateWeReset: {action: ignore}, stateForgotten: {action: ignore},
	},
	http2.FrameWindowUpdate: {
		stateIdle: {failConn, http2.ErrCodeProtocol},
		stateOpen: {}, stateHalfLocal: {}, stateHalfRemote: {}, // of no use in half-closed (local), but checked
		stateEnded: {action: ignore}, statePeerReset: {action: ignore},
		stateWeReset: {action: ignore}, stateForgotten: {action: ignore},
	},
	http2.FramePushPromise: { // section 8.4: a connection error, as we said ENABLE_PUSH 0
		{failConn, http2.ErrCodeProtocol}, {failConn, http2.ErrCodeProtocol},
		{failConn, http2.ErrCodeProtocol}, {failConn, http2.ErrCodeProtocol},
		{failConn, http2.ErrCodeProtocol}, {failConn, http2.ErrCodeProtocol},
		{failConn, http2.ErrCodeProtocol}, {failConn, http2.ErrCodeProtocol},
	},
}

// h2CheckFrame judges a frame by its header alone: its place on the connection, its length, and its stream's state.
func (c *Conn) h2CheckFrame(f frameHead) (verdict, *ConnError) {
	protocol := func(format string, args ...any) (verdict, *ConnError) {
		return verdict{}, fault(http2.ErrCodeProtocol, ErrMalformed,
			"%v frame on stream %d: %s", f.kind, f.id, fmt.Sprintf(format, args...))
	}
	h := &c.h2
	// An acknowledgement with a payload is wrong anywhere, and judged below (section 6.5).
	ack := f.flags.Has(http2.FlagSettingsAck) && f.length == 0
	if h.flags&h2GotSettings == 0 && (f.kind != http2.FrameSettings || ack) { // section 3.4
		if f.length == 'H'<<16|'T'<<8|'T' && f.kind == 'P' {
			return verdict{}, fault(http2.ErrCodeProtocol, ErrMalformed, "the server speaks HTTP/1, expected SETTINGS")
		}
		return protocol("the first frame must be SETTINGS")
	}
	if f.length > initialMaxFrame { // smaller frames are always allowed
		if limit := c.h2Allowed().maxFrame; f.length > int(limit) { // section 4.2
			return verdict{}, fault(http2.ErrCodeFrameSize, ErrMalformed,
				"%v frame of %d bytes, at most %d are allowed", f.kind, f.length, limit)
		}
	}
	if h.rare.blockID != 0 && (f.kind != http2.FrameContinuation || f.id != h.rare.blockID) { // section 6.10
		return protocol("expected CONTINUATION of the header block on stream %d", h.rare.blockID)
	}
	size := func(ok bool, want string) (verdict, *ConnError) {
		if ok {
			return verdict{}, nil
		}
		return verdict{}, fault(http2.ErrCodeFrameSize, ErrMalformed,
			"%v frame of %d bytes, expected %s", f.kind, f.length, want)
	}
	switch f.kind {
	case http2.FrameSettings, http2.FramePing, http2.FrameGoAway: // sections 6.5, 6.7, 6.8
		if f.id != 0 {
			return protocol("expected stream 0")
		}
		switch {
		case f.kind == http2.FramePing:
			return size(f.length == 8, "8")
		case f.kind == http2.FrameGoAway:
			return size(f.length >= 8, "8 or more")
		case f.flags.Has(http2.FlagSettingsAck):
			return size(f.length == 0, "0 with ACK")
		}
		return size(f.length%6 == 0, "a multiple of 6")
	case http2.FrameContinuation:
		if h.rare.blockID == 0 { // section 6.10
			return protocol("there is no header block to continue")
		}
		return verdict{}, nil
	case http2.FrameWindowUpdate: // section 6.9
		if f.length != 4 {
			return size(false, "4")
		}
		if f.id == 0 {
			return verdict{}, nil
		}
	case http2.FrameRSTStream: // section 6.4
		if f.length != 4 {
			return size(false, "4")
		}
	case http2.FrameData, http2.FrameHeaders, http2.FramePushPromise, http2.FramePriority:
	default: // sections 4.1 and 5.5: unknown types are ignored
		return verdict{action: ignore}, nil
	}
	if f.id == 0 { // sections 6.1 to 6.6
		return protocol("expected a stream")
	}
	state := stateForgotten
	s := h.streams.at(f.id)
	switch {
	case s != nil:
		state = s.state()
	case f.id&1 == 0 || f.id > h.rare.lastID:
		state = stateIdle
	}
	v := verdicts[f.kind][state]
	if f.kind == http2.FramePriority && f.length != 5 { // section 6.3: a stream error, if there is a stream
		if s != nil && s.live() {
			return verdict{failStream, http2.ErrCodeFrameSize}, nil
		}
		return size(false, "5")
	}
	if v.action == failConn {
		return v, f.misplaced(v.code, state)
	}
	return v, nil
}

// misplaced is the error for a frame that may not come in its stream's state.
func (f frameHead) misplaced(code http2.ErrCode, state streamState) *ConnError {
	return fault(code, ErrMalformed, "%v frame on stream %d, which is %v", f.kind, f.id, state)
}
