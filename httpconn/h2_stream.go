package httpconn

import "golang.org/x/net/http2"

// stream is what is remembered of one HTTP/2 stream: 48 bytes without pointers.
type stream struct {
	tag            uint64   // the caller's
	recvRemaining  int64    // content bytes that the response's Content-Length still announces; -1: it has none
	sendRemaining  int64    // content bytes that the request's Content-Length still announces; -1: it has none
	id             StreamID // 0: an empty slot
	recvUncredited int32    // bytes received for which the server was not given credit
	recvConsumed   int32    // of them, bytes that the caller is done with; 0 without manual credit
	sendCredit     int32    // what may be sent, relative to the server's initial window
	flags          streamFlags
	informational  int32 // 1xx responses so far
}

type streamFlags uint16

const (
	streamHead      streamFlags = 1 << iota // HEAD: the response has no content
	streamConnect                           // CONNECT, extended or not: a 2xx makes a tunnel
	streamBody                              // the request's content is still to come
	streamAnswered                          // the final response's head has come
	streamTunnel                            // DATA are the bytes of a tunnel
	streamSentEnd                           // our END_STREAM is sent or queued
	streamGotEnd                            // the server's END_STREAM has come
	streamWeReset                           // we sent RST_STREAM
	streamPeerReset                         // the server did
	streamQueued                            // bytes wait for the window
	streamCanceled                          // the caller gave it up, and consumes nothing any more

	// Where of these flags streamTunnel alone is set, the caller can send, or the server can.
	streamSendMask = streamTunnel | streamSentEnd | streamWeReset | streamPeerReset
	streamRecvMask = streamTunnel | streamGotEnd | streamWeReset | streamPeerReset
)

// live reports whether the stream counts as open or half-closed (RFC 9113 section 5.1). One that does not is remembered until
// its slot is needed, so that late frames can be judged.
func (s *stream) live() bool {
	return s.id != 0 && s.flags&(streamWeReset|streamPeerReset) == 0 && !(s.sentAll() && s.flags&streamGotEnd != 0)
}

// kept reports whether the stream's slot is taken: it is live, or the caller has not consumed all that came on it.
func (s *stream) kept() bool { return s.live() || s.recvUncredited > s.recvConsumed }

// expected reports whether the caller still waits for an event of s: its end, or that what is queued is gone.
func (s *stream) expected() bool { return s.flags&(streamGotEnd|streamQueued) != streamGotEnd }

// answered reports whether the server has begun to answer: then it has processed the request, whatever it says later.
func (s *stream) answered() bool { return s.flags&streamAnswered != 0 || s.informational > 0 }

// sentAll reports whether our END_STREAM is on the wire, with nothing queued before it.
func (s *stream) sentAll() bool { return s.flags&(streamSentEnd|streamQueued) == streamSentEnd }

// streamState is a state of RFC 9113 section 5.1, as far as a client without server push sees them. The closed state is told
// apart by how it was reached, because what may still arrive depends on that.
type streamState uint8

const (
	stateIdle       streamState = iota // not opened yet
	stateOpen                          // open
	stateHalfLocal                     // half-closed (local): we ended our side
	stateHalfRemote                    // half-closed (remote): the server ended its side
	stateEnded                         // closed: both sides ended
	statePeerReset                     // closed: the server sent RST_STREAM
	stateWeReset                       // closed: we sent RST_STREAM; what was under way may still come
	stateForgotten                     // closed, and nothing is known of it any more
	numStates
)

// state returns where a stream stands that is or was open; the zero stream is one of which nothing is known any more.
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

// verdict is what is to be done with a frame on a stream.
type verdict struct {
	action action
	code   http2.ErrCode
}

type action uint8

const (
	accept     action = iota
	ignore            // the frame is legal, and means nothing any more
	failStream        // stream error
	failConn          // connection error
)

// verdicts is RFC 9113 section 5.1 with section 6, for the frames of a stream: every state, every frame.
// docs/states-stream.md shows it, with what leads from one state to another: TestStatesOfStreams makes it.
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
		stateIdle: {failConn, http2.ErrCodeProtocol}, // only clients open streams; push is off
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
		stateOpen: {}, stateHalfLocal: {}, stateHalfRemote: {}, // we send no more in one, yet the frame may be illegal
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
