package interop

import (
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mintws/mintws/internal/test/installed"
)

// onPort starts a program that cannot be given a listening socket, and waits until it takes connections. Between the choice
// of a free port and its use another program may take it: then another one is tried.
func onPort(t *testing.T, start func(port string)) (addr string) {
	t.Helper()
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr = l.Addr().String()
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		start(port)
		for began := time.Now(); time.Since(began) < 10*time.Second; time.Sleep(10 * time.Millisecond) {
			sock, err := net.Dial("tcp", addr)
			if err == nil {
				sock.Close()
				return addr
			}
		}
	}
	t.Fatal("the program takes no connections")
	return ""
}

// libwebsockets starts the test server of libwebsockets.
func libwebsockets(t *testing.T) server {
	t.Helper()
	path := installed.Program(t, "libwebsockets-test-server")
	id := newIdentity(t)
	addr := onPort(t, func(port string) {
		run(t, nil, nil, path, "--port="+port, "-i", "lo", "-s", "-C", id.file, "-K", id.key)
	})
	return server{url: "wss://" + addr + "/", tls: &tls.Config{RootCAs: id.roots}}
}

// lighttpd starts lighttpd before our echo server.
func lighttpd(t *testing.T) server {
	t.Helper()
	path := installed.Program(t, "lighttpd")
	_, echo, err := net.SplitHostPort(echoAddr(t))
	if err != nil {
		t.Fatal(err)
	}
	addr := onPort(t, func(port string) {
		run(t, []string{"PORT=" + port, "ECHO=" + echo}, nil, path, "-D", "-f", "lighttpd.conf")
	})
	return server{url: "ws://" + addr + "/"}
}

// apache starts Apache httpd before our echo server.
func apache(t *testing.T) server {
	t.Helper()
	path := installed.Program(t, "apache2")
	echo := echoAddr(t)
	conf, err := filepath.Abs("apache.conf")
	if err != nil {
		t.Fatal(err)
	}
	// Not t.TempDir: the server, which gives up root, has to get there.
	dir, err := os.MkdirTemp("", "apache")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err = os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	addr := onPort(t, func(port string) {
		run(t, []string{"PORT=" + port, "ECHO=" + echo, "DIR=" + dir}, nil, path, "-X", "-f", conf)
	})
	return server{url: "ws://" + addr + "/"}
}

// hypercorn starts hypercorn_echo.py.
func hypercorn(t *testing.T) server {
	t.Helper()
	f, addr := listener(t)
	run(t, nil, []*os.File{f}, pythonWith(t, "hypercorn"), "hypercorn_echo.py", "3")
	return server{url: "ws://" + addr + "/"}
}

// echoAddr starts our echo server and returns its address.
func echoAddr(t *testing.T) string {
	t.Helper()
	s := netHTTP(t, false)
	return s.url[len("ws://") : len(s.url)-1]
}
