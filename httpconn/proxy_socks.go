package httpconn

import (
	"context"
	"errors"
	"net"
	"net/url"

	"golang.org/x/net/proxy"

	"github.com/mintws/mintws/internal/target"
)

// socksTunnel asks the SOCKS5 proxy (RFC 1928) at the other end of sock for a connection to t.
func socksTunnel(ctx context.Context, sock net.Conn, proxyURL *url.URL, t target.Target) (net.Conn, error) {
	var auth *proxy.Auth
	if proxyURL.User != nil {
		password, _ := proxyURL.User.Password()
		auth = &proxy.Auth{User: proxyURL.User.Username(), Password: password}
	}
	d, err := proxy.SOCKS5("tcp", "", auth, connected{sock})
	if err != nil {
		return nil, err
	}
	err = underContext(ctx, sock, func() error {
		_, dialErr := d.Dial("tcp", t.Remote()) // reads exactly the answer, so sock itself is the tunnel
		var op *net.OpError
		if errors.As(dialErr, &op) && op.Op == "socks connect" {
			return op.Err // the errors around it name the addresses
		}
		return dialErr
	})
	if err != nil {
		return nil, err
	}
	return sock, nil
}

// connected is the proxy.Dialer for a connection that stands already.
type connected struct{ sock net.Conn }

func (c connected) Dial(string, string) (net.Conn, error) { return c.sock, nil }

func (c connected) DialContext(context.Context, string, string) (net.Conn, error) { return c.sock, nil }
