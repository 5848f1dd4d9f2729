package bench

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"strconv"
)

// What the server of the rows about package wsconn does with messages of any size.

// inbound reads the messages of a client, unmasked. Control frames are dropped.
type inbound struct {
	r    *bufio.Reader
	head [14]byte
	buf  []byte // room for a header, then the message
}

// roomAhead is what a header needs at most (RFC 6455 section 5.2).
const roomAhead = 10

func newInbound(conn io.Reader) *inbound {
	return &inbound{r: bufio.NewReaderSize(conn, 64<<10)}
}

// next returns the opcode of the next message and a buffer with it, behind roomAhead bytes. Both are valid until the next call.
func (m *inbound) next() (op byte, buf []byte, err error) {
	m.buf = append(m.buf[:0], m.head[:roomAhead]...)
	for {
		if _, err = io.ReadFull(m.r, m.head[:2]); err != nil {
			return 0, nil, err
		}
		first, n, rest := m.head[0], uint64(m.head[1]&0x7F), m.head[2:6]
		switch n {
		case 126:
			rest = m.head[2:8]
		case 127:
			rest = m.head[2:14]
		}
		if _, err = io.ReadFull(m.r, rest); err != nil {
			return 0, nil, err
		}
		switch n {
		case 126:
			n = uint64(binary.BigEndian.Uint16(rest))
		case 127:
			n = binary.BigEndian.Uint64(rest)
		}
		at := len(m.buf)
		m.buf = slices.Grow(m.buf, int(n))[:at+int(n)]
		if _, err = io.ReadFull(m.r, m.buf[at:]); err != nil {
			return 0, nil, err
		}
		switch kind := first & 0x0F; {
		case kind == 8:
			return 0, nil, io.EOF
		case kind > 8:
			m.buf = m.buf[:at]
			continue
		case kind > 0:
			op = kind
		}
		floorMask(m.buf[at:], m.buf[at:], binary.LittleEndian.Uint32(rest[len(rest)-4:]))
		if first&0x80 != 0 {
			return op, m.buf, nil
		}
	}
}

// mirror sends each message back once it is whole: one frame, with one write.
func mirror(conn net.Conn) {
	var head []byte
	for m := newInbound(conn); ; {
		op, buf, err := m.next()
		if err != nil {
			return
		}
		head = floorHeader(head[:0], op, len(buf)-roomAhead)
		from := roomAhead - len(head)
		copy(buf[from:], head)
		if _, err = conn.Write(buf[from:]); err != nil {
			return
		}
	}
}

// floorHeader appends the header of a server's frame.
func floorHeader(dst []byte, op byte, n int) []byte {
	switch {
	case n < 126:
		return append(dst, 0x80|op, byte(n))
	case n < 1<<16:
		return append(dst, 0x80|op, 126, byte(n>>8), byte(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, 0x80|op, 127), uint64(n))
}

// source sends p as often as the client asks for it, with a message that is a decimal number. It waits for nothing, and
// writes up to 64 KiB at once, or a whole message where that is longer.
func source(op byte, p []byte) func(conn net.Conn) {
	frame := append(floorHeader(nil, op, len(p)), p...)
	perWrite := max(1, (64<<10)/len(frame))
	wire := slices.Repeat(frame, perWrite)
	return func(conn net.Conn) {
		for m := newInbound(conn); ; {
			_, buf, err := m.next()
			if err != nil {
				return
			}
			left, err := strconv.Atoi(string(buf[roomAhead:]))
			for ; err == nil && left > 0; left -= perWrite {
				_, err = conn.Write(wire[:min(left, perWrite)*len(frame)])
			}
			if err != nil {
				return
			}
		}
	}
}
