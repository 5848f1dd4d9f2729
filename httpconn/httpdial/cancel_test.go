package httpdial

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
)

// endable is a context that ends with the error given, when end is called.
type endable struct {
	context.Context
	done chan struct{}
	err  error
}

func (c *endable) Done() <-chan struct{} { return c.done }

func (c *endable) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// silent is a server that never answers. It calls reached when a connection's first byte has come, and reports what
// ended the connection.
func silent(t *testing.T, reached func()) (addr string, closed <-chan error) {
	ended := make(chan error, 1)
	return tcpServer(t, func(c net.Conn) {
		if _, err := c.Read(make([]byte, 1)); err == nil {
			reached()
		}
		_, err := io.Copy(io.Discard, c)
		ended <- err
	}), ended
}

// noDeadlines is a connection like those of SSH channels.
type noDeadlines struct{ net.Conn }

func (noDeadlines) SetDeadline(time.Time) error { return errors.ErrUnsupported }

// Whatever step a silent peer holds up, the end of the context ends it, and nothing is left open or running.
func TestDialCancel(t *testing.T) {
	const example = "://example.test/"
	for _, tt := range []struct {
		name, url, op string
		proxy         string // the scheme and userinfo of the silent proxy, if any
		through       bool   // a proxy that works is between us and the silent server
		noDeadlines   bool
		protocols     []httpconn.Version
	}{
		{name: "tls", url: "wss" + example, op: "tls"},
		{name: "tls without deadlines", url: "wss" + example, op: "tls", noDeadlines: true},
		{name: "http proxy", url: "ws" + example, proxy: "http://user:secret@", op: "proxy"},
		{name: "http proxy without deadlines", url: "ws" + example, proxy: "http://", op: "proxy", noDeadlines: true},
		{name: "tls to the proxy", url: "ws" + example, proxy: "https://user:secret@", op: "proxy"},
		{name: "socks", url: "ws" + example, proxy: "socks5://user:secret@", op: "proxy"},
		{name: "tls through a proxy", url: "wss" + example, op: "tls", through: true},
		{name: "settings", url: "ws" + example, op: "http", protocols: []httpconn.Version{httpconn.HTTP2, httpconn.HTTP1}},
		{name: "settings without deadlines", url: "ws" + example, op: "http", noDeadlines: true, protocols: []httpconn.Version{httpconn.HTTP2}},
		{name: "settings through a proxy", url: "http" + example, op: "http", through: true, protocols: []httpconn.Version{httpconn.HTTP2}},
	} {
		for _, want := range []error{context.Canceled, context.DeadlineExceeded} {
			t.Run(tt.name+"/"+want.Error(), func(t *testing.T) {
				ctx := &endable{t.Context(), make(chan struct{}), want}
				addr, closed := silent(t, func() { close(ctx.done) })
				opt := Options{Proxy: NoProxy, DialContext: toServer(addr), Protocols: tt.protocols}
				switch {
				case tt.proxy != "":
					opt.Proxy = UseProxy(mustURL(tt.proxy + addr))
				case tt.through:
					opt.Proxy, opt.DialContext = UseProxy(newProxy(t, addr).url()), nil
				}
				if dial := opt.dial; tt.noDeadlines {
					opt.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
						c, err := dial(ctx, network, address)
						return noDeadlines{c}, err
					}
				}
				check := noLeak(t)
				refused(t, ctx, tt.url, opt, tt.op, want)
				<-closed
				check()
			})
		}
	}
}

// The same with real deadlines, which the network package and the context's timer both watch: whichever is first.
func TestDialDeadline(t *testing.T) {
	for name, tt := range map[string]struct {
		url, proxy string
		protocols  []httpconn.Version
	}{
		"tls":      {"wss://example.test/", "", nil},
		"http":     {"ws://example.test/", "http://", nil},
		"socks":    {"ws://example.test/", "socks5h://", nil},
		"settings": {"ws://example.test/", "", []httpconn.Version{httpconn.HTTP2}},
	} {
		t.Run(name, func(t *testing.T) {
			addr, _ := silent(t, func() {})
			opt := Options{Proxy: NoProxy, DialContext: toServer(addr), Protocols: tt.protocols}
			if tt.proxy != "" {
				opt.Proxy = UseProxy(mustURL(tt.proxy + addr))
			}
			check := noLeak(t)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			refused(t, ctx, tt.url, opt, "", context.DeadlineExceeded)
			check()
		})
	}
}

// A context that ends just as the exchange succeeds: the socket is not returned with a deadline in the past.
func TestUnderContextEndsLast(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	ctx, cancel := context.WithCancel(t.Context())
	if err := underContext(ctx, a, func() error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// A read can time out before the context's own timer has run; the deadline tells.
func TestContextErrorByDeadline(t *testing.T) {
	ctx := deadlined{t.Context(), time.Now()}
	err := withContextError(ctx, io.ErrNoProgress)
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("got %v", err)
	}
	ctx.at = ctx.at.Add(time.Hour)
	if err = withContextError(ctx, io.ErrNoProgress); err != io.ErrNoProgress {
		t.Errorf("got %v", err)
	}
}

type deadlined struct {
	context.Context
	at time.Time
}

func (d deadlined) Deadline() (time.Time, bool) { return d.at, true }
