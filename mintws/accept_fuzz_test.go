package mintws_test

import (
	"bufio"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/mintws/mintws/mintws"
)

// FuzzAccept reads heads of requests as net/http does. Whatever they hold, Accept either opens a WebSocket or says why
// not, gives the same answer twice, and leaves the request as it was.
func FuzzAccept(f *testing.F) {
	const good = "GET /chat HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
	f.Add(good+"\r\n", false, byte(1))
	f.Add(good+"Sec-WebSocket-Protocol: a, b\r\nOrigin: http://a.example\r\n\r\n", false, byte(1))
	f.Add(good+"Sec-WebSocket-Protocol: a,,a\r\nOrigin: null\r\n\r\n", true, byte(1))
	f.Add(good+"Content-Length: 1\r\n\r\nx", false, byte(1))
	f.Add("CONNECT / HTTP/1.1\r\nHost: a.example\r\nSec-WebSocket-Version: 13\r\nX: websocket\r\n\r\n", true, byte(2))
	f.Fuzz(func(t *testing.T, head string, list bool, major byte) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
		if err != nil {
			return // no request, so there is nothing to accept
		}
		r.ProtoMajor = int(major % 4)
		if v := r.Header.Values("X"); len(v) != 0 {
			r.Header[":protocol"] = v
		}
		opt := mintws.AcceptOptions{Subprotocols: []string{"b", "a"}}
		if list {
			opt.AllowedOrigins = []string{"https://b.example", "null"}
		}
		before := r.Clone(r.Context())
		ws, status, header, err := mintws.Accept(r, opt)
		again, status2, header2, err2 := mintws.Accept(r, opt)
		if status != status2 || !reflect.DeepEqual(header, header2) || (err == nil) != (err2 == nil) || !ws.Equal(again) {
			t.Errorf("two calls differ: %d %v %v, %d %v %v", status, header, err, status2, header2, err2)
		}
		if !reflect.DeepEqual(before.Header, r.Header) || before.Host != r.Host || before.Method != r.Method {
			t.Errorf("the request became %+v", r)
		}
		if err == nil {
			if ws.State() != mintws.Open || status != 101 && status != 200 || (status == 101) != (r.ProtoMajor == 1) {
				t.Errorf("opened as %v with %d on HTTP/%d", ws.State(), status, r.ProtoMajor)
			}
			if !mintws.IsUpgrade(r) {
				t.Error("accepted what IsUpgrade does not take for an upgrade")
			}
			return
		}
		var he *mintws.HandshakeError
		if !errors.As(err, &he) || he.Status != status || status < 400 || ws.State() != mintws.Invalid || len(he.Detail) > 450 {
			t.Errorf("refused with %d, %v, %v", status, ws.State(), err)
		}
	})
}
