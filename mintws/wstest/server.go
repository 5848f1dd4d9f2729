package wstest

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/selfsigned"
)

// Server is an echo server on a port of the loopback interface. Its methods may be called from several goroutines.
type Server struct {
	// URL is where the server is: "ws://127.0.0.1:PORT" or "wss://127.0.0.1:PORT", without a path. All paths are served.
	URL string
	// Listener is the server's, for those who want its address. The Server closes it.
	Listener net.Listener

	opt  Options
	cert tls.Certificate
	done chan struct{} // closed by Close
	wg   sync.WaitGroup

	mu     sync.Mutex
	closed bool
	conns  map[*conn]struct{}
}

// NewServer starts a server, which the caller ends with Close. It panics where there is no port to listen on, or where an option
// cannot be used, so that a test needs no error handling for it.
func NewServer(opt Options) *Server {
	s := &Server{opt: opt.complete(), done: make(chan struct{}), conns: map[*conn]struct{}{}}
	var err error
	if opt.TLS {
		if s.cert, err = selfsigned.Make(); err != nil {
			panic("wstest: " + err.Error())
		}
	}
	if s.Listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		if s.Listener, err = net.Listen("tcp", "[::1]:0"); err != nil {
			panic("wstest: " + err.Error())
		}
	}
	s.URL = "ws://" + s.Listener.Addr().String()
	if opt.TLS {
		s.URL = "wss://" + s.Listener.Addr().String()
	}
	s.wg.Go(s.accept)
	return s
}

// Certificate returns the server's certificate, nil without TLS.
func (s *Server) Certificate() *x509.Certificate { return s.cert.Leaf }

// ClientTLS returns a configuration for clients that trusts the server's certificate and no other; nil without TLS.
func (s *Server) ClientTLS() *tls.Config {
	if s.cert.Leaf == nil {
		return nil
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.cert.Leaf)
	return &tls.Config{RootCAs: roots}
}

// Drop ends all connections at once, as FaultVanish does, and goes on to accept new ones.
func (s *Server) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.raw.Close()
	}
}

// Close stops listening and ends all connections, without closing handshakes. When it returns nothing of the server is
// running any more.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
		s.Listener.Close()
	}
	s.mu.Unlock()
	s.Drop()
	s.wg.Wait()
}

// accept serves connections until the listener is closed.
func (s *Server) accept() {
	for {
		raw, err := s.Listener.Accept()
		if err != nil {
			return
		}
		c := &conn{s: s, raw: raw, sock: raw, p: newPeer(s.opt)}
		if s.opt.TLS {
			c.sock = tls.Server(raw, s.tlsConfig())
		}
		s.mu.Lock()
		if s.closed {
			raw.Close()
		} else {
			s.conns[c] = struct{}{}
			s.wg.Go(c.serve)
		}
		s.mu.Unlock()
	}
}

// tlsConfig offers the versions that the server speaks (RFC 7301).
func (s *Server) tlsConfig() *tls.Config {
	cfg := &tls.Config{Certificates: []tls.Certificate{s.cert}}
	if slices.Contains(s.opt.Protocols, httpconn.HTTP2) { // preferred, where the client offers both
		cfg.NextProtos = append(cfg.NextProtos, "h2")
	}
	if slices.Contains(s.opt.Protocols, httpconn.HTTP1) {
		cfg.NextProtos = append(cfg.NextProtos, "http/1.1")
	}
	return cfg
}

// lingering is how long a client may take to close after the server has ended its side.
const lingering = 5 * time.Second

// conn is a connection to a client.
type conn struct {
	s    *Server
	raw  net.Conn // TCP
	sock net.Conn // the same, or TLS on it

	mu   sync.Mutex
	p    *Peer
	left bool // we have ended our side
}

// serve handles the connection until it is over.
func (c *conn) serve() {
	defer func() {
		c.raw.Close()
		c.s.mu.Lock()
		delete(c.s.conns, c)
		c.s.mu.Unlock()
	}()
	c.p.remote = c.raw.RemoteAddr().String()
	if t, ok := c.sock.(*tls.Conn); ok {
		if t.Handshake() != nil {
			return
		}
		state := t.ConnectionState()
		c.p.tls = &state
	}
	c.p.after = c.after
	for buf := make([]byte, 64<<10); ; {
		n, err := c.sock.Read(buf)
		c.mu.Lock()
		if n > 0 {
			c.p.take(buf[:n])
			c.write()
		}
		if err != nil {
			c.p.EOF()
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
	}
}

// after runs f when the time has passed, unless the server is closed before.
func (c *conn) after(d time.Duration, f func()) {
	c.s.wg.Go(func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.s.done:
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		f()
		c.write()
	})
}

// write writes what the Peer has to say, and ends our side where that is over. A client that does not read holds it up, and
// then nothing is read from the client either. Called with mu held.
func (c *conn) write() {
	if c.left {
		return
	}
	if out := c.p.flush(); len(out) > 0 {
		if _, err := c.sock.Write(out); err != nil {
			c.p.close(vanished)
		}
	}
	switch c.p.end {
	case live:
		return
	case finished:
		if half, ok := c.sock.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil {
			c.raw.Close()
		}
		c.sock.SetReadDeadline(time.Now().Add(lingering)) // what is still to come is dropped, but TCP must take it
	case vanished:
		c.raw.Close()
	case reset:
		if t, ok := c.raw.(*net.TCPConn); ok {
			t.SetLinger(0)
		}
		c.raw.Close()
	}
	c.left = true
}
