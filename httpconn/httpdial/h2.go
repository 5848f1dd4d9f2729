package httpdial

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
)

// fallBack reports whether err is a reason to try HTTP/1.1 on a new connection, and HTTP/1.1 is among the protocols asked
// for.
func (opt Options) fallBack(err error) bool {
	return slices.Contains(opt.protocols(), httpconn.HTTP1) &&
		(errors.Is(err, httpconn.ErrExtendedConnectDisabled) || errors.Is(err, ErrNotHTTP2))
}

// settle writes the connection preface in out.Send and reads until the server's SETTINGS have come. What has to be written
// next is then in out. If webSocket is true, they must allow extended CONNECT. After an error that is our last words to
// the server.
func settle(ctx context.Context, sock net.Conn, conn httpconn.Conn, out *httpconn.Output, webSocket bool) (httpconn.Conn, error) {
	err := underContext(ctx, sock, func() (err error) {
		conn, err = readSettings(sock, conn, out)
		return err
	})
	if err == nil {
		err = fit(conn, out, webSocket)
	}
	if err != nil {
		conn = conn.Close(out) // GOAWAY; it is in out already if the fault was the server's
	}
	return conn, err
}

// readSettings is settle without the judgement.
func readSettings(sock io.ReadWriter, conn httpconn.Conn, out *httpconn.Output) (httpconn.Conn, error) {
	_, err := sock.Write(out.Send)
	out.Reset()
	if err != nil {
		return conn, err
	}
	// SETTINGS come first (RFC 9113 section 3.4), so the loop ends with them, and the peer decides nothing but how many
	// reads they take. No event has Data: nothing was asked for.
	buf := make([]byte, 4<<10)
	var first []byte // the first bytes of all
	for {
		n, readErr := sock.Read(buf)
		if len(first) < maxStatusLine {
			first = append(first, buf[:min(n, maxStatusLine-len(first))]...)
		}
		if n > 0 {
			conn, err = conn.Stream(out, buf[:n])
		}
		settled := slices.ContainsFunc(out.Events, func(ev httpconn.Event) bool { return ev.Kind == httpconn.EventSettings })
		if err == nil && readErr == io.EOF && !settled {
			conn, err = conn.StreamEOF(out)
		}
		switch {
		case err != nil && bytes.HasPrefix(first, []byte("HTTP/")):
			line, _, _ := bytes.Cut(first, []byte("\r\n"))
			return conn, fmt.Errorf("%w, but says %q", ErrNotHTTP2, line)
		case err != nil:
			return conn, err
		case settled:
			return conn, nil
		case readErr != nil:
			return conn, readErr
		}
	}
}

// maxStatusLine is how much of an answer is kept in case it is HTTP/1.
const maxStatusLine = 64

// fit returns an error if the connection cannot do what it was made for.
func fit(conn httpconn.Conn, out *httpconn.Output, webSocket bool) error {
	for _, ev := range out.Events {
		if ev.Kind == httpconn.EventGoAway { // it came with the SETTINGS
			return ev.Err
		}
	}
	if v, _ := conn.PeerSetting(http2.SettingEnableConnectProtocol); webSocket && v != 1 { // RFC 8441 section 3
		return httpconn.ErrExtendedConnectDisabled
	}
	return nil
}

// partingTime is how long a server has to read our last words and close: enough for a round trip, and too short to hold
// up the second connection noticeably.
const partingTime = 250 * time.Millisecond

// partWith writes the last words, ends our side and closes raw; sock is raw or TLS on it. A socket that is closed with bytes
// unread is reset, which may destroy the words on their way. So what the server still sends is read for a while, as long
// as ctx lasts.
func partWith(ctx context.Context, sock, raw net.Conn, words []byte) {
	hangUp := func() { raw.Close() }
	defer hangUp()
	defer context.AfterFunc(ctx, hangUp)()
	defer time.AfterFunc(partingTime, hangUp).Stop()
	if _, err := sock.Write(words); err != nil {
		return
	}
	if secured, ok := sock.(*tls.Conn); ok {
		_ = secured.CloseWrite() // close_notify
	}
	if half, ok := raw.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.Copy(io.Discard, raw)
	}
}
