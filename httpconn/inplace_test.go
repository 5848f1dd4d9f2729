package httpconn

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/http2"

	"github.com/mintws/mintws/internal/inplace"
)

// TestInPlace: each call in place gives the next Conn, the output and the error of the method of that name, on every kind of
// connection, and leaves the Conn that was copied before it as it was.
func TestInPlace(t *testing.T) {
	body := Request{Method: "POST", Authority: "example.com", Path: "/", HasBody: true}
	h2Body := body
	h2Body.Scheme = "https"
	tunnels, _ := h2Tunnels(t, 2)
	failed, _ := h1Open(t).StreamEOF(&Output{})
	conns := map[string]Conn{
		"zero": {}, "HTTP/1.1 tunnel": h1Open(t), "HTTP/1.1 content": h1Begin(t, h1Case{reqs: []Request{body}}), "half-closed": failed,
		"HTTP/2 tunnels": tunnels, "HTTP/2 content": h2Started(t, Config{}, h2Body),
	}
	args := map[string][][]any{
		"Stream":    {{[]byte(nil)}, {[]byte("HTTP/1.1 200 OK\r\n")}, {[]byte(fData(1, false, "abc"))}, {[]byte("\x00")}},
		"StreamEOF": {{}},
		"SendData":  {{StreamID(1), []byte("abc"), false}, {StreamID(1), []byte("abc"), true}, {StreamID(9), []byte("abc"), false}},
		"BeginData": {{StreamID(1), 3}, {StreamID(9), 3}},
		"EndData":   {{StreamID(1), 0, false}, {StreamID(1), 0, true}, {StreamID(1), 99, false}, {StreamID(9), 0, false}},
		"Finish":    {{StreamID(1)}, {StreamID(9)}},
		"Cancel":    {{StreamID(1), http2.ErrCodeCancel}, {StreamID(9), http2.ErrCodeCancel}},
	}
	calls := reflect.TypeFor[*inPlace]()
	for i := range calls.NumMethod() {
		name := calls.Method(i).Name
		if len(args[name]) == 0 {
			t.Errorf("%s is not called here", name)
		}
		for on, c := range conns {
			for _, list := range args[name] {
				room := make([]byte, frameHeadLen, 64) // as BeginData leaves it on HTTP/2
				want, got := Output{Send: room}, Output{Send: bytes.Clone(room)}
				call := func(on any, out *Output) []reflect.Value {
					in := []reflect.Value{reflect.ValueOf(out)}
					for _, a := range list {
						in = append(in, reflect.ValueOf(a))
					}
					return reflect.ValueOf(on).MethodByName(name).Call(in)
				}
				d, before := c, c
				results := call(d.InPlace(inplace.Key{}), &got)
				wanted := call(c, &want)
				next := c
				if n, ok := wanted[0].Interface().(Conn); ok {
					next, wanted = n, wanted[1:]
				}
				if fmt.Sprint(results) != fmt.Sprint(wanted) || !d.Equal(next) {
					t.Errorf("%s on %s: %v, want %v", name, on, results, wanted)
				}
				if diff := cmp.Diff(want, got, cmp.Comparer(func(x, y error) bool { return fmt.Sprint(x) == fmt.Sprint(y) })); diff != "" {
					t.Errorf("%s on %s: %s", name, on, diff)
				}
				if !c.Equal(before) || !c.Equal(conns[on]) {
					t.Errorf("%s on %s changed a Conn that was copied before", name, on)
				}
			}
		}
	}
}
