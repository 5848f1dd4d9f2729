package interop

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mintws/mintws/internal/selfsigned"
)

// process is a server that was started.
type process struct {
	cmd    *exec.Cmd
	stdout *bufio.Reader
	stderr lines
}

// run starts a program, which is stopped when the test ends. Its standard input stays open until then.
func run(t *testing.T, env []string, files []*os.File, name string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(name, args...)}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.ExtraFiles = files
	p.cmd.Stderr = &p.stderr
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdout = bufio.NewReader(stdout)
	if err = p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		kill := time.AfterFunc(5*time.Second, func() { p.cmd.Process.Kill() })
		switch filepath.Base(name) {
		case "haproxy", "lighttpd", "apache2", "libwebsockets-test-server": // which do not look at their input
			p.cmd.Process.Kill() // that haproxy ends in order when asked to is tested elsewhere
		}
		p.cmd.Wait()
		kill.Stop()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, p.stderr.String())
		}
	})
	return p
}

// port reads the port that the program prints.
func (p *process) port(t *testing.T) int {
	t.Helper()
	line, err := p.stdout.ReadString('\n')
	port, e := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || e != nil {
		t.Fatalf("the program printed %q (%v), want a port; it said:\n%s", line, err, p.stderr.String())
	}
	return port
}

// lines keeps what a process says.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// listener returns a socket that listens on a free port, to be inherited by a process, and its address. As it listens
// already, whoever connects waits until the process accepts.
func listener(t *testing.T) (*os.File, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // the file is a copy
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, l.Addr().String()
}

// identity is a certificate for 127.0.0.1, in memory and in PEM files.
type identity struct {
	cert      tls.Certificate
	roots     *x509.CertPool
	key, file string // PEM files
	both      string // a PEM file with both
}

func newIdentity(t *testing.T) identity {
	t.Helper()
	cert, err := selfsigned.Make()
	if err != nil {
		t.Fatal(err)
	}
	id := identity{cert: cert, roots: x509.NewCertPool()}
	id.roots.AddCert(cert.Leaf)
	der, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})
	dir := t.TempDir()
	for i, content := range [][]byte{key, public, append(public[:len(public):len(public)], key...)} {
		name := filepath.Join(dir, fmt.Sprintf("%d.pem", i))
		if err = os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		*[]*string{&id.key, &id.file, &id.both}[i] = name
	}
	return id
}
