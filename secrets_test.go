package readme

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
)

// No error shows a secret: what the caller passes, the cookies, tokens and subprotocols of either side, of a URL anything but
// scheme, host and port. Each case puts one where the call has to refuse it, and the texts of all that it gave are searched.

const (
	secret  = "hunter2-tokenQ"
	secret2 = "hunter2" // an error that cuts it shows enough
)

// refusal is a call that refuses a secret: name is the argument that holds it, TYPE.FIELD for a field.
type refusal struct {
	name string
	try  func(t *testing.T) error
}

// leaks reports whether text shows the secret, as it is or as it is encoded on its way.
func leaks(text string) bool {
	text = strings.ToLower(text)
	for _, form := range []string{secret2, fmt.Sprintf("%x", secret2), base64.StdEncoding.EncodeToString([]byte("u:" + secret))[:12]} {
		if strings.Contains(text, strings.ToLower(form)) {
			return true
		}
	}
	return false
}

// texts are those of an error and of all that it wraps.
func texts(err error) string {
	if err == nil {
		return ""
	}
	s := fmt.Sprintf("%v\n%+v\n", err, err)
	switch e := err.(type) {
	case *url.Error:
		return "" // of a function of the caller's: kept for errors.As, and in no text of ours
	case interface{ Unwrap() error }:
		s += texts(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, x := range e.Unwrap() {
			s += texts(x)
		}
	}
	return s
}

func TestErrorsShowNoSecret(t *testing.T) {
	all := [][]refusal{requestSecrets(), trailerSecrets(), responseSecrets(), upgradeSecrets(), acceptSecrets(), handshakeSecrets(), answerSecrets(), frameSecrets(), dialSecrets()}
	tried := map[string]bool{}
	for _, group := range all {
		for _, r := range group {
			tried[strings.Fields(r.name)[0]] = true
			t.Run(r.name, func(t *testing.T) {
				err := r.try(t)
				if err == nil {
					t.Fatal("nothing was refused")
				}
				if text := texts(err); leaks(text) {
					t.Errorf("the secret is in %q", text)
				}
			})
		}
	}
	for _, fields := range []any{httpconn.Request{}, httpdial.Options{}, mintws.Options{}, mintws.AcceptOptions{}} {
		of := reflect.TypeOf(fields)
		owner := strings.TrimPrefix(strings.TrimPrefix(of.String(), "httpconn."), "mintws.")
		for i := range of.NumField() {
			f := of.Field(i)
			switch f.Type.Kind() {
			case reflect.String, reflect.Slice, reflect.Map, reflect.Func, reflect.Interface:
			default:
				continue // no text in it, or as TLS none that we read
			}
			if name := owner + "." + f.Name; !tried[name] && !harmless[name] {
				t.Errorf("no case puts a secret into %s", name)
			}
		}
	}
}

// harmless are the fields whose text we do not make, or that cannot be refused.
var harmless = map[string]bool{
	"Request.Body":                 true, // only its length is looked at
	"httpdial.Options.Protocols":   true, // numbers
	"httpdial.Options.DialContext": true, // its error is the caller's words
	"httpdial.Options.Wrap":        true, // it returns no error
	"httpdial.Options.Unix":        true, // the path of a socket is an address, and in the network's errors
	"Options.Transforms":           true, // names nothing
	"Options.Rand":                 true, // its error is the caller's words
	"AcceptOptions.CheckOrigin":    true, // its error is the caller's words
}

// settled returns an HTTP/2 connection whose server allows everything.
func settled(t *testing.T, out *httpconn.Output) httpconn.Conn {
	t.Helper()
	c, err := httpconn.New(httpconn.HTTP2, httpconn.Config{}, out)
	if err != nil {
		t.Fatal(err)
	}
	c, err = c.Stream(out, frames(func(fr *http2.Framer) error {
		return fr.WriteSettings(http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: 1})
	}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// frames returns what write writes.
func frames(write func(fr *http2.Framer) error) []byte {
	var b bytes.Buffer
	fr := http2.NewFramer(&b, nil)
	fr.AllowIllegalWrites = true
	if err := write(fr); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func http1(t *testing.T, out *httpconn.Output) httpconn.Conn {
	t.Helper()
	c, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, out)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func requestSecrets() (all []refusal) {
	add := func(name string, r httpconn.Request) {
		r.Authority = cmp.Or(r.Authority, "example.com")
		r.Scheme = cmp.Or(r.Scheme, "https")
		for version, begin := range map[string]func(*testing.T, *httpconn.Output) httpconn.Conn{"HTTP/1.1": http1, "HTTP/2": settled} {
			if r.Protocol != "" && version == "HTTP/1.1" || r.Scheme != "https" && version == "HTTP/1.1" {
				continue
			}
			all = append(all, refusal{"Request." + name + " on " + version, func(t *testing.T) error {
				var out httpconn.Output
				_, _, err := begin(t, &out).Request(&out, r)
				return err
			}})
		}
	}
	field := func(name, value string) http.Header { return http.Header{name: {value}} }
	add("Method", httpconn.Request{Method: secret + " "})
	add("Scheme", httpconn.Request{Scheme: secret})
	add("Authority userinfo", httpconn.Request{Authority: "u:" + secret + "@example.com"})
	add("Authority space", httpconn.Request{Authority: secret + " "})
	add("Authority port", httpconn.Request{Authority: secret + ":0"})
	add("Authority of CONNECT", httpconn.Request{Method: "CONNECT", Authority: secret})
	add("Path", httpconn.Request{Path: secret})
	add("Path byte", httpconn.Request{Path: "/" + secret + "?" + secret + "\""})
	add("Path absolute", httpconn.Request{Path: "http://u:" + secret + "@example.com/" + secret})
	add("Path of CONNECT", httpconn.Request{Method: "CONNECT", Authority: "a:1", Path: "/" + secret})
	add("Protocol", httpconn.Request{Protocol: secret + "\n"})
	add("Protocol method", httpconn.Request{Protocol: secret, Method: "GET"})
	add("Header name", httpconn.Request{Header: field(secret+":", "x")})
	for _, name := range []string{"Authorization", "Cookie", "Proxy-Authorization", "Sec-WebSocket-Protocol", "X-Api-Key"} {
		add("Header "+name, httpconn.Request{Header: field(name, secret+"\n")})
	}
	for _, name := range []string{"Host", "Transfer-Encoding", "Content-Length", "Upgrade", "TE"} {
		add("Header "+name, httpconn.Request{Header: field(name, secret)})
	}
	add("Header Expect", httpconn.Request{Header: field("Expect", secret)})
	add("Header Content-Length twice", httpconn.Request{HasBody: true, Header: http.Header{"Content-Length": {"1", secret}}})
	add("Header Connection", httpconn.Request{Header: field("Connection", "host, "+secret)})
	add("Header Upgrade with content", httpconn.Request{Method: "POST", HasBody: true,
		Header: http.Header{"Upgrade": {secret}, "Connection": {"upgrade"}}})
	add("Header Upgrade to CONNECT", httpconn.Request{Method: "CONNECT", Authority: "a:1",
		Header: http.Header{"Upgrade": {secret}, "Connection": {"upgrade, " + secret}}})
	add("Body longer than its length", httpconn.Request{HasBody: true, Body: []byte(secret), Header: field("Content-Length", "1")})
	add("Body of TRACE", httpconn.Request{Method: "TRACE", Body: []byte(secret)})
	return all
}

func trailerSecrets() (all []refusal) {
	for version, begin := range map[string]func(*testing.T, *httpconn.Output) httpconn.Conn{"HTTP/1.1": http1, "HTTP/2": settled} {
		for name, h := range map[string]http.Header{
			"name": {secret + " ": {"x"}}, "value": {"Set-Cookie": {secret + "\x00"}}, "forbidden": {"Authorization": {secret}},
		} {
			all = append(all, refusal{"SendTrailers " + name + " on " + version, func(t *testing.T) error {
				var out httpconn.Output
				c, id, err := begin(t, &out).Request(&out, httpconn.Request{Method: "POST", Scheme: "http", Authority: "a", HasBody: true})
				if err != nil {
					t.Fatal(err)
				}
				_, err = c.SendTrailers(&out, id, h)
				return err
			}})
		}
		all = append(all, refusal{"SendData on " + version, func(t *testing.T) error {
			var out httpconn.Output
			c, id, err := begin(t, &out).Request(&out, httpconn.Request{Method: "POST", Scheme: "http", Authority: "a", HasBody: true,
				Header: http.Header{"Content-Length": {"1"}}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.SendData(&out, id, []byte(secret), true)
			return err
		}})
	}
	return all
}

// responseSecrets are responses that break a rule beside a secret.
func responseSecrets() (all []refusal) {
	for name, answer := range map[string]string{
		"cookie":          "HTTP/1.1 200 OK\r\nSet-Cookie: a=" + secret + "\x00\r\n\r\n",
		"folded cookie":   "HTTP/1.1 200 OK\r\nSet-Cookie: a=\r\n " + secret + "\x00\r\n\r\n",
		"length":          "HTTP/1.1 200 OK\r\nSet-Cookie: " + secret + "\r\nContent-Length: x\r\n\r\n",
		"coding":          "HTTP/1.1 200 OK\r\nSet-Cookie: " + secret + "\r\nTransfer-Encoding: " + secret + "\r\n\r\n",
		"reason":          "HTTP/1.1 200 " + secret + "\x00\r\n\r\n",
		"chunk":           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=" + secret + "\x00",
		"trailer":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nSet-Cookie: " + secret + "\x00",
		"second response": "HTTP/1.1 204 x\r\nSet-Cookie: " + secret + "\r\n\r\n" + secret,
		"no HTTP":         secret,
	} {
		all = append(all, refusal{"Stream, HTTP/1.1, " + name, func(t *testing.T) error {
			var out httpconn.Output
			c, _, err := http1(t, &out).Request(&out, httpconn.Request{Authority: "a"})
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Stream(&out, []byte(answer))
			return errors.Join(err, eventErrors(out))
		}})
	}
	for name, field := range map[string][2]string{
		"cookie": {"set-cookie", secret + "\n"}, "white space": {"set-cookie", " " + secret}, "length": {"content-length", secret},
		"status": {":status", "200"}, "HTTP/1 field": {"connection", secret}, "upper case": {"Set-Cookie", secret},
	} {
		all = append(all, refusal{"Stream, HTTP/2, " + name, func(t *testing.T) error {
			var out httpconn.Output
			c, id, err := settled(t, &out).Request(&out, httpconn.Request{Scheme: "http", Authority: "a"})
			if err != nil {
				t.Fatal(err)
			}
			var block bytes.Buffer
			enc := hpack.NewEncoder(&block)
			for _, f := range [][2]string{{":status", "200"}, {"authorization", secret}, field} {
				if err = enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}); err != nil {
					t.Fatal(err)
				}
			}
			_, err = c.Stream(&out, frames(func(fr *http2.Framer) error {
				return fr.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(id), BlockFragment: block.Bytes(), EndHeaders: true})
			}))
			return errors.Join(err, eventErrors(out))
		}})
	}
	all = append(all, refusal{"Stream, HTTP/2, GOAWAY", func(t *testing.T) error {
		var out httpconn.Output
		c, _, err := settled(t, &out).Request(&out, httpconn.Request{Scheme: "http", Authority: "a"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Stream(&out, frames(func(fr *http2.Framer) error { return fr.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, []byte(secret)) }))
		return errors.Join(err, eventErrors(out))
	}})
	return all
}

// eventErrors joins those of the events, nil for none.
func eventErrors(out httpconn.Output) (err error) {
	for _, ev := range out.Events {
		err = errors.Join(err, ev.Err)
	}
	return err
}
