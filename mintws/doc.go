// Package mintws is a WebSocket (RFC 6455) without a process: no goroutine, no socket, no clock, no callback, no
// lock.
//
// A [WebSocket] is a small immutable value. Bytes that you have read from your own socket go in; the next WebSocket
// comes out, with the frames that those bytes completed. Frames that you want to send go in; the next WebSocket comes
// out, with the bytes to write. Nothing else happens. So the same code runs with one goroutine for each connection,
// in an event loop with thousands of connections, in a test without a network, or in somebody else's server.
//
// The HTTP connection below it is a value of the same kind, [httpconn.Conn]. It speaks HTTP/1.1, where a connection
// becomes one WebSocket, and HTTP/2 (RFC 8441), where it carries thousands of them. Compression (RFC 7692) is an
// extension, and its state is a value as well.
//
// # The loop
//
// This is a whole client. It greets, prints what it gets, and closes the WebSocket after the first text:
//
//	func greet(ctx context.Context, url string, w io.Writer) error {
//		var out httpconn.Output // scratch space: what the server did, and what is to be written
//		var in mintws.Inbox     // scratch space: the frames that were received
//		buf := make([]byte, 64<<10)
//
//		sock, conn, err := httpdial.Dial(ctx, url, &out, httpdial.Options{})
//		if err != nil {
//			return err
//		}
//		defer sock.Close()
//		defer context.AfterFunc(ctx, func() { sock.Close() })()
//		conn, ws, err := mintws.Upgrade(conn, &out, url, mintws.Options{})
//		var lost error
//		for err == nil && !ws.Over() {
//			conn, lost = turn(sock, conn, &out, buf)
//			for _, ev := range out.Events { // also when the connection is lost: they came before that
//				in.Reset()
//				conn, ws, _ = mintws.Receive(conn, &out, ws, &in, ev)              // ws.Err keeps the error
//				if ev.Kind == httpconn.EventHeaders && ws.State() == mintws.Open { // the handshake is complete
//					conn, ws, err = mintws.Send(conn, &out, ws, mintws.Text("Hello"))
//				}
//				for _, f := range in.Frames {
//					fmt.Fprintln(w, f)
//					if f.Opcode == mintws.OpText && ws.State() == mintws.Open && err == nil {
//						conn, ws, err = mintws.Send(conn, &out, ws, mintws.Close(mintws.CodeNormal, ""))
//					}
//				}
//			}
//		}
//		leave(sock, conn, &out)
//		if ws.State() == mintws.Closed { // what became of the connection after that does not matter
//			return ws.Err()
//		}
//		return errors.Join(context.Cause(ctx), ws.Err(), err, lost)
//	}
//
// What it does with its socket is the same in every loop:
//
//	// turn writes what is to be written, reads once, and passes on what that brings. Its error is the socket's. A fault of the
//	// protocol, and the end of the connection, reach each stream as an event.
//	func turn(sock net.Conn, conn httpconn.Conn, out *httpconn.Output, buf []byte) (httpconn.Conn, error) {
//		sock.SetWriteDeadline(time.Now().Add(time.Minute)) // how long to wait is the caller's to say
//		_, writeErr := out.WriteTo(sock)
//		out.Reset()
//		sock.SetReadDeadline(time.Now().Add(time.Minute))
//		n, readErr := sock.Read(buf) // also after a failed Write: the server may have said why it went
//		if n > 0 {
//			conn, _ = conn.Stream(out, buf[:n])
//			readErr = nil // if there was one, it comes again
//		}
//		if readErr != nil || writeErr != nil {
//			conn, _ = conn.StreamEOF(out)
//		}
//		if readErr == io.EOF {
//			readErr = nil
//		}
//		return conn, cmp.Or(writeErr, readErr)
//	}
//
//	// leave writes the last words: after a fault the Close or the GOAWAY that it calls for. On HTTP/1.1 it gives the server a
//	// moment to close first (RFC 6455 section 7.1.1).
//	func leave(sock net.Conn, conn httpconn.Conn, out *httpconn.Output) {
//		next := conn.Next()
//		_ = conn.Close(out) // nobody needs the value after this one
//		sock.SetDeadline(time.Now().Add(time.Second))
//		if _, err := out.WriteTo(sock); err == nil && next == httpconn.NextAwaitEOF {
//			io.Copy(io.Discard, sock)
//		}
//	}
//
// [Receive] opens the WebSocket when the server's answer comes, decodes, and answers Ping and Close. [Send] encodes.
// The caller, which has the socket, decides when to read, when to write, and how long to wait. The rules of the loop:
//
//   - A WebSocket is over when [WebSocket.Over] says so, and [WebSocket.Err] says how it ended. Whatever ends the
//     connection brings an event to each stream that it ends, and Receive passes that on to the WebSocket.
//   - Handle all events before you look at any error: they came before it. Let nothing overwrite an error. The
//     WebSocket's own comes first, then that of a call which was refused, then the socket's. Once a WebSocket is
//     Closed, what becomes of its connection does not matter: some servers drop it without another word.
//   - Take bytes out of Output with WriteTo or Take, which empty Send.
//   - Give reads and writes deadlines. After a failed write, read once more: the last words of a server that has gone
//     may be waiting.
//
// # The steps below
//
// Receive and Send are made of exported parts. Use the parts if you want to control each step, or have a transport of
// your own:
//
//   - [WebSocket.JudgeAnswer] judges the status and header that answer the upgrade request.
//   - [WebSocket.AppendDecode] takes bytes and appends frames to an [Inbox]; [WebSocket.Decode] is the same with a
//     new one.
//   - [WebSocket.Reply] gives the Pong or Close that answers a received frame.
//   - [WebSocket.AppendEncode] appends the bytes of a frame to a buffer; [WebSocket.Encode] is the same with a new
//     one.
//   - [CloseFrame] gives the Close that an error calls for.
//   - [WebSocket.EOF] says what the end of the peer's bytes means.
//
// [NewWebSocket] makes an open WebSocket without HTTP, for tests and for handshakes that somebody else has made. With
// Options.ManualReply, Receive leaves the answers to Ping, Close and errors to the caller.
//
// Errors come with output. When AppendDecode returns a [*ProtocolError], the frames before the fault are in the
// Inbox; when Receive does, the Close that it calls for is in Output.Send. Handle these first and then the error, as
// with [io.Reader]. An error that is the caller's mistake, such as [ErrCloseSent] or [ErrInvalidFrame], changes
// nothing: go on with the value.
//
// # Who owns which bytes
//
// Bytes that you pass in are yours: they are read during the call, never written, and no value keeps a pointer to them.
//
// The payload of a received frame is read-only, and valid only for a while. It may point into your read buffer, or
// into Inbox.Buf. Then it is valid until you read into that buffer again or call [Inbox.Reset], whichever comes
// first; in the loop above that is until the next event. Or it points into memory in which the WebSocket has joined
// it. Older values and their forks still need that memory, so writing there would change what they receive.
// [Frame.Clone] makes a payload that lasts and is yours to write to. Payloads have their capacity clipped: appending
// to one copies it.
//
// [httpconn.Output] and Inbox are scratch space, not values: they are passed by pointer, grow to what is needed, and
// are reused. They are never part of a connection's state. So one of each is enough for a loop with thousands of
// connections, as long as Send is emptied with WriteTo or Take before the next connection's turn.
//
// # Limits
//
// [Limits] bound what a peer can make a WebSocket hold: MaxFrame and MaxMessage, 16 MiB each, and MaxFragments,
// 262,144. In each, 0 means that default and a negative number no limit. A frame that would break one is refused at
// its header, before its payload comes, and a compressed message as soon as too much comes out of it. The error is a
// *ProtocolError over [ErrMessageTooBig] or [ErrTooManyFragments], with close code 1009. Memory is allocated for
// bytes that have arrived, not for bytes that were announced: at most eight times as much, or 4 KiB if that is more.
//
// # Fragments, and messages of any size
//
// To send a message in fragments, set More on all its frames but the last and [OpContinuation] on all but the first.
// Control frames may come between them, other messages may not: the error for that is [ErrFragmenting].
//
// How messages are received is up to Options.Delivery:
//
//   - [DeliverMessages], the default: whole messages, fragments joined.
//   - [DeliverFragments]: each frame as it was sent, once it is complete.
//   - [DeliverPayload]: pieces as they arrive. No payload is held back, so a message of any size needs no more memory
//     than what one read becomes. MaxFrame, MaxMessage and MaxFragments have no limit unless you set one. The first
//     piece has the message's opcode, later ones OpContinuation, and all but the last More.
//
// Text is validated in all three, while it arrives, unless it is compressed and handed over whole. A piece may end
// inside a character, but bytes that are not UTF-8 are not handed over, unless Options.SkipUTF8 says so.
//
// # Compression
//
// An [Extension] is offered with Options.Extensions, or agreed to with AcceptOptions.Extensions, and applied by
// Encode and Decode automatically; [WebSocket.Extensions] says what was agreed on. [NewDeflate] makes
// permessage-deflate (RFC 7692). Between messages it remembers the end of their text in each direction, by default 4
// KiB of what is sent and 32 KiB of what is received, in at most half as much memory again. With the options for no
// context takeover it remembers nothing. There is no compressor in an idle WebSocket. A Frame with Raw is not
// compressed. With Raw and RSV1 the caller has compressed it, and later messages refer to nothing before it. To
// compress one message once for many WebSockets, see [Prepare].
//
// Limits apply to what comes out. But one read of 64 KiB can hold 63 messages of 1 MiB, and honest peers reach
// hundreds of bytes for one when a message repeats the last. [Inbox].Max bounds what one call puts into your memory.
// The call stops there, with DeliverPayload even inside a message, and what it did not take is in Inbox.Rest. Receive
// then needs a loop around it:
//
//	for _, ev := range out.Events {
//		for more := true; more; more = len(in.Rest) > 0 {
//			in.Reset()
//			conn, ws, _ = mintws.Receive(conn, &out, ws, &in, ev) // ws.Err keeps the error
//			// handle in.Frames
//			ev.Data = in.Rest
//		}
//	}
//
// and with AppendDecode
//
//	for data := buf[:n]; len(data) > 0; data = in.Rest {
//		in.Reset()
//		ws, err = ws.AppendDecode(&in, data)
//		// handle in.Frames
//	}
//
// The frames and their order are the same whatever Max is, except for where DeliverPayload cuts a message. If you
// answer each frame, write Output.Send inside the loop too, or what is unwritten grows as the input does. After a
// call, what is held is then at most Max, one message of Limits.MaxMessage, what the frames in hand need, and the
// compressed bytes of a message that is still arriving. [Inbox.Reset] keeps at most 1 MiB.
//
// A WebSocket with compression can be forked and replayed like any other. But compressed bytes belong to a history:
// bytes from one fork mean nothing to the peer of another.
//
// # HTTP/2
//
// The calls are the same. Upgrade works once the server's SETTINGS have come, which httpdial.Dial waits for, and if
// they allow it. Otherwise it returns [ErrSettingsPending] or [ErrExtendedConnectDisabled]. Each WebSocket is a
// stream: keep them by [WebSocket.StreamID], and pass each event to the one that it belongs to. Bytes that flow
// control does not allow yet wait in the Conn: look at [httpconn.Conn.Buffered] before sending more.
//
// A stream ends with END_STREAM. Receive sends ours after the closing handshake, or RST_STREAM with NO_ERROR if the
// server has ended its half before. If you use the parts, see [httpconn.Conn.Finish]. A server that answers Close but
// never ends its side leaves the WebSocket Closed and the stream half-closed: give it a second or two, then
// [httpconn.Conn.Cancel]. The connection goes on for the other streams. Cancel brings no event: to give up a
// WebSocket that is not over, cancel its stream and forget the value.
//
// # Closing
//
// Either side may begin. To begin, send a [Close]; go on reading, as messages may still come, until the peer's Close
// comes. If the peer begins, Receive answers. After both, [WebSocket.State] is [Closed]. After our Close no data can
// be sent: [ErrCloseSent]. What arrives after the peer's Close is discarded.
//
// A closing handshake is complete whatever the peer's code: 1008 and 1011 end in Closed as well.
// [WebSocket.PeerClose] has the code and the reason, and [WebSocket.Err] is not nil if the code reports a fault.
//
// [WebSocket.Over] ends a loop, for one WebSocket or many. After a refused handshake the response's content may still
// come, until the stream's EventDone, if you want to read it. Only a [HandshakeError] that is Canceled ends the
// stream at once, and no EventDone follows.
//
// Then the connection has to be closed. The server closes it first (RFC 6455 section 7.1.1), so that it is the
// server's side that TCP keeps waiting. A client goes on reading until the end of input and then closes its socket:
// [httpconn.Conn.Next] says so. Do not wait for ever: once State is Closed, a read deadline of a second or two is
// enough, and to exceed it is no error. A client need not half-close the socket. A server does, and then reads what
// still comes, so that its last bytes are not lost (wshttp.Linger).
//
// The end of input goes to [httpconn.Conn.StreamEOF], whose event makes Receive call [WebSocket.EOF]; without
// httpconn call EOF yourself. Its error is nil only if State was Closed. Otherwise it is the error that the WebSocket
// had failed with, or a [*CloseError] with the code of the peer's Close: 1005 if that had none, and 1006 if there was
// no Close.
//
// When the peer breaks the protocol, State is [Failed] and Receive has sent the Close that is due, unless ours was sent
// before or Options.ManualReply leaves it to you. Write it, and close the socket.
//
// # The server's side
//
// [Accept] judges an upgrade request and returns the WebSocket in the server's role, with the status and header to
// answer with. It does no I/O either. Below this one, package wshttp answers on net/http and gives you the byte stream;
// package handshake reads the request from bytes and answers in bytes, for servers without net/http. From there on you
// use [WebSocket.AppendReceive] and [WebSocket.AppendEncode]. The roles differ in what they mask, and in that a server
// closes the connection first.
//
// # Several goroutines
//
// Values are never written, so any number of goroutines may use the same one at once without a lock. A WebSocket can
// be kept and used again: the same bytes give the same frames. It can be forked: pass two different inputs to one
// value, and there are two futures that know nothing of each other. Forks share memory, and copy it only where they
// part.
//
// But a connection has one history. If two goroutines both send from the same value, each gets a next value, and only
// one of these can go on. So let one goroutine own a connection's values, and hand it the frames to send through a
// channel or a queue. Or keep conn, ws and the socket together in a struct with a lock of your own.
//
// # Hazards
//
// The one mistake that this design invites is to lose the next value. Nothing crashes then, but the connection goes
// wrong later. mintvet, a module beside this one, has "go vet" find the first three of these ways in which it happens:
//
//   - An inner scope makes a new variable: "if ws, frames, err := ws.Decode(data); err == nil { … }". After the
//     braces ws is the old one. Declare the variables once, and advance them with "=".
//   - The value is thrown away: "_, p, err := ws.Encode(f)". The bytes look fine, but the WebSocket does not know
//     that it has sent its Close, or that a message is in fragments.
//   - A copy is advanced: the variable of "for _, c := range conns", or a parameter of a helper that does not return
//     it. Write conns[i].ws, or return the next value.
//   - The value is advanced and the bytes are not sent: an Encode, then an error before the Write. Send changes both
//     or neither; with Encode, take the next value only when the bytes are on their way. And send encoded bytes only
//     once, in the order in which they were encoded.
//   - Options.Rand is left in from a test. Masking keys must not be predictable (RFC 6455 section 10.3).
//
// # In an event loop
//
// When the socket is readable, pass what was read to Stream and each event to Receive. Append Output.Send to what is
// unwritten, and write as much as the socket takes. Many frames can be encoded into the same Send: one write for all
// of them is by far the largest saving there is.
//
// Unwritten bytes need a bound, say 64 KiB. There are two kinds of them. The first is what your program says of its
// own accord. At the bound, produce no more until some of it is written, but go on reading: a peer that answers while
// it reads, as an echo server does, takes nothing more while its answers are not read, and two sides that each wait
// for the other to read wait for ever. The second is what reading causes: Pongs, a server's answers, and on HTTP/2
// WINDOW_UPDATE and acknowledgements. Above the bound, do not read, or a peer that asks and never listens fills your
// memory. So count the second kind apart:
//
//	before, queued := len(out.Send), conn.Buffered(0)
//	// Stream and Receive, and what is sent in answer to what came
//	caused += len(out.Send) - before - (queued - conn.Buffered(0)) // bytes that credit has released were counted when queued
//	// and when n bytes are written
//	caused = max(0, caused-n)
//
// Read while caused is below the bound, and produce while all that is unwritten, with Buffered, is below it. A loop
// that blocks in Write cannot read meanwhile. It must say no more at once than the socket's buffers take, or write
// from a goroutine of its own.
//
// Time is yours, as nothing here expires. A timer of the loop decides when an idle peer is sent a [Ping], and when an
// unanswered Ping, upgrade request or Close means that the connection is over. To give up, close the socket and
// forget the values: there is nothing to release.
package mintws
