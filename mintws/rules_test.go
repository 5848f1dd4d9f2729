package mintws

import (
	"bytes"
	"testing"
)

// TestStraightPath: the rules allow all that the straight path sends, and that changes nothing in the WebSocket. The
// general path sends the same bytes.
func TestStraightPath(t *testing.T) {
	frames := []Frame{Text("text"), Binary([]byte{0, 1, 2}), Binary(nil), Text("\xff"), Text(zeros(70000)), Ping(nil), Pong(nil),
		Close(CodeNormal, ""), {Opcode: OpText, More: true}, {Opcode: OpContinuation}, {Opcode: OpContinuation, More: true},
		{Opcode: OpBinary, RSV: RSV2, Raw: true}, {Opcode: OpBinary, Raw: true}, {Opcode: OpBinary, RSV: RSV1},
		{Opcode: OpText, Code: CodeNormal}, {Opcode: 3}, {Opcode: 11}}
	taken := map[Role]int{}
	for _, role := range []Role{Client, Server} {
		for _, opt := range []Options{{}, {SkipUTF8: true}, {Transforms: []Transform{shiftTransform{shift2}}}} {
			opt.Rand = rfcKey{}
			open, err := NewWebSocket(role, opt)
			if err != nil {
				t.Fatal(err)
			}
			states := []WebSocket{{}, open}
			for _, f := range frames { // each frame may lead to another state
				if next, _, e := open.Encode(f); e == nil {
					states = append(states, next)
				}
			}
			failed, _, _ := open.Decode([]byte{0xff})
			ended, _ := open.EOF()
			states = append(states, failed, ended)
			for _, ws := range states {
				for _, f := range frames {
					if !ws.straight(&f) {
						continue
					}
					taken[role]++
					next := ws
					if err = next.advance(&f, false); err != nil || next != ws {
						t.Errorf("%v in state %v: %v, changed %v", f, ws.State(), err, next != ws)
					}
					fast, fastErr := next.encode(nil, &f)
					general, generalErr := next.encodeAny(nil, f, nil)
					if fastErr != nil || generalErr != nil || !bytes.Equal(fast, general) {
						t.Errorf("%v in state %v: %v, %v, or other bytes", f, ws.State(), fastErr, generalErr)
					}
				}
			}
		}
	}
	if taken[Client] == 0 || taken[Server] == 0 {
		t.Errorf("taken %v times", taken)
	}
}
