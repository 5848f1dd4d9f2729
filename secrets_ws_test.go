package readme

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
	"github.com/mintws/mintws/mintws/wshttp"
)

// offering is an Extension that offers what it is.
type offering mintws.Params

func (e offering) Offers() []mintws.Params { return []mintws.Params{mintws.Params(e)} }
func (e offering) Check(mintws.Params) (mintws.Transform, error) {
	return nil, errors.New("not for this test")
}
func (e offering) Answer(mintws.Params) (mintws.Params, mintws.Transform, bool) {
	return mintws.Params{}, nil, false
}

func upgradeSecrets() (all []refusal) {
	add := func(name, target string, opt mintws.Options) {
		for version, begin := range map[string]func(*testing.T, *httpconn.Output) httpconn.Conn{"HTTP/1.1": http1, "HTTP/2": settled} {
			all = append(all, refusal{name + " on " + version, func(t *testing.T) error {
				var out httpconn.Output
				_, _, err := mintws.Upgrade(begin(t, &out), &out, target, opt)
				return err
			}})
		}
	}
	for _, target := range badURLs("ws") {
		add("url "+strings.ReplaceAll(target, secret, "*"), target, mintws.Options{})
	}
	add("url fragment", "http://u:"+secret+"@a/"+secret+"?"+secret+"#"+secret, mintws.Options{})
	add("url userinfo", "ws://u%3A:"+secret+"@a/", mintws.Options{})
	for name, opt := range map[string]mintws.Options{
		"Header name":                 {Header: http.Header{secret + " ": {"x"}}},
		"Header value":                {Header: http.Header{"Authorization": {"Bearer " + secret + "\n"}}},
		"Header own":                  {Header: http.Header{"Sec-WebSocket-Protocol": {secret}}},
		"Header spelled twice":        {Header: http.Header{"Cookie": {secret}, "cookie": {secret}}},
		"Origin":                      {Origin: "https://u:" + secret + "@a/" + secret + "\n"},
		"Subprotocols byte":           {Subprotocols: []string{"a", secret + " "}},
		"Subprotocols twice":          {Subprotocols: []string{secret, secret}},
		"Authority":                   {Authority: "u:" + secret + "@a"},
		"Authority byte":              {Authority: secret + "\n"},
		"Extensions name":             {Extensions: []mintws.Extension{offering{Name: secret + " "}}},
		"Extensions parameter":        {Extensions: []mintws.Extension{offering{Name: "x", Params: []mintws.Param{{Name: secret + ";"}}}}},
		"Extensions parameter, value": {Extensions: []mintws.Extension{offering{Name: "x", Params: []mintws.Param{{Name: "y", Value: secret + "\""}}}}},
		"Delivery":                    {Delivery: 99, Header: http.Header{"Cookie": {secret}}},
	} {
		add("Options."+name, "ws://u:"+secret+"@example.com/"+secret, opt)
	}
	return all
}

// badURLs are URLs that nobody can connect to, each with secrets where one may be.
func badURLs(scheme string) []string {
	return []string{
		secret, "u:" + secret + "@a", "//u:" + secret + "@a/", scheme + ":" + secret, scheme + "://u:" + secret + "@/",
		scheme + "://u:" + secret + " @a/", scheme + "://u:" + secret + "/@a/", scheme + "://u:" + secret + "@a b/" + secret,
		scheme + "://a:http/" + secret + "?" + secret, scheme + "://a:99999/" + secret + "?" + secret + "#" + secret,
		scheme + "://a/" + secret + "\x00", scheme + "://a/?" + secret + "\n", scheme + "://%zz" + secret + "@a/",
		scheme + "://[::1/" + secret, scheme + "://u:" + secret + "@[::1",
	}
}

