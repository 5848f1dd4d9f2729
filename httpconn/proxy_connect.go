package httpconn

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/mintws/mintws/internal/target"
)

// maxProxyBody bounds ProxyError.Body: enough for what a proxy says to a person.
const maxProxyBody = 4 << 10

// connectTunnel asks the HTTP proxy at the other end of sock for a tunnel to t. What a refusal says goes into e.
func (opt DialOptions) connectTunnel(
	ctx context.Context, sock net.Conn, proxy *url.URL, t target.Target, e *ProxyError,
) (net.Conn, error) {
	header, err := opt.proxyHeader(proxy)
	if err != nil {
		return nil, err
	}
	req := Request{Method: http.MethodConnect, Authority: t.Remote(), Header: header}
	var a connectAnswer
	err = underContext(ctx, sock, func() error {
		return a.exchange(sock, req, Config{Limits: opt.Config.Limits})
	})
	switch {
	case a.status != 0 && !a.opened():
		e.Status, e.Header, e.Body = a.status, a.header, a.data
		if err != nil {
			return nil, &because{ErrProxyRefused, err}
		}
		return nil, ErrProxyRefused
	case err != nil:
		return nil, err
	case len(a.data) > 0: // the tunnel's first bytes came with the answer
		return &prefixConn{Conn: sock, prefix: a.data}, nil
	}
	return sock, nil
}

// proxyHeader is the header of the CONNECT request.
func (opt DialOptions) proxyHeader(proxy *url.URL) (http.Header, error) {
	h := opt.ProxyHeader.Clone()
	if proxy.User == nil {
		return h, nil
	}
	for name := range h {
		if strings.EqualFold(name, "Proxy-Authorization") {
			return h, nil
		}
	}
	name := proxy.User.Username()
	password, _ := proxy.User.Password()
	if strings.Contains(name, ":") { // RFC 7617 section 2: "a user-id containing a colon character is invalid"
		return nil, errors.New("httpconn: the proxy's user name contains a colon")
	}
	if h == nil {
		h = make(http.Header, 1)
	}
	h.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(name+":"+password)))
	return h, nil
}

// checkProxyHeader finds the values that cannot be sent. [Conn.Request] would too, but its error shows them, and they may
// be secret.
func checkProxyHeader(h http.Header) error {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if slices.ContainsFunc(h[name], func(v string) bool { return !httpguts.ValidHeaderFieldValue(v) }) {
			return fmt.Errorf("%w: control character in the value of ProxyHeader field %q", ErrInvalidRequest, name)
		}
	}
	return nil
}

// connectAnswer is what a proxy has answered to CONNECT so far.
type connectAnswer struct {
	status int
	header http.Header
	data   []byte // the first bytes of the tunnel, or of the content of a refusal
}

func (a *connectAnswer) opened() bool { return a.status/100 == 2 }

// exchange sends req and reads the answer: until the head of one that opens the tunnel and the bytes that arrived with
// it, or the end of one that does not.
func (a *connectAnswer) exchange(sock io.ReadWriter, req Request, cfg Config) error {
	var out Output
	conn, err := New(HTTP1, cfg, &out)
	if err != nil {
		return err
	}
	if conn, _, err = conn.Request(&out, req); err != nil {
		return err
	}
	buf := make([]byte, 4<<10)
	for {
		if len(out.Send) > 0 {
			if _, err = sock.Write(out.Send); err != nil {
				return err
			}
		}
		out.Reset()
		n, readErr := sock.Read(buf)
		if n > 0 {
			conn, err = conn.Stream(&out, buf[:n])
		}
		if err == nil && readErr == io.EOF {
			conn, err = conn.StreamEOF(&out)
		}
		done, endErr := a.add(out.Events)
		switch {
		case done || a.opened():
			return nil
		case endErr != nil:
			return endErr
		case err != nil:
			return err
		case readErr == io.EOF:
			return io.ErrUnexpectedEOF
		case readErr != nil:
			return readErr
		}
	}
}

// add takes up what the proxy sent. Done says that no more of it is wanted; err is why the response broke off.
func (a *connectAnswer) add(events []Event) (done bool, err error) {
	for _, ev := range events {
		switch ev.Kind {
		case EventHeaders:
			a.status, a.header = ev.Status, ev.Header
		case EventData:
			a.data = append(a.data, ev.Data...)
		case EventDone:
			done = true
		case EventReset:
			err = ev.Err
		}
	}
	if a.status != 0 && !a.opened() && len(a.data) >= maxProxyBody {
		a.data, done = a.data[:maxProxyBody:maxProxyBody], true
	}
	return done, err
}
