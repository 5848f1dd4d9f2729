package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wshttp"
)

// options is how the echo server behaves. The zero options is the default.
type options struct {
	// Accept judges the requests and bounds the messages. With DeliverFragments or DeliverPayload the server returns pieces
	// as they come instead of whole messages, which needs less memory.
	Accept mintws.AcceptOptions
	// NoDeflate keeps the server from agreeing to permessage-deflate where it is offered. It has no meaning where
	// Accept.Extensions is set.
	NoDeflate bool
	// MaxSessions is how many WebSockets there may be at a time: more are refused with 503. Default no limit.
	MaxSessions int
	// Idle is how long a peer may be silent before it gets a Close with 1001. Default 60 s, negative for ever.
	Idle time.Duration
	// MessageTimeout is how long one message may take, from its first byte to its last, before the peer gets a Close with
	// 1008: whoever sends a byte now and then is never silent. Default 2 min, negative for ever.
	MessageTimeout time.Duration
	// WriteTimeout is how long a peer may take to accept one batch of answers before it is dropped. Default 30 s; it must not
	// be negative, nor may CloseTimeout.
	WriteTimeout time.Duration
	// CloseTimeout is how long to wait for the peer's Close, and once again for the end of its bytes. Default 5 s.
	CloseTimeout time.Duration
	// Done, if it is set, gets the summary of each connection and of each refused handshake. It is called from several
	// goroutines.
	Done func(summary)
}

// summary is what there is to say about a connection that is over.
type summary struct {
	Remote      string // address of the peer
	Path        string // what was asked for
	Status      int    // of the HTTP response: 101, or 200 on HTTP/2, unless the handshake was refused
	Subprotocol string
	MessagesIn  int64
	MessagesOut int64 // those of which the last byte was written
	BytesIn     int64 // payload of messages, in and out
	BytesOut    int64
	// Code is that of the first Close, whoever sent it: 1005 where it had none, 1006 where there was no Close, 0 where the
	// handshake was refused.
	Code     mintws.CloseCode
	Duration time.Duration
	Err      error // why the handshake was refused, or the connection did not end with a closing handshake
}

// echoServer is the echo server. It is made by newEchoServer.
type echoServer struct {
	opt options

	mu       sync.Mutex
	sessions map[*session]struct{}
	stopping bool
	drained  chan struct{} // closed when stopping and no session is left
}

// newEchoServer returns a server. Clients reach it through an http.Server.
func newEchoServer(opt options) *echoServer {
	def := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	def(&opt.Idle, 60*time.Second)
	def(&opt.MessageTimeout, 2*time.Minute)
	def(&opt.WriteTimeout, 30*time.Second)
	def(&opt.CloseTimeout, 5*time.Second)
	if opt.Accept.Extensions == nil && !opt.NoDeflate {
		deflate, err := mintws.NewDeflate(mintws.DeflateOptions{})
		if err != nil {
			panic(err) // the defaults are valid
		}
		opt.Accept.Extensions = []mintws.Extension{deflate}
	}
	if opt.Done == nil {
		opt.Done = func(summary) {}
	}
	return &echoServer{opt: opt, sessions: make(map[*session]struct{}), drained: make(chan struct{})}
}

// unavailable is why a request is refused for now.
func unavailable(why string, fields http.Header) *mintws.HandshakeError {
	return &mintws.HandshakeError{Status: http.StatusServiceUnavailable, Header: fields, Err: errors.New(why), Detail: why, Server: true}
}

var (
	errStopping = unavailable("the server is shutting down", http.Header{"Connection": {"close"}})
	errFull     = unavailable("the server has as many WebSockets as it takes", http.Header{"Retry-After": {"10"}})
)

// ServeHTTP echoes on requests for a WebSocket and answers others with a page that makes one. It returns when the
// WebSocket is over.
func (s *echoServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !mintws.IsUpgrade(r) {
		servePage(w, r)
		return
	}
	start := time.Now()
	c := &session{opt: s.opt, sum: summary{Remote: r.RemoteAddr, Path: r.URL.Path}}
	defer s.remove(c) // the last thing, so that Shutdown waits for Done
	c.sum.Err = s.serve(w, r, c)
	c.sum.Duration = time.Since(start)
	s.opt.Done(c.sum)
}

// serve runs one WebSocket from its handshake to its end.
func (s *echoServer) serve(w http.ResponseWriter, r *http.Request, c *session) error {
	ws, status, header, err := mintws.Accept(r, s.opt.Accept)
	c.sum.Status = status
	if err != nil {
		wshttp.Refuse(w, err)
		return err
	}
	// From here on Shutdown waits for us, so that no handshake that succeeds ends without a Close.
	if err = s.add(c); err != nil {
		c.sum.Status = http.StatusServiceUnavailable
		wshttp.Refuse(w, err)
		return err
	}
	stream, err := wshttp.Answer(w, r, status, header)
	if err != nil {
		c.sum.Status = http.StatusInternalServerError
		return err
	}
	defer stream.Close()
	c.sum.Subprotocol = ws.Subprotocol()
	s.mu.Lock()
	c.stream = stream
	s.mu.Unlock()
	return c.run(ws)
}

// Shutdown sends a Close with 1001 on every connection, after what was answered before, and refuses new ones. It waits
// until the closing handshakes are done and the connections closed, which takes two CloseTimeouts for a peer that is slow to
// answer and to close, and a WriteTimeout more for one that does not read. When ctx ends earlier it drops the connections
// that are left and returns ctx's error.
func (s *echoServer) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if !s.stopping {
		s.stopping = true
		for c := range s.sessions {
			c.interrupt()
		}
		if len(s.sessions) == 0 {
			close(s.drained)
		}
	}
	s.mu.Unlock()
	select {
	case <-s.drained:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	for c := range s.sessions {
		if c.stream != nil {
			c.stream.SetWriteDeadline(time.Unix(1, 0)) // Close alone does not stop a Write on HTTP/2
			c.stream.Close()
		}
	}
	s.mu.Unlock()
	<-s.drained
	return ctx.Err()
}

// add registers a session, unless the server is shutting down or full.
func (s *echoServer) add(c *session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopping:
		return errStopping
	case s.opt.MaxSessions > 0 && len(s.sessions) >= s.opt.MaxSessions:
		return errFull
	}
	s.sessions[c] = struct{}{}
	return nil
}

// remove forgets a session that is over, if it was ever there.
func (s *echoServer) remove(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.sessions[c]; !ok {
		return
	}
	delete(s.sessions, c)
	if s.stopping && len(s.sessions) == 0 {
		close(s.drained)
	}
}
