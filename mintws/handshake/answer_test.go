package handshake_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
)

// respond is what a server does with bytes, up to the WebSocket: every request is answered.
func respond(t testing.TB, opt mintws.AcceptOptions, data string) (out []byte, opened, over bool, rest []byte) {
	t.Helper()
	var h handshake.Head
	var ws mintws.WebSocket
	rest = []byte(data)
	for len(rest) > 0 && !opened && !over {
		var r *http.Request
		var status int
		var header http.Header
		var err error
		if h, r, rest, err = h.Feed(rest); err == nil && r == nil {
			break
		}
		if err == nil {
			ws, status, header, err = mintws.Accept(r, opt)
		}
		if err == nil {
			out, err = handshake.AppendAnswer(out, status, header)
		}
		if err != nil {
			var again bool
			out, again = handshake.AppendRefusal(out, r, err)
			over = !again
		}
		opened = ws.State() == mintws.Open
	}
	return out, opened, over, rest
}

// readAll parses responses as net/http does, to requests with the given methods, and wants nothing behind them.
func readAll(t testing.TB, out []byte, methods ...string) (responses []*http.Response, bodies []string) {
	t.Helper()
	br := bufio.NewReader(bytes.NewReader(out))
	for _, method := range methods {
		resp, err := http.ReadResponse(br, &http.Request{Method: method})
		if err != nil {
			t.Fatalf("%v in %q", err, out)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatalf("%v in %q", err, out)
		}
		responses, bodies = append(responses, resp), append(bodies, string(body))
	}
	if rest, _ := io.ReadAll(br); len(rest) != 0 {
		t.Fatalf("%q behind the last response", rest)
	}
	return responses, bodies
}

// TestStatuses has a request for each status, and says whether another may follow.
func TestStatuses(t *testing.T) {
	key := "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	ask := "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	for _, tt := range []struct {
		name, head string
		status     int
		over       bool
		fields     map[string]string
		text       string
	}{
		{"curl", "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\r\n", 426, false,
			map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Content-Type": "text/plain; charset=utf-8"},
			"426 Upgrade Required: Upgrade is missing, want \"websocket\".\n"},
		{"curl that is done", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 426, true, map[string]string{"Connection": "Upgrade, close"}, ""},
		{"HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", 426, true, map[string]string{"Connection": "Upgrade, close"}, ""},
		{"another version", start + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n\r\n", 426, false,
			map[string]string{"Sec-WebSocket-Version": "13", "Connection": "Upgrade"}, ""},
		{"no key", start + ask + "\r\n", 400, false, map[string]string{"Connection": ""}, ""},
		{"method", "PUT / HTTP/1.1\r\nHost: a\r\n\r\n", 405, false, map[string]string{"Allow": "GET"}, ""},
		{"HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 405, false, map[string]string{"Content-Length": "45"}, ""},
		{"asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 405, false, map[string]string{"Allow": "GET"}, ""},
		{"origin", start + ask + key + "Origin: http://b\r\n\r\n", 403, false, nil, ""},
		{"malformed", "GET / HTTP/1.1\n", 400, true, map[string]string{"Connection": "close"}, ""},
		{"no Host", "GET / HTTP/1.1\r\n\r\n", 400, true, map[string]string{"Connection": "close"}, "400 Bad Request: Host is missing.\n"},
		{"content", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 413, true, map[string]string{"Connection": "close"}, ""},
		{"content of an upgrade", start + ask + key + "Content-Length: 5\r\n\r\nhello", 413, true, map[string]string{"Connection": "close"}, ""},
		{"chunks", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411, true, map[string]string{"Connection": "close"}, ""},
		{"target", "GET /" + strings.Repeat("a", 20000), 414, true, nil, ""},
		{"fields", start + "Cookie: " + strings.Repeat("a", 20000), 431, true, nil, ""},
		{"CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 501, true, nil, ""},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, true, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, opened, over, _ := respond(t, mintws.AcceptOptions{}, tt.head)
			if opened || over != tt.over {
				t.Errorf("opened %v, over %v, want over %v", opened, over, tt.over)
			}
			method, _, _ := strings.Cut(tt.head, " ")
			responses, bodies := readAll(t, out, method)
			resp := responses[0]
			if resp.StatusCode != tt.status || resp.Close != tt.over {
				t.Errorf("%d, close %v", resp.StatusCode, resp.Close)
			}
			for name, want := range tt.fields {
				line := "\r\n" + name + ": " + want // net/http's client takes Connection out of the Header
				if want == "" && bytes.Contains(out, []byte(line)) || want != "" && !bytes.Contains(out, []byte(line+"\r\n")) {
					t.Errorf("%s is not %q in %q", name, want, out)
				}
			}
			if !strings.HasPrefix(bodies[0], fmt.Sprint(tt.status, " ", http.StatusText(tt.status))) && method != "HEAD" || tt.text != "" && bodies[0] != tt.text {
				t.Errorf("text %q, want %q", bodies[0], tt.text)
			}
		})
	}
}

// TestPipelined: what follows a refusal is the next request, and what follows the answer that opens is left alone.
func TestPipelined(t *testing.T) {
	const plain = "GET /favicon.ico HTTP/1.1\r\nHost: a\r\n\r\n"
	out, opened, over, rest := respond(t, mintws.AcceptOptions{CheckOrigin: func(*http.Request) error { return nil }},
		plain+strings.Replace(plain, "GET", "HEAD", 1)+"\r\n"+upgrade+"\r\n"+plain)
	if !opened || over || string(rest) != plain {
		t.Errorf("opened %v, over %v, rest %q", opened, over, rest)
	}
	i := bytes.Index(out, []byte("HTTP/1.1 101"))
	if i < 0 {
		t.Fatalf("%q", out)
	}
	responses, _ := readAll(t, out[:i], "GET", "HEAD")
	for i, want := range []int{426, 405} {
		if responses[i].StatusCode != want {
			t.Errorf("response %d is %d, want %d", i, responses[i].StatusCode, want)
		}
	}
	// A request that ends the connection is the last, whatever stands behind it.
	_, opened, over, rest = respond(t, mintws.AcceptOptions{}, strings.Replace(plain, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)+upgrade+"\r\n")
	if opened || !over || len(rest) != len(upgrade)+2 {
		t.Errorf("opened %v, over %v, rest %q", opened, over, rest)
	}
}

func TestAppendAnswer(t *testing.T) {
	dst := []byte("before")
	for _, tt := range []struct {
		status int
		header http.Header
		want   string
	}{
		{200, nil, "status 200 does not open a WebSocket, want 101"},
		{101, http.Header{"a:": {"1"}}, `a field name has byte 0x3a (':') at index 1, want a token`},
		{101, http.Header{"A": {"secret\r\n"}}, "value of field A has byte 0x0d at index 6"},
	} {
		out, err := handshake.AppendAnswer(dst, tt.status, tt.header)
		if string(out) != "before" || !errors.Is(err, mintws.ErrInvalidOptions) || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%q, %v; want %q", out, err, tt.want)
		}
	}
}

