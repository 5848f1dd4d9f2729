package httpdial

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
)

var (
	both    = []httpconn.Version{httpconn.HTTP2, httpconn.HTTP1}
	onlyTwo = []httpconn.Version{httpconn.HTTP2}
	extends = http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: 1}
	limited = http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 7}
)

// bilingual is a server that echoes, except for clients that begin with the preface of HTTP/2: to them it announces
// settings. It reports the frames that each of these sent, when the connection is over.
type bilingual struct {
	settings []http2.Setting
	after    string       // more bytes to send at once, behind SETTINGS
	frames   chan string  // with room for all
	begun    func() error // called before SETTINGS are sent
}

func speaks(settings ...http2.Setting) *bilingual {
	return &bilingual{settings: settings, frames: make(chan string, 16), begun: func() error { return nil }}
}

func (b *bilingual) serve(c net.Conn) {
	r := bufio.NewReader(c)
	if start, _ := r.Peek(3); string(start) != "PRI" {
		io.Copy(c, r)
		return
	}
	var seen []string
	defer func() { b.frames <- strings.Join(seen, " ") }()
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(r, preface); err != nil || string(preface) != http2.ClientPreface {
		seen = append(seen, fmt.Sprintf("%q", preface))
		return
	}
	if b.begun() != nil {
		return
	}
	var send strings.Builder
	framer := http2.NewFramer(&send, r)
	framer.WriteSettings(b.settings...)
	send.WriteString(b.after)
	c.Write([]byte(send.String()))
	for {
		f, err := framer.ReadFrame()
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			seen = append(seen, err.Error())
			return
		}
		text := f.Header().Type.String()
		switch f := f.(type) {
		case *http2.SettingsFrame:
			if f.IsAck() {
				text += "-ack"
			}
		case *http2.GoAwayFrame:
			text += "-" + f.ErrCode.String()
		case *http2.PingFrame: // the echo of checkHTTP2
			framer.WritePing(true, f.Data)
			c.Write([]byte(send.String()[send.Len()-17:]))
		}
		seen = append(seen, text)
	}
}

