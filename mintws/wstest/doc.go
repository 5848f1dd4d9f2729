// Package wstest is for testing WebSocket clients, as net/http/httptest is for testing HTTP clients. Any client will do: this
// module's, a browser, or another library's.
//
// # A server in one call
//
// [NewServer] starts an echo server on a free port of the loopback interface. It speaks HTTP/1.1 and HTTP/2 (RFC 8441) on
// that port:
//
//	s := wstest.NewServer(wstest.Options{Accept: mintws.AcceptOptions{Subprotocols: []string{"chat"}}})
//	defer s.Close()
//	// connect to s.URL
//
// With Options.TLS the URL begins with wss, and [Server.ClientTLS] trusts the server's certificate.
//
// # A server that misbehaves
//
// A client has to cope with more than echoes. [Behavior] says what a server does to a WebSocket: how long it takes to answer,
// with which status it refuses, what it sends of its own accord, and which [Fault] it has after how many messages. Options
// gives one for all WebSockets, or a function that gives one for each request:
//
//	var requests atomic.Int32
//	s := wstest.NewServer(wstest.Options{Behave: func(*http.Request) wstest.Behavior {
//		if requests.Add(1) == 1 {
//			return wstest.Behavior{Refuse: http.StatusServiceUnavailable}
//		}
//		return wstest.Behavior{} // the second try succeeds
//	}})
//
// Options.Over tells how each WebSocket ended, as the server saw it. Requests of HTTP/1.1 are read strictly, as package
// handshake does it: a client that writes a bad one is told what is wrong with it, and one that sends content is refused.
//
// # Without a network
//
// [Peer] is the same server without sockets: it takes the bytes that a client sent and returns the bytes that the server
// answers, on either version of HTTP. For clients that do no I/O of their own that is a test without goroutines, ports and
// time. [Answer] gives the response to one opening handshake, and [Frames] gives frames as the bytes that a server sends.
//
// # What it leaves alone
//
// Importing this package changes nothing else in the program. It does not import package testing, sets no flags, and leaves
// GODEBUG as it is. Its HTTP/2 is its own and needs no goroutine for each stream, so one connection takes as many WebSockets
// as Options.MaxStreams says.
package wstest
