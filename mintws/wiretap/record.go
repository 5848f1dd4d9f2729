package wiretap

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/mintws"
)

// Kind says what a [Record] is about.
type Kind uint8

// The kinds.
const (
	Head    Kind = iota + 1 // a head of HTTP/1.1: Start and Fields
	Content                 // bytes of HTTP that belong to no WebSocket: Payload
	Frame                   // a WebSocket frame: Opcode, Fin, RSV, Masked, Length, Header, Payload
	HTTP2                   // a frame of HTTP/2: Type, Flags, Stream, Length, Header, Payload; Fields
	Lost                    // from here on this direction, or Stream, cannot be read: Err
)

// String returns the kind's name.
func (k Kind) String() string {
	if k < Head || k > Lost {
		return "Kind(" + strconv.Itoa(int(k)) + ")"
	}
	return [...]string{"Head", "Content", "Frame", "HTTP2", "Lost"}[k-1]
}

// Field is one field of a head, as it was sent; on HTTP/2 pseudo-fields such as :path are among them.
type Field struct{ Name, Value string }

// Record is one thing that went over the connection. Strings may be kept; Header and Payload are valid until the function that got
// the Record returns, and not to be written to.
type Record struct {
	From   Direction
	Kind   Kind
	Stream uint32 // on HTTP/2, the stream; 0 is the connection
	Wire   int64  // how many bytes it took, its header among them; Content: how many of content alone
	Cut    bool   // the direction, or the stream, ended before it was complete: Wire is what had come

	Start  string  // Head: the request line, or the status line
	Fields []Field // Head; HTTP2: of the header block that this HEADERS or CONTINUATION completes

	Opcode mintws.Opcode // Frame
	Fin    bool          // Frame: the last one of its message
	RSV    mintws.RSV    // Frame: the reserved bits; RSV1 says that a message is compressed
	Masked bool          // Frame

	Type  http2.FrameType // HTTP2
	Flags http2.Flags     // HTTP2

	Length int64 // Frame, HTTP2: of the payload, as the header says
	// Header is that of a Frame, 2 to 14 bytes with the mask, or of an HTTP2, 9 bytes.
	Header []byte
	// Payload is the beginning of it, at most Options.MaxPayload: of a Frame without the mask, otherwise as it was sent. Of DATA
	// there is none: what is in it follows in Records of its own. Of HEADERS and CONTINUATION there is some only with
	// Options.Secrets.
	Payload []byte
	Err     error // Lost: why; HTTP2: why Fields are not whole, or why what is in the stream is not looked at
}

// String returns r in one line, and for a head one more for each of its fields, without a line feed at the end. What could upset a
// terminal is escaped.
func (r Record) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v ", r.From)
	if r.Stream != 0 && r.Kind != HTTP2 {
		fmt.Fprintf(&b, "[%d] ", r.Stream)
	}
	switch r.Kind {
	case Head:
		b.WriteString(printable(r.Start))
	case Content:
		fmt.Fprintf(&b, "content, %d bytes:", r.Wire)
	case Frame:
		fmt.Fprintf(&b, "%v%s, %d bytes, %d on the wire: % x", r.Opcode, r.bits(), r.Length, r.Wire, r.Header)
	case HTTP2:
		h := http2.FrameHeader{Type: r.Type, Flags: r.Flags, StreamID: r.Stream, Length: uint32(r.Length)}.String()
		fmt.Fprintf(&b, "%s, %d on the wire: % x", strings.Trim(strings.TrimPrefix(h, "[FrameHeader "), "]"), r.Wire, r.Header)
	default:
		b.WriteString("not read on")
	}
	if len(r.Payload) > 0 {
		fmt.Fprintf(&b, " | % x | %q", r.Payload, r.Payload)
		if int64(len(r.Payload)) < max(r.Length, r.Wire-int64(len(r.Header))) {
			b.WriteString(" …")
		}
	}
	if r.Cut {
		b.WriteString(", cut off")
	}
	if r.Err != nil {
		b.WriteString(", " + printable(r.Err.Error()))
	}
	for _, f := range r.Fields {
		fmt.Fprintf(&b, "\n%v   %s: %s", r.From, printable(f.Name), printable(f.Value))
	}
	return b.String()
}

// bits names what is not as in the frame of a whole message without extensions.
func (r Record) bits() (s string) {
	if !r.Fin {
		s = " more"
	}
	for i, bit := range []mintws.RSV{mintws.RSV1, mintws.RSV2, mintws.RSV3} {
		if r.RSV&bit != 0 {
			s += " RSV" + strconv.Itoa(i+1)
		}
	}
	return s
}

// printable returns s with what is not to be printed escaped.
func printable(s string) string {
	s = strconv.Quote(s)
	return strings.ReplaceAll(s[1:len(s)-1], `\"`, `"`)
}
