package httpdial

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

func mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// splice carries bytes between a and b, whose bytes read so far are in from, until either ends; then it closes both.
func splice(a, b net.Conn, from io.Reader) {
	var wg sync.WaitGroup
	wg.Go(func() {
		io.Copy(b, from)
		b.Close()
	})
	io.Copy(a, b)
	a.Close()
	wg.Wait()
}

// testProxy is an HTTP proxy all of whose tunnels lead to one server, as if a resolver had said so.
type testProxy struct {
	scheme, addr string
	requests     chan *http.Request
}

// newProxy starts one that answers 200.
func newProxy(t *testing.T, target string) *testProxy {
	t.Helper()
	return answering(t, nil, func(c net.Conn, r *bufio.Reader, _ *http.Request) {
		to, err := net.Dial("tcp", target)
		if err != nil {
			return
		}
		io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
		splice(c, to, r)
	})
}

// answering starts one that leaves the answer to handle; with a configuration it speaks TLS.
func answering(t *testing.T, cfg *tls.Config, handle func(net.Conn, *bufio.Reader, *http.Request)) *testProxy {
	t.Helper()
	p := &testProxy{scheme: "http", requests: make(chan *http.Request, 16)}
	serve := func(c net.Conn) {
		r := bufio.NewReader(c)
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		p.requests <- req
		handle(c, r, req)
	}
	if cfg != nil {
		p.scheme = "https"
		p.addr = tcpServer(t, overTLS(cfg, func(c *tls.Conn) { serve(c) }))
	} else {
		p.addr = tcpServer(t, serve)
	}
	return p
}

// text starts a proxy that answers with text and closes.
func text(t *testing.T, answer string) *testProxy {
	t.Helper()
	return answering(t, nil, func(c net.Conn, r *bufio.Reader, _ *http.Request) {
		io.WriteString(c, answer)
		c.(*net.TCPConn).CloseWrite()
		io.Copy(io.Discard, r) // closing with bytes unread would reset the connection and lose the answer
	})
}

func (p *testProxy) url() *url.URL { return &url.URL{Scheme: p.scheme, Host: p.addr} }

func (p *testProxy) urlFor(user *url.Userinfo) *url.URL {
	u := p.url()
	u.User = user
	return u
}

// testSOCKS is a SOCKS5 proxy (RFC 1928) all of whose connections lead to one server.
type testSOCKS struct {
	addr  string
	asked chan socksRequest
}

// socksRequest is what a client asked for.
type socksRequest struct {
	methods    string // as it offered them
	user, pass string
	kind       byte   // 1: IPv4, 3: name, 4: IPv6
	address    string // the address's bytes
	port       int
}

// newSOCKS starts one that asks for no authentication.
func newSOCKS(t *testing.T, target string) *testSOCKS { t.Helper(); return socksWith(t, target, 0, 0) }

// socksWith starts one that selects the method and answers each request with code; target may be empty if that is not 0.
// The password it wants is "secret", which any number of "p" may precede.
func socksWith(t *testing.T, target string, method, code byte) *testSOCKS {
	t.Helper()
	s := &testSOCKS{asked: make(chan socksRequest, 16)}
	s.addr = tcpServer(t, func(c net.Conn) {
		req, err := readSOCKS(c, method)
		if err != nil {
			return
		}
		s.asked <- req
		answer := append([]byte{5, code, 0, 3, 4}, "here\x00\x50"...) // bound to "here", port 80
		if code != 0 {
			c.Write(answer)
			return
		}
		to, err := net.Dial("tcp", target)
		if err != nil {
			return
		}
		c.Write(answer)
		splice(c, to, c)
	})
	return s
}

func (s *testSOCKS) url() *url.URL { return &url.URL{Scheme: "socks5", Host: s.addr} }

func readSOCKS(c net.Conn, method byte) (req socksRequest, err error) {
	counted := func() string { // one byte of length, then so many bytes
		n := make([]byte, 1)
		if _, err = io.ReadFull(c, n); err == nil {
			b := make([]byte, n[0])
			_, err = io.ReadFull(c, b)
			return string(b)
		}
		return ""
	}
	head := make([]byte, 4)
	if _, err = io.ReadFull(c, head[:1]); err != nil {
		return req, err
	}
	req.methods = counted()
	c.Write([]byte{5, method})
	if method == 2 { // RFC 1929
		if _, err = io.ReadFull(c, head[:1]); err != nil {
			return req, err
		}
		req.user, req.pass = counted(), counted()
		if strings.TrimLeft(req.pass, "p") != "secret" {
			c.Write([]byte{1, 1})
			return req, errors.New("wrong password")
		}
		c.Write([]byte{1, 0})
	}
	if _, err = io.ReadFull(c, head); err != nil {
		return req, err
	}
	req.kind = head[3]
	fixed := map[byte]int{1: 4, 4: 16}[req.kind]
	if req.kind == 3 {
		req.address = counted()
	} else {
		b := make([]byte, fixed)
		_, err = io.ReadFull(c, b)
		req.address = string(b)
	}
	port := make([]byte, 2)
	if err == nil {
		_, err = io.ReadFull(c, port)
	}
	req.port = int(port[0])<<8 | int(port[1])
	return req, err
}
