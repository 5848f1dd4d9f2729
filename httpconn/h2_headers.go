package httpconn

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2"

	"github.com/mintws/mintws/internal/badbyte"
	"github.com/mintws/mintws/internal/hpack"
	"github.com/mintws/mintws/internal/pbuf"
)

// h2HandleHeaders takes a HEADERS frame (RFC 9113 section 6.2).
func (c *Conn) h2HandleHeaders(out *Output, f frameHead, p []byte) *ConnError {
	pad := 0
	if f.flags.Has(http2.FlagHeadersPadded) {
		if len(p) == 0 {
			return fault(http2.ErrCodeFrameSize, ErrMalformed, "padded HEADERS frame of 0 bytes")
		}
		pad, p = int(p[0]), p[1:]
	}
	if f.flags.Has(http2.FlagHeadersPriority) { // deprecated, and ignored (section 5.3.2)
		if len(p) < 5 {
			return fault(http2.ErrCodeFrameSize, ErrMalformed,
				"HEADERS frame of %d bytes, too short for its priority", f.length)
		}
		p = p[5:]
	}
	if pad > len(p) {
		return fault(http2.ErrCodeProtocol, ErrMalformed, "HEADERS with %d bytes of padding in %d", pad, len(p))
	}
	p = p[:len(p)-pad]
	end := f.flags.Has(http2.FlagHeadersEndStream)
	if err := c.h2CheckBlock(f.id, len(p), 1); err != nil {
		return err
	}
	if f.flags.Has(http2.FlagHeadersEndHeaders) {
		return c.h2HandleBlock(out, f.id, p, end)
	}
	r := c.editRare()
	r.block, r.blockID, r.blockEnd, r.blockFrames = pbuf.Buf{}.Append(p, 0), f.id, end, 1
	return nil
}

// h2HandleContinuation takes a CONTINUATION frame (RFC 9113 section 6.10).
func (c *Conn) h2HandleContinuation(out *Output, f frameHead, p []byte) *ConnError {
	if err := c.h2CheckBlock(f.id, c.h2.rare.block.Len()+len(p), c.h2.rare.blockFrames+1); err != nil {
		return err
	}
	r := c.editRare()
	r.block = r.block.Append(p, 0)
	r.blockFrames++
	if !f.flags.Has(http2.FlagContinuationEndHeaders) {
		return nil
	}
	block, end := r.block.Bytes(), r.blockEnd
	r.block, r.blockID, r.blockEnd, r.blockFrames = pbuf.Buf{}, 0, false, 0
	return c.h2HandleBlock(out, f.id, block, end)
}

// h2CheckBlock bounds a header block before it is kept or decoded: its bytes so far, and its frames, since empty ones cost
// the sender next to nothing.
func (c *Conn) h2CheckBlock(id StreamID, size, frames int) *ConnError {
	if limit := c.h2Allowed().headerBytes; size > limit {
		return fault(http2.ErrCodeEnhanceYourCalm, ErrHeaderTooLarge,
			"header block of more than %d bytes on stream %d", limit, id)
	}
	if limit := c.set.limits.MaxContinuations; frames > limit {
		return fault(http2.ErrCodeEnhanceYourCalm, ErrHeaderTooLarge,
			"header block in more than %d frames on stream %d", limit, id)
	}
	return nil
}

// h2HandleBlock takes a complete header block: of a response, of trailers, or of a stream that ignores it.
func (c *Conn) h2HandleBlock(out *Output, id StreamID, block []byte, end bool) *ConnError {
	h := &c.h2
	scratch := make([]hpack.Field, 0, min(16, len(block))) // a field is at least a byte; the answer to a WebSocket often is one
	limits := hpack.Limits{List: c.h2Allowed().headerBytes, Fields: c.set.limits.MaxHeaderFields}
	table, fields, err := h.rare.recvTable.AppendFields(scratch, block, limits)
	tooLarge := errors.Is(err, hpack.ErrTooLarge)
	if err != nil && !tooLarge { // RFC 9113 section 4.3: the tables are out of step for good
		return fault(http2.ErrCodeCompression, ErrMalformed, "header block on stream %d: %v", id, err)
	}
	if table != h.rare.recvTable {
		c.editRare().recvTable = table
	}
	s := h.streams.find(id)
	state := s.state()
	switch v := verdicts[http2.FrameHeaders][state]; {
	case v.action == failConn: // our side ended between HEADERS and its CONTINUATION
		return frameHead{kind: http2.FrameHeaders, id: id}.misplaced(v.code, state)
	case v.action == ignore:
		return nil
	case v.action == failStream:
		return c.h2FailStream(out, s, v.code, ErrMalformed, "HEADERS after the end of the stream")
	case tooLarge:
		return c.h2FailStream(out, s, http2.ErrCodeEnhanceYourCalm, ErrHeaderTooLarge, "%v", err)
	}
	h.chargeFields(fields, len(block))
	if s.flags&streamAnswered == 0 {
		return c.h2HandleResponse(out, s, fields, end)
	}
	return c.h2HandleTrailers(out, s, fields, end)
}

