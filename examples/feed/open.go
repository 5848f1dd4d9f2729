package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// maxRedirects is how many are followed in a row: a server that sends us around in a circle gets no more.
const maxRedirects = 5

// open asks for the WebSocket until the server opens it, as long as it answers with a redirect or calls for a new token: on the same
// connection where that is possible. What came together with the answer is in out.Frames. All sockets are closed when ctx ends.
func (f *feed) open(ctx context.Context, out *session.Output, buf []byte) (sock net.Conn, s session.Session, err error) {
	url, ours := f.url, true // the token is for that server and no other
	for renewed, redirects := false, 0; ; {
		opt := mintws.Options{Delivery: mintws.DeliverPayload, Header: http.Header{}} // with Extensions, bound out.Max too
		if f.token != nil && ours {
			if f.bearer == "" {
				if f.bearer, err = f.token(ctx); err != nil {
					return nil, s, fmt.Errorf("no token: %w", err)
				}
			}
			opt.Header.Set("Authorization", "Bearer "+f.bearer)
		}
		if sock, s, err = f.ask(ctx, sock, s, out, url, opt); err != nil {
			return nil, s, err
		}
		for s.State() == mintws.Connecting { // that is until the content of a refusal has come, too
			s = turn(sock, s, out, buf)
		}
		var r *session.Refusal
		if !errors.As(s.Err(), &r) {
			if _, _, opened := out.Answer(); !opened {
				return nil, s, s.Err()
			}
			return sock, s, nil // whatever became of it: messages may have come, too
		}
		location, same := r.Location(url) // "" also where that would give up TLS
		switch {
		case location != "" && redirects < maxRedirects:
			redirects++
			url, ours = location, ours && same // nor is it again where another server redirects back to ours: it chose the URL
			f.log("redirected to %s", url)
		case r.Status == http.StatusUnauthorized && ours && f.token != nil && !renewed:
			f.bearer, renewed = "", true
			f.log("the token is refused, getting a new one")
		default:
			return nil, s, r
		}
		if !r.Reusable || location != "" && !same {
			out.WriteTo(sock) // the last words
			sock.Close()
			sock = nil
		}
	}
}

// ask asks for a WebSocket at url: on the connection of s, which has refused one, or on a new one where there is no socket.
func (f *feed) ask(ctx context.Context, old net.Conn, s session.Session, out *session.Output, url string, opt mintws.Options) (net.Conn, session.Session, error) {
	if old != nil {
		next, err := s.Again(out, time.Now(), url, opt)
		return old, next, err
	}
	out.Reset() // nothing goes to this connection that was for another
	sock, conn, err := httpdial.Dial(ctx, url, &out.Output, f.dial)
	if err != nil {
		return nil, s, err
	}
	context.AfterFunc(ctx, func() { sock.Close() })
	s, err = session.Upgrade(conn, out, url, opt, session.NewDeadlines(f.timing, time.Now()), time.Now())
	return sock, s, err
}