// dialed2 dials with HTTP/2 and wants it, and closes the connection after a PING there and back.
func dialed2(t *testing.T, rawURL string, opt Options) (net.Conn, httpconn.Conn) {
	t.Helper()
	out := httpconn.Output{Events: []httpconn.Event{{Kind: httpconn.EventPong}}}
	sock, conn, err := Dial(t.Context(), rawURL, &out, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close()
	if conn.Version() != httpconn.HTTP2 || conn.Next() != httpconn.NextRead || conn.Slots() != 7 {
		t.Errorf("Conn: %v, Next %v, Slots %d, want HTTP/2, Read and 7", conn.Version(), conn.Next(), conn.Slots())
	}
	if string(out.Send) != settingsAck || len(out.Events) < 2 || out.Events[1].Kind != httpconn.EventSettings {
		t.Errorf("Output is %+v", out)
	}
	out.Events = nil
	if conn, err = conn.Ping(&out, [8]byte{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	sent := conn
	buf := make([]byte, 100)
	for len(out.Events) == 0 {
		if _, err = sock.Write(out.Send); err != nil {
			t.Fatal(err)
		}
		out.Reset()
		n, readErr := sock.Read(buf)
		if readErr != nil {
			t.Fatal(readErr)
		}
		if conn, err = conn.Stream(&out, buf[:n]); err != nil {
			t.Fatal(err)
		}
	}
	if ev := out.Events[0]; ev.Kind != httpconn.EventPong || ev.Data[2] != 3 {
		t.Errorf("event %+v", ev)
	}
	return sock, sent
}

func TestDialHTTP2(t *testing.T) {
	setProxies(t, nil)
	s := speaks(extends, limited)
	plain := tcpServer(t, s.serve)
	cfg := certified(t, "example.test")
	cfg.NextProtos = []string{"h2", "http/1.1"}
	secure := tcpServer(t, overTLS(cfg, func(c *tls.Conn) { s.serve(c) }))
	dir, err := os.MkdirTemp("", "ws") // not t.TempDir: the path of a unix socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	unix, unixTLS := filepath.Join(dir, "plain"), filepath.Join(dir, "tls")
	dialServer(t, "unix", unix, s.serve)
	dialServer(t, "unix", unixTLS, overTLS(cfg, func(c *tls.Conn) { s.serve(c) }))
	for name, tt := range map[string]struct {
		scheme string
		opt    Options
	}{
		"ws":          {"ws", Options{DialContext: toServer(plain)}},
		"http":        {"http", Options{DialContext: toServer(plain)}},
		"wss":         {"wss", Options{DialContext: toServer(secure)}},
		"https":       {"https", Options{DialContext: toServer(secure)}},
		"unix":        {"ws", Options{Unix: unix}},
		"unix TLS":    {"wss", Options{Unix: unixTLS}},
		"proxy":       {"ws", Options{Proxy: UseProxy(newProxy(t, plain).url())}},
		"proxy TLS":   {"wss", Options{Proxy: UseProxy(newProxy(t, secure).url())}},
		"SOCKS":       {"ws", Options{Proxy: UseProxy(newSOCKS(t, plain).url())}},
		"SOCKS TLS":   {"wss", Options{Proxy: UseProxy(newSOCKS(t, secure).url())}},
		"in pieces":   {"ws", Options{DialContext: inPieces(plain)}},
		"TLS, pieces": {"wss", Options{DialContext: inPieces(secure)}},
	} {
		t.Run(name, func(t *testing.T) {
			tt.opt.TLS = trust()
			for _, tt.opt.Protocols = range [][]httpconn.Version{both, onlyTwo} {
				dialed2(t, tt.scheme+"://example.test/feed", tt.opt)
				if got, want := <-s.frames, "SETTINGS WINDOW_UPDATE SETTINGS-ack PING"; got != want {
					t.Errorf("the server got %s, want %s", got, want)
				}
			}
		})
	}
	// Without TLS the first of Protocols is spoken; and HTTP/1.1 where nothing else is said.
	checkEcho(t, dialed(t, "ws://"+plain, Options{Protocols: []httpconn.Version{httpconn.HTTP1, httpconn.HTTP2}}))
	checkEcho(t, dialed(t, "ws://"+plain, Options{}))
}

// onePiece reads a byte at a time.
type onePiece struct{ net.Conn }

func (c onePiece) Read(p []byte) (int, error) { return c.Conn.Read(p[:min(len(p), 1)]) }

func inPieces(address string) func(context.Context, string, string) (net.Conn, error) {
	dial := toServer(address)
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		return onePiece{c}, err
	}
}

// ALPN names the protocols in the order asked for, and what the server chose is spoken.
func TestDialALPNOrder(t *testing.T) {
	setProxies(t, nil)
	hello := make(chan []string, 1)
	for _, tt := range []struct {
		offer  []httpconn.Version
		server []string
		hello  string
		want   httpconn.Version
	}{
		{both, []string{"h2", "http/1.1"}, "h2 http/1.1", httpconn.HTTP2},
		{both, []string{"http/1.1"}, "h2 http/1.1", httpconn.HTTP1},
		{both, nil, "h2 http/1.1", httpconn.HTTP1},
		{[]httpconn.Version{httpconn.HTTP1, httpconn.HTTP2}, []string{"h2", "http/1.1"}, "http/1.1 h2", httpconn.HTTP2}, // the server decides
		{[]httpconn.Version{httpconn.HTTP1, httpconn.HTTP2}, []string{"http/1.1", "h2"}, "http/1.1 h2", httpconn.HTTP1},
		{onlyTwo, []string{"h2"}, "h2", httpconn.HTTP2},
		{onlyTwo, []string{"http/1.1"}, "h2", 0},
		{onlyTwo, nil, "h2", 0},
	} {
		cfg := certified(t, "example.test")
		cfg.NextProtos = tt.server
		cfg.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			hello <- h.SupportedProtos
			return nil, nil
		}
		s := speaks(extends, limited)
		addr := tcpServer(t, overTLS(cfg, func(c *tls.Conn) { s.serve(c) }))
		opt := Options{TLS: trust(), DialContext: toServer(addr), Protocols: tt.offer}
		switch tt.want {
		case httpconn.HTTP1:
			checkEcho(t, dialed(t, "wss://example.test/", opt))
		case httpconn.HTTP2:
			dialed2(t, "wss://example.test/", opt)
		default:
			refused(t, t.Context(), "wss://example.test/", opt, "tls", ErrALPN)
		}
		if got := strings.Join(<-hello, " "); got != tt.hello {
			t.Errorf("%v: ALPN offers %s, want %s", tt.offer, got, tt.hello)
		}
	}
}

// Where extended CONNECT is off, a WebSocket gets a new connection with HTTP/1.1, and the first one is closed in order.
func TestDialFallsBack(t *testing.T) {
	setProxies(t, nil)
	off := extends
	off.Val = 0
	for _, settings := range [][]http2.Setting{{limited}, {limited, off}} {
		s := speaks(settings...)
		plain := tcpServer(t, s.serve)
		cfg := certified(t, "example.test")
		cfg.NextProtos = []string{"h2", "http/1.1"}
		secure := tcpServer(t, overTLS(cfg, func(c *tls.Conn) { s.serve(c) }))
		proxy := newProxy(t, secure)
		for name, opt := range map[string]Options{
			"ws":          {DialContext: toServer(plain)},
			"wss":         {DialContext: toServer(secure)},
			"wss pieces":  {DialContext: inPieces(secure)},
			"wss proxy":   {Proxy: UseProxy(proxy.url())},
			"ws, SOCKS":   {Proxy: UseProxy(newSOCKS(t, plain).url())},
			"http":        {DialContext: toServer(plain)},
			"https":       {DialContext: toServer(secure)},
			"https proxy": {Proxy: UseProxy(proxy.url())},
		} {
			scheme, _, _ := strings.Cut(name, " ")
			scheme = strings.TrimSuffix(scheme, ",")
			t.Run(name, func(t *testing.T) {
				check := noLeak(t)
				opt.TLS = trust()
				opt.Protocols = both
				if strings.HasPrefix(scheme, "http") { // a client that asks for HTTP gets it
					dialed2(t, scheme+"://example.test/", opt)
					<-s.frames
					check()
					return
				}
				sock := dialed(t, scheme+"://example.test/", opt)
				const want = "SETTINGS WINDOW_UPDATE SETTINGS-ack GOAWAY-NO_ERROR"
				if got := <-s.frames; got != want {
					t.Errorf("the server got %s, want %s", got, want)
				}
				if c, ok := sock.(*tls.Conn); ok && c.ConnectionState().NegotiatedProtocol != "http/1.1" {
					t.Errorf("the second connection speaks %q", c.ConnectionState().NegotiatedProtocol)
				}
				checkEcho(t, sock)
				opt.Protocols = onlyTwo
				refused(t, t.Context(), scheme+"://example.test/?key=secret", opt, "http", httpconn.ErrExtendedConnectDisabled)
				if got := <-s.frames; got != want {
					t.Errorf("the server got %s, want %s", got, want)
				}
				check()
			})
		}
	}
}

// A server that allows WebSockets only in its second SETTINGS, which come some time after the first.
func TestDialWaitsForExtendedConnect(t *testing.T) {
	addr := tcpServer(t, func(c net.Conn) {
		io.WriteString(c, settingsFrame(http2.SettingMaxConcurrentStreams, 7))
		io.ReadFull(c, make([]byte, len(http2.ClientPreface)))
		for framer := http2.NewFramer(nil, c); ; {
			f, err := framer.ReadFrame()
			if err != nil {
				return
			}
			if s, ok := f.(*http2.SettingsFrame); ok && s.IsAck() { // Dial has returned
				io.WriteString(c, settingsFrame(http2.SettingEnableConnectProtocol, 1))
			}
		}
	})
	refused(t, t.Context(), "ws://"+addr, Options{Protocols: onlyTwo}, "http", httpconn.ErrExtendedConnectDisabled)
	var out httpconn.Output
	sock, conn, err := Dial(t.Context(), "http://"+addr, &out, Options{Protocols: onlyTwo})
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close()
	if err = sock.SetDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1<<10)
	for {
		if v, _ := conn.PeerSetting(http2.SettingEnableConnectProtocol); v == 1 {
			break
		}
		if _, err = out.WriteTo(sock); err != nil {
			t.Fatal(err)
		}
		n, readErr := sock.Read(buf)
		if readErr != nil {
			t.Fatal(readErr)
		}
		if conn, err = conn.Stream(&out, buf[:n]); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err = conn.Request(&out, httpconn.Request{
		Protocol: "websocket", Scheme: "http", Authority: addr, Path: "/"}); err != nil {
		t.Error(err)
	}
}

// The second connection fails: its error is reported, and what led to it.
func TestDialFallbackFails(t *testing.T) {
	setProxies(t, nil)
	s := speaks()
	cfg := certified(t, "example.test")
	cfg.NextProtos = []string{"h2"}
	other := cfg.Clone()
	other.NextProtos = []string{"nothing"} // with "h2" Go would let HTTP/1.1 through
	cfg.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		if slices.Contains(h.SupportedProtos, "h2") {
			return nil, nil
		}
		return other, nil
	}
	addr := tcpServer(t, overTLS(cfg, func(c *tls.Conn) { s.serve(c) }))
	opt := Options{TLS: trust(), DialContext: toServer(addr), Protocols: both}
	de := refused(t, t.Context(), "wss://example.test/", opt, "tls", ErrALPN)
	if !errors.Is(de, httpconn.ErrExtendedConnectDisabled) || !strings.HasSuffix(de.Error(), ": "+bare(httpconn.ErrExtendedConnectDisabled)) {
		t.Errorf("%v does not say why", de)
	}
	<-s.frames

	// The context ends in the first connection, and in the second.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.begun = func() error { cancel(); return nil }
	check := noLeak(t)
	refused(t, ctx, "wss://example.test/", opt, "", context.Canceled)
	<-s.frames
	check()
	s.begun = func() error { return nil }
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	cfg.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		if !slices.Contains(h.SupportedProtos, "h2") {
			cancel()
			h.Conn.Read(make([]byte, 1)) // until the client hangs up
		}
		return nil, nil
	}
	check = noLeak(t)
	de = refused(t, ctx, "wss://example.test/", opt, "tls", context.Canceled)
	if !errors.Is(de, httpconn.ErrExtendedConnectDisabled) {
		t.Errorf("%v does not say why", de)
	}
	check()
}

