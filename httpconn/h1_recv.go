package httpconn

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2"

	"github.com/mintws/mintws/internal/badbyte"
)

// h1Receive is Conn.Stream on HTTP/1.1. Each state takes what belongs to it and leaves the rest of data to the next one.
func (c *Conn) h1Receive(out *Output, data []byte) error {
	if c.fail != nil {
		return c.fail
	}
	if c.h1.recvState == recvClosed || c.h1.recvState == recvTunnelEOF {
		return ErrClosed
	}
	for len(data) > 0 {
		var n int
		var e *ConnError
		switch c.h1.recvState {
		case recvHead, recvTrailers:
			n, e = c.h1HandleHead(out, data)
		case recvCounted:
			n = c.h1HandleContent(out, data, c.recvRemaining)
			if c.recvRemaining -= int64(n); c.recvRemaining == 0 {
				c.h1HandleEnd(out)
			}
		case recvChunked:
			if c.h1.chunkState != chunkData {
				n, e = c.h1HandleChunkHead(data)
				break
			}
			n = c.h1HandleContent(out, data, c.recvRemaining)
			if c.recvRemaining -= int64(n); c.recvRemaining == 0 {
				c.h1.chunkState = chunkDataCR
			}
		default: // recvToEOF, recvTunnel
			n = c.h1HandleContent(out, data, int64(len(data)))
		}
		c.h1.offset += int64(n)
		if e != nil {
			e.Reason = fmt.Sprintf("offset %d: %s", c.h1.offset, e.Reason)
			return c.h1Fail(out, e)
		}
		data = data[n:]
	}
	return nil
}

// h1ReceiveEOF is Conn.StreamEOF on HTTP/1.1.
func (c *Conn) h1ReceiveEOF(out *Output) error {
	if c.fail != nil {
		return c.fail
	}
	h := &c.h1
	switch {
	case h.recvState == recvClosed || h.recvState == recvTunnelEOF:
		return ErrClosed
	case h.recvState == recvTunnel:
		out.Events = append(out.Events, h.event(EventDone))
		h.recvState = recvTunnelEOF
		return nil
	case h.recvState == recvToEOF: // RFC 9112 6.3 rule 8
		c.h1HandleEnd(out)
		for r := h.queue; r != nil; r = r.next { // the server has not said close, so it may have processed them
			out.Events = append(out.Events, Event{Kind: EventReset, StreamID: r.id, Tag: r.tag, Err: &StreamError{
				Stream: r.id, Err: ErrUnexpectedEOF, Reason: "the response before it ended with the connection"}})
		}
		c.h1Close()
		return nil
	case h.recvState == recvHead && h.queue == nil:
		c.h1Close()
		return nil
	}
	return c.h1Fail(out, fault(http2.ErrCodeNo, ErrUnexpectedEOF,
		"offset %d: the connection ended %s of request %d",
		h.offset, c.h1Where(), h.queue.id))
}

// h1Where says, for an error, what the connection ended in.
func (c *Conn) h1Where() string {
	switch h := &c.h1; {
	case h.recvState == recvHead && h.head == nil:
		return "before the response"
	case h.recvState == recvHead:
		return "in the response head"
	case h.recvState == recvCounted:
		return fmt.Sprintf("with %d bytes of content to come", c.recvRemaining)
	case h.recvState == recvTrailers:
		return "in the trailer section"
	}
	return "in a chunk"
}

// event returns an Event for the response under way.
func (h *h1) event(k EventKind) Event {
	return Event{Kind: k, StreamID: h.queue.id, Tag: h.queue.tag}
}

// h1HandleContent reports up to limit bytes of content and returns how many.
func (c *Conn) h1HandleContent(out *Output, data []byte, limit int64) int {
	n := int(min(limit, int64(len(data))))
	out.addData(c.h1.queue.id, c.h1.queue.tag, data[:n:n])
	return n
}

// h1HandleHead goes on with a response head or a trailer section. It returns how many bytes it took.
func (c *Conn) h1HandleHead(out *Output, data []byte) (int, *ConnError) {
	h := &c.h1
	var head h1head
	switch {
	case h.queue == nil: // RFC 9112 9.2: it must not be taken for the response to a later request
		return 0, fault(http2.ErrCodeProtocol, ErrUnsolicited, "byte %s while no request is under way, expected nothing",
			badbyte.Show(data[0]))
	case h.head != nil:
		head = *h.head
	case h.recvState == recvTrailers:
		head = newTrailers()
	default:
		head = newHead(h.queue, int64(h.count) >= int64(c.set.limits.MaxInformational))
	}
	n, done, e := head.run(&c.set.limits, data)
	if e != nil {
		return n, e
	}
	if !done {
		part := head // only this goes to the heap: most heads come whole
		part.buf = part.buf.Append(data[:n], 0)
		h.head = &part
		return n, nil
	}
	section := data[:n]
	if head.buf.Len() > 0 {
		section = head.buf.Append(section, 0).Bytes()
	}
	h.head = nil
	if head.trailer {
		if head.fields > 0 {
			ev := h.event(EventTrailers)
			ev.Header = collectFields(section, head.fields)
			out.Events = append(out.Events, ev)
		}
		c.h1HandleEnd(out)
		return n, nil
	}
	c.h1HandleAnswer(out, &head, collectFields(section[bytes.IndexByte(section, '\n')+1:], head.fields))
	return n, nil
}

