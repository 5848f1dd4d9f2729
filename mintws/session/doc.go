// Package session adds time to a WebSocket, and puts the parts together, without a clock and without I/O: now is an argument
// of each call, and when to call next is a result.
//
// A [Session] is one WebSocket on a connection of its own, together with that connection and its time, as one value. Over is the
// one answer to whether it has ended, and a refusal is an error with all that is needed to go on from there.
//
// [Deadlines] are the time of one WebSocket by itself: how long its opening handshake may take, how long the peer may be
// silent before it is asked for a sign of life, how long that and the closing handshake may take. They are a value of 24
// bytes, and need nothing but the state of the WebSocket, so they serve each stream of a shared HTTP/2 connection.
//
// Two kinds of scratch space, which are not values, go with them. [Pending] holds what a socket that does not block has not taken
// yet, and says when to stop for it. [Joiner] joins the pieces of large messages in memory that is used again.
//
// # A client
//
// This client is complete. It says Hello, prints what comes, and closes the WebSocket after the first text:
//
//	// greet says Hello, prints what comes, and closes the WebSocket after the first text.
//	func greet(ctx context.Context, url string, w io.Writer) error {
//		var out session.Output // scratch space: what came, and what is to be written
//		buf := make([]byte, 64<<10)
//		sock, conn, err := httpdial.Dial(ctx, url, &out.Output, httpdial.Options{})
//		if err != nil {
//			return err
//		}
//		defer sock.Close()
//		defer context.AfterFunc(ctx, func() { sock.Close() })()
//		d := session.NewDeadlines(session.Timing{}, time.Now()) // one for all Sessions of a program
//		s, err := session.Upgrade(conn, &out, url, mintws.Options{}, d, time.Now())
//		for err == nil && !s.Over() {
//			s = turn(sock, s, &out, buf)
//			if _, _, ok := out.Answer(); ok && s.State() == mintws.Open { // it has just opened
//				s, err = s.Send(&out, time.Now(), mintws.Text("Hello"))
//			}
//			for _, f := range out.Frames {
//				fmt.Fprintln(w, f)
//				if f.Opcode == mintws.OpText && s.State() == mintws.Open {
//					s, err = s.Send(&out, time.Now(), mintws.Close(mintws.CodeNormal, ""))
//				}
//			}
//		}
//		out.WriteTo(sock) // the last words
//		if err = cmp.Or(err, s.Err()); err != nil {
//			err = cmp.Or(context.Cause(ctx), err)
//		}
//		return err
//	}
//
// What it does with its socket is the same for every client and server whose socket blocks:
//
//	// turn writes what is to be written, and takes what comes until the deadline.
//	func turn(sock net.Conn, s session.Session, out *session.Output, buf []byte) session.Session {
//		sock.SetWriteDeadline(time.Now().Add(time.Minute))
//		_, writeErr := out.WriteTo(sock)
//		sock.SetReadDeadline(s.Deadline())
//		n, readErr := sock.Read(buf) // also after a failed Write: the peer may have said why it went
//		switch now := time.Now(); {
//		case n > 0:
//			s, _ = s.Received(out, now, buf[:n]) // s.Err keeps the error
//		case writeErr == nil && errors.Is(readErr, os.ErrDeadlineExceeded):
//			s, _ = s.Tick(out, now)
//		default:
//			s, _ = s.EOF(out, now)
//		}
//		return s
//	}
//
// A server's Session is made with [New], for the WebSocket that mintws.Accept returned. In an event loop, with sockets that do not
// block, put [Session.Deadline] into a timer wheel and a [Pending] beside each Session.
//
// The rules of the loop:
//
//   - Handle Output.Frames after each call of Received, EOF and Tick, which empty them first. Send and the other calls only
//     add to Output.Send.
//   - A Session is over when Over says so. Write what is in Output.Send, and close the socket. Err says how it ended.
//   - While it is not over, the only error to look at is that of Send, which is about the caller's own frame.
//   - The next Session takes the place of the one before, in a map or a slice too. To drop one is to fork the Session.
//   - Read before Tick. What is waited for may lie in the socket.
//
// # Many WebSockets on one connection
//
// Two Sessions on one HTTP/2 connection would be two forks of it: each would miss what the other received. Use the parts there: one
// Conn, and a WebSocket and its Deadlines for each stream.
//
//	// shared is one HTTP/2 connection with many WebSockets.
//	type shared struct {
//		conn    httpconn.Conn
//		streams map[httpconn.StreamID]stream
//	}
//
//	type stream struct {
//		ws   mintws.WebSocket
//		time session.Deadlines
//	}
//
//	// received handles the events in out; frame may send an answer.
//	func (c *shared) received(out *session.Output, now time.Time, frame func(*stream, mintws.Frame)) {
//		for _, ev := range out.Events {
//			s, ok := c.streams[ev.StreamID]
//			if !ok {
//				continue
//			}
//			out.Inbox.Reset()
//			c.conn, s.ws, _ = mintws.Receive(c.conn, &out.Output, s.ws, &out.Inbox, ev) // s.ws.Err keeps the error
//			for _, f := range out.Frames {
//				frame(&s, f)
//			}
//			s.time = s.time.Observe(now, s.ws.State(), true)
//			ended := ev.Kind == httpconn.EventDone || ev.Kind == httpconn.EventReset || s.ws.State() == mintws.Failed
//			if c.streams[ev.StreamID] = s; ended {
//				delete(c.streams, ev.StreamID)
//			}
//		}
//	}
//
//	// tick does what is to be done by now, and returns when it is to be called again.
//	func (c *shared) tick(out *session.Output, now time.Time) (next time.Time) {
//		for id, s := range c.streams {
//			var ping bool
//			var late error
//			if s.time, ping, late = s.time.Tick(now); ping {
//				c.conn, s.ws, _ = mintws.Send(c.conn, &out.Output, s.ws, mintws.Ping(nil))
//			}
//			if c.streams[id] = s; late != nil { // a *session.TimeoutError says what did not come
//				c.conn, _ = c.conn.Cancel(&out.Output, id, http2.ErrCodeCancel)
//				delete(c.streams, id)
//			} else if t := s.time.Next(); next.IsZero() || !t.IsZero() && t.Before(next) {
//				next = t
//			}
//		}
//		return next
//	}
//
//	// serve stays with the connection until all its WebSockets are over.
//	func (c *shared) serve(sock net.Conn, out *session.Output, frame func(*stream, mintws.Frame)) {
//		buf := make([]byte, 64<<10)
//		for next := c.tick(out, time.Now()); len(c.streams) > 0; next = c.tick(out, time.Now()) {
//			sock.SetWriteDeadline(time.Now().Add(time.Minute))
//			_, writeErr := out.WriteTo(sock)
//			out.Reset()
//			sock.SetReadDeadline(next)
//			n, readErr := sock.Read(buf)
//			switch {
//			case n > 0:
//				c.conn, _ = c.conn.Stream(&out.Output, buf[:n])
//			case writeErr != nil || !errors.Is(readErr, os.ErrDeadlineExceeded):
//				c.conn, _ = c.conn.StreamEOF(&out.Output)
//			}
//			c.received(out, time.Now(), frame)
//		}
//		out.WriteTo(sock) // the last words
//	}
//
// [Output] has two Reset methods inside it, and one of its own that does both. A client that speaks first does so in received, where
// ev.Kind is EventHeaders and the WebSocket has become Open. A stream whose WebSocket is Closed stays in the map until the server
// has ended it as well, or until the time for that has passed, so that none of the server's slots is taken for ever.
package session