// Whatever a server says instead of SETTINGS.
func TestDialHTTP2Refused(t *testing.T) {
	setProxies(t, nil)
	settings := settingsFrame(extends.ID, extends.Val)
	push := settingsFrame(http2.SettingEnablePush, 1)
	goAway := settings + frames(func(f *http2.Framer) error { return f.WriteGoAway(0, http2.ErrCodeNo, []byte("enough")) })
	for name, tt := range map[string]struct {
		says string
		want error
		text string
	}{
		"HTTP/1.1":        {"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", ErrNotHTTP2, `"HTTP/1.1 400 Bad Request"`},
		"HTTP/1.0":        {"HTTP/1.0 505 Not Supported\r\n\r\n", ErrNotHTTP2, `"HTTP/1.0 505 Not Supported"`},
		"HTTP/1 cut":      {"HTTP/1.1", ErrNotHTTP2, `"HTTP/1.1"`},
		"long line":       {"HTTP/1.1 400 " + strings.Repeat("x", 1000), ErrNotHTTP2, "xxx"},
		"nothing":         {"", httpconn.ErrUnexpectedEOF, "before its SETTINGS"},
		"a part":          {settings[:7], httpconn.ErrUnexpectedEOF, "before its SETTINGS"},
		"garbage":         {"220 mail.example.test ESMTP\r\n", httpconn.ErrMalformed, "SETTINGS"},
		"another frame":   {frames(func(f *http2.Framer) error { return f.WriteWindowUpdate(0, 1) }), httpconn.ErrMalformed, "SETTINGS"},
		"wrong setting":   {push, httpconn.ErrMalformed, "ENABLE_PUSH"},
		"GOAWAY":          {goAway, httpconn.ErrGoingAway, "the server goes away"},
		"fault behind it": {settings + "\x00\x00\x00\x09\x00\x00\x00\x00\x01", httpconn.ErrMalformed, "CONTINUATION"},
	} {
		t.Run(name, func(t *testing.T) {
			addr := tcpServer(t, func(c net.Conn) {
				io.WriteString(c, tt.says)
				c.(*net.TCPConn).CloseWrite()
				io.Copy(io.Discard, c)
			})
			check := noLeak(t)
			for _, scheme := range []string{"ws", "http"} {
				de := refused(t, t.Context(), scheme+"://"+addr, Options{Protocols: onlyTwo}, "http", tt.want)
				if !strings.Contains(de.Error(), tt.text) || len(de.Error()) > 300 {
					t.Errorf("%q does not say %q", de, tt.text)
				}
				var away *httpconn.GoAwayError // what the server says of its reason is for programs, not for logs
				if name == "GOAWAY" && (!errors.As(de, &away) || away.Debug != "enough" || strings.Contains(de.Error(), "enough")) {
					t.Errorf("%+v is not the server's GOAWAY", away)
				}
				check()
			}
		})
	}
}

