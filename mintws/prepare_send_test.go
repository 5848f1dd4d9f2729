package mintws

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mintws/mintws/httpconn"
)

// TestSendPrepared: on both versions of HTTP, and for each kind of frame, SendPrepared does what Send does.
func TestSendPrepared(t *testing.T) {
	opt := Options{Rand: rfcKey{}, Extensions: []Extension{mustDeflate(t, DeflateOptions{})}}
	const answered = "permessage-deflate; client_no_context_takeover"
	one := newClient(t, opt)
	one.read([]byte(strings.TrimSuffix(rfcResponse, "\r\n") + "Sec-WebSocket-Extensions: " + answered + "\r\n\r\n"))
	two, s := newH2Client(t, opt)
	s.respond(t, two.ws.StreamID(), false, ":status", "200", "sec-websocket-extensions", answered)
	two.read(s.take())
	two.out.Reset()
	for name, cl := range map[string]*client{"HTTP/1.1": one, "HTTP/2": two} {
		if cl.ws.State() != Open || len(cl.ws.Extensions()) != 1 {
			t.Fatalf("%s: %v, %q, %q", name, cl.ws.State(), cl.ws.Extensions(), cl.errs)
		}
		for _, f := range []Frame{Text(strings.Join(texts(3), "")), Binary(nil), Binary(zeros(100_000)), Ping([]byte("p")), Close(1000, "bye")} {
			p := mustPrepare(t, f)
			for range 2 {
				var want, got httpconn.Output
				got.Send = append(got.Send, "before"...)
				wantConn, wantWS, err := Send(cl.conn, &want, cl.ws, f)
				c, ws, e := SendPrepared(cl.conn, &got, cl.ws, p)
				if err != nil || e != nil || !bytes.Equal(got.Send, append([]byte("before"), want.Send...)) || !c.Equal(wantConn) || !ws.Equal(wantWS) {
					t.Errorf("%s, %v of %d bytes: %v, %v, %d bytes, want %d", name, f.Opcode, len(f.Payload), err, e, len(got.Send)-6, len(want.Send))
				}
			}
		}
		// When it fails nothing is changed.
		var out httpconn.Output
		c, ws, err := Send(cl.conn, &out, cl.ws, Close(1000, ""))
		if err != nil {
			t.Fatal(err)
		}
		for what, tt := range map[string]struct {
			c    httpconn.Conn
			ws   WebSocket
			p    *Prepared
			want error
		}{
			"after Close":    {c, ws, mustPrepare(t, Text("a")), ErrCloseSent},
			"nil":            {cl.conn, cl.ws, nil, ErrInvalidFrame},
			"zero":           {cl.conn, cl.ws, new(Prepared), ErrInvalidFrame},
			"zero WebSocket": {cl.conn, WebSocket{}, mustPrepare(t, Text("a")), ErrNotOpen},
			"closed Conn":    {cl.conn.Close(&out), cl.ws, mustPrepare(t, Text("a")), httpconn.ErrClosed},
		} {
			out = httpconn.Output{Send: append(make([]byte, 0, 100), "before"...)}
			nc, nws, e := SendPrepared(tt.c, &out, tt.ws, tt.p)
			if !errors.Is(e, tt.want) || !nc.Equal(tt.c) || !nws.Equal(tt.ws) || string(out.Send) != "before" {
				t.Errorf("%s, %s: %v, want %v; %q", name, what, e, tt.want, out.Send)
			}
		}
	}
}

