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
// Opcodes, close codes and prepared messages are those of package mintws. Nothing is compressed unless WebSocket.Extensions of the
// options says so: see [mintws.NewDeflate].
//
// # Goroutines
//
// One goroutine may read while any number write. A Conn starts none of its own, so the goroutine that is in Read does the
// background work: it answers Ping and Close, sends a Ping to a silent peer, and gives up one that is gone. Some goroutine should
// therefore be in Read all the time. A program that wants no messages calls [Conn.CloseRead] instead. A Pong never waits for a
// blocked writer: it is queued, and goes out before the next frame.
//
// A [Client] opens many WebSockets on one HTTP/2 connection. That connection has a goroutine of its own, which reads for all of
// them and ends with it. None of them holds up the others: the server is given credit for what was read of each.
//
// # Contexts
//
// A context that ends interrupts the call that it was given to. A Read that is interrupted does no harm: the next one goes on where
// it was. Nor does a Write that is still waiting for other writers. But half a frame cannot be taken back: a Write that is
// interrupted while its frame is being sent ends the Conn, as in other libraries.
//
// # Timeouts
//
// Nothing waits for ever. By default an opening handshake may take 30 s, and a closing handshake 5 s. A peer that has been silent
// for 30 s is sent a Ping, and is given up after 15 s more of silence. So is one that for 30 s accepts nothing of what is being
// sent. Timing and WriteTimeout in the options change these times. A message may take as long as its bytes keep coming. Over TLS
// 160 KiB must be accepted in that time, as crypto/tls cannot go on with half a write.
//
// # Memory
//
// An idle Conn has a read buffer of 4 KiB, which grows when much comes at once. A larger message is joined in memory that the next
// one uses again, up to 1 MiB. So what Read returns is valid until the next Read. [Conn.Reader] needs no memory for a message. A
// message may have 16 MiB: see [Conn.SetReadLimit].
package wsconn
