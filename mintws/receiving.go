package mintws

// Receiving reports whether a message or a control frame has begun to arrive, is not complete, and can still become so: not
// after the peer's Close, and not where ws is over. A caller that wants to bound how long one message takes, and not only
// how long the peer is silent, asks after each read, once [Inbox].Rest is empty: a peer that sends a byte now and then is
// never silent. What is in Rest has arrived, but ws does not know of it.
func (ws WebSocket) Receiving() bool {
	if ws.Over() || ws.flags&receivedClose != 0 {
		return false
	}
	return ws.left > 0 || ws.inOp != 0 || ws.part.Len() > 0
}