// h2HandleResponse takes the head of a response (RFC 9113 sections 8.1 and 8.3.2). A malformed one is a stream error
// (section 8.1.1).
func (c *Conn) h2HandleResponse(out *Output, s stream, fields []hpack.Field, end bool) *ConnError {
	malformed := func(format string, args ...any) *ConnError {
		return c.h2FailStream(out, s, http2.ErrCodeProtocol, ErrMalformed, format, args...)
	}
	if len(fields) == 0 || fields[0].Name != ":status" {
		return malformed("response does not begin with :status")
	}
	status, ok := parseStatus(fields[0].Value)
	if !ok {
		return malformed(":status is %s, expected three digits", quote(fields[0].Value))
	}
	header, err := headerOf(fields[1:])
	if err != nil {
		return malformed("%v", err)
	}
	if status < 200 {
		switch {
		case status == http.StatusSwitchingProtocols: // section 8.6
			return malformed("status 101, which HTTP/2 does not have")
		case end:
			return malformed("status %d ends the stream", status)
		case int(s.informational) >= c.set.limits.MaxInformational:
			return c.h2FailStream(out, s, http2.ErrCodeEnhanceYourCalm, ErrTooManyInformational,
				"more than %d informational responses", c.set.limits.MaxInformational)
		}
		s.informational++
		c.h2.streams.put(s)
		out.Events = append(out.Events,
			Event{Kind: EventInformational, StreamID: s.id, Tag: s.tag, Status: status, Header: header})
		return nil
	}
	if s.flags&streamConnect != 0 && status < 300 { // RFC 9110 section 9.3.6: a content-length is ignored
		s.flags |= streamTunnel
		s.recvRemaining = -1
	} else if s.recvRemaining, err = contentLength(header["Content-Length"]); err != nil {
		return malformed("%v", err)
	}
	switch {
	case s.flags&streamTunnel != 0:
	case s.flags&streamHead != 0 || status == http.StatusNoContent || status == http.StatusNotModified:
		s.recvRemaining = 0 // RFC 9110 section 6.4.1
	case end && s.recvRemaining > 0: // section 8.1.1
		return malformed("no content, but content-length %d", s.recvRemaining)
	}
	if s.flags&(streamConnect|streamTunnel) == streamConnect { // refused: we have nothing to send on it, so we end our side
		s.flags |= streamSentEnd
		out.Send = appendFrameHead(out.Send, 0, http2.FrameData, http2.FlagDataEndStream, s.id)
	}
	s.flags |= streamAnswered
	c.h2.streams.put(s)
	out.Events = append(out.Events, Event{Kind: EventHeaders, StreamID: s.id, Tag: s.tag, Status: status, Header: header})
	if end {
		return c.h2HandleEndStream(out, s)
	}
	return nil
}

// h2HandleTrailers takes a trailer section (RFC 9113 section 8.1), which ends the stream.
func (c *Conn) h2HandleTrailers(out *Output, s stream, fields []hpack.Field, end bool) *ConnError {
	malformed := func(format string, args ...any) *ConnError {
		return c.h2FailStream(out, s, http2.ErrCodeProtocol, ErrMalformed, format, args...)
	}
	if s.flags&streamTunnel != 0 { // section 8.5: only DATA, RST_STREAM, WINDOW_UPDATE and PRIORITY
		return malformed("HEADERS in a tunnel")
	}
	if !end {
		return malformed("a second response head")
	}
	header, err := headerOf(fields)
	if err != nil {
		return malformed("trailers: %v", err)
	}
	if s.recvRemaining <= 0 && len(header) > 0 { // h2HandleEndStream reports content that is too short
		out.Events = append(out.Events, Event{Kind: EventTrailers, StreamID: s.id, Tag: s.tag, Header: header})
	}
	return c.h2HandleEndStream(out, s)
}

// headerOf makes a Header of regular fields, or returns an error that says which one is not allowed.
func headerOf(fields []hpack.Field) (http.Header, error) {
	header := make(http.Header, len(fields))
	values := make([]string, len(fields))
	for i, f := range fields {
		if err := checkName(f.Name); err != nil {
			return nil, err
		}
		if fault := badValue(f.Value); fault != "" {
			return nil, fmt.Errorf("value of field %s %s", quote(f.Name), fault)
		}
		name := textproto.CanonicalMIMEHeaderKey(f.Name)
		if have, ok := header[name]; ok {
			header[name] = append(have, f.Value)
			continue
		}
		values[i] = f.Value
		header[name] = values[i : i+1 : i+1]
	}
	return header, nil
}

// checkName checks a regular field's name (RFC 9113 sections 8.2, 8.2.1, 8.2.2 and 8.3).
func checkName(name string) error {
	if strings.HasPrefix(name, ":") {
		return fmt.Errorf("pseudo-header field %s out of place", quote(name))
	}
	if !httpguts.ValidHeaderFieldName(name) || strings.ToLower(name) != name {
		return fmt.Errorf("field name %s, expected a token in lower case", quote(name))
	}
	switch name {
	case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade":
		return fmt.Errorf("field %s, which belongs to HTTP/1", name)
	}
	return nil
}

// badValue says why v may not be the value of a field, or returns "". Control characters are not allowed, nor is white
// space around it (RFC 9113 section 8.2.1).
func badValue(v string) string {
	if v != "" && (v[0] == ' ' || v[0] == '\t') {
		return badbyte.At(v, 0)
	}
	if n := len(v) - 1; n >= 0 && (v[n] == ' ' || v[n] == '\t') {
		return badbyte.At(v, n)
	}
	return badbyte.InValue(v)
}

// parseStatus reads a status code: three digits, from 100 on (RFC 9110 section 15).
func parseStatus(v string) (int, bool) {
	if len(v) != 3 {
		return 0, false
	}
	n, err := strconv.ParseUint(v, 10, 16)
	return int(n), err == nil && n >= 100
}

// contentLength reads content-length; -1 means that there is none. It may be repeated in further fields with the same
// number. Lists are refused, as on HTTP/1.1 (RFC 9110 section 8.6 leaves the choice).
func contentLength(values []string) (int64, error) {
	length := int64(-1)
	for _, v := range values {
		n, err := strconv.ParseUint(v, 10, 63)
		if err != nil || length >= 0 && length != int64(n) {
			return 0, errors.New("content-length is not one decimal number")
		}
		length = int64(n)
	}
	return length, nil
}
