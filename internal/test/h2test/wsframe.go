package h2test

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Message is a WebSocket frame as a server sees it, unmasked.
type Message struct {
	Opcode  byte
	Payload []byte
}

// TakeMessage cuts the first WebSocket frame off b (RFC 6455 section 5.2). It is nil where more bytes are needed.
func TakeMessage(b []byte) (m *Message, rest []byte, err error) {
	if len(b) < 2 {
		return nil, b, nil
	}
	switch {
	case b[0]&0xf0 != 0x80:
		return nil, b, fmt.Errorf("first byte of a WebSocket frame is %#x, expected FIN and no reserved bits", b[0])
	case b[1]&0x80 == 0: // section 5.1
		return nil, b, errors.New("the client's frame is not masked")
	}
	head, n := 2, uint64(b[1]&0x7f)
	switch n {
	case 126:
		head = 4
	case 127:
		head = 10
	}
	if len(b) < head+4 {
		return nil, b, nil
	}
	switch head {
	case 4:
		n = uint64(binary.BigEndian.Uint16(b[2:]))
	case 10:
		n = binary.BigEndian.Uint64(b[2:])
	}
	key, body := b[head:head+4], b[head+4:]
	if uint64(len(body)) < n {
		return nil, b, nil
	}
	m = &Message{Opcode: b[0] & 0x0f, Payload: make([]byte, n)}
	for i := range m.Payload {
		m.Payload[i] = body[i] ^ key[i%4]
	}
	return m, body[n:], nil
}

// AppendMessage appends m as a server sends it: one frame, not masked.
func AppendMessage(dst []byte, m Message) []byte {
	dst = append(dst, 0x80|m.Opcode)
	switch n := len(m.Payload); {
	case n < 126:
		dst = append(dst, byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 127), uint64(n))
	}
	return append(dst, m.Payload...)
}
