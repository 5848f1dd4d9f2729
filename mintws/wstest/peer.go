package wstest

import (
	"crypto/tls"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"

	"golang.org/x/net/http2"
)

// Peer is the server's end of one connection without the connection: bytes that the client sent go in, and the bytes that the
// server answers come out. It is no value, and may not be used by several goroutines at once.
type Peer struct {
	opt    Options
	after  func(d time.Duration, f func()) // runs f when the time has passed
	remote string
	tls    *tls.ConnectionState

	in    []byte // received, and not yet a whole head or frame
	out   []byte // to be written
	end   ending
	inbox mintws.Inbox

	head    handshake.Head // HTTP/1.1: of the request that comes next
	started bool           // it is known which version the client speaks
	waiting bool           // HTTP/1.1: a request waits for its answer
	ws      *session       // HTTP/1.1: nil until a WebSocket is open
	h2      *h2            // HTTP/2: nil on HTTP/1.1
}

// NewPeer returns the server's end of a new connection. It panics if an option cannot be used.
func NewPeer(opt Options) *Peer { return newPeer(opt.complete()) }

// complete fills in the defaults.
func (opt Options) complete() Options {
	if err := opt.Accept.Check(); err != nil {
		panic("wstest: " + err.Error())
	}
	if opt.Accept.Extensions == nil && !opt.NoDeflate {
		deflate, err := mintws.NewDeflate(mintws.DeflateOptions{})
		if err != nil {
			panic(err) // the defaults are valid
		}
		opt.Accept.Extensions = []mintws.Extension{deflate}
	}
	if len(opt.Protocols) == 0 {
		opt.Protocols = []httpconn.Version{httpconn.HTTP1, httpconn.HTTP2}
	}
	if opt.MaxStreams == 0 {
		opt.MaxStreams = 250
	}
	return opt
}

// newPeer is NewPeer with options that are complete.
func newPeer(opt Options) *Peer {
	return &Peer{opt: opt, head: newHead(), after: func(_ time.Duration, f func()) { f() }}
}

// Receive takes bytes that the client sent, cut anywhere, and returns what the server sends; that is valid until the next
// call.
func (p *Peer) Receive(data []byte) []byte {
	p.take(data)
	return p.flush()
}

// EOF tells the server that the client has closed the connection.
func (p *Peer) EOF() {
	if p.ws != nil {
		p.ws.finish(finished)
	}
	if p.h2 != nil {
		p.h2.eof()
	}
	p.close(finished)
}

// Over reports whether the server closes the connection, once what Receive has returned is written. What comes after that is
// ignored.
func (p *Peer) Over() bool { return p.end != live }

// close ends the connection.
func (p *Peer) close(how ending) {
	if p.end == live {
		p.end = how
	}
}

// take handles bytes from the client.
func (p *Peer) take(data []byte) {
	switch {
	case p.end != live:
	case p.ws != nil:
		p.ws.receive(data)
	default:
		p.in = append(p.in, data...)
		if !p.started {
			p.start()
		}
		switch {
		case !p.started:
		case p.h2 != nil:
			p.h2.frames()
		case p.waiting && len(p.in) > maxTake: // a client has nothing to say before it is answered
			p.refuse(answer{status: http.StatusRequestEntityTooLarge}, true)
		default:
			p.requests()
		}
	}
}

// start finds out from the first bytes which version the client speaks.
func (p *Peer) start() {
	preface := http2.ClientPreface
	n := min(len(p.in), len(preface))
	is := string(p.in[:n]) == preface[:n]
	if is && n < len(preface) {
		return // either
	}
	p.started = true
	switch {
	case is && p.speaks(httpconn.HTTP2):
		p.in = p.in[n:]
		p.h2 = newH2(p)
	case !p.speaks(httpconn.HTTP1): // RFC 9113 section 3.4: an invalid preface
		p.h2 = newH2(p)
		p.h2.fail(http2.ErrCodeProtocol)
	}
}

func (p *Peer) speaks(v httpconn.Version) bool { return slices.Contains(p.opt.Protocols, v) }

// flush returns what is to be written; that is valid until the next call of take.
func (p *Peer) flush() []byte {
	if p.ws != nil {
		p.out = append(p.out, p.ws.out...)
		p.ws.out = p.ws.out[:0]
		if p.ws.end != live {
			p.close(p.ws.end)
		}
	}
	if p.h2 != nil {
		p.h2.pump()
	}
	out := p.out
	if p.out = p.out[:0]; cap(p.out) > maxTake {
		p.out = nil
	}
	return out
}

// behavior asks what is to be done with a request. What it returns is not written to.
func (p *Peer) behavior(r *http.Request) *Behavior {
	r.RemoteAddr, r.TLS = p.remote, p.tls
	if p.opt.Behave != nil {
		how := p.opt.Behave(r)
		return &how
	}
	return &p.opt.Behavior
}

// answer is what a request is answered with.
type answer struct {
	status int
	header http.Header
	body   string   // of a refusal
	ws     *session // nil where the request is refused
}

// judge finds the answer to a request.
func (p *Peer) judge(r *http.Request, how *Behavior) answer {
	if how.Refuse != 0 {
		a := answer{status: how.Refuse, header: how.Header.Clone()}
		if how.Refuse != http.StatusNoContent && how.Refuse != http.StatusNotModified { // RFC 9110 sections 15.3.5 and 15.4.5
			a.body = strings.TrimSpace(http.StatusText(how.Refuse)) + "\n"
		}
		return a
	}
	ws, status, header, err := mintws.Accept(r, p.opt.Accept)
	a := answer{status: status, header: header}
	if err != nil {
		a.body = err.Error() + "\n" // a test wants to know all of it
		return a
	}
	a.ws = &session{peer: p, how: how, ws: ws, wake: func() {}}
	if p.opt.Over != nil {
		a.ws.request = r
	}
	return a
}

// answered calls f when the request's answer is due.
func (p *Peer) answered(how *Behavior, f func()) {
	switch {
	case how.HandshakeDelay == 0:
		f()
	case how.HandshakeDelay > 0:
		p.after(how.HandshakeDelay, f)
	}
}
