package main

import (
	"errors"
	"flag"
	"syscall"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// interrupted is the error of a signal that ended the program.
type interrupted struct{ signal syscall.Signal }

func (e interrupted) Error() string { return e.signal.String() }

// exitCode says how it went: see help.
func exitCode(err error) int {
	var (
		signal  interrupted
		dialed  *httpdial.Error
		refused *mintws.HandshakeError
		broken  *mintws.ProtocolError
		closed  *mintws.CloseError
		late    *session.TimeoutError
	)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &signal):
		return 128 + int(signal.signal) // as shells do
	case errors.Is(err, errUsage), errors.Is(err, httpdial.ErrInvalidURL), errors.Is(err, mintws.ErrInvalidOptions),
		errors.Is(err, httpconn.ErrInvalidRequest):
		return 2
	case errors.As(err, &dialed):
		return 3
	case errors.As(err, &refused):
		return 4
	case errors.As(err, &broken):
		return 6
	case errors.As(err, &closed) && closed.Complete:
		return 7
	case errors.As(err, &closed), errors.As(err, &late), errors.Is(err, errUnsent):
		return 5
	}
	return 1
}
