package main

import (
	"net/http"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
	"github.com/mintws/mintws/mintws/session"
)

// serve starts an echo server on addr.
func serve(addr string) (*hub, error) {
	h := newHub(session.Timing{}, addr)
	h.accept = h.greet
	h.opened = func(*link) {}
	h.closed = func(*link, error) {}
	h.received = func(l *link, f mintws.Frame) {
		switch f.Opcode {
		case mintws.OpText, mintws.OpBinary, mintws.OpContinuation:
			_ = h.send(l, f) // not behind the answer to a Close, which a Session gives at once
		}
	}
	return h, h.start()
}

// greet takes a part of a request, and answers it once it is complete.
func (h *hub) greet(l *link, data []byte) {
	for l.greeting && !l.over && len(data) > 0 {
		var r *http.Request
		var err error
		again := true
		l.head, r, data, err = l.head.Feed(data)
		switch {
		case err != nil:
			h.out.Send, again = handshake.AppendRefusal(h.out.Send, nil, err)
		case r != nil:
			again = h.answer(l, r)
		}
		if !again {
			l.over, l.due = true, time.Now().Add(time.Second)
		}
	}
	h.flush(l)
	if !l.greeting && len(data) > 0 {
		h.receive(l, data)
	}
}

// answer answers r, and reports whether the connection goes on.
func (h *hub) answer(l *link, r *http.Request) (again bool) {
	ws, status, header, err := mintws.Accept(r, mintws.AcceptOptions{Delivery: mintws.DeliverPayload})
	if err == nil {
		h.out.Send, err = handshake.AppendAnswer(h.out.Send, status, header)
	}
	if err != nil {
		h.out.Send, again = handshake.AppendRefusal(h.out.Send, r, err)
		return again
	}
	l.s, l.greeting = session.New(httpconn.Conn{}, ws, h.deadlines, time.Now()), false
	return true
}
