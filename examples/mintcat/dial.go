package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wiretap"
)

// limits are for a person's tool: what fits into memory is shown.
var limits = mintws.Limits{MaxFrame: 256 << 20, MaxMessage: 256 << 20}

// dial connects to the server and asks for a WebSocket.
func (opt *options) dial(ctx context.Context, con *console) (*link, error) {
	header := opt.header.Clone()
	if opt.authCommand != "" {
		value, err := output(ctx, opt.authCommand)
		if err != nil {
			return nil, fmt.Errorf("--auth-command: %w", err)
		}
		header.Set("Authorization", value)
	}
	extensions, err := opt.extensions()
	if err != nil {
		return nil, err
	}
	how, err := opt.dialing()
	if err != nil {
		return nil, err
	}
	how.Wrap = opt.tracing(con, wiretap.FromServer)
	l := opt.link()
	var conn httpconn.Conn
	l.sock, conn, err = httpdial.Dial(ctx, opt.url, &l.out.Output, how)
	if err != nil {
		return nil, err
	}
	l.s, err = session.Upgrade(conn, &l.out, opt.url, mintws.Options{Header: header, Origin: opt.origin, Subprotocols: opt.subprotocols,
		Extensions: extensions, Limits: limits, Delivery: opt.delivery()}, opt.deadlines(), time.Now())
	if err != nil {
		l.sock.Close()
		return nil, err
	}
	return l, nil
}

// link returns one without a socket.
func (opt *options) link() *link {
	l := new(link)
	l.out.Max = 1 << 20 // compressed bytes can grow a thousandfold
	return l
}

func (opt *options) deadlines() session.Deadlines {
	timing := session.Timing{Open: opt.timeout, Ping: opt.ping, Pong: opt.timeout, Close: opt.timeout}
	if opt.ping == 0 {
		timing.Ping = -1
	}
	return session.NewDeadlines(timing, time.Now())
}

// delivery: with -b messages are passed on as they come, however long they are.
func (opt *options) delivery() mintws.Delivery {
	if opt.binary {
		return mintws.DeliverPayload
	}
	return mintws.DeliverMessages
}

func (opt *options) extensions() ([]mintws.Extension, error) {
	if !opt.compress {
		return nil, nil
	}
	deflate, err := mintws.NewDeflate(mintws.DeflateOptions{})
	return []mintws.Extension{deflate}, err
}

// dialing is how to reach the server.
func (opt *options) dialing() (httpdial.Options, error) {
	how := httpdial.Options{Unix: opt.unix, Timeout: opt.timeout, TLS: &tls.Config{InsecureSkipVerify: opt.insecure}}
	if opt.http2 {
		how.Protocols = append(how.Protocols, httpconn.HTTP2)
	}
	if opt.http1 || !opt.http2 {
		how.Protocols = append(how.Protocols, httpconn.HTTP1)
	}
	switch opt.proxy {
	case "":
	case "none":
		how.Proxy = httpdial.NoProxy
	default:
		proxy, err := url.Parse(opt.proxy)
		if err != nil {
			return how, fmt.Errorf("--proxy is not a URL; %w", errUsage) // which may have a password in it
		}
		how.Proxy = httpdial.UseProxy(proxy)
	}
	if opt.ca != "" {
		pem, err := os.ReadFile(opt.ca)
		if err != nil {
			return how, err
		}
		how.TLS.RootCAs = x509.NewCertPool()
		if !how.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return how, fmt.Errorf("%s: no certificate in it", opt.ca)
		}
	}
	how.ProxyTLS = how.TLS.Clone() // which has no business with our own
	var err error
	how.TLS.Certificates, err = opt.certificates()
	return how, err
}

// certificates are our own, at most one.
func (opt *options) certificates() ([]tls.Certificate, error) {
	if opt.cert == "" {
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(opt.cert, opt.cert)
	if err != nil {
		err = fmt.Errorf("%s: %w", opt.cert, err)
	}
	return []tls.Certificate{cert}, err
}

// output runs a command of the shell and returns the line that it prints.
func output(ctx context.Context, command string) (string, error) {
	shell, flag := "/bin/sh", "-c"
	if runtime.GOOS == "windows" {
		shell, flag = "cmd", "/c"
	}
	cmd := exec.CommandContext(ctx, shell, flag, command)
	cmd.Stderr, cmd.WaitDelay = os.Stderr, time.Second
	out, err := cmd.Output()
	text := strings.TrimSpace(string(out))
	if err == nil && text == "" {
		err = errors.New("it printed nothing")
	}
	return text, err
}
