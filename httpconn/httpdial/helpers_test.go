package httpdial

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
)

// limit is how long a test waits for what must happen; nothing depends on how long it takes.
const limit = 30 * time.Second

// dialServer listens on a free port of 127.0.0.1, or on a unix socket, hands each connection to handle on a goroutine of its
// own, and closes it afterwards. The test ends when all of them have returned.
func dialServer(t *testing.T, network, address string, handle func(net.Conn)) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				handle(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	return l
}

// tcpServer is dialServer on TCP; it returns the address.
func tcpServer(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	return dialServer(t, "tcp", "127.0.0.1:0", handle).Addr().String()
}

// echo sends back what it reads.
func echo(c net.Conn) { io.Copy(c, c) }

// checkEcho sends a few bytes through sock and wants them back, then closes it.
func checkEcho(t *testing.T, sock net.Conn) {
	t.Helper()
	defer sock.Close()
	const text = "there and back"
	if _, err := io.WriteString(sock, text); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(sock, got); err != nil {
		t.Fatal(err)
	}
	if string(got) != text {
		t.Fatalf("got %q back, want %q", got, text)
	}
}

// dialed dials and fails the test if that fails.
func dialed(t *testing.T, rawURL string, opt Options) net.Conn {
	t.Helper()
	var out httpconn.Output
	sock, conn, err := Dial(t.Context(), rawURL, &out, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sock.Close() })
	if conn.Next() != httpconn.NextRead || conn.Slots() != 1 {
		t.Errorf("Conn: Next %v, Slots %d, want Read and 1", conn.Next(), conn.Slots())
	}
	if len(out.Send) != 0 || len(out.Events) != 0 {
		t.Errorf("Output is not empty: %+v", out)
	}
	return sock
}

// refused dials, wants the step op to fail (any if it is empty) with an error that matches want, and checks what holds for
// every failure of Dial.
func refused(t *testing.T, ctx context.Context, rawURL string, opt Options, op string, want error) *Error {
	t.Helper()
	out := httpconn.Output{Events: []httpconn.Event{{Kind: httpconn.EventPong}}}
	sock, conn, err := Dial(ctx, rawURL, &out, opt)
	if err == nil {
		sock.Close()
		t.Fatalf("Dial(%q) succeeded, want %v", rawURL, want)
	}
	var de *Error
	if !errors.As(err, &de) {
		t.Fatalf("error %T %v is not a *Error", err, err)
	}
	if op != "" && de.Op != op {
		t.Errorf("Op is %q, want %q (%v)", de.Op, op, err)
	}
	if want != nil && !errors.Is(err, want) {
		t.Errorf("error %q does not wrap %q", err, want)
	}
	if sock != nil || !conn.Equal(httpconn.Conn{}) || len(out.Send) != 0 || len(out.Events) != 1 {
		t.Errorf("a failed Dial returned %v, %v, %+v", sock, conn, out)
	}
	if s := err.Error(); strings.Contains(s, "secret") || !strings.HasPrefix(s, "httpdial: ") ||
		strings.Count(s, "httpdial: ") != 1 || strings.Contains(s, "httpconn: ") || strings.Contains(s, "%!") {
		t.Errorf("error text: %s", s)
	}
	return de
}

// noLeak checks that the number of goroutines comes back to what it is now when the returned function is called.
func noLeak(t *testing.T) func() {
	before := runtime.NumGoroutine()
	return func() {
		t.Helper()
		for end := time.Now().Add(limit); runtime.NumGoroutine() > before; runtime.Gosched() {
			if time.Now().After(end) {
				stacks := make([]byte, 1<<16)
				stacks = stacks[:runtime.Stack(stacks, true)]
				t.Fatalf("%d goroutines, there were %d\n%s", runtime.NumGoroutine(), before, stacks)
			}
		}
	}
}

// certAuthority is a certificate authority of the test's own.
type certAuthority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

var testAuthority = sync.OnceValue(func() certAuthority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "test authority"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return certAuthority{cert, key}
})

// trust is a client's configuration that trusts the test's authority alone.
func trust() *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(testAuthority().cert)
	return &tls.Config{RootCAs: roots}
}

// certified is a server's configuration with a certificate for the names and addresses given.
func certified(t *testing.T, names ...string) *tls.Config {
	t.Helper()
	ca := testAuthority()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: "test server"},
		NotBefore:    ca.cert.NotBefore,
		NotAfter:     ca.cert.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, &ca.key.PublicKey, ca.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: ca.key}}}
}

// overTLS is handle behind TLS.
func overTLS(cfg *tls.Config, handle func(*tls.Conn)) func(net.Conn) {
	return func(raw net.Conn) {
		c := tls.Server(raw, cfg)
		defer c.Close()
		if c.Handshake() == nil {
			handle(c)
		}
	}
}

func echoTLS(c *tls.Conn) { echo(c) }

// toServer is a DialContext that connects to address whatever it is asked for, as if a resolver had said so.
func toServer(address string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
}
