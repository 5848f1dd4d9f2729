package httpconn

import "io"

// Output is the caller's scratch space, passed by pointer to every method that produces something, like dst in append. It
// is not a value, and not safe for use from several goroutines at once.
//
// It is valid even when the method returned an error: write Send and handle Events before acting on the error. Only
// [Conn.Stream] and [Conn.StreamEOF], and httpdial through them, append Events. Every other call appends to Send alone, so
// ranging over Events while making calls is safe.
//
// One Output can serve many connections, one after the other. Then Send has to leave it by [Output.WriteTo] or
// [Output.Take], which consume what they hand on. Bytes that were copied but not consumed would be sent again on the
// connection whose turn is next, with whatever cookies and tokens are in them. Neither may be called between
// [Conn.BeginData] and [Conn.EndData].
type Output struct {
	Events []Event // what the server did, in order
	Send   []byte  // what must be written to the socket, in order
}

// WriteTo writes Send to w and removes from it what was written. After an error the rest is still in Send, at its front, so
// that a writer which was interrupted can go on with it. If there is nothing to write, w is not called. Events are not
// touched.
//
// The error is that of w, or [io.ErrShortWrite] if w wrote less than it was given and returned none.
func (o *Output) WriteTo(w io.Writer) (int64, error) {
	if len(o.Send) == 0 {
		return 0, nil
	}
	n, err := w.Write(o.Send)
	n = max(0, min(n, len(o.Send)))
	if err == nil && n < len(o.Send) {
		err = io.ErrShortWrite
	}
	o.Send = o.Send[:copy(o.Send, o.Send[n:])]
	return int64(n), err
}

// Take appends Send to dst, which holds what is still unwritten for this connection, and empties Send. It is for sockets
// that do not block. dst must not overlap Send. Events are not touched.
func (o *Output) Take(dst []byte) []byte {
	dst = append(dst, o.Send...)
	o.Send = o.Send[:0]
	return dst
}

// Reset empties o and keeps its memory for reuse. It drops the Events, with the Data that pointed into the caller's
// buffers, and whatever is still in Send.
func (o *Output) Reset() {
	for i := range o.Events { // let go of headers and buffers; the rest is overwritten
		e := &o.Events[i]
		e.Header, e.Data, e.Err = nil, nil, nil
	}
	o.Events = o.Events[:0]
	o.Send = o.Send[:0]
}

// addData appends the event for bytes that came on a stream. Its fields are written one by one, at half the price of copying an
// Event.
func (o *Output) addData(id StreamID, tag uint64, p []byte) {
	n := len(o.Events)
	if n == cap(o.Events) {
		o.Events = append(o.Events, Event{})[:n]
	}
	o.Events = o.Events[:n+1]
	e := &o.Events[n]
	e.Kind, e.StreamID, e.Tag, e.Status = EventData, id, tag, 0
	e.Header, e.Data, e.Err = nil, p, nil
}
