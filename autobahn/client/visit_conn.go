package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
)

// visitConn is visit with package wsconn.
func visitConn(target string, deadline time.Time, answer func(mintws.Frame) (mintws.Frame, bool)) error {
	return converse(target, deadline, answer, func(ctx context.Context, opt mintws.Options) (*wsconn.Conn, error) {
		return wsconn.Dial(ctx, target, wsconn.Options{WebSocket: opt})
	})
}

// visitShared returns the visitor over HTTP/2 with package wsconn, and what closes its connection.
func visitShared() (visitor, func() error) {
	var cl wsconn.Client
	cl.Options.Dial.Protocols = []httpconn.Version{httpconn.HTTP2}
	return func(target string, deadline time.Time, answer func(mintws.Frame) (mintws.Frame, bool)) error {
		return converse(target, deadline, answer, func(ctx context.Context, opt mintws.Options) (*wsconn.Conn, error) {
			return cl.Dial(ctx, target, opt)
		})
	}, cl.Close
}

// converse is a visit to what dial opens.
func converse(target string, deadline time.Time, answer func(mintws.Frame) (mintws.Frame, bool),
	dial func(context.Context, mintws.Options) (*wsconn.Conn, error)) error {
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	opt, err := options()
	if err != nil {
		return err
	}
	c, err := dial(ctx, opt)
	if err != nil {
		return err
	}
	defer c.CloseNow()
	for c.Err() == nil && ctx.Err() == nil {
		op, p, readErr := c.Read(ctx)
		if readErr != nil {
			continue // it is over, or late
		}
		if f, ok := answer(mintws.Frame{Opcode: op, Payload: p}); ok {
			_ = c.Write(ctx, f.Opcode, f.Payload) // Read has the reason
		}
	}
	if c.Err() == nil {
		return fmt.Errorf("%s: %w", target, os.ErrDeadlineExceeded)
	}
	return nil
}
