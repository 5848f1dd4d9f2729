package wstest

import (
	"strconv"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// stream is one request on HTTP/2, and the WebSocket that it has opened.
type stream struct {
	h                      *h2
	id                     uint32
	ws                     *session // nil until it is opened
	early                  []byte   // came before that
	refusal                []byte   // the content of the answer that refuses it; not nil where there is one
	closed, ended          bool     // the client, and we, have ended our side
	waiting                bool     // in h.ready
	sendWindow, recvWindow int64    // the client's, and ours
	owed                   int64    // credit that was not given yet
}

// respond answers the request.
func (st *stream) respond(a answer) {
	h := st.h
	if h.streams[st.id] != st {
		return // reset while it waited
	}
	h.fields.Reset()
	field := func(name, value string) {
		h.must(h.enc.WriteField(hpack.HeaderField{Name: name, Value: value}))
	}
	field(":status", strconv.Itoa(a.status))
	for name, values := range a.header {
		if name == "Connection" || name == "Upgrade" { // RFC 9113 section 8.2.2
			continue
		}
		for _, v := range values {
			field(strings.ToLower(name), v)
		}
	}
	// What does not fit into one frame of the size that every client takes is the test's mistake.
	h.must(h.fr.WriteHeaders(http2.HeadersFrameParam{StreamID: st.id, BlockFragment: h.fields.Bytes(), EndHeaders: true}))
	if a.ws == nil {
		st.refusal = []byte(a.body)
		st.turn()
		return
	}
	st.ws, a.ws.wake = a.ws, st.turn
	st.ws.begin()
	st.receive(st.early)
	st.early = nil
	if st.closed {
		st.ws.finish(finished)
	}
	st.turn()
}

// data takes DATA (RFC 9113 sections 5.2 and 6.1).
func (h *h2) data(f *http2.DataFrame) {
	n := int64(f.Length)
	if h.recvWindow -= n; h.recvWindow < 0 && n > 0 { // section 6.9.1
		h.fail(http2.ErrCodeFlowControl)
		return
	}
	// A stream that is not read does not hold up the others, so the connection's credit is given at once.
	if h.owed += n; h.owed >= defaultWindow/4 {
		h.must(h.fr.WriteWindowUpdate(0, uint32(h.owed)))
		h.recvWindow, h.owed = h.recvWindow+h.owed, 0
	}
	st := h.streams[f.StreamID]
	switch {
	case f.StreamID > h.last: // section 5.1: it is idle
		h.fail(http2.ErrCodeProtocol)
		return
	case st == nil:
		return // it was reset or is over; the client may not know it yet
	case st.closed:
		h.reset(st.id, http2.ErrCodeStreamClosed)
		return
	}
	if st.recvWindow -= n; st.recvWindow < 0 && n > 0 {
		h.reset(st.id, http2.ErrCodeFlowControl)
		return
	}
	st.owed += n
	st.receive(f.Data())
	if f.StreamEnded() {
		st.halfClosed()
	}
	st.turn()
}

// receive hands bytes to the WebSocket.
func (st *stream) receive(data []byte) {
	switch {
	case st.ws != nil:
		st.ws.receive(data)
	case st.refusal == nil:
		st.early = append(st.early, data...) // no more than the window, as there is no credit before the answer
	}
}

// halfClosed: the client has ended its side. RFC 8441 section 5: that is the end of the WebSocket's bytes. Of a stream that both
// have ended nothing is left (RFC 9113 section 5.1).
func (st *stream) halfClosed() {
	st.closed = true
	st.lost()
	if st.ended { // now, as the client's next request may stand behind this in the same read
		st.h.forget(st.id)
		return
	}
	st.turn()
}

// lost tells the WebSocket that no more bytes come.
func (st *stream) lost() {
	if st.ws != nil {
		st.ws.finish(finished)
	}
}

// turn puts the stream among those that are looked at by pump.
func (st *stream) turn() {
	if !st.waiting {
		st.waiting = true
		st.h.ready = append(st.h.ready, st)
	}
}

// credit takes a WINDOW_UPDATE (RFC 9113 section 6.9).
func (h *h2) credit(id uint32, n int64) {
	st := h.streams[id]
	switch {
	case id == 0:
		if h.sendWindow += n; h.sendWindow > 1<<31-1 {
			h.fail(http2.ErrCodeFlowControl)
		}
		for _, st = range h.blocked {
			st.turn()
		}
		h.blocked = nil
	case id > h.last: // section 5.1: it is idle
		h.fail(http2.ErrCodeProtocol)
	case st != nil:
		if st.sendWindow += n; st.sendWindow > 1<<31-1 {
			h.reset(id, http2.ErrCodeFlowControl)
			return
		}
		st.turn()
	}
}

// reset ends a stream with an error.
func (h *h2) reset(id uint32, code http2.ErrCode) {
	h.must(h.fr.WriteRSTStream(id, code))
	if st := h.streams[id]; st != nil {
		st.lost()
		h.forget(id)
	}
}

// forget lets go of a stream that is over.
func (h *h2) forget(id uint32) { delete(h.streams, id) }

// pump writes what the client's windows allow, a frame of each stream in turn.
func (h *h2) pump() {
	for len(h.ready) > 0 && h.p.end == live {
		st := h.ready[0]
		h.ready = h.ready[1:]
		st.waiting = false
		if h.streams[st.id] == st && (st.ws != nil || st.refusal != nil) {
			st.write()
		}
	}
	if h.goaway && len(h.streams) == 0 {
		h.p.close(finished)
	}
}

// write writes one frame of the stream, if there is one to write, and what follows from its end.
func (st *stream) write() {
	h, out, end := st.h, &st.refusal, finished
	if st.ws != nil {
		out, end = &st.ws.out, st.ws.end
	}
	n := int(max(0, min(int64(len(*out)), int64(h.chunk), st.sendWindow, h.sendWindow)))
	rest := len(*out) - n
	last := rest == 0 && end == finished && !st.ended
	if n > 0 || last {
		h.must(h.fr.WriteData(st.id, last, (*out)[:n]))
		if *out = (*out)[n:]; rest == 0 && st.ws != nil {
			*out = nil // an idle WebSocket holds no buffer
		}
		st.sendWindow -= int64(n)
		h.sendWindow -= int64(n)
		st.ended = last
	}
	st.grant(rest)
	switch stuck := n == 0 && rest > 0; {
	case end == vanished && (rest == 0 || stuck):
		h.eof()
		h.p.close(vanished)
	case end == reset && (rest == 0 || stuck):
		h.reset(st.id, http2.ErrCodeCancel)
	case st.ended && st.closed:
		h.forget(st.id)
	case st.ended && st.ws == nil: // RFC 9113 section 8.1: the answer is complete, and no more of the request is wanted
		h.must(h.fr.WriteRSTStream(st.id, http2.ErrCodeNo))
		h.forget(st.id)
	case n > 0:
		st.turn() // there may be more
	case stuck && st.sendWindow > 0:
		h.blocked = append(h.blocked, st) // until there is credit for the connection
	}
}

// grant gives the client credit for the stream, unless too much is unwritten.
func (st *stream) grant(unwritten int) {
	if st.ws == nil || st.closed || unwritten > maxUnread || st.owed == 0 || st.owed < min(st.h.ourInitial, defaultWindow)/4 {
		return
	}
	st.h.must(st.h.fr.WriteWindowUpdate(st.id, uint32(st.owed)))
	st.recvWindow, st.owed = st.recvWindow+st.owed, 0
}