func acceptSecrets() (all []refusal) {
	const key = "dGhlIHNhbXBsZSBub25jZQ=="
	add := func(name string, opt mintws.AcceptOptions, change func(r *http.Request)) {
		for version := range 2 {
			r := &http.Request{Method: "GET", Host: "a", ProtoMajor: 1, ProtoMinor: 1, URL: &url.URL{Path: "/" + secret, RawQuery: secret},
				Header: http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"},
					"Sec-Websocket-Key": {key}, "Cookie": {secret}, "Authorization": {secret}, "Sec-Websocket-Protocol": {secret + ", " + secret + "2"}}}
			if version == 1 {
				r.Method, r.ProtoMajor, r.ProtoMinor, r.ContentLength = "CONNECT", 2, 0, -1
				r.Header[":protocol"] = []string{"websocket"}
				delete(r.Header, "Upgrade")
				delete(r.Header, "Connection")
				delete(r.Header, "Sec-Websocket-Key")
			}
			if change != nil {
				change(r)
			}
			all = append(all, refusal{fmt.Sprintf("%s on HTTP/%d", name, version+1), func(t *testing.T) error {
				_, status, header, err := mintws.Accept(r, opt)
				if err == nil {
					return nil
				}
				rec := httptest.NewRecorder() // what the client gets to see
				wshttp.Refuse(rec, err)
				if seen := fmt.Sprint(status, header, rec.Body, rec.Header()); leaks(seen) {
					t.Errorf("the client gets to see %q", seen)
				}
				return err
			}})
		}
	}
	none := mintws.AcceptOptions{}
	set := func(name, value string) func(r *http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	add("r.Method", none, func(r *http.Request) { r.Method = secret })
	add("r.URL", none, func(r *http.Request) { r.URL.Path = secret })
	add("r.Host", none, func(r *http.Request) { r.Host = "u:" + secret + "@a"; r.Header.Set("Origin", "https://b") })
	add("r.TransferEncoding", none, func(r *http.Request) { r.TransferEncoding, r.ContentLength = []string{secret}, 5 })
	add("r.Header version", none, set("Sec-Websocket-Version", "8"))
	add("r.Header subprotocol", none, set("Sec-Websocket-Protocol", "a, "+secret+" x"))
	add("r.Header subprotocol twice", none, set("Sec-Websocket-Protocol", secret+", "+secret))
	add("r.Header extensions", none, set("Sec-Websocket-Extensions", ";"))
	add("r.Header origin", none, set("Origin", "https://b"))
	for name, opt := range map[string]mintws.AcceptOptions{
		"Header name":            {Header: http.Header{secret + " ": {"x"}}},
		"Header value":           {Header: http.Header{"Set-Cookie": {"a=" + secret + "\r\n"}}},
		"Header own":             {Header: http.Header{"Sec-Websocket-Protocol": {secret}}},
		"Header spelled twice":   {Header: http.Header{"Set-Cookie": {secret}, "set-cookie": {secret}}},
		"Subprotocols":           {Subprotocols: []string{secret + " "}},
		"Choose":                 {Choose: func([]string) string { return secret + "3" }},
		"AllowedOrigins":         {AllowedOrigins: []string{"https://u:" + secret + "@a/" + secret}},
		"AllowedOrigins no URL":  {AllowedOrigins: []string{secret + " "}},
		"AllowedOrigins unicode": {AllowedOrigins: []string{"https://" + secret + ".\u200d"}},
		"Extensions":             {Extensions: []mintws.Extension{offering{Name: secret}, nil}},
	} {
		add("AcceptOptions."+name, opt, nil)
		if name != "Choose" { // which is only called for a request
			all = append(all, refusal{"AcceptOptions." + name + " in Check", func(*testing.T) error { return opt.Check() }})
		}
	}
	// The same answer on its way to the client.
	for name, h := range map[string]http.Header{"name": {secret + ":": {"x"}}, "value": {"Set-Cookie": {secret + "\n"}}} {
		all = append(all, refusal{"Answer header " + name, func(t *testing.T) error {
			rec := httptest.NewRecorder()
			_, err := wshttp.Answer(rec, &http.Request{ProtoMajor: 1}, 101, h)
			if leaks(rec.Body.String()) {
				t.Errorf("the client gets to see %q", rec.Body)
			}
			return err
		}})
	}
	return all
}

// answerSecrets are answers to an upgrade that open no WebSocket.
func answerSecrets() (all []refusal) {
	for name, answer := range map[string]struct {
		status int
		header http.Header
	}{
		"refused":          {401, nil},
		"redirect":         {302, http.Header{"Location": {"wss://u:" + secret + "@a/" + secret}}},
		"no Upgrade":       {101, nil},
		"accept":           {101, http.Header{"Upgrade": {"websocket"}, "Connection": {"upgrade"}, "Sec-Websocket-Accept": {"x"}}},
		"subprotocol":      {200, nil},
		"two subprotocols": {200, http.Header{"Sec-Websocket-Protocol": {secret, secret + "2"}}},
		"extension":        {200, http.Header{"Sec-Websocket-Extensions": {"x"}}},
	} {
		all = append(all, refusal{"JudgeAnswer " + name, func(t *testing.T) error {
			var out httpconn.Output
			begin := http1
			if answer.status == 200 {
				begin = settled
			}
			_, ws, err := mintws.Upgrade(begin(t, &out), &out, "ws://u:"+secret+"@a/"+secret, mintws.Options{Subprotocols: []string{secret}})
			if err != nil {
				t.Fatal(err)
			}
			h := http.Header{"Set-Cookie": {secret}, "Www-Authenticate": {secret}, "Sec-Websocket-Protocol": {secret + "9"}}
			for name, values := range answer.header {
				h[name] = values
			}
			ws, err = ws.JudgeAnswer(answer.status, h)
			return errors.Join(err, ws.Err())
		}})
	}
	return all
}

