package mintws

// Receiving reports whether a message or a control frame has begun to arrive and is not complete. A caller that wants to
// bound how long one message takes, and not only how long the peer is silent, asks after each read: a peer that sends a byte
// now and then is never silent. What is in [Inbox].Rest does not count, as it has arrived.
func (ws WebSocket) Receiving() bool {
	return ws.left > 0 || ws.inOp != 0 || ws.part.Len() > 0
}