// A server that speaks HTTP/1.1 alone, where that is among what is asked for.
func TestDialFallsBackFromHTTP1(t *testing.T) {
	asked := make(chan string, 4)
	addr := tcpServer(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		if start, _ := r.Peek(3); string(start) == "PRI" {
			io.WriteString(c, "HTTP/1.1 505 HTTP Version Not Supported\r\nContent-Length: 0\r\n\r\n")
			c.(*net.TCPConn).CloseWrite()
			b, _ := io.ReadAll(r)
			asked <- string(b)
			return
		}
		io.Copy(c, r)
	})
	for _, scheme := range []string{"ws", "http"} {
		checkEcho(t, dialed(t, scheme+"://"+addr, Options{Protocols: both}))
		if b := <-asked; !strings.HasPrefix(b, http2.ClientPreface) {
			t.Errorf("the server got %q", b)
		}
	}
}

// deaf is a connection on which writing blocks from the second time on, until it is closed.
type deaf struct {
	net.Conn
	writes  atomic.Int32
	blocked func()
	once    sync.Once
	closed  chan struct{}
}

func (d *deaf) Write(p []byte) (int, error) {
	if d.writes.Add(1) == 1 {
		return d.Conn.Write(p)
	}
	d.blocked()
	<-d.closed
	return 0, net.ErrClosed
}

