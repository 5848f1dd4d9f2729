package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wiretap"
	"github.com/mintws/mintws/mintws/wshttp"
)

// server takes clients one at a time, on HTTP/1.1.
type server struct {
	opt   *options
	ready atomic.Bool // for a client
	links chan *link
}

// serve opens the socket and returns what waits for the next client.
func (opt *options) serve(con *console) (next func(context.Context) (*link, error), err error) {
	extensions, err := opt.extensions()
	if err != nil {
		return nil, err
	}
	accept := mintws.AcceptOptions{Header: opt.header, Subprotocols: opt.subprotocols, Extensions: extensions, Limits: limits,
		Delivery: opt.delivery()}
	if opt.origin != "" {
		accept.AllowedOrigins = strings.Split(opt.origin, ",")
	}
	if err = accept.Check(); err != nil {
		return nil, err
	}
	certs, err := opt.certificates()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", opt.listen)
	if err != nil {
		return nil, err
	}
	scheme := "ws"
	if certs != nil {
		l, scheme = tls.NewListener(l, &tls.Config{Certificates: certs}), "wss"
	}
	con.note("listening on %s://%v/", scheme, l.Addr())
	s := &server{opt: opt, links: make(chan *link)}
	hs := &http.Server{ReadHeaderTimeout: opt.timeout, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.handle(w, r, accept)
	})}
	go hs.Serve(tracedListener{l, opt.tracing(con, wiretap.FromClient)})
	return s.next, nil
}

// next waits for a client.
func (s *server) next(ctx context.Context) (*link, error) {
	s.ready.Store(true)
	select {
	case l := <-s.links:
		return l, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *server) handle(w http.ResponseWriter, r *http.Request, opt mintws.AcceptOptions) {
	ws, status, header, err := mintws.Accept(r, opt)
	if err != nil {
		wshttp.Refuse(w, err)
		return
	}
	if !s.ready.CompareAndSwap(true, false) {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "There is a client already.", http.StatusServiceUnavailable)
		return
	}
	l := s.opt.link()
	stream, err := wshttp.Answer(w, r, status, header)
	if err == nil {
		sock, ok := stream.(net.Conn)
		if l.sock = sock; !ok {
			err = errors.New("no connection of its own")
		}
	}
	if err != nil {
		s.ready.Store(true)
		return
	}
	l.s = session.New(httpconn.Conn{}, ws, s.opt.deadlines(), time.Now())
	s.links <- l
}
