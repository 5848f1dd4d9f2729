// Package echo is an echo server on net/http, for tests that are about net/http, its HTTP/2 above all. Where it does not matter
// which server it is, package wstest has one.
package echo

import (
	"net/http"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wshttp"
)

// patience bounds each wait for the client.
const patience = time.Minute

// Options is how the server behaves.
type Options struct {
	// Accept judges the requests. Without Extensions the server agrees to permessage-deflate.
	Accept mintws.AcceptOptions
	// Done, if it is set, is told of each WebSocket that is over, and how many messages it has had.
	Done func(messages int, ws mintws.WebSocket)
}

// New returns a handler that returns every message to its sender.
func New(options Options) http.Handler {
	opt := options.Accept
	if opt.Extensions == nil {
		deflate, err := mintws.NewDeflate(mintws.DeflateOptions{})
		if err != nil {
			panic(err) // the defaults are valid
		}
		opt.Extensions = []mintws.Extension{deflate}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, status, header, err := mintws.Accept(r, opt)
		if err != nil {
			wshttp.Refuse(w, err)
			return
		}
		stream, err := wshttp.Answer(w, r, status, header)
		if err != nil {
			return
		}
		defer stream.Close()
		e := session{stream: stream, ws: ws, in: mintws.Inbox{Max: 1 << 20}}
		e.run()
		if options.Done != nil {
			options.Done(e.messages, e.ws)
		}
	})
}

// session is one WebSocket.
type session struct {
	stream   wshttp.Stream
	ws       mintws.WebSocket
	in       mintws.Inbox
	out      []byte
	messages int
}

// run echoes until the WebSocket or its stream is over.
func (s *session) run() {
	buf := make([]byte, 64<<10)
	for s.ws.State() == mintws.Open || s.ws.State() == mintws.Closing {
		if s.stream.SetReadDeadline(time.Now().Add(patience)) != nil {
			return
		}
		n, err := s.stream.Read(buf)
		for data := buf[:n]; len(data) > 0; data = s.in.Rest {
			if !s.answer(data) {
				return
			}
		}
		if err != nil {
			s.ws, _ = s.ws.EOF() // its Err keeps the error
			return
		}
	}
	wshttp.Linger(s.stream, patience) // the client is gone
}

// answer decodes bytes, and reports whether what they call for could be written.
func (s *session) answer(data []byte) bool {
	s.in.Reset()
	s.out = s.out[:0]
	var failure error
	s.ws, failure = s.ws.AppendDecode(&s.in, data)
	for _, f := range s.in.Frames { // those before a failure are answered too
		reply, ok := s.ws.Reply(f)
		if !f.Opcode.IsControl() {
			reply, ok = f, true
			if !f.More {
				s.messages++
			}
		}
		if ok {
			s.send(reply)
		}
	}
	if f, ok := mintws.CloseFrame(failure); ok {
		s.send(f)
	}
	if len(s.out) == 0 {
		return true
	}
	if s.stream.SetWriteDeadline(time.Now().Add(patience)) != nil {
		return false
	}
	_, err := s.stream.Write(s.out)
	return err == nil
}

// send appends f to out. What comes after a Close is not answered.
func (s *session) send(f mintws.Frame) {
	if ws, out, err := s.ws.AppendEncode(s.out, f); err == nil {
		s.ws, s.out = ws, out
	}
}