func TestAppendResponse(t *testing.T) {
	get := &http.Request{Method: "GET", ProtoMajor: 1, ProtoMinor: 1}
	head := &http.Request{Method: "HEAD", ProtoMajor: 1, ProtoMinor: 1}
	for _, tt := range []struct {
		name    string
		r       *http.Request
		status  int
		header  http.Header
		content string
		want    string // "" if it cannot be sent
		again   bool
	}{
		{"page", get, 200, http.Header{"content-type": {"text/html"}, "content-LENGTH": {"99"}, "Transfer-Encoding": {"chunked"}}, "<p>",
			"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: text/html\r\n\r\n<p>", true},
		{"HEAD", head, 200, nil, "<p>", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true},
		{"redirect", get, 302, http.Header{"Location": {"/x"}}, "", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /x\r\n\r\n", true},
		{"no content", get, 204, nil, "", "HTTP/1.1 204 No Content\r\n\r\n", true},
		{"not modified", get, 304, http.Header{"Etag": {`"a"`}}, "", "HTTP/1.1 304 Not Modified\r\nEtag: \"a\"\r\n\r\n", true},
		{"no request", nil, 408, nil, "", "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", false},
		{"closed by the server", get, 200, http.Header{"connection": {"foo", "Close"}}, "", "HTTP/1.1 200 OK\r\nConnection: foo\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n", false},
		{"closed by the client", &http.Request{Method: "GET", Close: true}, 200, http.Header{"Connection": {"foo"}}, "",
			"HTTP/1.1 200 OK\r\nConnection: foo, close\r\nContent-Length: 0\r\n\r\n", false},
		{"a status without a name", get, 599, nil, "", "HTTP/1.1 599 \r\nContent-Length: 0\r\n\r\n", true},
		{"content where none may be", get, 204, nil, "x", "", false},
		{"a 1xx", get, 101, nil, "", "", false},
		{"no status", get, 600, nil, "", "", false},
		{"an injected field", get, 302, http.Header{"Location": {"/\r\nSet-Cookie: a=b"}}, "", "", false},
	} {
		before := tt.header.Clone()
		out, again, err := handshake.AppendResponse([]byte("dst "), tt.r, tt.status, tt.header, tt.content)
		if string(out) != "dst "+tt.want || again != tt.again || (err != nil) != (tt.want == "") || err != nil && !errors.Is(err, mintws.ErrInvalidOptions) {
			t.Errorf("%s: %q, %v, %v; want %q, %v", tt.name, out, again, err, tt.want, tt.again)
		}
		if fmt.Sprint(before) != fmt.Sprint(tt.header) {
			t.Errorf("%s: header became %v", tt.name, tt.header)
		}
	}
}

// TestRefusalUnsendable: a HandshakeError with a field that cannot be sent is the server's own fault, and injects nothing.
func TestRefusalUnsendable(t *testing.T) {
	err := &mintws.HandshakeError{Status: 401, Header: http.Header{"A": {"b\r\nSet-Cookie: c"}}, Server: true, Detail: "secret"}
	out, again := handshake.AppendRefusal([]byte("dst "), &http.Request{Method: "GET"}, err)
	responses, bodies := readAll(t, bytes.TrimPrefix(out, []byte("dst ")), "GET")
	if responses[0].StatusCode != 500 || bodies[0] != "500 Internal Server Error.\n" || !again || bytes.Contains(out, []byte("ookie")) {
		t.Errorf("%q, %v", out, again)
	}
	// The fields are a copy: a change of them does not change the error.
	shared := &mintws.HandshakeError{Status: 401, Header: http.Header{"A": {"b"}}, Server: true}
	_, header, _ := handshake.Refusal(shared)
	header["A"][0] = "c"
	header.Set("D", "e")
	if fmt.Sprint(shared.Header) != "map[A:[b]]" {
		t.Errorf("the error's fields became %v", shared.Header)
	}
}
