package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
)

// state is what is known of both ends after some pieces: as a value, so that any state can be kept, and gone on from in more than
// one way. Each end takes what the other one has sent; what it sends itself it is told of, so that it knows of its own Close.
type state struct {
	head   handshake.Head   // of the request, as far as it has come
	conn   httpconn.Conn    // the client's
	client mintws.WebSocket // takes what the server sends
	server mintws.WebSocket // takes what the client sends
	frames [2]int           // how many were sent by the client, and by the server
}

// same is a Rand that gives the key which the recorded request has, so that its answer is the right one.
type same []byte

func (s same) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = s[i%len(s)]
	}
	return len(p), nil
}

// next returns the state after p, and what happened.
func (st state) next(p piece) (state, []string) {
	var log notes
	if p.from == '>' {
		st = st.fromClient(p, &log)
	} else {
		st = st.fromServer(p, &log)
	}
	return st, log
}

type notes []string

func (n *notes) add(format string, args ...any) { *n = append(*n, fmt.Sprintf(format, args...)) }

func (st state) fromClient(p piece, log *notes) state {
	data := p.data
	var err error
	if st.server.State() == mintws.Invalid && st.client.State() == mintws.Invalid {
		var r *http.Request
		if st.head, r, data, err = st.head.Feed(data); r != nil {
			st, err = st.asked(r)
			log.add("%s %q", r.Method, r.URL.RequestURI())
			fields(log, r.Header)
		}
	}
	var frames []mintws.Frame
	if err == nil && len(data) > 0 {
		st.server, frames, err = st.server.Decode(data)
	}
	if p.end && err == nil && st.server.State() != mintws.Invalid {
		st.server, err = st.server.EOF()
	}
	for _, f := range frames {
		st.client, _, _ = st.client.Encode(f)
		st.frames[0]++
		log.add("%v", f)
	}
	if err != nil {
		log.add("the server sees: %v", err)
	}
	return st
}

// asked makes both ends of a request: the client that sends it, and the server that gets it.
func (st state) asked(r *http.Request) (state, error) {
	var out httpconn.Output
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	if err != nil || len(key) == 0 {
		return st, errors.New("a request without a key")
	}
	opt := mintws.Options{Delivery: mintws.DeliverFragments, ManualReply: true, Rand: same(key)}
	anyOrigin := func(*http.Request) error { return nil }
	st.server, _, _, err = mintws.Accept(r, mintws.AcceptOptions{Delivery: mintws.DeliverFragments, CheckOrigin: anyOrigin,
		Choose: func(offered []string) string { opt.Subprotocols = offered; return "" }})
	if err == nil {
		st.conn, err = httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
	}
	if err == nil {
		st.conn, st.client, err = mintws.Upgrade(st.conn, &out, "ws://"+r.Host+r.URL.RequestURI(), opt)
	}
	return st, err
}

func (st state) fromServer(p piece, log *notes) state {
	var out httpconn.Output
	var in mintws.Inbox
	var err error
	if p.end {
		st.conn, err = st.conn.StreamEOF(&out)
	} else {
		st.conn, err = st.conn.Stream(&out, p.data)
	}
	if len(out.Events) == 0 && err != nil {
		log.add("the client sees: %v", err)
	}
	for _, ev := range out.Events {
		st.conn, st.client, err = mintws.Receive(st.conn, &out, st.client, &in, ev)
		if ev.Kind == httpconn.EventHeaders {
			log.add("HTTP %d", ev.Status)
			fields(log, ev.Header)
			if st.client.State() != mintws.Open {
				st.server = mintws.WebSocket{} // there never was one
			}
		} else if ev.Kind == httpconn.EventData && st.client.State() == mintws.Failed && err == nil {
			log.add("%d bytes of content", len(ev.Data))
		}
		if err != nil {
			log.add("the client sees: %v", err)
		}
	}
	for _, f := range in.Frames {
		st.server, _, _ = st.server.Encode(f)
		st.frames[1]++
		log.add("%v", f)
	}
	return st
}

// fields notes those of a head, in the order of their names.
func fields(log *notes, h http.Header) {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		log.add("  %s: %q", name, strings.Join(h[name], ", "))
	}
}

// print says where both ends stand.
func (st state) print(w io.Writer) {
	name := func(s mintws.State) string {
		if s == mintws.Invalid {
			return "none"
		}
		return s.String()
	}
	fmt.Fprintf(w, "     client %s, server %s; frames: > %d, < %d\n", name(st.client.State()), name(st.server.State()), st.frames[0], st.frames[1])
}
