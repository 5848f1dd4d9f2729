package wstest

import (
	"bufio"
	"bytes"
	"net/http"
	"strconv"

	"github.com/mintws/mintws/internal/respond"
)

// maxHead is how long the head of a request may be.
const maxHead = 64 << 10

// requests handles the requests of an HTTP/1.1 connection, up to the one that opens the WebSocket.
func (p *Peer) requests() {
	for p.ws == nil && p.end == live && !p.waiting {
		r, rest, status := readRequest(p.in)
		if r == nil && status == 0 {
			return // there is more to come
		}
		if status != 0 {
			p.refuse(answer{status: status, body: http.StatusText(status) + "\n"}, true)
			return
		}
		p.in = rest
		how := p.behavior(r)
		p.waiting = true
		p.answered(how, func() { p.respond(r, how) })
	}
}

// respond answers a request, and goes on with what has come behind it.
func (p *Peer) respond(r *http.Request, how Behavior) {
	p.waiting = false
	if p.end != live {
		return
	}
	a := p.judge(r, how)
	if a.ws == nil {
		p.refuse(a, r.Close || r.ContentLength != 0) // content is not read
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

// readRequest takes a request off the front of b. Where it is not complete yet r is nil and status 0; where it is none, status
// is that of the answer.
func readRequest(b []byte) (r *http.Request, rest []byte, status int) {
	n := bytes.Index(b, []byte("\r\n\r\n"))
	if n < 0 {
		if len(b) > maxHead {
			return nil, nil, http.StatusRequestHeaderFieldsTooLarge
		}
		return nil, b, 0
	}
	n += len("\r\n\r\n")
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b[:n])))
	switch {
	case err != nil:
		return nil, nil, http.StatusBadRequest
	case r.ProtoMajor != 1: // RFC 9110 section 15.6.6
		return nil, nil, http.StatusHTTPVersionNotSupported
	}
	return r, b[n:], 0
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
