package main

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

const (
	firstPause = 250 * time.Millisecond // a connection that was lost by chance is back before anybody notices
	maxPause   = 30 * time.Second       // and a server that is down for an hour is found again half a minute after
	maxAfter   = 5 * time.Minute        // of Retry-After: a server may not send us away for ever
)

// backoff returns how long to wait after so many failures in a row before this one: twice as long each time, up to maxPause. Half of
// it is left to chance, or all clients that a server has lost would come back to it in the same moment. chance is at least 0 and
// less than 1.
func backoff(failures int, chance float64) time.Duration {
	d := min(firstPause<<min(failures, 20), maxPause)
	return d/2 + time.Duration(chance*float64(d/2))
}

// retryAfter returns how long the server wants us to wait (RFC 9110 section 10.2.3), 0 where it does not say so in seconds.
func retryAfter(err error) time.Duration {
	var r *session.Refusal
	if !errors.As(err, &r) {
		return 0
	}
	seconds, err := strconv.ParseUint(r.Header.Get("Retry-After"), 10, 31)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxAfter)
}

// permanent reports whether the same request would fail in the same way again.
func permanent(err error) bool {
	var r *session.Refusal
	if errors.As(err, &r) {
		switch r.Status {
		case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
			return false
		}
		return r.Status < 500
	}
	return errors.Is(err, httpdial.ErrInvalidURL) || errors.Is(err, mintws.ErrInvalidOptions)
}
