package mintws

import (
	"errors"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/inplace"
)

// Receive applies one event of ws's stream: it opens ws when the answer comes, decodes data into in, answers Ping and
// Close, and ends the stream after the closing handshake. What has to be sent is in out.Send. Events of other streams
// change nothing, so a loop can pass on all it gets.
//
// It answers a Close, and a failure, at once. Messages that came before it in the same event can be read, but no longer be
// answered. With Options.ManualReply it answers nothing, and the caller sends, in its own order, what [WebSocket.Reply]
// gives for each frame and what [CloseFrame] gives for the error.
//
// With Inbox.Max it may stop before the end of the event's data. Then the rest is in Inbox.Rest: handle the frames, and
// call Receive again with the same event and Inbox.Rest as its Data, until that is empty. Each call answers what it has
// read. Events of other streams do not touch it.
//
// The error is one of:
//   - *[HandshakeError]: no WebSocket was opened; see there for what became of the stream;
//   - *[ProtocolError]: the peer broke the protocol. The frames before it are in in; the Close that it calls for is in out.Send,
//     and our side of the stream is ended (RFC 6455 section 7.1.7). It comes once: later events of the stream change nothing;
//   - *[CloseError]: the stream ended without a complete closing handshake, with the stream's error in it if there is one;
//   - an error of [httpconn.Conn], when c could not take a reply. Inbox.Rest still has what was not taken;
//   - [ErrRest]: data or a head of the stream came before what was in Inbox.Rest. Nothing is changed. If the stream ended
//     before that was passed in, the WebSocket has failed, with a *CloseError over ErrRest;
//   - [ErrNotConnecting]: the answer had been passed in before. Nothing is changed.
//
// Those of the first three kinds are kept: [WebSocket.Err] returns them.
//
// The Conn and the WebSocket returned are the next ones in every case.
func Receive(c httpconn.Conn, out *httpconn.Output, ws WebSocket, in *Inbox, ev httpconn.Event) (httpconn.Conn, WebSocket, error) {
	err := receive(&c, out, &ws, in, &ev)
	return c, ws, err
}

// receive is Receive, and changes c and ws in place. Receive is small enough to be inlined into its callers, which saves
// copies of all three; so is Send.
func receive(c *httpconn.Conn, out *httpconn.Output, ws *WebSocket, in *Inbox, ev *httpconn.Event) (err error) {
	if ws.id == 0 || ev.StreamID != ws.id || ws.state == Failed {
		return nil
	}
	last := ev.Kind == httpconn.EventDone || ev.Kind == httpconn.EventReset
	if ev.Kind != httpconn.EventData {
		if ws.rest != 0 && !last {
			return ErrRest
		}
		in.Rest = nil
	}
	if last && ws.rest != 0 { // nothing else can end ws, and a caller that has lost the rest has to learn of it
		*ws, err = ws.ended(errors.Join(ErrRest, ev.Err))
		_ = c.InPlace(inplace.Key{}).SendData(out, ws.id, nil, true)
		return err
	}
	switch ev.Kind {
	case httpconn.EventHeaders:
		return receiveAnswer(c, out, ws, ev)
	case httpconn.EventData:
		if ws.state == Connecting {
			return nil // data before the answer: httpconn does not do that
		}
		return receiveData(c, out, ws, in, ev.Data)
	case httpconn.EventDone:
		*ws, err = ws.EOF()
		_ = c.InPlace(inplace.Key{}).SendData(out, ws.id, nil, true) // our half, if it is still open
	case httpconn.EventReset:
		if ws.Over() {
			return nil
		}
		*ws, err = ws.ended(ev.Err)
	}
	return err
}

func receiveAnswer(c *httpconn.Conn, out *httpconn.Output, ws *WebSocket, ev *httpconn.Event) error {
	next, err := ws.JudgeAnswer(ev.Status, ev.Header)
	*ws = next
	if err == nil {
		return nil
	}
	var he *HandshakeError
	if errors.As(err, &he) && failsStream(he, ws.cfg.version) {
		he.Canceled = true
		_ = c.InPlace(inplace.Key{}).Cancel(out, ws.id, http2.ErrCodeCancel) // the stream exists: it has just answered
	}
	return err
}

func receiveData(c *httpconn.Conn, out *httpconn.Output, ws *WebSocket, in *Inbox, data []byte) error {
	first := len(in.Frames)
	err := ws.decode(in, data)
	if err == ErrRest {
		return err
	}
	if ws.state == Closed { // we closed first: there is nothing to reply (RFC 6455 section 7.1.1)
		_ = c.InPlace(inplace.Key{}).Finish(out, ws.id)
	}
	if ws.cfg.manual {
		return err
	}
	for i := range in.Frames[first:] {
		f := &in.Frames[first+i]
		if !f.Opcode.IsControl() {
			continue // as for most frames
		}
		reply, ok := ws.Reply(*f)
		if !ok {
			continue
		}
		if failure := send(c, out, ws, &reply); failure != nil {
			if !isOver(failure) {
				return errors.Join(err, failure)
			}
			*ws = unheard(*ws, reply) // the end of the stream, or of the connection, came in the same read
		}
	}
	// RFC 6455 section 7.1.7: fail the WebSocket connection.
	if err == nil {
		return nil
	}
	if f, ok := CloseFrame(err); ok && ws.flags&sentClose == 0 {
		_ = send(c, out, ws, &f) // if c takes nothing any more, there is nobody to tell
	}
	_ = c.InPlace(inplace.Key{}).SendData(out, ws.id, nil, true)
	return err
}

// Reply returns the answer to f, a frame that ws received. To a Ping that is a Pong, which shares its payload (RFC 6455
// section 5.5.2). To a Close it is a Close with the same code and without a reason, or with 1000 if the code is a client's
// 1010 (section 5.5.1). A Ping that comes after our Close is answered as well, until the peer's Close has come. ok is false
// if there is nothing to answer.
func (ws WebSocket) Reply(f Frame) (reply Frame, ok bool) {
	closed := ws.flags&sentClose != 0
	if ws.state < Open || ws.state == Closed || ws.state == Failed && closed {
		return Frame{}, false
	}
	switch f.Opcode {
	case OpPing:
		return Pong(f.Payload), true
	case OpClose:
		if closed {
			return Frame{}, false
		}
		if f.Code == CodeMissingExt && ws.cfg.role == Server { // section 7.4.1: only clients use it
			f.Code = CodeNormal
		}
		return Frame{Opcode: OpClose, Code: f.Code}, true
	}
	return Frame{}, false
}

// isOver reports whether err, from a call on a Conn, says that nobody is left to send anything to.
func isOver(err error) bool {
	var fault *httpconn.ConnError
	return errors.Is(err, httpconn.ErrUnknownStream) || errors.Is(err, httpconn.ErrClosed) || errors.As(err, &fault)
}

// unheard returns ws after a reply that nobody is there to read: the peer has ended the stream, as it may once it has
// sent its Close (RFC 6455 section 7.1.1; RFC 8441 section 5). On a TCP connection of its own the reply would be
// written, and be lost.
func unheard(ws WebSocket, reply Frame) WebSocket {
	if reply.Opcode == OpClose {
		ws.state = Closed
		ws.flags |= sentClose
	}
	return ws
}
