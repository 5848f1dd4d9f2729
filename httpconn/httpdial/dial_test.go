package httpdial

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
)

func TestDialTCP(t *testing.T) {
	addr := tcpServer(t, echo)
	for _, scheme := range []string{"ws", "http"} {
		sock := dialed(t, scheme+"://user:secret@"+addr+"/feed?x=y", Options{})
		if _, ok := sock.(*net.TCPConn); !ok {
			t.Errorf("%s: socket is a %T, want the *net.TCPConn itself", scheme, sock)
		}
		checkEcho(t, sock)
	}
}

// What one connection has left to write must not be sent to another server, which may be another's.
func TestDialNotEmpty(t *testing.T) {
	opt := Options{DialContext: func(context.Context, string, string) (net.Conn, error) {
		t.Error("dialed all the same")
		return nil, io.ErrClosedPipe
	}}
	out := httpconn.Output{Send: []byte("Cookie: secret"), Events: []httpconn.Event{{Kind: httpconn.EventPong}}}
	for _, url := range []string{"ws://127.0.0.1:1/", "wss://127.0.0.1:1/"} {
		sock, conn, err := Dial(t.Context(), url, &out, opt)
		var de *Error
		if !errors.Is(err, ErrNotEmpty) || !errors.As(err, &de) || de.Op != "output" || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error %v, want ErrNotEmpty of the step output", url, err)
		}
		if sock != nil || !conn.Equal(httpconn.Conn{}) || string(out.Send) != "Cookie: secret" || len(out.Events) != 1 {
			t.Errorf("%s: something was changed: %v, %v, %+v", url, sock, conn, out)
		}
	}
}

func TestDialUnix(t *testing.T) {
	// Not t.TempDir: the path of a unix socket must be short.
	dir, err := os.MkdirTemp("", "ws")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Setenv("http_proxy", "http://127.0.0.1:1") // plays no part
	path := filepath.Join(dir, "plain")
	dialServer(t, "unix", path, echo)
	checkEcho(t, dialed(t, "ws://example.test/feed", Options{Unix: path}))

	path = filepath.Join(dir, "tls")
	dialServer(t, "unix", path, overTLS(certified(t, "example.test"), echoTLS))
	checkEcho(t, dialed(t, "wss://example.test/feed", Options{Unix: path, TLS: trust()}))
	refused(t, t.Context(), "wss://other.test/", Options{Unix: path, TLS: trust()}, "tls", nil)

	refused(t, t.Context(), "ws://example.test/", Options{Unix: filepath.Join(dir, "none")}, "connect", os.ErrNotExist)
	refused(t, t.Context(), "ws://example.test/", Options{Unix: path, Proxy: NoProxy}, "options", errUnixProxy)
}

func TestDialAbstractUnix(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("abstract names are a thing of Linux")
	}
	// A name the kernel picks is free: binding to none gives one.
	l := dialServer(t, "unix", "", echo)
	checkEcho(t, dialed(t, "ws://example.test/feed", Options{Unix: l.Addr().String()}))
}

func TestDialContextOption(t *testing.T) {
	setProxies(t, nil)
	addr := tcpServer(t, echo)
	var asked []string
	opt := Options{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		asked = append(asked, network+" "+address)
		return new(net.Dialer).DialContext(ctx, "tcp", addr)
	}}
	for _, u := range []string{"ws://example.test/", "http://bücher.example:81/", "ws://[fe80::1%25eth0]/"} {
		checkEcho(t, dialed(t, u, opt))
	}
	opt.Unix = "/run/sock"
	checkEcho(t, dialed(t, "ws://example.test/", opt))
	got := strings.Join(asked, ", ")
	want := "tcp example.test:80, tcp xn--bcher-kva.example:81, tcp [fe80::1%eth0]:80, unix /run/sock"
	if got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
	opt.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, io.ErrClosedPipe }
	refused(t, t.Context(), "ws://example.test/", opt, "connect", io.ErrClosedPipe)
}

func TestDialRefusedConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	de := refused(t, t.Context(), "ws://user:secret@"+addr+"/?key=secret", Options{}, "connect", nil)
	var op *net.OpError
	if !errors.As(de, &op) || de.URL != "ws://"+addr {
		t.Errorf("got %#v", de)
	}
}

// What New refuses is refused before anything is connected.
func TestDialUnsupportedVersion(t *testing.T) {
	opt := Options{DialContext: func(context.Context, string, string) (net.Conn, error) {
		t.Error("connected")
		return nil, io.EOF
	}}
	for _, p := range [][]httpconn.Version{{7}, {httpconn.HTTP1, 7}} {
		opt.Protocols = p
		refused(t, t.Context(), "ws://example.test/", opt, "options", httpconn.ErrUnsupported)
	}
}

func TestDialContextEndedBefore(t *testing.T) {
	addr := tcpServer(t, echo)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	refused(t, ctx, "ws://"+addr, Options{}, "connect", context.Canceled)
	ctx, cancel = context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	refused(t, ctx, "ws://"+addr, Options{}, "connect", context.DeadlineExceeded)
}

// A DialContext that reports its own error when the context ends: the context's is added.
func TestDialContextErrorIsAdded(t *testing.T) {
	setProxies(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	opt := Options{DialContext: func(context.Context, string, string) (net.Conn, error) {
		cancel()
		return nil, io.ErrClosedPipe
	}}
	de := refused(t, ctx, "ws://example.test/", opt, "connect", context.Canceled)
	if !errors.Is(de, io.ErrClosedPipe) {
		t.Errorf("%v does not wrap what DialContext returned", de)
	}
}

// watched counts the deadlines set on a connection, and keeps the last.
type watched struct {
	net.Conn
	deadline *time.Time
	refuse   error
}

func (w watched) SetDeadline(d time.Time) error {
	if w.refuse != nil {
		return w.refuse
	}
	*w.deadline = d
	return w.Conn.SetDeadline(d)
}

// With a deadline in the context every way of dialing leaves a socket that has none.
func TestDialClearsDeadline(t *testing.T) {
	secure := tcpServer(t, overTLS(certified(t, "example.test"), echoTLS))
	proxy := newProxy(t, secure)
	socks := newSOCKS(t, secure)
	for name, opt := range map[string]Options{
		"direct": {DialContext: toServer(secure), Proxy: NoProxy},
		"proxy":  {Proxy: UseProxy(proxy.url())},
		"socks":  {Proxy: UseProxy(socks.url())},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			var last time.Time
			dial := opt.dial
			opt.TLS = trust()
			opt.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := dial(ctx, network, address)
				return watched{Conn: c, deadline: &last}, err
			}
			var out httpconn.Output
			sock, _, err := Dial(ctx, "wss://example.test/", &out, opt)
			if err != nil {
				t.Fatal(err)
			}
			if !last.IsZero() {
				t.Errorf("deadline %v is left", last)
			}
			cancel() // has no effect any more
			checkEcho(t, sock)
		})
	}
}
