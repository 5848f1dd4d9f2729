package session

import (
	"net/http"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// Output is the caller's scratch space, passed by pointer to every method that produces something. It is not a value, and
// not for several goroutines at once. One Output can serve many Sessions, one after the other: what a Session has to
// remember is in the Session.
//
// What has to be written is in Send. It leaves the Output by WriteTo or Take, which empty it, so that no byte goes to
// another connection; no call drops it, and each appends to it. What was received is in Frames, and with a Conn what the
// server did in Events. [Session.Received], [Session.EOF] and [Session.Tick] begin by emptying these two, so that they hold
// what came with that one call; Send and the other calls leave them alone, and may be used while ranging over them.
//
// Payloads of Frames are read-only, and valid until the next of those three calls or until the bytes passed to Received are
// used again, whichever comes first. Frame.Clone makes one last.
type Output struct {
	httpconn.Output // Send and Events
	mintws.Inbox    // Frames, and with Max and Rest the bound of one call: see Received

	rest []byte // Rest, as long as it was not passed in
	next int    // of Events, the one that Rest belongs to
}

// Answer returns the head of the server's answer to the opening handshake, if it came with the last call: that of the 101, or
// of the 2xx on HTTP/2, in which State becomes Open, for those who want its cookies; or that of a refusal, which [Refusal] has
// too. The header belongs to the caller. A Session does not keep it.
func (o *Output) Answer() (status int, header http.Header, ok bool) {
	for i := range o.Events {
		if ev := &o.Events[i]; ev.Kind == httpconn.EventHeaders {
			return ev.Status, ev.Header, true
		}
	}
	return 0, nil, false
}

// Reset empties o and keeps its memory and Max, for another connection or after an error of WriteTo. It drops what stands in
// Send and what was received, Rest included.
func (o *Output) Reset() {
	o.Output.Reset()
	o.begin()
}

// begin empties what the last call has received.
func (o *Output) begin() {
	for i := range o.Events { // let go of headers and buffers; the rest is overwritten
		ev := &o.Events[i]
		ev.Header, ev.Data, ev.Err = nil, nil, nil
	}
	o.Events, o.next, o.rest = o.Events[:0], 0, nil
	o.Inbox.Reset()
}

// resume empties Frames alone: what was not taken is still to come.
func (o *Output) resume() {
	o.Inbox.Reset()
	o.Rest = o.rest
}

// isRest reports whether data is what the last call has left.
func (o *Output) isRest(data []byte) bool {
	return len(o.rest) > 0 && len(data) == len(o.rest) && &data[0] == &o.rest[0]
}
