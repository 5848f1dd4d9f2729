package wiretap

import (
	"bytes"
	"strconv"
	"strings"
)

// head is one of HTTP/1.1 that is arriving.
type head struct {
	buf  []byte
	bare bool // the line that is arriving is empty so far
}

// body is the content of a message of HTTP/1.1.
type body struct {
	remaining int64 // until the end of it, or of the chunk; negative: all that comes
	chunked   bool
	line      []byte // of a chunk's size, or of the trailer
	after     bool   // the chunk is over, and the end of its line is to come
	trailer   bool
}

// first finds out what is spoken. A client that speaks HTTP/2 begins with what looks like a head; its server begins with
// a frame, and no frame that it may begin with has an "H" in front (RFC 9113 section 3.4).
func (t *Tap) first(s *side, data []byte, each func(Record)) []byte {
	s.step = (*Tap).heads
	s.head.bare = true
	if s.from == FromServer && data[0] != 'H' {
		s.step = (*Tap).http2
	}
	return data
}

// heads reads a head of HTTP/1.1. Lines end in LF, with a CR before it or not.
func (t *Tap) heads(s *side, data []byte, each func(Record)) []byte {
	for i, b := range data {
		if b != '\n' {
			if b != '\r' {
				s.head.bare = false
			}
			continue
		}
		if s.head.bare && len(s.head.buf)+i > 1 {
			if s.head.buf = append(s.head.buf, data[:i+1]...); len(s.head.buf) > t.opt.MaxHead {
				return t.lost(s, ErrTooLong, each)
			}
			t.head(s, each)
			return data[i+1:]
		}
		s.head.bare = true
	}
	if len(s.head.buf)+len(data) > t.opt.MaxHead {
		return t.lost(s, ErrTooLong, each)
	}
	s.head.buf = append(s.head.buf, data...)
	return nil
}

// head takes what follows from a head that is whole, and reports it.
func (t *Tap) head(s *side, each func(Record)) {
	text := strings.Trim(string(s.head.buf), "\r\n")
	if text == "" { // empty lines before it (RFC 9112 section 2.2)
		s.head = head{bare: true}
		return
	}
	lines := strings.Split(text, "\n")
	r := Record{From: s.from, Kind: Head, Wire: int64(len(s.head.buf)), Start: strings.TrimSuffix(lines[0], "\r")}
	for _, line := range lines[1:] {
		line = strings.TrimSuffix(line, "\r")
		name, value, ok := strings.Cut(line, ":")
		switch last := len(r.Fields) - 1; {
		case line != "" && (line[0] == ' ' || line[0] == '\t') && last >= 0: // folded (RFC 9112 section 5.2)
			r.Fields[last].Value += " " + strings.Trim(line, " \t")
		case !ok:
			r.Fields = append(r.Fields, Field{Value: line})
		default:
			r.Fields = append(r.Fields, Field{name, strings.Trim(value, " \t")})
		}
	}
	s.head = head{bare: true}
	upgrade := t.follow(s, &r)
	switch {
	case s.from == FromClient && upgrade:
		t.answer, s.step = 0, (*Tap).waiting
	case s.from == FromServer && upgrade:
		t.answer, s.step = 1, (*Tap).frames
	case s.from == FromServer && !strings.HasPrefix(status(r.Start), "1"):
		t.answer = -1
	}
	if !t.opt.Secrets {
		r.hide()
	}
	each(r)
}

// follow sets s to read what comes behind the head r, and reports whether that turns the connection into a WebSocket.
func (t *Tap) follow(s *side, r *Record) (upgrade bool) {
	s.body = body{}
	code := status(r.Start)
	until := s.from == FromServer && !strings.HasPrefix(code, "1") && code != "204" && code != "304"
	for _, f := range r.Fields {
		switch {
		case is(f.Name, "Upgrade"):
			upgrade = strings.Contains(strings.ToLower(f.Value), "websocket") && (s.from == FromClient || code == "101")
		case is(f.Name, "Transfer-Encoding"):
			s.body.chunked, until = true, false
		case is(f.Name, "Content-Length") && (until || s.from == FromClient):
			n, err := strconv.ParseInt(f.Value, 10, 64)
			s.body.remaining, until = n, err != nil || n < 0
		}
	}
	s.step = (*Tap).heads
	switch {
	case r.Start == "PRI * HTTP/2.0":
		s.h2.skip, s.step = len("SM\r\n\r\n"), (*Tap).http2
	case until:
		s.body.remaining, s.step = -1, (*Tap).content
	case s.body.chunked:
		s.step = (*Tap).chunks
	case s.body.remaining > 0:
		s.step = (*Tap).content
	}
	return upgrade
}

// waiting decides what a client's bytes behind its request are. They come after the answer, unless the client does not care,
// or is seen from the server's side: then a letter begins another request, and frames do not begin with one that is the first of a
// method.
func (t *Tap) waiting(s *side, data []byte, _ func(Record)) []byte {
	s.step = (*Tap).frames
	if t.answer < 0 || t.answer == 0 && data[0] > 'B' && data[0] <= 'Z' {
		s.step = (*Tap).heads
	}
	return data
}

// content reports the bytes of content, in the pieces in which they come.
func (t *Tap) content(s *side, data []byte, each func(Record)) []byte {
	p := data
	if s.body.remaining >= 0 {
		p = data[:min(int64(len(data)), s.body.remaining)]
		s.body.remaining -= int64(len(p))
	}
	if len(p) > 0 {
		each(Record{From: s.from, Kind: Content, Wire: int64(len(p)), Payload: p[:min(len(p), t.opt.MaxPayload):len(p)]})
	}
	if s.body.remaining == 0 {
		s.body.after = true
		if s.step = (*Tap).heads; s.body.chunked {
			s.step = (*Tap).chunks
		}
	}
	return data[len(p):]
}

// chunks reads what stands between the chunks (RFC 9112 section 7.1): lines.
func (t *Tap) chunks(s *side, data []byte, each func(Record)) []byte {
	i := bytes.IndexByte(data, '\n')
	rest := []byte(nil)
	if i >= 0 {
		data, rest = data[:i], data[i+1:]
	}
	if len(s.body.line)+len(data) > t.opt.MaxHead {
		return t.lost(s, ErrTooLong, each)
	}
	s.body.line = append(s.body.line, data...)
	if i < 0 {
		return nil
	}
	line := bytes.TrimRight(s.body.line, "\r")
	s.body.line = s.body.line[:0]
	switch {
	case s.body.trailer:
		if len(line) == 0 {
			s.body, s.step = body{}, (*Tap).heads
		}
	case s.body.after:
		s.body.after = false
	default:
		size, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseInt(string(bytes.TrimSpace(size)), 16, 64)
		if err != nil || n < 0 {
			return t.lost(s, ErrMalformed, each)
		}
		s.body.remaining, s.body.trailer = n, n == 0
		if n > 0 {
			s.step = (*Tap).content
		}
	}
	return rest
}

// status returns the status code in a status line.
func status(line string) string {
	_, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	return code
}

func is(name, want string) bool { return strings.EqualFold(name, want) }
