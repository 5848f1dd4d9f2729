package httpconn

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// h1Request is Conn.Request on HTTP/1.1. Everything is checked before anything is appended.
func (c *Conn) h1Request(out *Output, r Request) (StreamID, error) {
	h := &c.h1
	if err := c.h1Usable(); err != nil {
		return 0, err
	}
	switch {
	case h.goingAway():
		return 0, ErrGoingAway
	case h.sendState != sendNothing || h.queue.len() >= c.set.pipeline:
		return 0, ErrTooManyStreams
	case r.Protocol != "":
		return 0, fmt.Errorf("%w: extended CONNECT is for HTTP/2 (RFC 8441)", ErrUnsupported)
	}
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	target, err := checkTarget(r)
	if err != nil {
		return 0, err
	}
	var room someFields
	fields, err := checkFields(room[:0], r.Header)
	if err != nil {
		return 0, err
	}
	req := h1req{id: h.lastID + 1, tag: r.Tag}
	fields, length, err := frameRequest(r, fields, &req.flags)
	if err != nil {
		return 0, err
	}

	size := len(r.Method) + len(target) + len("  HTTP/1.1\r\nHost: \r\n\r\n") + len(r.Authority)
	for _, f := range fields {
		size += len(f.name) + len(f.value) + len(": \r\n")
	}
	out.Send = slices.Grow(out.Send, size)
	out.Send = append(out.Send, r.Method...)
	out.Send = append(out.Send, ' ')
	out.Send = append(out.Send, target...)
	out.Send = append(out.Send, " HTTP/1.1\r\n"...)
	out.Send = appendFields(out.Send, []field{{r.spelling("Host"), r.Authority}}) // RFC 9110 7.2: best sent first
	out.Send = appendFields(out.Send, fields)
	out.Send = append(out.Send, "\r\n"...)

	if h.queue == nil && req == upgrade {
		h.queue = &upgrade
	} else {
		h.queue = h.queue.with(req)
	}
	h.lastID = req.id
	h.requestClose = req.flags&reqClose != 0
	switch {
	case req.flags&(reqConnect|reqUpgrade) != 0:
		h.sendState = sendWaiting
	case r.HasBody && length >= 0:
		h.sendState, h.sendRemaining = sendCounted, length
	case r.HasBody:
		h.sendState = sendChunked
	}
	if !r.HasBody {
		out.Send = append(out.Send, r.Body...)
		return req.id, nil
	}
	return req.id, c.h1SendData(out, req.id, r.Body, false) // cannot fail: its length was checked
}

// frameRequest applies the rules of RFC 9112 section 6 and RFC 9110 for fields that decide where the request ends and what
// becomes of the connection. It returns the fields, with those that the content needs, and the Content-Length or -1.
func frameRequest(r Request, fields []field, flags *reqFlags) ([]field, int64, error) {
	var one [4][1]string // room for one each, as most requests have no more
	options, upgrade, te, expect := one[0][:0], one[1][:0], one[2][:0], one[3][:0]
	length := int64(-1)
	var lower [len("transfer-encoding")]byte
	for _, f := range fields {
		if len(f.name) > len(lower) {
			continue
		}
		switch string(appendLower(lower[:0], f.name)) { // this allocates nothing
		case "host":
			return nil, 0, invalid("field Host in Header", "the host in Authority")
		case "transfer-encoding":
			return nil, 0, invalid("field Transfer-Encoding in Header", "HasBody, which sends chunks when there is no Content-Length")
		case "content-length":
			if err := parseLength(f.value, &length); err != nil {
				return nil, 0, err
			}
		case "connection":
			options = append(options, f.value)
		case "upgrade":
			upgrade = append(upgrade, f.value)
		case "te":
			te = append(te, f.value)
		case "expect":
			expect = append(expect, f.value)
		}
	}
	content := r.HasBody || len(r.Body) > 0
	option := func(name string) bool { return httpguts.HeaderValuesContainsToken(options, name) }
	for _, name := range []string{"Host", "Content-Length", "Transfer-Encoding"} { // RFC 9110 7.6.1: a proxy would remove it
		if option(name) {
			return nil, 0, invalid("field Connection names "+name, "no field that every recipient needs")
		}
	}
	switch {
	case r.Method == http.MethodConnect && (content || length >= 0 || len(upgrade) > 0): // RFC 9110 9.3.6
		return nil, 0, invalid("Method is CONNECT", "neither content nor Upgrade with it")
	case r.Method == http.MethodTrace && content: // RFC 9110 9.3.8
		return nil, 0, invalid("Method is TRACE", "no content with it")
	case len(upgrade) > 0 && !option("upgrade"): // RFC 9110 7.8
		return nil, 0, invalid("field Upgrade without Connection: Upgrade", "both or neither")
	case len(upgrade) > 0 && r.HasBody: // RFC 9110 7.8: no new protocol before the request is completely sent
		return nil, 0, invalid("field Upgrade with HasBody", "no content, or all of it in Body")
	case len(te) > 0 && (strings.ToLower(strings.Join(te, ",")) != "trailers" || !option("te")): // RFC 9110 10.1.4
		return nil, 0, invalid("field TE", `"trailers", and Connection: TE with it`)
	case len(expect) > 0 && !content: // RFC 9110 10.1.1
		return nil, 0, invalid("field Expect without content", "both or neither")
	case length >= 0 && !r.HasBody && length != int64(len(r.Body)):
		return nil, 0, invalid("field Content-Length differs from Body", fmt.Sprintf("%d", len(r.Body)))
	case length >= 0 && int64(len(r.Body)) > length:
		return nil, 0, fmt.Errorf("%w: Body is longer, with %d bytes", ErrBodyLength, len(r.Body))
	case length >= 0:
	case r.HasBody:
		fields = append(fields, field{r.spelling("Transfer-Encoding"), "chunked"})
		sortFields(fields)
	case content || r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch:
		fields = append(fields, field{r.spelling("Content-Length"), strconv.Itoa(len(r.Body))})
		sortFields(fields)
	}
	set := func(flag reqFlags, on bool) {
		if on {
			*flags |= flag
		}
	}
	set(reqHead, r.Method == http.MethodHead)
	set(reqConnect, r.Method == http.MethodConnect)
	set(reqUpgrade, len(upgrade) > 0)
	set(reqClose, option("close"))
	set(reqBody, r.HasBody)
	return fields, length, nil
}

// spelling returns the name of a field that we add, as r wants it spelled.
func (r *Request) spelling(name string) string {
	if r.LowerCaseNames {
		return strings.ToLower(name)
	}
	return name
}

// appendLower appends s with its ASCII letters in lower case.
func appendLower(b []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}

func appendFields(b []byte, fields []field) []byte {
	for _, f := range fields {
		b = append(b, f.name...)
		b = append(b, ": "...)
		b = append(b, f.value...)
		b = append(b, "\r\n"...)
	}
	return b
}