// TestPreparedSharesWindow: connections that have sent nothing since a long prepared message share what they keep of it.
// Otherwise each has 6 KiB of its own.
func TestPreparedSharesWindow(t *testing.T) {
	const n = 1000
	d := mustDeflate(t, DeflateOptions{}).(deflateExtension).transform(15, 15, false, false)
	values := make([]WebSocket, n)
	text := jsonLike(16 << 10)
	p := mustPrepare(t, Text(text))
	var wire []byte
	held := heldBy(func() {
		for i := range values {
			ws, err := NewWebSocket(Server, Options{Transforms: []Transform{d}})
			if err != nil {
				t.Fatal(err)
			}
			if values[i], wire, err = ws.AppendPrepared(wire[:0], p); err != nil {
				t.Fatal(err)
			}
		}
	})
	if held/n > 400 {
		t.Errorf("%d bytes each", held/n)
	}
	// What they send next parts them.
	peer, err := NewWebSocket(Client, Options{Transforms: []Transform{d}})
	if err != nil {
		t.Fatal(err)
	}
	r := reads(values[0], peer)
	r.expect(t, "prepared", wire, Text(text))
	for i, ws := range values {
		own := Text(fmt.Sprintf("%d says %s", i, text[15<<10:]))
		var first []byte
		if values[i], first, err = ws.Encode(own); err != nil || len(first) > 100 {
			t.Fatalf("%d bytes, %v", len(first), err)
		}
		if i%100 == 0 {
			next := r
			next.peer.window = bytes.Clone(r.peer.window)
			next.expect(t, "own", first, own)
			if _, wire, err = values[i].Encode(own); err != nil {
				t.Fatal(err)
			}
			next.expect(t, "own again", wire, own)
		}
	}
}

// FuzzPrepared: with any two sides, prepared messages, encoded ones, fragments and raw ones, in any order, are received as
// what they are, by our side and by compress/flate. An old value sends the same again.
func FuzzPrepared(f *testing.F) {
	for i := range uint32(8) {
		f.Add(i*0x1357, i*0x2467, []byte{0, 1, 2, 3, 4, 5, 8, 0x10, 0x41, 0x80, 0xC1, 0xF0},
			[]byte(`{"id":1,"symbol":"SYM1","price":100.25},{"id":2,"symbol":"SYM2"}`))
	}
	f.Fuzz(func(t *testing.T, client, server uint32, steps, text []byte) {
		if len(steps) > 20 || len(text) > 4000 {
			return
		}
		co, so := fuzzDeflateOptions(client), fuzzDeflateOptions(server)
		if co.SendWindowFixed { // a server that wants it smaller would decline (RFC 7692 section 7.1.2.2)
			so.ReceiveWindowBits = 15
		}
		c, s := deflated(t, co, so, Options{})
		var messages []Frame
		var prepared []*Prepared
		for i := range 4 {
			m := Binary(bytes.Repeat(text[len(text)*i/8:], 1+i*i))
			messages, prepared = append(messages, m), append(prepared, mustPrepare(t, m))
		}
		for _, ends := range [][2]WebSocket{{c, s}, {s, c}} {
			ws, r := ends[0], reads(ends[0], ends[1])
			for i, step := range steps {
				k := int(step >> 6)
				m := messages[k]
				old := ws
				send := func() (wire []byte) {
					var err error
					switch cut := len(m.Payload) * int(step>>2&15) / 16; step & 3 {
					case 0, 1:
						ws, wire, err = ws.AppendPrepared(nil, prepared[k])
					case 2:
						ws, wire, err = ws.Encode(m)
					case 3:
						frames := []Frame{{Opcode: OpBinary, More: true, Payload: m.Payload[:cut]}, {Payload: m.Payload[cut:]}}
						if step&4 != 0 {
							frames = []Frame{compressedFrame(OpBinary, false, deflatedBy(string(m.Payload)))}
							if ws.cfg.transforms[0].(*deflateTransform).sendBits < 15 {
								frames[0].Payload = storedMessage(m.Payload)
							}
						}
						for _, f := range frames {
							if ws, wire, err = ws.AppendEncode(wire, f); err != nil {
								break
							}
						}
					}
					if err != nil {
						t.Fatal(err)
					}
					return wire
				}
				wire := send()
				r.expect(t, fmt.Sprint("message ", i), wire, m)
				next := ws
				ws = old
				if send(); !ws.Equal(next) {
					t.Fatalf("message %d sent again leads elsewhere", i)
				}
			}
		}
	})
}