// frameSecrets are messages that are refused, in both directions.
func frameSecrets() (all []refusal) {
	long := strings.Repeat(secret, 10)
	open := func(t *testing.T, role mintws.Role) mintws.WebSocket {
		ws, err := mintws.NewWebSocket(role, mintws.Options{Limits: mintws.Limits{MaxMessage: 64, MaxFrame: 64}})
		if err != nil {
			t.Fatal(err)
		}
		return ws
	}
	for name, f := range map[string]mintws.Frame{
		"text":         mintws.Text(secret + "\xff"),
		"cut text":     mintws.Text(secret + "\xc3"),
		"ping":         mintws.Ping([]byte(long)),
		"code":         mintws.Close(1005, secret),
		"reason":       mintws.Close(1000, secret+"\xff"),
		"long reason":  mintws.Close(1000, long),
		"opcode":       {Opcode: 3, Payload: []byte(secret)},
		"bits":         {Opcode: mintws.OpText, RSV: 0x70, Payload: []byte(secret), Raw: true},
		"continuation": {Opcode: mintws.OpContinuation, Payload: []byte(secret)},
	} {
		all = append(all, refusal{"AppendEncode " + name, func(t *testing.T) error {
			_, _, err := open(t, mintws.Client).AppendEncode(nil, f)
			return err
		}})
	}
	for name, head := range map[string][]byte{
		"text": {0x81, byte(len(secret) + 1)}, "masked": {0x81, 0x80 | byte(len(secret)+1)}, "opcode": {0x83, byte(len(secret) + 1)},
		"bits": {0xc1, byte(len(secret) + 1)}, "length": {0x81, 126, 0, byte(len(secret) + 1)}, "size": {0x82, 126, 1, 0},
		"control": {0x89, 126, 1, 0}, "continuation": {0x80, byte(len(secret) + 1)}, "fragment": {0x09, byte(len(secret) + 1)},
		"reason": {0x88, byte(len(secret) + 3), 3, 0xe8},
	} {
		all = append(all, refusal{"Decode " + name, func(t *testing.T) error {
			ws, _, err := open(t, mintws.Client).Decode(append(head, secret+"\xff"...))
			if frame, ok := mintws.CloseFrame(err); ok && leaks(string(frame.Payload)) {
				t.Errorf("the Close says %q", frame.Payload)
			}
			return errors.Join(err, ws.Err())
		}})
	}
	all = append(all, refusal{"Decode end of input", func(t *testing.T) error {
		ws, _, err := open(t, mintws.Client).Decode([]byte("\x81\x7d" + secret))
		if err == nil {
			_, err = ws.EOF()
		}
		return err
	}})
	return all
}

// handshakeSecrets are what a server without net/http reads and writes: what the client gets to see must not have it either.
func handshakeSecrets() (all []refusal) {
	const start = "GET / HTTP/1.1\r\nHost: a\r\n"
	for name, head := range map[string]string{
		"method":   secret + "(",
		"target":   "GET " + secret,
		"path":     "GET /" + secret + "\"",
		"query":    "GET /?" + secret + "#",
		"userinfo": "GET http://u:" + secret + "@a/",
		"version":  "GET / HTTP/1.1" + secret,
		"value":    start + "Cookie: " + secret + "\x00",
		"Host":     "GET / HTTP/1.1\r\nHost: u:" + secret + "@a\r\n",
		"literal":  "GET / HTTP/1.1\r\nHost: [" + secret + "]\r\n",
		"coding":   start + "Transfer-Encoding: " + secret + "\r\n",
		"length":   start + "Content-Length: " + secret + "\r\n",
		"limit":    start + "Cookie: " + strings.Repeat(secret, 2000),
	} {
		all = append(all, refusal{"head " + name, func(t *testing.T) error {
			_, _, _, err := handshake.Head{}.Feed([]byte(head))
			if seen, _ := handshake.AppendRefusal(nil, nil, err); leaks(string(seen)) {
				t.Errorf("the client gets to see %q", seen)
			}
			return err
		}})
	}
	for name, header := range map[string]http.Header{"name": {secret + " ": {"x"}}, "value": {"Set-Cookie": {secret + "\n"}}} {
		all = append(all, refusal{"answer " + name, func(t *testing.T) error {
			_, err := handshake.AppendAnswer(nil, http.StatusSwitchingProtocols, header)
			_, _, errResponse := handshake.AppendResponse(nil, nil, http.StatusOK, header, secret)
			return errors.Join(err, errResponse)
		}})
	}
	return append(all, refusal{"answer content", func(t *testing.T) error {
		_, _, err := handshake.AppendResponse(nil, nil, http.StatusNoContent, nil, secret)
		return err
	}})
}
