package httpdial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"

	"golang.org/x/net/proxy"

	"github.com/mintws/mintws/internal/target"
)

// newSOCKSTunnel is a tunnel to t through a SOCKS5 proxy (RFC 1928).
func newSOCKSTunnel(user *url.Userinfo, t target.Target) (tunnel, error) {
	var auth *proxy.Auth
	if user != nil {
		password, _ := user.Password()
		if n := len(user.Username()); n < 1 || n > 255 || len(password) > 255 { // RFC 1929 section 2
			return nil, fmt.Errorf("%w: SOCKS5 takes a user name of 1 to 255 bytes and a password of at most 255", ErrInvalidURL)
		}
		auth = &proxy.Auth{User: user.Username(), Password: password}
	}
	if len(t.Host) > 255 { // RFC 1928 section 5: one byte holds its length
		return nil, fmt.Errorf("%w: host of more than 255 bytes", ErrInvalidURL)
	}
	return func(ctx context.Context, sock net.Conn) (net.Conn, error) {
		d, err := proxy.SOCKS5("tcp", "", auth, connected{sock})
		if err != nil {
			return nil, err
		}
		return sock, underContext(ctx, sock, func() error {
			_, dialErr := d.Dial("tcp", t.Remote()) // reads exactly the answer, so sock itself is the tunnel
			var op *net.OpError
			if errors.As(dialErr, &op) && op.Op == "socks connect" {
				return op.Err // the errors around it name the addresses
			}
			return dialErr
		})
	}, nil
}

// connected is the proxy.Dialer for a connection that stands already.
type connected struct{ sock net.Conn }

func (c connected) Dial(string, string) (net.Conn, error) { return c.sock, nil }

func (c connected) DialContext(context.Context, string, string) (net.Conn, error) { return c.sock, nil }
