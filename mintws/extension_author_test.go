package mintws

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mintws/mintws/httpconn"
)

// serverOnly agrees to offers of its name and has none of its own.
type serverOnly struct {
	t      testing.TB
	name   string
	agrees bool
	with   Transform
	asked  *[]string // the names of those that were asked, with the offer
	id     string
}

func (e serverOnly) Offers() []Params {
	e.t.Error("a server asked for offers")
	return nil
}

func (e serverOnly) Check(Params) (Transform, error) {
	e.t.Error("a server checked an answer")
	return nil, nil
}

func (e serverOnly) Answer(offer Params) (Params, Transform, bool) {
	*e.asked = append(*e.asked, e.id+":"+offer.String())
	return Params{Name: e.name, Params: []Param{{"by", e.id}}}, e.with, e.agrees
}

// TestAcceptAsksEach: each of AcceptOptions.Extensions is asked about each offer, in order, until one agrees, whatever
// their names. Offers is called on the client's side only.
func TestAcceptAsksEach(t *testing.T) {
	two, three := shiftTransform{shift2}, shiftTransform{wide}
	for _, tt := range []struct {
		name  string
		list  []serverOnly
		offer string
		asked string
		want  string
	}{
		{"the second of one name", []serverOnly{{name: "x", id: "a"}, {name: "x", id: "b", agrees: true, with: two}}, "x",
			"a:x b:x", "[x; by=b]"},
		{"the first of one name", []serverOnly{{name: "x", id: "a", agrees: true, with: two}, {name: "x", id: "b", agrees: true, with: two}},
			"x, x; y", "a:x", "[x; by=a]"},
		{"a later offer", []serverOnly{{name: "x", id: "a"}, {name: "y", id: "b", agrees: true, with: two}}, "x, y",
			"a:x b:x a:y b:y", "[y; by=b]"},
		{"the client's order", []serverOnly{{name: "x", id: "a", agrees: true, with: two}, {name: "y", id: "b", agrees: true, with: three}},
			"y, x", "a:y b:y a:x", "[y; by=b x; by=a]"},
		{"one that answers for another", []serverOnly{{name: "z", id: "a", agrees: true, with: two}}, "x", "a:x", "[]"},
		{"a nil Transform declines", []serverOnly{{name: "x", id: "a", agrees: true}, {name: "x", id: "b", agrees: true, with: two}}, "x",
			"a:x b:x", "[x; by=b]"},
		{"a bit in use declines", []serverOnly{{name: "x", id: "a", agrees: true, with: two}, {name: "y", id: "b", agrees: true, with: two},
			{name: "y", id: "c", agrees: true, with: three}}, "x, y", "a:x a:y b:y c:y", "[x; by=a y; by=c]"},
	} {
		var asked []string
		var opt AcceptOptions
		for _, e := range tt.list {
			e.t, e.asked = t, &asked
			opt.Extensions = append(opt.Extensions, e)
		}
		r, err := readRequest([]byte("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n" +
			"Sec-WebSocket-Key: " + rfcNonce + "\r\nSec-WebSocket-Extensions: " + tt.offer + "\r\n\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		ws, _, _, err := Accept(r, opt)
		if got := strings.Join(asked, " "); err != nil || got != tt.asked || fmt.Sprint(ws.Extensions()) != tt.want {
			t.Errorf("%s: asked %q, agreed to %v, %v; want %q, %s", tt.name, got, ws.Extensions(), err, tt.asked, tt.want)
		}
	}
	// permessage-deflate does not answer for others.
	if _, _, ok := mustDeflate(t, DeflateOptions{}).Answer(Params{Name: "x-other"}); ok {
		t.Error("permessage-deflate agreed to an offer of another name")
	}
}

// TestNilExtensions: an entry that is nil is a mistake in the options. The error names its index, and nothing panics.
func TestNilExtensions(t *testing.T) {
	deflate := mustDeflate(t, DeflateOptions{})
	list := []Extension{deflate, nil}
	check := func(what string, err error, text string) {
		t.Helper()
		if !errors.Is(err, ErrInvalidOptions) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want %q in it", what, err, text)
		}
	}
	for _, version := range []string{"HTTP/1.1", "HTTP/2"} {
		var out httpconn.Output
		c := newConn(t, &out)
		if version == "HTTP/2" {
			cl, _ := newH2Client(t, Options{})
			c = cl.conn
		}
		next, ws, err := Upgrade(c, &out, "ws://example.com/", Options{Extensions: list})
		check("Upgrade on "+version, err, "Extensions: entry 1 is nil")
		if !next.Equal(c) || !ws.Equal(WebSocket{}) || len(out.Send) != 0 {
			t.Errorf("a failed Upgrade on %s changed something", version)
		}
	}
	opt := AcceptOptions{Extensions: list}
	check("AcceptOptions.Check", opt.Check(), "Extensions: entry 1 is nil")
	r, err := readRequest([]byte("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: " + rfcNonce + "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, status, _, err := Accept(r, opt)
	check("Accept", err, "Extensions: entry 1 is nil")
	if status != http.StatusInternalServerError {
		t.Errorf("Accept: status %d", status)
	}
	for text, transforms := range map[string][]Transform{
		"entry 1: Transform is nil":                                      {shiftTransform{shift2}, nil},
		"entry 0: 0x80 are not reserved bits":                            {shiftTransform{shift{rsv: 0x80}}},
		"entry 1: another extension uses some of the reserved bits 0x20": {shiftTransform{shift2}, shiftTransform{shift2}},
	} {
		_, err = NewWebSocket(Client, Options{Transforms: transforms})
		check("NewWebSocket", err, text)
	}
}

// forgetful agrees to every answer, without a Transform.
type forgetful struct{}

func (forgetful) Offers() []Params                              { return []Params{{Name: "x"}} }
func (forgetful) Check(Params) (Transform, error)               { return nil, nil }
func (forgetful) Answer(offer Params) (Params, Transform, bool) { return offer, nil, true }

// TestCheckWithoutTransform: an answer that gives no Transform is refused.
func TestCheckWithoutTransform(t *testing.T) {
	_, ws := connecting(t, Options{Extensions: []Extension{forgetful{}}})
	next, err := ws.JudgeAnswer(http.StatusSwitchingProtocols, answer("Sec-Websocket-Extensions", "x"))
	if !errors.Is(err, ErrBadExtension) || !strings.Contains(err.Error(), "x: Transform is nil") || next.State() != Failed {
		t.Errorf("%v, %v", next.State(), err)
	}
}

// mute is a Transform that refuses to send.
type mute struct{ shiftTransform }

var errMute = errors.New("nothing to say")

func (mute) Out(st ExtState, dst []byte, f Frame) (ExtState, []byte, Frame, error) {
	st.Word++
	return st, append(dst, "half a message"...), f, errMute
}

// TestTransformRefusesToSend: the error of Out is that of the call, which changes nothing, even if another Transform has
// done its work.
func TestTransformRefusesToSend(t *testing.T) {
	ws, err := NewWebSocket(Server, Options{Transforms: []Transform{shiftTransform{shift2}, mute{shiftTransform{wide}}}})
	if err != nil {
		t.Fatal(err)
	}
	before := append(make([]byte, 0, 100), "before"...)
	next, got, err := ws.AppendEncode(before, Text("a"))
	if !errors.Is(err, errMute) || !next.Equal(ws) || string(got) != "before" || string(before) != "before" {
		t.Errorf("%v, %q", err, got)
	}
	prepared, err := Prepare(Text("a"))
	if err != nil {
		t.Fatal(err)
	}
	if next, got, err = ws.AppendPrepared(before, prepared); !errors.Is(err, errMute) || !next.Equal(ws) || string(got) != "before" {
		t.Errorf("prepared: %v, %q", err, got)
	}
	if _, got, err = ws.Encode(Pong(nil)); err != nil || len(got) != 2 { // no Transform sees it
		t.Errorf("Pong: %v, % x", err, got)
	}
}