// h1HandleAnswer reports a complete response head and decides what follows it (RFC 9112 section 6.3, in its order).
func (c *Conn) h1HandleAnswer(out *Output, head *h1head, header http.Header) {
	h := &c.h1
	r := h.queue
	ev := h.event(EventHeaders)
	ev.Status = int(head.status)
	ev.Header = header
	if head.status < 200 && head.status != 101 {
		ev.Kind = EventInformational
		h.count++
		h.lastResponse = h.lastResponse || framed(header)
		out.Events = append(out.Events, ev)
		return
	}
	out.Events = append(out.Events, ev)
	if head.status == 101 || r.flags&reqConnect != 0 && head.status/100 == 2 {
		h.recvState, h.sendState = recvTunnel, sendTunnel
		return
	}
	if h.sendState == sendWaiting && r.id == h.lastID {
		h.sendState = sendNothing
	}
	// RFC 9112 9.3: persistence. We do not make use of HTTP/1.0 with keep-alive.
	h.serverClose = httpguts.HeaderValuesContainsToken(header["Connection"], "close")
	h.lastResponse = h.lastResponse || h.serverClose || r.flags&reqClose != 0 || head.minor == '0' ||
		head.status == 204 && framed(header)
	switch {
	case r.flags&reqHead != 0 || head.status == 204 || head.status == 304 || head.length == 0:
		c.h1HandleEnd(out)
	case head.chunked:
		h.recvState, h.chunkState, h.chunkDigits, c.recvRemaining, h.count = recvChunked, chunkSize, 0, 0, 0
	case head.length > 0:
		h.recvState, c.recvRemaining = recvCounted, head.length
	default:
		h.recvState = recvToEOF
	}
}

// framed reports whether a response that has no content announces some. Its server may send that content, which would be
// read as the beginning of the next response.
func framed(h http.Header) bool {
	return h["Transfer-Encoding"] != nil || slices.ContainsFunc(h["Content-Length"], func(v string) bool {
		return v == "" || strings.Trim(v, "0") != ""
	})
}

// h1HandleEnd ends the response under way. If the connection does not outlive it, the requests behind it end too. Only if
// the server said close is it known not to have processed them (RFC 9112 section 9.6).
func (c *Conn) h1HandleEnd(out *Output) {
	h := &c.h1
	out.Events = append(out.Events, h.event(EventDone))
	last := h.queue.id
	h.queue = h.queue.next
	h.recvState, h.chunkState, c.recvRemaining, h.count = recvHead, chunkSize, 0, 0
	if !h.lastResponse {
		return
	}
	for r := h.queue; r != nil; r = r.next {
		var e error = &StreamError{Stream: r.id, Err: ErrUnexpectedEOF,
			Reason: "the connection does not go on after the response before it"}
		if h.serverClose {
			e = &GoAwayError{LastStream: last, Err: ErrUnprocessed}
		}
		out.Events = append(out.Events, Event{Kind: EventReset, StreamID: r.id, Tag: r.tag, Err: e})
	}
	h.queue = nil
}

// h1Fail ends the connection with e, which every request under way is told.
func (c *Conn) h1Fail(out *Output, e *ConnError) *ConnError {
	for r := c.h1.queue; r != nil; r = r.next {
		out.Events = append(out.Events, Event{Kind: EventReset, StreamID: r.id, Tag: r.tag, Err: e})
	}
	c.h1Close()
	c.fail = e
	return e
}

// h1Close ends the connection, and forgets all that it held.
func (c *Conn) h1Close() { c.h1, c.recvRemaining = h1{recvState: recvClosed}, 0 }

// h1Cancel is Conn.Cancel on HTTP/1.1.
func (c *Conn) h1Cancel(id StreamID) error {
	if err := c.h1Usable(); err != nil {
		return err
	}
	if _, ok := c.h1.find(id); !ok {
		return ErrUnknownStream
	}
	c.h1Close()
	return nil
}
