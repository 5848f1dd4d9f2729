package interop

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"golang.org/x/net/http2"
)

// tap is a socket that notes the frames which end something.
type tap struct {
	net.Conn
	ours, theirs frames
}

// frames cuts a direction's bytes into frames.
type frames struct {
	rest  []byte
	noted map[uint32][]string // by stream; 0 is the connection
}

func newTap(sock net.Conn) *tap {
	return &tap{Conn: sock, ours: frames{noted: map[uint32][]string{}}, theirs: frames{noted: map[uint32][]string{}}}
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.theirs.add(p[:n])
	if errors.Is(err, io.EOF) {
		t.theirs.noted[0] = append(t.theirs.noted[0], "EOF")
	}
	return n, err
}

func (t *tap) Write(p []byte) (int, error) {
	t.ours.add(p)
	return t.Conn.Write(p)
}

func (f *frames) add(p []byte) {
	f.rest = append(f.rest, p...)
	for len(f.rest) >= 9 {
		h, _ := http2.ReadFrameHeader(strings.NewReader(string(f.rest[:9])))
		if len(f.rest) < 9+int(h.Length) {
			return
		}
		f.note(h, f.rest[9:9+h.Length])
		f.rest = f.rest[9+h.Length:]
	}
}

func (f *frames) note(h http2.FrameHeader, p []byte) {
	var what string
	switch h.Type {
	case http2.FrameData:
		isClose, end := len(p) > 0 && p[0] == 0x88, h.Flags.Has(http2.FlagDataEndStream)
		switch {
		case isClose && end:
			what = "Close+END_STREAM"
		case isClose:
			what = "Close"
		case end:
			what = "END_STREAM"
		}
	case http2.FrameRSTStream:
		what = fmt.Sprintf("RST_STREAM(%v)", http2.ErrCode(p[3]))
	case http2.FrameGoAway:
		what = fmt.Sprintf("GOAWAY(%v)", http2.ErrCode(p[7]))
	}
	if what != "" {
		f.noted[h.StreamID] = append(f.noted[h.StreamID], what)
	}
}

// of shows what was noted of a stream, and of the connection.
func (f *frames) of(id uint32) string {
	return strings.Join(append(f.noted[id], f.noted[0]...), ", ")
}
