// Package wiretap says what goes over a connection, for people who look for a fault, for logs and for metrics: the handshake,
// and each WebSocket frame with its header, its length on the wire and its bytes; on HTTP/2 each frame of that too.
//
// A [Tap] is given the bytes that go and come, as they are read and written, and takes no part in anything. So it works with any
// client or server, of this module or not, and costs nothing where there is none:
//
//	tap := wiretap.New(wiretap.Options{})
//	n, err := sock.Read(buf)
//	tap.Feed(wiretap.FromServer, buf[:n], func(r wiretap.Record) { log.Print(r) })
//
// With TLS it is given what is inside. It speaks HTTP/1.1 and HTTP/2 and finds out by itself which of the two it sees.
//
// A tap is no judge. What breaks the rules is shown as it came; only where the next thing begins cannot be known any more does it
// say so, once, and be silent about that direction from then on. Compressed messages are shown as they are on the wire, without
// the mask.
//
// # Memory
//
// Nothing is kept but what has come of a head, or of the part of a payload that is shown: see [Options]. Nothing is allocated for
// a length that was only announced, and for frames on a connection that has been in use for a while nothing at all.
//
// # Secrets
//
// What lets somebody in is left out of heads, unless Options.Secrets asks for it, and "…" stands in its place: the values of
// Authorization and Cookie, of other fields whose names say that they are of the kind, and those in the query of a URL. What is
// in messages is shown.
package wiretap
