package wstest

import (
	"net/http"

	"github.com/mintws/mintws/mintws"
)

// ending is how the server ends its side of a WebSocket, or of a connection.
type ending int

const (
	live     ending = iota
	finished        // in order, once everything is written: END_STREAM, or FIN
	vanished        // the TCP connection, without another word
	reset           // RST_STREAM, or RST
)

// maxTake is how much payload is decoded before it is answered: compressed bytes can grow a thousandfold.
const maxTake = 1 << 20

// session is one WebSocket, on either version of HTTP. It writes to out, from where the connection takes it.
type session struct {
	peer    *Peer
	request *http.Request // for Options.Over, nil without: it takes more memory than all the rest
	how     *Behavior
	ws      mintws.WebSocket
	wake    func() // tells the connection that there may be something in out

	out      []byte
	end      ending
	later    []mintws.Frame // received, and waiting for their answer
	answered int            // messages
	faulty   bool           // the fault has happened
	silent   bool
	over     bool // Options.Over was told
}

// begin is called when the answer to the handshake is written.
func (s *session) begin() {
	s.send(s.how.Greeting...)
	s.misbehave()
}

// receive takes bytes from the client.
func (s *session) receive(data []byte) {
	in := &s.peer.inbox
	in.Max = maxTake
	for len(data) > 0 && s.end == live && !s.silent {
		in.Reset()
		var failure error
		s.ws, failure = s.ws.AppendDecode(in, data)
		for _, f := range in.Frames { // those before a failure are answered too
			s.take(f)
		}
		if f, ok := mintws.CloseFrame(failure); ok && !s.silent {
			s.send(f)
		}
		if failure != nil {
			s.finish(finished)
		}
		data = in.Rest
	}
}

// take answers f, now or later.
func (s *session) take(f mintws.Frame) {
	if s.how.Delay <= 0 {
		s.answer(f)
		return
	}
	s.later = append(s.later, f.Clone())
	s.peer.after(s.how.Delay, func() { // timers of the same length may fire in any order, the frames keep theirs
		f := s.later[0]
		s.later = s.later[1:]
		s.answer(f)
		s.wake()
	})
}

// answer sends what f calls for.
func (s *session) answer(f mintws.Frame) {
	if s.end != live || s.silent {
		return
	}
	if f.Opcode.IsControl() {
		if reply, ok := s.ws.Reply(f); ok {
			s.send(reply)
		}
		if s.ws.State() == mintws.Closed {
			s.finish(finished) // RFC 6455 section 7.1.1: the server closes the connection first
		}
		return
	}
	if s.how.Reply != nil {
		s.send(s.how.Reply(f)...)
	} else {
		s.send(mintws.Frame{Opcode: f.Opcode, More: f.More, Payload: f.Payload})
	}
	if !f.More {
		s.answered++
		s.misbehave()
	}
}

// misbehave does what Behavior.Fault says, when its time has come.
func (s *session) misbehave() {
	if s.faulty || s.answered < s.how.After || s.end != live {
		return
	}
	s.faulty = true
	switch s.how.Fault {
	case FaultClose:
		s.send(mintws.Close(s.how.Code, s.how.Reason))
	case FaultVanish:
		s.finish(vanished)
	case FaultReset:
		s.finish(reset)
	case FaultSilence:
		s.silent = true
	case FaultBytes:
		s.out = append(s.out, s.how.Bytes...)
	}
}

// send appends frames to out. A frame that cannot be sent is the test's mistake, and the Close says so; after a Close nothing
// is sent any more.
func (s *session) send(frames ...mintws.Frame) {
	for _, f := range frames {
		ws, out, err := s.ws.AppendEncode(s.out, f)
		if err == nil {
			s.ws, s.out = ws, out
			continue
		}
		reason := "wstest: " + err.Error()
		mistake := mintws.Close(mintws.CodeInternalError, reason[:min(len(reason), 123)]) // RFC 6455 section 5.5
		if ws, out, err = s.ws.AppendEncode(s.out, mistake); err == nil {
			s.ws, s.out = ws, out
		}
		return
	}
}

// finish ends the server's side, and tells how it was.
func (s *session) finish(how ending) {
	if s.end == live {
		s.end = how
	}
	if s.over {
		return
	}
	s.over = true
	if s.ws.State() != mintws.Closed {
		s.ws, _ = s.ws.EOF() // its Err keeps the error
	}
	if s.peer.opt.Over != nil {
		s.peer.opt.Over(s.request, s.ws)
	}
}
