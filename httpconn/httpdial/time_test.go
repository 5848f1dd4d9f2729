package httpdial

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mintws/mintws/httpconn"
)

// piped is a DialContext that connects to handle, without a network, so that a bubble of synctest has its own time. The
// test ends when handle has returned.
func piped(t *testing.T, handle func(net.Conn)) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		var wg sync.WaitGroup
		a, b := net.Pipe()
		wg.Go(func() {
			defer b.Close()
			handle(b)
		})
		t.Cleanup(wg.Wait)
		return a, nil
	}
}

func discard(c net.Conn) { io.Copy(io.Discard, c) }

// TestDialTimeout: whatever step a silent peer holds up, Dial ends when its own time has passed, or the context before.
func TestDialTimeout(t *testing.T) {
	proxy := func(scheme string) func(*url.URL) (*url.URL, error) {
		return UseProxy(&url.URL{Scheme: scheme, Host: "proxy.test"})
	}
	wait := func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }
	for name, tt := range map[string]struct {
		url, op string
		opt     Options
	}{
		"connect":          {"ws://example.test", "connect", Options{Proxy: NoProxy, DialContext: wait}},
		"tls":              {"wss://example.test", "tls", Options{Proxy: NoProxy}},
		"settings":         {"ws://example.test", "http", Options{Proxy: NoProxy, Protocols: []httpconn.Version{httpconn.HTTP2, httpconn.HTTP1}}},
		"HTTP proxy":       {"ws://example.test", "proxy", Options{Proxy: proxy("http")}},
		"TLS to the proxy": {"ws://example.test", "proxy", Options{Proxy: proxy("https")}},
		"SOCKS":            {"ws://example.test", "proxy", Options{Proxy: proxy("socks5")}},
	} {
		for _, limits := range []struct{ timeout, context, want time.Duration }{
			{0, 0, DefaultTimeout}, {time.Second, 0, time.Second}, {-1, time.Hour, time.Hour},
			{0, time.Minute, DefaultTimeout}, {time.Minute, time.Second, time.Second},
		} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					opt, ctx := tt.opt, t.Context()
					if opt.Timeout = limits.timeout; opt.DialContext == nil {
						opt.DialContext = piped(t, discard)
					}
					if limits.context > 0 {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, limits.context)
						defer cancel()
					}
					began := time.Now()
					refused(t, ctx, tt.url, opt, tt.op, context.DeadlineExceeded)
					if took := time.Since(began); took != limits.want {
						t.Errorf("%+v: took %v", limits, took)
					}
				})
			})
		}
	}
}

// TestDialProxyRefusalIsBounded: the content of a refusal is waited for no longer than 2 s, and no more of it is taken than
// 64 KiB. What has come by then is handed over.
func TestDialProxyRefusalIsBounded(t *testing.T) {
	const head = "HTTP/1.1 407 No\r\n"
	send := func(c net.Conn, s string) bool { _, err := io.WriteString(c, s); return err == nil }
	for name, tt := range map[string]struct {
		answer     func(net.Conn)
		took       time.Duration
		least, all int // of Body
	}{
		"nothing": {func(c net.Conn) { send(c, head+"Content-Length: 5\r\n\r\n") }, 2 * time.Second, 0, 0},
		"a part":  {func(c net.Conn) { send(c, head+"Content-Length: 5\r\n\r\nlog") }, 2 * time.Second, 3, 3},
		"a byte now and then": {func(c net.Conn) {
			for ok := send(c, head+"\r\n"); ok; ok = send(c, "x") {
				time.Sleep(300 * time.Millisecond)
			}
		}, 2 * time.Second, 6, 6},
		"endless": {func(c net.Conn) {
			for ok := send(c, head+"\r\n"); ok; ok = send(c, strings.Repeat("x", 1000)) {
			}
		}, 0, maxProxyBody, maxProxyBody},
		"endless in the first read": {func(c net.Conn) {
			for ok := send(c, head+"\r\nx"); ok; ok = send(c, strings.Repeat("x", 5000)) {
			}
		}, 0, maxProxyBody, maxProxyBody},
		"endless in chunks of a byte": {func(c net.Conn) {
			for ok := send(c, head+"Transfer-Encoding: chunked\r\n\r\n"); ok; ok = send(c, "1;why=because\r\nx\r\n") {
			}
		}, 0, 1000, maxProxyBody / 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opt := Options{Proxy: UseProxy(mustURL("http://proxy.test")), DialContext: piped(t, func(c net.Conn) {
					c.Read(make([]byte, 4096))
					tt.answer(c)
					discard(c)
				})}
				began := time.Now()
				pe := proxyError(t, refused(t, t.Context(), "ws://example.test/", opt, "proxy", ErrProxyRefused))
				if took := time.Since(began); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
				if n := len(pe.Body); pe.Status != 407 || n < tt.least || n > tt.all || errors.Is(pe, context.DeadlineExceeded) {
					t.Errorf("status %d, %d bytes of content, want %d to %d: %v", pe.Status, n, tt.least, tt.all, pe)
				}
			})
		})
	}
	// Where Dial's own time ends first, that is what ended it.
	synctest.Test(t, func(t *testing.T) {
		opt := Options{Timeout: time.Second, Proxy: UseProxy(mustURL("http://proxy.test")), DialContext: piped(t, func(c net.Conn) {
			c.Read(make([]byte, 4096))
			send(c, head+"\r\nlog")
			discard(c)
		})}
		pe := proxyError(t, refused(t, t.Context(), "ws://example.test/", opt, "proxy", context.DeadlineExceeded))
		if pe.Status != 407 || string(pe.Body) != "log" || !errors.Is(pe, ErrProxyRefused) {
			t.Errorf("got %+v", pe)
		}
	})
}

