package httpconn

// Next says what the caller should do with its socket once the bytes of Output.Send are written.
type Next uint8

const (
	// NextClose: the connection is over. Close the socket.
	NextClose Next = iota
	// NextRead: read from the socket and pass the bytes to Stream, or the end of input to StreamEOF.
	NextRead
	// NextAwaitEOF: we have sent all, and the peer closes first. Read with a short deadline until the end of input, then
	// close the socket.
	NextAwaitEOF
)

// String returns "Close", "Read" or "AwaitEOF".
func (n Next) String() string {
	switch n {
	case NextClose:
		return "Close"
	case NextRead:
		return "Read"
	case NextAwaitEOF:
		return "AwaitEOF"
	}
	return "Next(" + itoa(int64(n)) + ")"
}

func (h *h1) next() Next {
	switch {
	case h.recvState == recvClosed || h.recvState == recvTunnelEOF || h.over():
		return NextClose
	case h.recvState == recvTunnel && h.sendState != sendTunnel:
		return NextAwaitEOF
	}
	return NextRead
}

func (h *h2) next() Next {
	switch {
	case h.flags&h2Closed != 0:
		return NextClose
	case h.flags&h2GoneAway != 0 && h.rare.liveStreams == 0:
		return NextClose
	}
	return NextRead
}
