package mintws

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
)

// flatePeer is what receives, made of other parts: frames are taken apart here, and compress/flate inflates them.
type flatePeer struct {
	takeover bool
	bits     int    // the window that was agreed on
	window   []byte // plain text that a message may refer to
	pending  []byte // of a message in fragments, as it came
	first    Frame  // its first frame
}

// read returns the messages and control frames in wire, which holds whole frames.
func (p *flatePeer) read(wire []byte) (frames []Frame, err error) {
	for len(wire) > 0 {
		f := Frame{Opcode: Opcode(wire[0] & 15), RSV: RSV(wire[0] & 0x70), More: wire[0]&0x80 == 0}
		n, at := int(wire[1]&0x7f), 2
		switch n {
		case 126:
			n, at = int(binary.BigEndian.Uint16(wire[2:])), 4
		case 127:
			n, at = int(binary.BigEndian.Uint64(wire[2:])), 10
		}
		var key []byte
		if wire[1]&0x80 != 0 {
			key, at = wire[at:at+4], at+4
		}
		f.Payload = bytes.Clone(wire[at : at+n])
		for i := range key {
			for j := i; j < n; j += 4 {
				f.Payload[j] ^= key[i]
			}
		}
		wire = wire[at+n:]
		if f.Opcode.IsControl() {
			if f.Opcode == OpClose && n > 0 {
				f.Code, f.Payload = CloseCode(binary.BigEndian.Uint16(f.Payload)), f.Payload[2:]
			}
			frames = append(frames, f)
			continue
		}
		if f.Opcode != OpContinuation {
			p.first, p.pending = f, nil
		}
		if p.pending = append(p.pending, f.Payload...); f.More {
			continue
		}
		message := Frame{Opcode: p.first.Opcode, Payload: p.pending}
		if p.first.RSV != 0 {
			if message.Payload, err = p.inflate(p.pending); err != nil {
				return frames, err
			}
		}
		frames = append(frames, message)
	}
	return frames, nil
}

// inflate undoes one message (RFC 7692 section 7.2.2).
func (p *flatePeer) inflate(message []byte) ([]byte, error) {
	var window []byte
	if p.takeover {
		window = p.window[max(0, len(p.window)-1<<p.bits):]
	}
	text, all, err := flateInflate(window, message, 1<<26)
	if err == nil && !all {
		err = fmt.Errorf("a final block before the end of % x", message)
	}
	p.window = append(p.window, text...)
	return text, err
}

// receivers are both ways to read what one WebSocket sends: ours, and flatePeer.
type receivers struct {
	ws   WebSocket
	peer flatePeer
}

// expect holds that both read the frames in wire.
func (r *receivers) expect(t testing.TB, what string, wire []byte, want ...Frame) {
	t.Helper()
	got, err := decodeAll(r.ws, wire)
	if diff := diffFrames(got.Frames, want); err != nil || diff != "" {
		t.Fatalf("%s: our side reads %v\n%s", what, err, diff)
	}
	r.ws = got.WS
	frames, err := r.peer.read(wire)
	if diff := diffFrames(frames, want); err != nil || diff != "" {
		t.Fatalf("%s: compress/flate reads %v\n%s", what, err, diff)
	}
}
