package wstest

import (
	"net/http"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"

	"golang.org/x/net/http2"
)

// Options says what a [Server] or a [Peer] offers. The zero Options is an ordinary echo server for HTTP/1.1 and HTTP/2 without
// TLS, which agrees to permessage-deflate where the client offers it.
//
// The functions are called by the goroutines that serve the connections, for several connections at the same time. They must
// not call [Server.Close], which waits for them.
type Options struct {
	// TLS makes it a server for wss, with a certificate of its own: see [Server.ClientTLS]. A Peer ignores it.
	TLS bool
	// Protocols are the versions that the server speaks. None means both. Over TLS, ALPN chooses; without, the client's first
	// bytes say which version it speaks (RFC 9113 section 3.3).
	Protocols []httpconn.Version

	// Accept judges the requests, chooses subprotocols and extensions, and bounds what is received.
	Accept mintws.AcceptOptions
	// NoDeflate keeps the server from agreeing to permessage-deflate. It has no meaning where Accept.Extensions is set.
	NoDeflate bool

	// MaxStreams is how many WebSockets one HTTP/2 connection may have at the same time (SETTINGS_MAX_CONCURRENT_STREAMS);
	// requests above that are refused with REFUSED_STREAM. 0 means 250, a negative number no limit.
	MaxStreams int
	// Settings are announced on HTTP/2 beside the server's own, and in place of those with the same name. They need not be
	// true: only SETTINGS_INITIAL_WINDOW_SIZE changes what the server does. So a client can be shown a limit of 0 streams, or a
	// server without extended CONNECT.
	Settings []http2.Setting

	// Behavior is what the server does on each WebSocket.
	Behavior Behavior
	// Behave, if it is set, takes the place of Behavior: it is asked for each request.
	Behave func(r *http.Request) Behavior

	// Over, if it is set, is called once for each WebSocket that was opened, when the server is done with it. State, Err and
	// PeerClose of its last value say how it ended.
	Over func(r *http.Request, ws mintws.WebSocket)
}

// Behavior is what a server does on one WebSocket. The zero Behavior opens it, returns every message as soon as it is
// complete, and answers Ping and Close.
type Behavior struct {
	// Refuse, if it is not 0, is the status with which the request is refused. The connection remains usable.
	Refuse int
	// Header holds further fields for the answer that refuses, such as Location or Retry-After. What an answer that opens
	// the WebSocket holds is Options.Accept.Header.
	Header http.Header
	// HandshakeDelay is how long the request waits for its answer; a negative delay lasts for ever. A Peer answers at
	// once, or never.
	HandshakeDelay time.Duration

	// Greeting is sent as soon as the WebSocket is open.
	Greeting []mintws.Frame
	// Reply, if it is set, returns what is sent in answer to a message instead of the message itself. The payload is valid
	// during the call, and may be returned.
	Reply func(message mintws.Frame) []mintws.Frame
	// Delay is how long each frame waits for its answer, Ping and Close too. The order stays as it is, and what waits is
	// held in memory. A Peer answers at once.
	Delay time.Duration

	// Fault is what goes wrong, once After messages were answered: with 0, as soon as the WebSocket is open and the Greeting
	// is sent.
	Fault Fault
	// After is the number of messages that are answered before the Fault.
	After int
	// Code and Reason are those of the Close that FaultClose sends. The zero Code sends none.
	Code   mintws.CloseCode
	Reason string // see Code
	// Bytes are what FaultBytes sends.
	Bytes []byte
}

// Fault is what goes wrong with a WebSocket.
type Fault int

const (
	// FaultNone: nothing goes wrong.
	FaultNone Fault = iota
	// FaultClose begins the closing handshake with Behavior.Code and Reason, and waits for the client's Close.
	FaultClose
	// FaultVanish ends the TCP connection without a Close or any other word, as when the server's process is killed. On
	// HTTP/2 all WebSockets of the connection are lost.
	FaultVanish
	// FaultReset resets the stream with CANCEL on HTTP/2, and the TCP connection on HTTP/1.1, where what the client has not
	// read yet may be lost.
	FaultReset
	// FaultSilence reads on and answers nothing more, neither messages nor Ping nor Close.
	FaultSilence
	// FaultBytes sends Behavior.Bytes, which need not be frames, and goes on.
	FaultBytes
)
