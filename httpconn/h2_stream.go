package httpconn

// stream is the state of one HTTP/2 stream: 48 bytes without pointers.
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
	streamTunnel                            // its DATA are the bytes of a tunnel
	streamSentEnd                           // our END_STREAM is sent or queued
	streamGotEnd                            // the server's END_STREAM has come
	streamWeReset                           // we sent RST_STREAM
	streamPeerReset                         // the server did
	streamQueued                            // bytes wait for the window
	streamCanceled                          // the caller gave it up, and consumes no more of it

	// If only streamTunnel is set of the first mask, the caller can send on a tunnel; of the second, the server can.
	streamSendMask = streamTunnel | streamSentEnd | streamWeReset | streamPeerReset
	streamRecvMask = streamTunnel | streamGotEnd | streamWeReset | streamPeerReset
)

// live reports whether the stream is open or half-closed (RFC 9113 section 5.1). A closed one is remembered until its slot is
// needed, so that late frames can be judged.
func (s *stream) live() bool {
	return s.id != 0 && s.flags&(streamWeReset|streamPeerReset) == 0 && !(s.sentAll() && s.flags&streamGotEnd != 0)
}

// kept reports whether the stream's slot is taken: it is live, or the caller has not yet consumed all that came on it.
func (s *stream) kept() bool { return s.live() || s.recvUncredited > s.recvConsumed }

// expected reports whether the caller still awaits an event of s: its end, or that nothing is queued any more.
func (s *stream) expected() bool { return s.flags&(streamGotEnd|streamQueued) != streamGotEnd }

// answered reports whether the server has begun to answer. Then it has processed the request, whatever it says later.
func (s *stream) answered() bool { return s.flags&streamAnswered != 0 || s.informational > 0 }

// sentAll reports whether our END_STREAM is on the wire, with nothing queued before it.
func (s *stream) sentAll() bool { return s.flags&(streamSentEnd|streamQueued) == streamSentEnd }
