package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"syscall"
	"time"
)

const longest = time.Minute // between two connections

// run returns how the last connection ended.
func (c *cat) run() error {
	wait := c.opt.reconnect
	for {
		err := c.once()
		if c.why != nil {
			return c.why
		}
		if c.leaving || wait == 0 || errors.Is(err, errUsage) || exitCode(err) == 2 {
			if err == nil && !c.leaving && c.unsent() {
				err = errUnsent
			}
			return err
		}
		c.con.note("mintcat: %v", describe(err))
		if c.opened {
			wait = c.opt.reconnect
		}
		if c.opt.listen != "" {
			continue
		}
		after := wait/2 + rand.N(wait/2+1) // so that not all clients of a server come back at once
		c.con.note("mintcat: again in %v", after.Round(time.Millisecond))
		select {
		case <-time.After(after):
		case s := <-c.signals:
			return interrupted{s.(syscall.Signal)}
		}
		wait = min(2*wait, longest)
	}
}

// errUnsent is the error of a good end that came too early.
var errUnsent = errors.New("the peer has closed before all input was sent")

// unsent reports whether a pipe holds input that nobody will get. Its reader gets a moment to find it.
func (c *cat) unsent() bool {
	if c.eof || c.con.commands {
		return false
	}
	if len(c.input) > 0 {
		return true
	}
	select {
	case _, ok := <-c.con.input:
		return ok
	case <-time.After(50 * time.Millisecond):
		return false // an input that says nothing just now
	}
}

// once makes one connection and stays with it to its end.
func (c *cat) once() error {
	type result struct {
		l   *link
		err error
	}
	c.opened = false
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	made := make(chan result, 1)
	go func() {
		l, err := c.connect(ctx)
		made <- result{l, err}
	}()
	select {
	case r := <-made:
		if r.err != nil {
			return r.err
		}
		return c.talk(r.l)
	case s := <-c.signals:
		cancel()
		if r := <-made; r.l != nil {
			r.l.sock.Close()
		}
		c.why = interrupted{s.(syscall.Signal)}
		return c.why
	}
}
