package mintws

import (
	"crypto/rand"
	"regexp"
	"testing"

	"github.com/mintws/mintws/httpconn"
)

var keyInRequest = regexp.MustCompile("Sec-WebSocket-Key: (.{24})\r\n")

// openPair opens a WebSocket on an HTTP/1.1 connection of its own. extra is fields of the server's answer.
func openPair(t testing.TB, opt Options, extra string) (c httpconn.Conn, ws WebSocket) {
	t.Helper()
	var out httpconn.Output
	c, ws, err := Upgrade(newConn(t, &out), &out, "ws://example.com/chat", opt)
	if err != nil {
		t.Fatal(err)
	}
	key := keyInRequest.FindSubmatch(out.Send)[1]
	c, err = c.Stream(&out, []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: "+AcceptKey(string(key))+"\r\n"+extra+"\r\n"))
	if err != nil || len(out.Events) != 1 {
		t.Fatal(out.Events, err)
	}
	c, ws, err = Receive(c, &out, ws, new(Inbox), out.Events[0])
	if err != nil || ws.State() != Open {
		t.Fatal(ws.State(), err)
	}
	return c, ws
}

// TestSharedConfig: endpoints with the default options and the same Delivery share their configuration. An endpoint with another
// option that matters after the handshake, or with something negotiated, has its own.
func TestSharedConfig(t *testing.T) {
	deflate, err := NewDeflate(DeflateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		opt    Options
		extra  string
		shared bool
	}{
		{"default", Options{}, "", true},
		{"only the handshake differs", Options{Origin: "https://example.com", Tag: 7}, "", true},
		{"offers that were not taken", Options{Subprotocols: []string{"a"}, Extensions: []Extension{deflate}}, "", true},
		{"the defaults by name", Options{Limits: Limits{MaxFrame: DefaultMaxFrame}}, "", true},
		{"limits", Options{Limits: Limits{MaxFrame: 1}}, "", false},
		{"fragments", Options{Delivery: DeliverFragments}, "", true},
		{"payload", Options{Delivery: DeliverPayload}, "", true},
		{"payload with limits", Options{Delivery: DeliverPayload, Limits: Limits{MaxFrame: DefaultMaxFrame}}, "", false},
		{"no validation", Options{SkipUTF8: true}, "", false},
		{"no replies", Options{ManualReply: true}, "", false},
		{"keys", Options{Rand: rand.Reader}, "", false},
		{"a subprotocol", Options{Subprotocols: []string{"a"}}, "Sec-WebSocket-Protocol: a\r\n", false},
		{"an extension", Options{Extensions: []Extension{deflate}}, "Sec-WebSocket-Extensions: permessage-deflate\r\n", false},
	} {
		_, ws := openPair(t, tt.opt, tt.extra)
		if shared := ws.cfg == &defaultConfigs[Client][httpconn.HTTP1][tt.opt.Delivery]; shared != tt.shared {
			t.Errorf("%s: shared is %v", tt.name, shared)
		}
	}
	for _, role := range []Role{Client, Server} {
		if ws := opened(role)(t); ws.cfg != &defaultConfigs[role][0][0] || ws.cfg.role != role {
			t.Errorf("%v, without a handshake: not shared", role)
		}
	}
}

// TestSharedDeflate: those that agreed to the same with one Extension share it, and nothing else does.
func TestSharedDeflate(t *testing.T) {
	extension := mustDeflate(t, DeflateOptions{})
	const plain, small = "Sec-WebSocket-Extensions: permessage-deflate\r\n",
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9\r\n"
	opt := Options{Extensions: []Extension{extension}, Subprotocols: []string{"a"}}
	limited, keys := opt, opt
	limited.Limits.MaxFrame, keys.Rand = 1, rand.Reader
	_, first := openPair(t, opt, plain)
	for _, tt := range []struct {
		name   string
		opt    Options
		extra  string
		shared bool
	}{
		{"the same", opt, plain, true},
		{"a subprotocol", opt, plain + "Sec-WebSocket-Protocol: a\r\n", false},
		{"limits", limited, plain, false},
		{"keys", keys, plain, false},
		{"other terms", opt, small, false},
		{"the same after others", opt, plain, false}, // one is kept
		{"another Extension", Options{Extensions: []Extension{mustDeflate(t, DeflateOptions{})}}, plain, false},
	} {
		_, ws := openPair(t, tt.opt, tt.extra)
		if shared := ws.cfg == first.cfg; shared != tt.shared {
			t.Errorf("%s: shared is %v", tt.name, shared)
		}
		want := 15
		if tt.extra == small {
			want = 9
		}
		if got := ws.cfg.transforms[0].(*deflateTransform).sendBits; got != want {
			t.Errorf("%s: %d bits, want %d", tt.name, got, want)
		}
	}
}

// TestIdlePair: a connection with an idle WebSocket holds no more than the two values themselves, at most 300 bytes. So it
// does with permessage-deflate, if there is no context takeover.
func TestIdlePair(t *testing.T) {
	type pair struct {
		conn httpconn.Conn
		ws   WebSocket
	}
	opt := Options{Extensions: []Extension{mustDeflate(t, DeflateOptions{SendNoTakeover: true, ReceiveNoTakeover: true})}}
	for _, extra := range []string{"", "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; " +
		"client_no_context_takeover\r\n"} {
		const n = 5000
		openPair(t, opt, extra) // what is made once
		var pairs []pair
		held := heldBy(func() {
			pairs = make([]pair, n)
			for i := range pairs {
				pairs[i].conn, pairs[i].ws = openPair(t, opt, extra)
			}
		})
		if held/n > 300 || pairs[n-1].ws.State() != Open {
			t.Errorf("%q: %d bytes each", extra, held/n)
		}
	}
}
