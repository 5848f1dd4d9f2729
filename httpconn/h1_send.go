package httpconn

import (
	"bytes"
	"fmt"
	"math"
	"math/bits"
	"net/http"

	"golang.org/x/net/http/httpguts"
)

// h1CanSend returns nil if the stream can carry bytes now.
func (c *Conn) h1CanSend(id StreamID) error {
	if err := c.h1Usable(); err != nil {
		return err
	}
	r, ok := c.h1.find(id)
	switch {
	case !ok:
		return ErrUnknownStream
	case id == c.h1.lastID && c.h1.sendState == sendWaiting:
		return ErrNotSendable
	case id == c.h1.lastID && c.h1.sendState != sendNothing:
		return nil
	case r.flags&reqBody != 0 || c.h1.recvState >= recvTunnel:
		return ErrStreamEnded
	}
	return ErrNotSendable
}

// h1SendWindow is Conn.SendWindow on HTTP/1.1, which has no windows.
func (c *Conn) h1SendWindow(id StreamID) int {
	if c.h1Usable() != nil || id != 0 && c.h1CanSend(id) != nil {
		return 0
	}
	return math.MaxInt
}

// h1SendData is Conn.SendData on HTTP/1.1.
func (c *Conn) h1SendData(out *Output, id StreamID, p []byte, end bool) error {
	mark, err := c.h1BeginData(out, id, len(p))
	if err != nil {
		if end && len(p) == 0 && c.h1Ended(id) {
			return nil
		}
		return err
	}
	out.Send = append(out.Send, p...)
	return c.h1EndData(out, id, mark, end)
}

// h1Ended reports whether id is under way and our side of it has ended.
func (c *Conn) h1Ended(id StreamID) bool {
	_, ok := c.h1.find(id)
	return ok && c.h1Usable() == nil && (id != c.h1.lastID || c.h1.sendState == sendNothing)
}

// h1BeginData is Conn.BeginData on HTTP/1.1: it leaves room for the head of a chunk.
func (c *Conn) h1BeginData(out *Output, id StreamID, size int) (int, error) {
	if err := c.h1CanSend(id); err != nil {
		return 0, err
	}
	mark := len(out.Send)
	switch c.h1.sendState {
	case sendCounted:
		if int64(size) > c.h1.sendRemaining {
			return 0, fmt.Errorf("%w: %d bytes given, %d remaining", ErrBodyLength, size, c.h1.sendRemaining)
		}
	case sendChunked: // as many zeros as the size has digits; EndData counts them
		for range hexLen(size) {
			out.Send = append(out.Send, '0')
		}
		out.Send = append(out.Send, '\r', '\n')
	}
	return mark, nil
}

// h1EndData is Conn.EndData on HTTP/1.1.
func (c *Conn) h1EndData(out *Output, id StreamID, mark int, end bool) error {
	if err := c.h1CanSend(id); err != nil {
		return err
	}
	if mark < 0 || mark > len(out.Send) {
		return fmt.Errorf("%w: mark %d, but out.Send holds %d bytes", ErrNotSendable, mark, len(out.Send))
	}
	switch c.h1.sendState {
	case sendCounted:
		n := int64(len(out.Send) - mark)
		if n > c.h1.sendRemaining || end && n < c.h1.sendRemaining {
			out.Send = out.Send[:mark]
			return fmt.Errorf("%w: %d bytes given, %d remaining", ErrBodyLength, n, c.h1.sendRemaining)
		}
		c.h1.sendRemaining -= n
	case sendChunked:
		width := chunkRoom(out.Send[mark:])
		if width == 0 {
			return fmt.Errorf("%w: mark %d is not where BeginData left room", ErrNotSendable, mark)
		}
		out.Send = frameChunk(out.Send, mark, width)
		if end {
			out.Send = append(out.Send, "0\r\n\r\n"...)
		}
	}
	if end {
		c.h1.sendState = sendNothing
	}
	return nil
}

// hexLen is the number of hexadecimal digits of n.
func hexLen(n int) int { return max(1, (bits.Len(uint(max(n, 0)))+3)/4) }

// chunkRoom returns the number of zeros before CR LF that BeginData wrote, or 0.
func chunkRoom(b []byte) int {
	width := 0
	for width < len(b) && b[width] == '0' {
		width++
	}
	if !bytes.HasPrefix(b[width:], []byte("\r\n")) {
		return 0
	}
	return width
}

// frameChunk makes a chunk (RFC 9112 section 7.1) of b[mark:], which is a chunk head of zeros and content. Without content it
// removes the head, as a chunk of size 0 would be the last.
func frameChunk(b []byte, mark, width int) []byte {
	n := len(b) - mark - width - len("\r\n")
	if n == 0 {
		return b[:mark]
	}
	if more := hexLen(n) - width; more > 0 { // more content than was announced to BeginData
		b = append(b, "0000000000000000"[:more]...)
		copy(b[mark+more:], b[mark:])
		width += more
	}
	const digits = "0123456789abcdef"
	for i := width - 1; i >= 0; i-- {
		b[mark+i] = digits[n&15]
		n >>= 4
	}
	return append(b, '\r', '\n')
}

// h1SendTrailers is Conn.SendTrailers on HTTP/1.1.
func (c *Conn) h1SendTrailers(out *Output, id StreamID, h http.Header) error {
	if err := c.h1CanSend(id); err != nil {
		return err
	}
	if c.h1.sendState != sendChunked {
		return fmt.Errorf("%w: only chunked content has trailers", ErrNotSendable)
	}
	fields, err := checkFields(nil, h)
	if err != nil {
		return err
	}
	for _, f := range fields {
		if name := http.CanonicalHeaderKey(f.name); !httpguts.ValidTrailerHeader(name) || name == "Upgrade" {
			return invalid("trailer field "+quote(f.name), "a field that may stand in a trailer section (RFC 9110 section 6.5.1)")
		}
	}
	out.Send = append(out.Send, "0\r\n"...)
	out.Send = appendFields(out.Send, fields)
	out.Send = append(out.Send, "\r\n"...)
	c.h1.sendState = sendNothing
	return nil
}