func (d *deaf) Close() error {
	d.once.Do(func() { close(d.closed) })
	return d.Conn.Close()
}

func (d *deaf) SetDeadline(time.Time) error { return errors.ErrUnsupported }

// A server that does not read our farewell holds nobody up: not for ever, and not once the context has ended.
func TestDialFarewell(t *testing.T) {
	s := speaks()
	addr := tcpServer(t, s.serve)
	for _, canceled := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		blocked := func() {}
		if canceled {
			blocked = cancel
		}
		opt := Options{Protocols: onlyTwo, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := toServer(addr)(ctx, network, address)
			return &deaf{Conn: c, blocked: blocked, closed: make(chan struct{})}, err
		}}
		check := noLeak(t)
		refused(t, ctx, "ws://example.test/", opt, "http", httpconn.ErrExtendedConnectDisabled)
		check()
	}
}

// After a Dial over HTTP/2 its context does nothing, and no deadline is left.
func TestDialHTTP2LeavesNothing(t *testing.T) {
	s := speaks(extends, limited)
	addr := tcpServer(t, s.serve)
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	var last time.Time
	opt := Options{Protocols: onlyTwo, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		c, err := toServer(addr)(ctx, network, addr)
		return watched{Conn: c, deadline: &last}, err
	}}
	var out httpconn.Output
	sock, conn, err := Dial(ctx, "ws://example.test/", &out, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close()
	cancel()
	if !last.IsZero() {
		t.Errorf("deadline %v is left", last)
	}
	conn.Close(&out)
	if _, err = sock.Write(out.Send); err != nil {
		t.Fatal(err)
	}
	sock.Close()
	if got := <-s.frames; !slices.Contains(strings.Fields(got), "GOAWAY-NO_ERROR") {
		t.Errorf("the server got %s", got)
	}
}

// TestDialNetHTTP dials the server of net/http with extended CONNECT on and off. That is decided for a process, by
// GODEBUG, so each has one of its own.
func TestDialNetHTTP(t *testing.T) {
	const name = "HTTPCONN_XCONNECT"
	on := os.Getenv(name)
	if on == "" {
		for _, on := range []string{"0", "1"} {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestDialNetHTTP$", "-test.count", "1")
			cmd.Env = append(os.Environ(), name+"="+on, "GODEBUG=http2xconnect="+on)
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("with http2xconnect=%s: %v\n%s", on, err, text)
			}
		}
		return
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	defer server.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.EnableHTTP2 = true
	secure.StartTLS()
	defer secure.Close()
	opt := Options{Protocols: both, TLS: secure.Client().Transport.(*http.Transport).TLSClientConfig}
	for _, scheme := range []string{"http", "ws", "https", "wss"} {
		addr, want := server.Listener.Addr().String(), httpconn.HTTP2
		if strings.HasSuffix(scheme, "s") && scheme != "ws" {
			addr = secure.Listener.Addr().String()
		}
		if scheme[0] == 'w' && on == "0" {
			want = httpconn.HTTP1
		}
		var out httpconn.Output
		sock, conn, err := Dial(t.Context(), scheme+"://"+addr, &out, opt)
		if err != nil {
			t.Fatal(err)
		}
		defer sock.Close()
		if conn.Version() != want || conn.Slots() < 1 {
			t.Errorf("%s: %v with %d slots, want %v", scheme, conn.Version(), conn.Slots(), want)
		}
	}
}
