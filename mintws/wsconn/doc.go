// Package wsconn is a WebSocket with blocking calls, client and server: the shape that most programs want, on top of the values of
// package mintws. This is a client:
//
//	func hello(ctx context.Context, url string) error {
//		c, err := wsconn.Dial(ctx, url, wsconn.Options{})
//		if err != nil {
//			return err
//		}
//		defer c.CloseNow()
//		if err = c.Write(ctx, mintws.OpText, []byte("Hello")); err != nil {
//			return err
//		}
//		_, p, err := c.Read(ctx)
//		fmt.Printf("%s, %v\n", p, err)
//		return c.Close(mintws.CodeNormal, "")
//	}
//
// This is a server, as a handler of net/http's. It returns each message until the client closes:
//
//	func handle(w http.ResponseWriter, r *http.Request) {
//		c, err := wsconn.Accept(w, r, wsconn.AcceptOptions{})
//		if err != nil {
//			return // the request is answered
//		}
//		defer c.CloseNow()
//		for err == nil {
//			var op mintws.Opcode
//			var p []byte
//			if op, p, err = c.Read(r.Context()); err == nil {
//				err = c.Write(r.Context(), op, p)
//			}
//		}
//		log.Print(err) // also after a good end: see CloseCode
//	}
//
// # Goroutines
//
// One goroutine may read while any number write. None is started here: what has to be done without being asked, answering Ping and
// Close, asking a silent peer for a sign of life, giving up one that is gone, is done by whoever is in Read. So somebody should be,
// all the time; [Conn.CloseRead] is for who wants no messages. A Pong never waits for a writer that is blocked: it is queued, and goes
// out before the next frame.
//
// # Contexts
//
// A context that ends interrupts the call that it was given to. While something is received that does no harm, and the next Read goes
// on where the last one was. A frame that is being sent cannot be taken back, so there it ends the Conn, as it does in other
// libraries; while a Write still waits for other writers it does not.
//
// # Timeouts
//
// Nothing waits for ever. Where nothing else is said, an opening handshake may take 30 s, a peer may be silent for 30 s before it is
// asked for a sign of life and 15 s after that, a closing handshake may take 5 s, and a peer may take nothing of what is sent for 30 s.
// Timing and WriteTimeout of the options change that. A message may take as long as its bytes keep coming.
//
// # Memory
//
// An idle Conn has a read buffer of 4 KiB, which becomes larger where much comes at once. A message that is larger than that is joined
// in memory that the next one uses again, up to 1 MiB; so what Read returns is valid until the next Read. [Conn.Reader] needs no
// memory for a message. A message may have 16 MiB: see [Conn.SetReadLimit].
package wsconn
