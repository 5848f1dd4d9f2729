package mintws

import "errors"

// AppendReceive is [Receive] for a WebSocket on a byte stream of its own, without a Conn below it, as most servers have. It
// decodes data into in, as [WebSocket.AppendDecode] does, and appends to dst what has to be sent in return: the answers to Ping
// and Close and, if the peer broke the protocol, the Close that this calls for.
//
// As with Receive, messages that came before a Close in the same data can be read, but no longer be answered. With
// ManualReply in the options AppendReceive appends nothing, and the caller answers in its own order. With Inbox.Max, the rest of
// data is in Inbox.Rest, to be passed in again. data must not lie in dst's spare capacity.
//
// The error is that of AppendDecode, or what Options.Rand or a Transform returned for an answer. The WebSocket and dst returned
// are the next ones in every case.
func (ws WebSocket) AppendReceive(dst []byte, in *Inbox, data []byte) (next WebSocket, sent []byte, err error) {
	sent, err = ws.appendReceive(dst, in, data)
	return ws, sent, err
}

// appendReceive is AppendReceive, and turns ws itself into the next WebSocket. AppendReceive is small enough to be inlined
// into its callers, which saves copies of ws.
func (ws *WebSocket) appendReceive(dst []byte, in *Inbox, data []byte) (sent []byte, err error) {
	first := len(in.Frames)
	if err = ws.decode(in, data); ws.cfg == nil || ws.cfg.manual || err == ErrRest {
		return dst, err
	}
	for i := range in.Frames[first:] {
		f := &in.Frames[first+i]
		if !f.Opcode.IsControl() {
			continue // as for most frames
		}
		if reply, ok := ws.Reply(*f); ok {
			var failure error
			if dst, failure = ws.encode(dst, &reply); failure != nil {
				return dst, errors.Join(err, failure)
			}
		}
	}
	if f, ok := CloseFrame(err); ok && ws.flags&sentClose == 0 { // RFC 6455 section 7.1.7
		var failure error
		if dst, failure = ws.encode(dst, &f); failure != nil {
			err = errors.Join(err, failure)
		}
	}
	return dst, err
}
