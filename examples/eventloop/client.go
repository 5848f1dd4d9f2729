package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/lesismal/nbio"
	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// client opens connections to an echo server, says something on each, and again when it has come back.
type client struct {
	*hub
	url      string
	messages int
	payload  []byte
	results  chan error // one for each connection, with room for all
}

// progress is what is kept for a connection.
type progress struct {
	sent  int  // messages
	wrong bool // something else came back
}

func newClient(rawurl string, n, messages, size int, timing session.Timing) (*client, error) {
	p := &client{hub: newHub(timing), url: rawurl, messages: messages, payload: bytes.Repeat([]byte("mintws"), size/6+1)[:size],
		results: make(chan error, n)}
	p.hub.opened, p.hub.received, p.hub.closed = p.say, p.heard, p.over
	return p, p.start()
}

// dial begins a connection. The handshake, and what follows, is up to the engine's goroutine.
func (p *client) dial() error {
	u, err := url.Parse(p.url)
	if err != nil {
		return err
	}
	if u.Scheme != "ws" || u.Port() == "" {
		return fmt.Errorf("%s: the form is ws://host:port/path", p.url)
	}
	return p.engine.DialAsync("tcp", u.Host, func(sock *nbio.Conn, dialErr error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		l := &link{sock: sock, user: &progress{}}
		h1, upErr := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &p.out.Output)
		if upErr == nil {
			l.s, upErr = session.Upgrade(h1, &p.out, p.url, mintws.Options{}, p.deadlines, time.Now())
		}
		if failed := errors.Join(dialErr, upErr); failed != nil {
			p.over(l, failed)
			sock.Close()
			return
		}
		p.add(l)
		p.flush(l)
	})
}

// say says the next thing.
func (p *client) say(l *link) {
	u := l.user.(*progress)
	f := mintws.Close(mintws.CodeNormal, "")
	if u.sent < p.messages && !u.wrong {
		f = mintws.Binary(p.payload)
	}
	u.sent++
	if err := p.send(l, f); err != nil {
		u.wrong = true
	}
}

func (p *client) heard(l *link, f mintws.Frame) {
	if f.Opcode == mintws.OpBinary || f.Opcode == mintws.OpText {
		u := l.user.(*progress)
		u.wrong = u.wrong || !bytes.Equal(f.Payload, p.payload)
		p.say(l)
	}
}

// over reports how a connection has ended.
func (p *client) over(l *link, err error) {
	u := l.user.(*progress)
	if err == nil && (u.wrong || u.sent <= p.messages) {
		err = fmt.Errorf("only %d of %d messages came back", max(0, u.sent-1), p.messages)
	}
	p.results <- err
}
