// Package wiretap shows what goes over a connection, for debugging, logs and metrics: the handshake, and each WebSocket frame with
// its header, its length on the wire and its bytes; on HTTP/2 each frame of that too.
//
// A [Tap] is given the bytes that go and come, as they are read and written, and takes no part in anything. So it works with any
// client or server, of this module or not, and costs nothing where there is none:
//
//	tap := wiretap.New(wiretap.Options{})
//	n, err := sock.Read(buf)
//	tap.Feed(wiretap.FromServer, buf[:n], func(r wiretap.Record) { log.Print(r) })
//
// With TLS it is given what is inside. It knows HTTP/1.1 and HTTP/2, and finds out by itself which of the two it sees.
//
// A Tap does not judge. What breaks the rules is shown as it came. When it can no longer know where the next thing begins, it says
// so once, and shows nothing more of that direction. Compressed messages are shown as they are on the wire, without the mask.
//
// # A socket with a Tap
//
// This one is for the Wrap of httpdial.Options, which package wsconn has too. It sees what is inside TLS:
//
//	// tapped is a client's socket whose bytes a Tap sees.
//	type tapped struct {
//		net.Conn
//		mu  sync.Mutex // one goroutine reads while another writes
//		tap *wiretap.Tap
//		log func(wiretap.Record)
//	}
//
//	func (t *tapped) Read(p []byte) (int, error) {
//		n, err := t.Conn.Read(p)
//		t.feed(wiretap.FromServer, p[:n])
//		return n, err
//	}
//
//	func (t *tapped) Write(p []byte) (int, error) {
//		t.feed(wiretap.FromClient, p) // before the answer can come
//		return t.Conn.Write(p)
//	}
//
//	func (t *tapped) feed(from wiretap.Direction, p []byte) {
//		t.mu.Lock()
//		defer t.mu.Unlock()
//		t.tap.Feed(from, p, t.log)
//	}
//
// # Memory
//
// Nothing is kept but what has come of a head, or of the part of a payload that is shown: see [Options]. Nothing is allocated for
// a length that was only announced, and for frames on a connection that has been in use for a while nothing at all.
//
// # Secrets
//
// Credentials are left out of heads, unless Options.Secrets asks for them, and "…" stands in their place. They are the values of
// Authorization and Cookie, of other fields whose names say that they are of that kind, and those in the query of a URL. The
// content of messages is shown.
package wiretap
