package wstest

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/mintws/mintws/internal/respond"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
)

// newHead is where a request begins: with as many fields as there may be, since the clients that are tested are friends.
func newHead() handshake.Head {
	return handshake.New(handshake.Limits{MaxHeaderBytes: 64 << 10, MaxHeaderFields: -1})
}

// requests handles the requests of an HTTP/1.1 connection, up to the one that opens the WebSocket.
func (p *Peer) requests() {
	for p.ws == nil && p.end == live && !p.waiting {
		head, r, rest, err := p.head.Feed(p.in)
		p.head, p.in = head, rest
		var refused *mintws.HandshakeError
		switch {
		case errors.As(err, &refused):
			p.refuse(answer{status: refused.Status, header: refused.Header, body: err.Error() + "\n"}, true)
			return
		case r == nil:
			return // there is more to come
		}
		how := p.behavior(r)
		p.waiting = true
		p.answered(how, func() { p.respond(r, how) })
	}
}

// respond answers a request, and goes on with what has come behind it.
func (p *Peer) respond(r *http.Request, how *Behavior) {
	p.waiting = false
	if p.end != live {
		return
	}
	a := p.judge(r, how)
	if a.ws == nil {
		p.refuse(a, r.Close)
		p.requests()
		return
	}
	p.out = respond.Append(p.out, a.status, a.header)
	p.ws = a.ws
	p.ws.begin()
	p.ws.receive(p.in)
	p.in = nil
}

// refuse writes the answer to a request that opens nothing.
func (p *Peer) refuse(a answer, last bool) {
	p.out = appendRefusal(p.out, a, last)
	if last {
		p.close(finished)
	}
}

// appendRefusal appends a response that opens nothing.
func appendRefusal(dst []byte, a answer, last bool) []byte {
	header := a.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if last {
		header.Set("Connection", "close")
	}
	if a.body != "" {
		header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	if a.status != http.StatusNoContent { // RFC 9110 section 8.6
		header.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	return append(respond.Append(dst, a.status, header), a.body...)
}