// closing counts how often a connection is closed.
type closing struct {
	net.Conn
	n *int
}

func (c closing) Close() error { *c.n++; return c.Conn.Close() }

// TestDialSuccessAfterTheEnd: a connection that comes when the context has ended already is closed and not returned.
func TestDialSuccessAfterTheEnd(t *testing.T) {
	for name, end := range map[string]func(context.CancelFunc){
		"cancelled": func(cancel context.CancelFunc) { cancel() },
		"timed out": func(context.CancelFunc) { time.Sleep(2 * DefaultTimeout) },
	} {
		for _, proxy := range []func(*url.URL) (*url.URL, error){NoProxy, UseProxy(mustURL("http://proxy.test"))} {
			for _, version := range []httpconn.Version{httpconn.HTTP1, httpconn.HTTP2} {
				t.Run(name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						ctx, cancel := context.WithCancel(t.Context())
						defer cancel()
						closed := 0
						opt := Options{Proxy: proxy, Protocols: []httpconn.Version{version}}
						opt.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
							end(cancel)
							c, err := piped(t, discard)(ctx, network, address)
							return closing{c, &closed}, err
						}
						de := refused(t, ctx, "ws://example.test/", opt, "", nil)
						if !errors.Is(de, context.Canceled) && !errors.Is(de, context.DeadlineExceeded) || closed == 0 {
							t.Errorf("%v, closed %d times", de, closed)
						}
					})
				})
			}
		}
	}
	// The context ends in the last step of all, and nobody but Dial looks.
	server := tcpServer(t, overTLS(certified(t, "example.test"), echoTLS))
	ctx := &late{t.Context(), time.Now().Add(time.Hour)}
	cfg := trust()
	cfg.VerifyConnection = func(tls.ConnectionState) error { ctx.at = time.Unix(1, 0); return nil }
	opt := Options{Timeout: -1, Proxy: NoProxy, DialContext: toServer(server), TLS: cfg}
	refused(t, ctx, "wss://example.test/", opt, "http", context.DeadlineExceeded)
}

// late is a context whose deadline can pass without its timer having run.
type late struct {
	context.Context
	at time.Time
}

func (c *late) Deadline() (time.Time, bool) { return c.at, true }

// TestDialNoConnection: a DialContext that returns neither a connection nor an error is refused, with and without a proxy.
func TestDialNoConnection(t *testing.T) {
	none := func(context.Context, string, string) (net.Conn, error) { return nil, nil }
	for _, u := range []string{"ws://example.test/", "wss://example.test/"} {
		refused(t, t.Context(), u, Options{DialContext: none, Proxy: NoProxy}, "connect", errNoConn)
		refused(t, t.Context(), u, Options{DialContext: none, Unix: "/run/sock"}, "connect", errNoConn)
		for _, scheme := range []string{"http", "https", "socks5"} {
			opt := Options{DialContext: none, Proxy: UseProxy(&url.URL{Scheme: scheme, Host: "proxy.test"})}
			proxyError(t, refused(t, t.Context(), u, opt, "proxy", errNoConn))
		}
	}
}
