package httpdial

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/target"
)

// alpnName is the protocol identifier of v (RFC 7301 section 6, RFC 9113 section 3.1).
func alpnName(v httpconn.Version) string {
	switch v {
	case httpconn.HTTP1:
		return "http/1.1"
	case httpconn.HTTP2:
		return "h2"
	}
	return ""
}

func alpnNames(offer []httpconn.Version) []string {
	names := make([]string, 0, len(offer))
	for _, v := range offer {
		names = append(names, alpnName(v))
	}
	return names
}

// startTLS makes a TLS connection to host out of sock and returns it with the version that ALPN selected out of offer. On
// error sock is still the caller's to close.
func startTLS(
	ctx context.Context, sock net.Conn, cfg *tls.Config, host string, offer []httpconn.Version,
) (*tls.Conn, httpconn.Version, error) {
	conn := tls.Client(sock, tlsConfig(cfg, host, offer))
	if err := conn.HandshakeContext(ctx); err != nil {
		if refusedALPN(err) {
			err = fmt.Errorf("%w: the server speaks none of %s: %w", ErrALPN, strings.Join(alpnNames(offer), ", "), err)
		}
		return nil, 0, err
	}
	v, err := selected(conn.ConnectionState().NegotiatedProtocol, offer)
	if err != nil {
		return nil, 0, err
	}
	return conn, v, nil
}

// tlsConfig is a copy of cfg, which may be nil, for a connection to host.
func tlsConfig(cfg *tls.Config, host string, offer []httpconn.Version) *tls.Config {
	if cfg == nil {
		cfg = new(tls.Config)
	}
	cfg = cfg.Clone()
	if cfg.ServerName == "" {
		cfg.ServerName = target.WithoutZone(host) // certificates know no zones
	}
	cfg.NextProtos = alpnNames(offer)
	if cfg.MinVersion != 0 { // 0 is TLS 1.2 for a client, or 1.3 where something else in cfg needs that
		cfg.MinVersion = max(cfg.MinVersion, tls.VersionTLS12) // RFC 8996 forbids what came before
	}
	return cfg
}

// selected is the version for the protocol identifier that the server chose. A server without ALPN speaks HTTP/1.1.
func selected(name string, offer []httpconn.Version) (httpconn.Version, error) {
	if name == "" {
		name = alpnName(httpconn.HTTP1)
	}
	i := slices.Index(alpnNames(offer), name)
	if i < 0 {
		return 0, fmt.Errorf("%w: the server speaks %s, want %s", ErrALPN, name, strings.Join(alpnNames(offer), ", "))
	}
	return offer[i], nil
}

// refusedALPN reports whether err is the server's alert no_application_protocol (RFC 7301 section 3.2). The package tls
// gives it no other name than its text.
func refusedALPN(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error" && strings.HasSuffix(op.Err.Error(), "no application protocol")
}
