package mintws_test

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mintws/mintws/mintws"
)

// sampleKey and sampleAccept are the pair of RFC 6455 section 1.3.
const (
	sampleKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// upgradeRequest is the request of RFC 6455 section 1.2 as net/http parses it, without Origin and subprotocols.
func upgradeRequest(t testing.TB, extra ...string) *http.Request {
	t.Helper()
	head := "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: " + sampleKey + "\r\nSec-WebSocket-Version: 13\r\n"
	for _, line := range extra {
		head += line + "\r\n"
	}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head + "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// connectRequest is the request of RFC 8441 section 5.1 as net/http represents it.
func connectRequest(testing.TB) *http.Request {
	return &http.Request{
		Method: http.MethodConnect, Host: "server.example.com", RequestURI: "/chat",
		Proto: "HTTP/2.0", ProtoMajor: 2, ContentLength: -1,
		Header: http.Header{":protocol": {"websocket"}, "Sec-Websocket-Version": {"13"}},
	}
}

func TestAcceptKey(t *testing.T) {
	if got := mintws.AcceptKey(sampleKey); got != sampleAccept {
		t.Errorf("AcceptKey(%q) = %q, want %q", sampleKey, got, sampleAccept)
	}
	if n := testing.AllocsPerRun(100, func() { mintws.AcceptKey(sampleKey) }); n > 1 {
		t.Errorf("AcceptKey allocates %v times, want once for the string", n)
	}
}

func TestAcceptHTTP1(t *testing.T) {
	tests := []struct {
		name   string
		extra  []string
		opt    mintws.AcceptOptions
		modify func(r *http.Request)
		sub    string
		header http.Header // beside the three of every answer
	}{
		{name: "least"},
		{name: "case does not matter", modify: func(r *http.Request) {
			r.Header["Upgrade"] = []string{"h2c", "foo/1, WebSocket"}
			r.Header["Connection"] = []string{"keep-alive, UPGRADE"}
		}},
		{name: "the example key of RFC 6455 section 4.1, whose last character has stray bits", modify: func(r *http.Request) {
			r.Header.Set("Sec-WebSocket-Key", "AQIDBAUGBwgJCgsMDQ4PEC==")
		}, header: http.Header{"Sec-Websocket-Accept": {"OfS0wDaT5NoxF2gqm7Zj2YtetzM="}}},
		{name: "later HTTP/1", modify: func(r *http.Request) { r.ProtoMinor = 2 }},
		{name: "extension declined", extra: []string{"Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Extensions: x"}},
		{name: "extra fields", opt: mintws.AcceptOptions{Header: http.Header{"set-cookie": {"a=1", "b=2"}}},
			header: http.Header{"Set-Cookie": {"a=1", "b=2"}}},
		{name: "subprotocol unknown", extra: []string{"Sec-WebSocket-Protocol: chat"},
			opt: mintws.AcceptOptions{Subprotocols: []string{"Chat"}}},
		{name: "subprotocols not wanted", extra: []string{"Sec-WebSocket-Protocol: chat"}},
		{name: "subprotocol of the server's preference", extra: []string{"Sec-WebSocket-Protocol: c,, a", "Sec-WebSocket-Protocol: b"},
			opt: mintws.AcceptOptions{Subprotocols: []string{"x", "b", "a"}},
			sub: "b", header: http.Header{"Sec-Websocket-Protocol": {"b"}}},
		{name: "subprotocol chosen", extra: []string{"Sec-WebSocket-Protocol: c, a", "Sec-WebSocket-Protocol: b"},
			opt: mintws.AcceptOptions{Subprotocols: []string{"a"}, Choose: func(offered []string) string {
				return offered[slices.Index(offered, "b")]
			}},
			sub: "b", header: http.Header{"Sec-Websocket-Protocol": {"b"}}},
		{name: "subprotocol chosen: none", extra: []string{"Sec-WebSocket-Protocol: a"},
			opt: mintws.AcceptOptions{Subprotocols: []string{"a"}, Choose: func([]string) string { return "" }}},
		{name: "nothing to choose from", opt: mintws.AcceptOptions{Choose: func([]string) string { panic("called") }}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := upgradeRequest(t, tt.extra...)
			if tt.modify != nil {
				tt.modify(r)
			}
			before := r.Header.Clone()
			ws, status, header, err := mintws.Accept(r, tt.opt)
			if err != nil || status != http.StatusSwitchingProtocols {
				t.Fatalf("Accept = status %d, %v; want 101", status, err)
			}
			want := http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Accept": {sampleAccept}}
			maps.Copy(want, tt.header)
			if !reflect.DeepEqual(header, want) {
				t.Errorf("header %v, want %v", header, want)
			}
			if ws.State() != mintws.Open || ws.Subprotocol() != tt.sub {
				t.Errorf("WebSocket is %v with subprotocol %q, want Open with %q", ws.State(), ws.Subprotocol(), tt.sub)
			}
			if !reflect.DeepEqual(before, r.Header) {
				t.Errorf("request's header became %v", r.Header)
			}
		})
	}
}

// TestAcceptRole: the WebSocket has the server's role and the options.
func TestAcceptRole(t *testing.T) {
	opt := mintws.AcceptOptions{Limits: mintws.Limits{MaxFrame: 3}, Delivery: mintws.DeliverFragments, SkipUTF8: true, ManualReply: true}
	ws, _, _, err := mintws.Accept(upgradeRequest(t), opt)
	if err != nil {
		t.Fatal(err)
	}
	want, err := mintws.NewWebSocket(mintws.Server, mintws.Options{Limits: opt.Limits, Delivery: opt.Delivery, SkipUTF8: true, ManualReply: true})
	if err != nil || !ws.Equal(want) {
		t.Errorf("Accept did not return the same as NewWebSocket (%v)", err)
	}
}

func TestAcceptHTTP2(t *testing.T) {
	r := connectRequest(t)
	ws, status, header, err := mintws.Accept(r, mintws.AcceptOptions{})
	if err != nil || status != http.StatusOK || len(header) != 0 || ws.State() != mintws.Open {
		t.Fatalf("Accept = %v, %d, %v, %v; want Open, 200, no field", ws.State(), status, header, err)
	}
	r.Header[":protocol"] = []string{"WebSocket"}
	r.Header.Set("Sec-WebSocket-Key", sampleKey)
	r.Header.Set("Sec-WebSocket-Protocol", "a, b")
	r.Header.Set("Origin", "https://server.example.com")
	ws, status, header, err = mintws.Accept(r, mintws.AcceptOptions{Subprotocols: []string{"b"}})
	want := http.Header{"Sec-Websocket-Accept": {sampleAccept}, "Sec-Websocket-Protocol": {"b"}}
	if err != nil || status != http.StatusOK || !reflect.DeepEqual(header, want) || ws.Subprotocol() != "b" {
		t.Fatalf("Accept = %v, %d, %v, %v; want Open, 200, %v", ws.State(), status, header, err, want)
	}
	r.Header.Set("Sec-WebSocket-Key", "no key") // it means nothing on HTTP/2, so it is not judged
	if _, _, header, err = mintws.Accept(r, mintws.AcceptOptions{}); err != nil || len(header) != 0 {
		t.Errorf("a bad key on HTTP/2 gave %v, %v; want no field", header, err)
	}
}

// checkRefused checks what is true of every refusal, and that this one is as wanted.
func checkRefused(t *testing.T, r *http.Request, opt mintws.AcceptOptions, status int, sentinel error, detail string) http.Header {
	t.Helper()
	before := r.Header.Clone()
	ws, gotStatus, header, err := mintws.Accept(r, opt)
	var he *mintws.HandshakeError
	if !errors.As(err, &he) {
		t.Fatalf("error is %v, want a HandshakeError", err)
	}
	if gotStatus != status || he.Status != status || !he.Server || !errors.Is(err, sentinel) || !strings.Contains(he.Detail, detail) {
		t.Errorf("Accept refused with %d and %v; want %d, %v, detail with %q", gotStatus, err, status, sentinel, detail)
	}
	if header == nil || !reflect.DeepEqual(header, he.Header) {
		t.Errorf("header %v is not that of the error, %v", header, he.Header)
	}
	if ws.State() != mintws.Invalid {
		t.Errorf("WebSocket is %v", ws.State())
	}
	if len(he.Detail) > 450 {
		t.Errorf("detail has %d bytes: %q", len(he.Detail), he.Detail)
	}
	for _, c := range he.Detail {
		if c < ' ' || c > '~' {
			t.Errorf("detail is not printable ASCII: %q", he.Detail)
			break
		}
	}
	if !reflect.DeepEqual(before, r.Header) {
		t.Errorf("request's header became %v", r.Header)
	}
	if want := map[int]string{405: "Allow", 426: "Upgrade"}[status]; want != "" && header.Get(want) == "" {
		t.Errorf("%d without %s: %v", status, want, header)
	}
	if status == http.StatusUpgradeRequired {
		want := http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"}}
		if !reflect.DeepEqual(header, want) {
			t.Errorf("426 has %v, want %v", header, want)
		}
	}
	return header
}

// errCheck is what the tests' CheckOrigin returns.
var errCheck = errors.New("not on Sundays")

func ExampleAcceptKey() {
	fmt.Println(mintws.AcceptKey("dGhlIHNhbXBsZSBub25jZQ=="))
	// Output: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
}
