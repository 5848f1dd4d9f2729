// Package session adds time to a WebSocket, and puts the parts together, without a clock and without I/O: now is an argument
// of each call, and when to call next is a result.
//
// [Deadlines] are the time of one WebSocket: how long its opening handshake may take, how long the peer may be silent before it
// is asked for a sign of life, how long that and the closing handshake may take. They are a value of 24 bytes, and need nothing
// but the state of the WebSocket, so they serve clients and servers, and each stream of a shared HTTP/2 connection.
//
// A [Session] is one WebSocket on a connection of its own together with that connection and its Deadlines, as one value. It has
// one answer to the question whether it is over, and a refusal is an error with all that is needed to go on from there.
//
// Two kinds of scratch space, which are no values, go with them. [Pending] holds what a socket that does not block has not taken
// yet, and says when to stop for it. [Joiner] joins the pieces of large messages in memory that is used again.
package session
