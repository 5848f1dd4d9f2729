package mintws

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/mintws/mintws/httpconn"
)

// connecting returns a WebSocket that waits for the answer to the key of RFC 6455 section 1.3.
func connecting(t testing.TB, opt Options) (httpconn.Conn, WebSocket) {
	t.Helper()
	opt.Rand = rfcKey{}
	var out httpconn.Output
	c, ws, err := Upgrade(newConn(t, &out), &out, "ws://example.com/chat", opt)
	if err != nil {
		t.Fatal(err)
	}
	return c, ws
}

// answer returns the header of RFC 6455 section 1.3's response, changed by pairs of name and value; "-" removes a
// field, and a name given again adds one.
func answer(change ...string) http.Header {
	h := http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Accept": {rfcAccept}}
	changed := map[string]bool{}
	for i := 0; i < len(change); i += 2 {
		name, value := change[i], change[i+1]
		if !changed[name] {
			h.Del(name)
		}
		changed[name] = true
		if value != "-" {
			h.Add(name, value)
		}
	}
	return h
}

func TestJudgeAnswer(t *testing.T) {
	offer := Options{Subprotocols: []string{"chat", "superchat"}}
	for _, tt := range []struct {
		name   string
		opt    Options
		status int
		header http.Header
		err    error
		text   string
	}{
		{"rfc", Options{}, 101, answer(), nil, ""},
		{"any case", Options{}, 101, answer("Upgrade", "WebSocket", "Connection", "keep-alive, UPGRADE"), nil, ""},
		{"two Connection fields", Options{}, 101, answer("Connection", "keep-alive", "Connection", "upgrade"), nil, ""},
		{"empty list elements", Options{}, 101, answer("Upgrade", ", websocket ,"), nil, ""},
		{"subprotocol", offer, 101, answer("Sec-WebSocket-Protocol", "superchat"), nil, ""},
		{"no subprotocol", offer, 101, answer(), nil, ""},

		{"200", Options{}, 200, answer(), ErrBadStatus, "200"},
		{"401", Options{}, 401, http.Header{"Www-Authenticate": {"Basic"}}, ErrBadStatus, "401"},
		{"302", Options{}, 302, http.Header{"Location": {"/x"}}, ErrBadStatus, "302"},
		{"no Upgrade", Options{}, 101, answer("Upgrade", "-"), ErrBadUpgrade, "Upgrade is missing"},
		{"other Upgrade", Options{}, 101, answer("Upgrade", "h2c"), ErrBadUpgrade, `"h2c"`},
		{"more than websocket", Options{}, 101, answer("Upgrade", "websocket, h2c"), ErrBadUpgrade, "h2c"},
		{"no Connection", Options{}, 101, answer("Connection", "-"), ErrBadUpgrade, "Connection is missing"},
		{"other Connection", Options{}, 101, answer("Connection", "upgraded"), ErrBadUpgrade, `"upgraded"`},
		{"no accept", Options{}, 101, answer("Sec-WebSocket-Accept", "-"), ErrBadAccept, "missing"},
		{"wrong accept", Options{}, 101, answer("Sec-WebSocket-Accept", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo="), ErrBadAccept, rfcAccept},
		{"accept twice", Options{}, 101, answer("Sec-WebSocket-Accept", rfcAccept, "Sec-WebSocket-Accept", rfcAccept), ErrBadAccept, "2 times"},
		{"extension not offered", Options{}, 101, answer("Sec-WebSocket-Extensions", "permessage-deflate"), ErrBadExtension, "permessage-deflate"},
		{"subprotocol not offered", Options{}, 101, answer("Sec-WebSocket-Protocol", "chat"), ErrBadSubprotocol, "not one of those offered"},
		{"other subprotocol", offer, 101, answer("Sec-WebSocket-Protocol", "Chat"), ErrBadSubprotocol, "not one of those offered"},
		{"two subprotocols", offer, 101, answer("Sec-WebSocket-Protocol", "chat", "Sec-WebSocket-Protocol", "chat"), ErrBadSubprotocol, "2 times"},
		{"list of subprotocols", offer, 101, answer("Sec-WebSocket-Protocol", "chat, superchat"), ErrBadSubprotocol, "not one of those offered"},
		{"empty subprotocol", offer, 101, answer("Sec-WebSocket-Protocol", ""), ErrBadSubprotocol, "not one of those offered"},
		{"long value", Options{}, 101, answer("Upgrade", strings.Repeat("x", 10000)), ErrBadUpgrade, `xxx"..., want`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, ws := connecting(t, tt.opt)
			old := ws
			next, err := ws.JudgeAnswer(tt.status, tt.header)
			if !ws.Equal(old) {
				t.Error("the old value changed")
			}
			if tt.err == nil {
				if err != nil || next.State() != Open || next.Subprotocol() != tt.header.Get("Sec-WebSocket-Protocol") {
					t.Fatalf("%v, state %v, subprotocol %q", err, next.State(), next.Subprotocol())
				}
				if again, e := next.JudgeAnswer(tt.status, tt.header); e != ErrNotConnecting || !again.Equal(next) {
					t.Errorf("a second answer: %v", e)
				}
				return
			}
			var he *HandshakeError
			if !errors.As(err, &he) || !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.text) || len(err.Error()) > 500 {
				t.Fatalf("error %v, want %v with %q", err, tt.err, tt.text)
			}
			if he.Status != tt.status || he.Server || len(he.Header) != len(tt.header) || next.State() != Failed {
				t.Errorf("status %d, %v, state %v", he.Status, he.Header, next.State())
			}
			if _, _, err = next.Encode(Text("a")); err != ErrClosed {
				t.Errorf("Encode afterwards: %v", err)
			}
			if _, err = next.EOF(); !errors.As(err, &he) {
				t.Errorf("EOF afterwards: %v", err)
			}
		})
	}
}
