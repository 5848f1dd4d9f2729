package bench

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"net"
	"sync"
	"testing"
)

// loopServer is the one server of all the benchmarks over loopback. It is a few lines on a socket and belongs to no
// library, so that what differs between two clients is the clients. The path of the request says what it does with frames:
// /echo sends each back, /drain counts bytes, and whatever else there is in paths does what stands there.
type loopServer struct {
	listener net.Listener
	begin    func(conn net.Conn) // serves a connection
	ends     sync.WaitGroup

	mu      sync.Mutex
	arrived sync.Cond // more was drained, or the server stops
	drained int64     // bytes, on all connections
	open    map[net.Conn]bool
	stopped bool
	paths   map[string]func(conn net.Conn)
}

// newLoopServer starts a server on 127.0.0.1 that lives as long as the test.
func newLoopServer(t testing.TB) *loopServer {
	t.Helper()
	s := &loopServer{open: map[net.Conn]bool{}}
	s.begin = s.serve
	s.start(t)
	return s
}

// start listens and begins to serve.
func (s *loopServer) start(t testing.TB) {
	t.Helper()
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.arrived.L = &s.mu
	s.ends.Go(s.accept)
	t.Cleanup(s.stop)
}

// addr is the server's host and port.
func (s *loopServer) addr() string { return s.listener.Addr().String() }

// stop closes everything and waits for what serves it.
func (s *loopServer) stop() {
	s.listener.Close()
	s.mu.Lock()
	s.stopped = true
	for conn := range s.open {
		conn.Close()
	}
	s.mu.Unlock()
	s.arrived.Broadcast()
	s.ends.Wait()
}

func (s *loopServer) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		late := s.stopped
		s.open[conn] = true
		s.mu.Unlock()
		if late {
			conn.Close()
		}
		s.ends.Go(func() {
			// A reset, sent when the client has closed, leaves nobody in TIME-WAIT: ports do not run out.
			conn.(*net.TCPConn).SetLinger(0)
			s.begin(conn)
			conn.Close()
			s.mu.Lock()
			delete(s.open, conn)
			s.mu.Unlock()
		})
	}
}

// serve answers the request, whatever it asks for, and goes on as its path says.
func (s *loopServer) serve(conn net.Conn) {
	buf, n := make([]byte, 4<<10), 0
	end := -1
	for end < 0 {
		m, err := conn.Read(buf[n:])
		if err != nil || n+m == len(buf) {
			return
		}
		n += m
		end = bytes.Index(buf[:n], []byte("\r\n\r\n"))
	}
	sum := sha1.Sum(append(keyField(buf[:end]), "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"...)) // RFC 6455 section 4.2.2
	reply := []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ")
	reply = base64.StdEncoding.AppendEncode(reply, sum[:])
	if _, err := conn.Write(append(reply, "\r\n\r\n"...)); err != nil {
		return
	}
	_, path, _ := bytes.Cut(buf[:end], []byte(" "))
	path, _, _ = bytes.Cut(path, []byte(" "))
	s.mu.Lock()
	more := s.paths[string(path)]
	s.mu.Unlock()
	if more != nil {
		more(conn)
		return
	}
	if bytes.HasPrefix(buf, []byte("GET /drain ")) {
		s.drain(conn, n-end-4)
		return
	}
	s.echo(conn, buf, copy(buf, buf[end+4:n]))
}

// handle has f serve path.
func (s *loopServer) handle(path string, f func(conn net.Conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.paths == nil {
		s.paths = map[string]func(net.Conn){}
	}
	s.paths[path] = f
}

// keyField returns a copy of the value of Sec-WebSocket-Key in head. Libraries spell the name in two ways.
func keyField(head []byte) []byte {
	for line := range bytes.Lines(head) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("Sec-WebSocket-Key")) {
			return bytes.Clone(bytes.TrimSpace(value))
		}
	}
	return nil
}

// echo sends back each frame, unmasked, one write for what came in one read. The first n bytes of buf have been read.
// Frames that do not fit into buf are not for it.
func (s *loopServer) echo(conn net.Conn, buf []byte, n int) {
	var out []byte
	for {
		at := 0
		out = out[:0]
		for wholeFrame(buf[at:n]) {
			_, payload, key, size := floorDecode(buf[at:n])
			if out == nil { // those that only shake hands do without
				out = make([]byte, 0, len(buf))
			}
			head := len(out)
			out = floorEncode(out, 0, payload, 0)
			out[head] = buf[at]
			floorMask(out[len(out)-len(payload):], payload, key)
			at += size
		}
		if len(out) > 0 {
			if _, err := conn.Write(out); err != nil {
				return
			}
		}
		n = copy(buf, buf[at:n])
		m, err := conn.Read(buf[n:])
		if err != nil || m == 0 {
			return
		}
		n += m
	}
}

// wholeFrame reports whether b starts with a complete masked frame of less than 64 KiB.
func wholeFrame(b []byte) bool {
	if len(b) < 6 {
		return false
	}
	switch size := int(b[1] & 0x7F); size {
	case 127:
		return false
	case 126:
		return len(b) >= 8+(int(b[2])<<8|int(b[3]))
	default:
		return len(b) >= 6+size
	}
}

// drain counts what comes. That n bytes more came with the request is counted too.
func (s *loopServer) drain(conn net.Conn, n int) {
	buf := make([]byte, 64<<10)
	for err := error(nil); err == nil; n, err = conn.Read(buf) {
		s.drainedMore(n)
	}
}

// drainedMore counts n bytes.
func (s *loopServer) drainedMore(n int) {
	s.mu.Lock()
	s.drained += int64(n)
	s.mu.Unlock()
	s.arrived.Broadcast()
}

// awaitSome waits until n bytes were drained, or more, and goes on counting.
func (s *loopServer) awaitSome(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.drained < n && !s.stopped {
		s.arrived.Wait()
	}
}

// await waits until n bytes were drained, and starts counting anew. It reports whether that is exactly what came.
func (s *loopServer) await(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.drained < n && !s.stopped {
		s.arrived.Wait()
	}
	exact := s.drained == n
	s.drained = 0
	return exact
}
