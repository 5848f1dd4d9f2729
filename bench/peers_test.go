package bench

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gorilla/websocket"

	"github.com/mintws/mintws/mintws"
)

// reading is what a peer made of a stream.
type reading struct {
	frames  []refFrame
	refused error // nil: it took everything, or waits for more
}

// laxity is a known difference between a peer and the oracle.
type laxity struct {
	peer string
	rule rule
	why  string
}

// lax lists what the peers accept and should not: a stream that is illegal by one of these rules they may read on.
var lax = []laxity{
	{"gobwas", ruleControl, "CheckHeader looks at the length, not at how it was written"},
	{"gobwas", ruleMinimal, "ReadHeader does not ask whether the length fits in fewer bytes"},
	{"gobwas", ruleFrame, "the low-level functions have no limit"},
	{"gobwas", ruleMessage, "the low-level functions have no limit"},
	{"gobwas", ruleFrames, "the low-level functions have no limit"},
	{"gobwas", ruleText, "validation is left to wsutil.Reader, which does it if it is asked to"},
	{"gobwas", ruleCode, "CheckCloseFrameData has no rule for codes above 4999"},
	{"gorilla", ruleMinimal, "advanceFrame does not ask whether the length fits in fewer bytes"},
	{"gorilla", ruleFrame, "SetReadLimit is for messages"},
	{"gorilla", ruleFrames, "SetReadLimit counts bytes, not frames"},
	{"gorilla", ruleText, "text is not validated: its documentation leaves that to the application"},
	{"gorilla", ruleClose1, "a Close body of one byte is taken for an empty one"},
}

// strict lists the opposite: what the peers refuse and should not, by the close code for which they do.
var strict = []struct {
	peer string
	code uint16
	why  string
}{
	{"gobwas", 1012, "registered with IANA after the RFC"},
	{"gobwas", 1013, "registered with IANA after the RFC"},
	{"gobwas", 1014, "registered with IANA after the RFC"},
	{"gorilla", 1014, "registered with IANA after the RFC"},
}

// readGobwas reads data with gobwas's low-level functions, used as its documentation says.
func readGobwas(role mintws.Role, data []byte) (got reading) {
	state := ws.StateClientSide
	if role == mintws.Server {
		state = ws.StateServerSide
	}
	for r := bytes.NewReader(data); ; {
		h, err := ws.ReadHeader(r)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return got
		}
		if err == nil {
			err = ws.CheckHeader(h, state)
		}
		if err != nil {
			got.refused = err
			return got
		}
		if h.Length > int64(r.Len()) {
			return got
		}
		f := ws.Frame{Header: h, Payload: make([]byte, h.Length)}
		if _, err = io.ReadFull(r, f.Payload); err != nil {
			got.refused = err
			return got
		}
		if f.Header.Masked {
			f = ws.UnmaskFrameInPlace(f)
		}
		if f.Header.OpCode == ws.OpClose && len(f.Payload) > 0 {
			if got.refused = ws.CheckCloseFrameData(ws.ParseCloseFrameData(f.Payload)); got.refused != nil {
				return got
			}
		}
		got.frames = append(got.frames, refFrame{mintws.Opcode(f.Header.OpCode), !f.Header.Fin, f.Payload})
		switch {
		case f.Header.OpCode == ws.OpClose:
			return got
		case f.Header.OpCode.IsControl():
		case f.Header.Fin:
			state = state.Clear(ws.StateFragmented)
		default:
			state = state.Set(ws.StateFragmented)
		}
	}
}

// readGorilla reads data with gorilla's Conn, which gives whole messages of up to limit bytes.
func readGorilla(t testing.TB, role mintws.Role, data []byte, limit int64) (got reading) {
	t.Helper()
	c, conn := newGorilla(t, role)
	conn.in.Reset(data)
	c.SetReadLimit(limit)
	control := func(op mintws.Opcode) func(string) error {
		return func(p string) error {
			got.frames = append(got.frames, refFrame{op: op, payload: []byte(p)})
			return nil
		}
	}
	c.SetPingHandler(control(mintws.OpPing))
	c.SetPongHandler(control(mintws.OpPong))
	c.SetCloseHandler(func(code int, reason string) error {
		f := refFrame{op: mintws.OpClose}
		if code != websocket.CloseNoStatusReceived {
			f.payload = append([]byte{byte(code >> 8), byte(code)}, reason...)
		}
		got.frames = append(got.frames, f)
		return nil
	})
	for {
		op, p, err := c.ReadMessage()
		var closed *websocket.CloseError
		switch {
		case err == nil:
			got.frames = append(got.frames, refFrame{op: mintws.Opcode(op), payload: p})
			continue
		case errors.As(err, &closed), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return got
		}
		got.refused = err
		return got
	}
}

// comparePeers holds both peers against the oracle's verdict. They must refuse what it refuses, and take what it takes, but
// for the differences that the tables name.
func comparePeers(t testing.TB, role mintws.Role, data []byte, v verdict) {
	t.Helper()
	comparePeer(t, "gobwas", readGobwas(role, data), v, v.frames, len(data))
	comparePeer(t, "gorilla", readGorilla(t, role, data, limits.MaxMessage), v, join(v.frames), len(data))
}

// comparePeer is comparePeers for one of them. The oracle's frames come as that peer groups them.
func comparePeer(t testing.TB, peer string, got reading, v verdict, want []refFrame, total int) {
	t.Helper()
	if code, ok := strictCode(peer, v); ok && got.refused != nil {
		sameFrames(t, peer+", which refuses close code "+code.String(), got.frames, want[:len(want)-1])
		return
	}
	if len(v.breach) == 0 {
		if got.refused != nil {
			t.Fatalf("%s refuses a legal stream: %v", peer, got.refused)
		}
		sameFrames(t, peer, got.frames, want)
		return
	}
	if got.refused != nil && len(got.frames) == len(want) {
		sameFrames(t, peer, got.frames, want)
		return
	}
	if isLax(peer, v.rules) { // it reads on, so that what follows may be refused or not
		sameFrames(t, peer+", up to what it accepts", got.frames[:min(len(want), len(got.frames))], want)
		return
	}
	// A peer judges a header, or a control frame, when all of it is there; the oracle judges each byte.
	if got.refused == nil && total-v.at < maxUnjudged {
		sameFrames(t, peer+", waiting for more", got.frames, want)
		return
	}
	t.Fatalf("%s accepts what breaks %v at byte %d of %d, and no laxity says so (%d frames, want %d; %v)",
		peer, v.rules, v.at, total, len(got.frames), len(want), got.refused)
}

// maxUnjudged is how many bytes a peer may have from the first illegal one on and still wait for more: the largest control
// frame, or the header of a larger one.
const maxUnjudged = 14 + 125

// strictCode reports whether v ends with a Close whose code peer refuses though it is legal.
func strictCode(peer string, v verdict) (mintws.CloseCode, bool) {
	if !v.closed {
		return 0, false
	}
	body := v.frames[len(v.frames)-1].payload
	if len(body) < 2 {
		return 0, false
	}
	code := uint16(body[0])<<8 | uint16(body[1])
	for _, s := range strict {
		if s.peer == peer && s.code == code {
			return mintws.CloseCode(code), true
		}
	}
	return 0, false
}

// isLax reports whether each of the rules is one that peer does not keep.
func isLax(peer string, rules []rule) bool {
	for _, r := range rules {
		known := false
		for _, l := range lax {
			known = known || l.peer == peer && l.rule == r
		}
		if !known {
			return false
		}
	}
	return true
}
