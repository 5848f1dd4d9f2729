package main

import (
	"cmp"
	"context"
	"io"
	"net"
	"time"

	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// maxUpdate is how many bytes a text may have, for those are held in memory. Binary messages may have any size.
const maxUpdate = 1 << 20

// feed is a subscription that outlives its connections. One goroutine is in run, and all functions are called by it.
type feed struct {
	url       string
	subscribe []string                              // the messages to send on each new connection
	token     func(context.Context) (string, error) // gets a new one for the server of url; nil where it wants none
	opened    func()                                // a new connection is open; may be nil
	update    func(text []byte) (enough bool)       // a whole message, valid during the call
	snapshot  func(piece []byte, last bool)         // a binary message as it arrives: nothing holds more of it than a piece
	dial      httpdial.Options
	timing    session.Timing

	wait   func(context.Context, time.Duration) error // time and chance are arguments, so that a test can make them up
	random func() float64                             // at least 0, less than 1
	log    func(format string, args ...any)

	bearer string // the token, until it is refused
}

// run connects, and connects again, until update says that it is enough, ctx ends, or the server says something that trying again
// will not change.
func (f *feed) run(ctx context.Context) error {
	failures := 0 // in a row
	for {
		useful, err := f.once(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil || permanent(err) {
			return err
		}
		if useful { // a server that opens and does no more is one that fails
			failures = 0
		}
		pause := max(backoff(failures, f.random()), retryAfter(err))
		failures++
		f.log("%v; again in %v", err, pause.Round(time.Millisecond))
		if err = f.wait(ctx, pause); err != nil {
			return err
		}
	}
}

// once has one connection, from its beginning to its end. It reports whether anything came of it; the error is nil where update
// has said that it is enough.
func (f *feed) once(ctx context.Context) (useful bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var out session.Output // scratch space, as buf and texts are
	buf := make([]byte, 64<<10)
	sock, s, err := f.open(ctx, &out, buf)
	if err != nil {
		return false, err
	}
	defer sock.Close()
	if f.opened != nil {
		f.opened()
	}
	f.log("open, with %d subscriptions to send", len(f.subscribe))
	for i := 0; i < len(f.subscribe) && err == nil && s.State() == mintws.Open; i++ { // all in one write
		s, err = s.Send(&out, time.Now(), mintws.Text(f.subscribe[i]))
	}
	texts, large, enough := session.Joiner{Max: maxUpdate}, false, false
	for err == nil {
		for _, fr := range out.Frames { // the first may have come with the server's answer
			if fr.Opcode == mintws.OpBinary || fr.Opcode == mintws.OpContinuation && large {
				useful, large = true, fr.More
				f.snapshot(fr.Payload, !fr.More)
				continue
			}
			msg, whole, tooBig := texts.Add(fr)
			if tooBig != nil {
				f.giveUp(sock, s, &out, tooBig)
				return useful, tooBig
			}
			if whole && msg.Opcode == mintws.OpText && !enough {
				useful = true
				enough = f.update(msg.Payload)
			}
		}
		if s.Over() {
			break
		}
		if enough && s.State() == mintws.Open {
			s, err = s.Send(&out, time.Now(), mintws.Close(mintws.CodeNormal, ""))
		}
		s = turn(sock, s, &out, buf)
	}
	out.WriteTo(sock) // the last words
	if enough {
		return true, nil
	}
	if err = cmp.Or(err, s.Err()); err == nil { // a good end, but for a feed it is none
		code, reason := s.WebSocket().PeerClose()
		err = &mintws.CloseError{Code: code, Reason: reason, Complete: true}
	}
	return useful, err
}

// giveUp tells the server what it did wrong, and gives it a moment to read that: a socket that is closed with unread input may
// take its last words along.
func (f *feed) giveUp(sock net.Conn, s session.Session, out *session.Output, why error) {
	if last, ok := mintws.CloseFrame(why); ok {
		_, _ = s.Send(out, time.Now(), last) //mintvet:fork nobody needs the value after this one
	}
	sock.SetDeadline(time.Now().Add(time.Second))
	if _, err := out.WriteTo(sock); err == nil {
		io.Copy(io.Discard, sock)
	}
}
