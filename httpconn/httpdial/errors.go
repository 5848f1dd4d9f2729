package httpdial

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// What can go wrong in [Dial] itself, wrapped in a [Error].
var (
	// ErrInvalidURL: the URL, or that of the proxy, cannot be dialed. The error that wraps it says what is wrong.
	ErrInvalidURL = errors.New("httpdial: invalid URL")
	// ErrALPN: client and server have no version of HTTP in common (RFC 7301).
	ErrALPN = errors.New("httpdial: no common protocol")
	// ErrNotHTTP2: the server answers the preface of HTTP/2 in HTTP/1.
	ErrNotHTTP2 = errors.New("httpdial: the server does not speak HTTP/2")
	// ErrNotEmpty: bytes of another connection stand in Output.Send, and would go to this one.
	ErrNotEmpty = errors.New("httpdial: Output.Send is not empty")
	// ErrProxyRefused: an HTTP proxy answered, but gave no tunnel. It is wrapped in a [ProxyError].
	ErrProxyRefused = errors.New("httpdial: proxy refused the tunnel")
)

var (
	errUnixProxy = errors.New("httpdial: Options has both Unix and Proxy")
	errNoConn    = errors.New("httpdial: DialContext returned neither a connection nor an error")
)

// Error is the error of [Dial].
type Error struct {
	// Op is the step that failed: "url", "options", "output", "connect", "proxy", "tls" or "http", which on HTTP/2 is the exchange of
	// SETTINGS.
	Op string
	// URL is the scheme, host and port that were dialed, nothing else of the URL; empty if it could not be understood.
	URL string
	// Err is what happened. If the context had ended it wraps the context's error too, and [context.DeadlineExceeded] if
	// Options.Timeout had passed.
	Err error
}

// Error returns the URL, the step and what happened.
func (e *Error) Error() string {
	s := "httpdial: "
	if e.URL != "" {
		s += e.URL + ": "
	}
	return s + e.Op + ": " + bare(e.Err)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// ProxyError reports a proxy that could not be reached or did not give a tunnel. It is wrapped in a [Error].
type ProxyError struct {
	// Proxy is the scheme, host and port of the proxy, nothing else of its URL.
	Proxy string
	// Status is the status code with which an HTTP proxy refused, such as 407 or 502; 0 if there was no answer.
	Status int
	// Header is that of the refusal, nil if there was none. It belongs to the caller.
	Header http.Header
	// Body is the beginning of the refusal's content: what has come of it within 2 s, at most 64 KiB. It belongs to the
	// caller.
	Body []byte
	// Err is [ErrProxyRefused] for a refusal, possibly with the error that ended its content; else what went wrong.
	Err error
}

// Error returns the proxy, the status and what went wrong, not the body.
func (e *ProxyError) Error() string {
	s := "httpdial: proxy " + e.Proxy
	if e.Status != 0 {
		s += fmt.Sprintf(" answered %d %s", e.Status, http.StatusText(e.Status))
	}
	return strings.TrimRight(s, " ") + ": " + bare(e.Err)
}

// Unwrap returns Err.
func (e *ProxyError) Unwrap() error { return e.Err }

// bare is the text of err without the name of this package or of httpconn, for use inside another error's text.
func bare(err error) string {
	if err == nil {
		return "unknown error"
	}
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "httpdial: "), "httpconn: ")
}

// ended is the error of ctx, nil if it goes on. A deadline counts from its time on: a read that it broke off can return
// before the context's own timer has run.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return nil
}

// withContextError adds the error of ctx to err, if ctx has ended and err does not say so.
func withContextError(ctx context.Context, err error) error {
	cause := ended(ctx)
	if cause == nil || errors.Is(err, cause) {
		return err
	}
	return &because{cause, err}
}

// because is an error and what led to it. It is both.
type because struct{ err, reason error }

func (e *because) Error() string { return bare(e.err) + ": " + bare(e.reason) }

func (e *because) Unwrap() []error { return []error{e.err, e.reason} }

// retold is an error in other words.
type retold struct {
	text string
	err  error
}

func (e retold) Error() string { return e.text }

func (e retold) Unwrap() error { return e.err }
