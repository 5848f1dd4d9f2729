package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// A recording is a text. Its first line is
//
//	mintws session 1
//
// and each further one a piece of what went over the connection, as it was written or read: microseconds since the beginning,
// ">" for what the client sent or "<" for what the server sent, and the bytes as a quoted string of Go's in ASCII, or the word
// end, after which nothing more comes in that direction.
//
//	0 > "GET / HTTP/1.1\r\nHost: example.org\r\n…\r\n\r\n"
//	1520 < "HTTP/1.1 101 Switching Protocols\r\n…\r\n\r\n"
//	1700 < "\x81\x05Hello"
//	1802 < end
//
// With TLS the bytes are those inside. The head of the request and that of the answer are one piece each.
const firstLine = "mintws session 1"

// Limits of a recording, for who writes one and for who reads it.
const (
	maxPiece  = 64 << 10  // bytes of one piece
	maxPieces = 100_000   // of which each becomes a value of about half a KiB when it is looked at
	maxBytes  = 256 << 20 // of all pieces together
)

// piece is one line.
type piece struct {
	at   time.Duration
	from byte // '>' or '<'
	data []byte
	end  bool
}

var (
	errFormat = errors.New("not a recording")
	errLimit  = errors.New("the recording is too large")
)

func (p piece) String() string {
	what := "end"
	if !p.end {
		what = quote(p.data)
	}
	return fmt.Sprintf("%d %c %s\n", p.at.Microseconds(), p.from, what)
}

// quote is strconv.QuoteToASCII, but for bytes above 0x7f, which it shows as what they are.
func quote(p []byte) string {
	q := []byte{'"'}
	for _, b := range p {
		if b < 0x80 {
			one := strconv.Quote(string(rune(b)))
			q = append(q, one[1:len(one)-1]...)
		} else {
			q = fmt.Appendf(q, `\x%02x`, b)
		}
	}
	return string(append(q, '"'))
}

// parsePiece is the reverse of String.
func parsePiece(line string) (p piece, err error) {
	at, rest, _ := strings.Cut(line, " ")
	from, what, _ := strings.Cut(rest, " ")
	us, err := strconv.ParseUint(at, 10, 50) // 35 years
	if err != nil || from != ">" && from != "<" {
		return p, fmt.Errorf("%w: want a time, and > or <", errFormat)
	}
	p = piece{at: time.Duration(us) * time.Microsecond, from: from[0]}
	if what == "end" {
		p.end = true
		return p, nil
	}
	s, err := strconv.Unquote(what)
	if err != nil || what[0] != '"' || s == "" {
		return p, fmt.Errorf("%w: want a quoted string, or end", errFormat)
	}
	if p.data = []byte(s); len(p.data) > maxPiece {
		return p, fmt.Errorf("%w: a piece of %d bytes", errLimit, len(p.data))
	}
	return p, nil
}

// readPieces reads a recording.
func readPieces(r io.Reader) (pieces []piece, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 4*maxPiece+64)
	if !lines.Scan() || lines.Text() != firstLine {
		return nil, fmt.Errorf("%w: the first line is not %q", errFormat, firstLine)
	}
	total := 0
	for lines.Scan() {
		var p piece
		p, err = parsePiece(lines.Text())
		if total += len(p.data); err == nil && (total > maxBytes || len(pieces) == maxPieces) {
			err = errLimit
		}
		if err == nil && len(pieces) > 0 && p.at < pieces[len(pieces)-1].at {
			err = fmt.Errorf("%w: it is earlier than the one before", errFormat)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", len(pieces)+2, err)
		}
		pieces = append(pieces, p)
	}
	return pieces, lines.Err()
}
