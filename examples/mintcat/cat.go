package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// cat carries lines to a WebSocket and messages from it, on one connection after the other.
type cat struct {
	opt     *options
	con     *console
	signals chan os.Signal
	connect func(context.Context) (*link, error)

	opened  bool             // of this connection: the handshake is complete
	input   []byte           // what was read from standard input and not sent yet
	eof     bool             // standard input is at its end
	heard   time.Time        // the last message, or that end
	leaving bool             // it is for us to end: no further connection
	hurry   bool             // and not to wait for the peer
	why     error            // the reason, where it is an error
	code    mintws.CloseCode // of the Close that was sent, 0 before that
	out     *printer         // of messages
}

// talk is the loop of one connection.
func (c *cat) talk(l *link) error {
	l.start()
	defer c.drain()
	defer l.end()
	timer := time.NewTimer(0)
	defer timer.Stop()
	c.open(l)
	for !c.hurry && !l.s.Over() {
		for c.mayType(l) && len(c.input) > 0 {
			c.line(l, c.take())
		}
		l.flush()
		var input chan []byte // where nobody waits, nothing comes
		if c.mayType(l) {
			input = c.con.input
		}
		rx := l.rx
		paused := len(c.out.buf) > tooMuch && c.why == nil
		if paused || l.caused > tooMuch {
			rx = nil
		}
		timer.Reset(c.next(l, paused))
		select {
		case p, ok := <-input:
			l.now = time.Now()
			if c.input = p; !ok {
				c.end(l)
			}
		case ch := <-rx:
			l.now = time.Now()
			l.received(ch, func(f mintws.Frame) { c.frame(l, f) })
			c.open(l)
			c.printed(l, c.out.flush())
		case p := <-l.wrote:
			l.written(p)
		case err := <-c.out.wrote:
			l.now = time.Now()
			c.printed(l, c.out.printed(err))
			c.printed(l, c.out.flush())
		case now := <-timer.C:
			l.now = now
			if rx == nil {
				l.s = l.s.Heard(now) // nobody listens
			}
			l.s, _ = l.s.Tick(&l.out, now) // Err keeps the error
			if at := c.quiet(l); !at.IsZero() && !now.Before(at) {
				c.leave(l, nil)
			}
		case s := <-c.signals:
			l.now = time.Now()
			c.leave(l, interrupted{s.(syscall.Signal)})
		}
	}
	return c.outcome(l)
}

// mayType reports whether input can be sent.
func (c *cat) mayType(l *link) bool {
	return l.s.State() == mintws.Open && !c.leaving && !c.eof && l.unwritten() < enough
}

// take takes the next line from the input, without its end, LF or CR LF; or a piece.
func (c *cat) take() (line []byte) {
	if c.opt.binary && !c.con.commands {
		line, c.input = c.input, nil
		return line
	}
	line, c.input, _ = bytes.Cut(c.input, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r"))
}

// end is called at the end of standard input.
func (c *cat) end(l *link) {
	c.eof, c.heard = true, l.now
	if c.con.failed != nil {
		c.leave(l, c.con.failed)
	}
}

// next is how long nothing is due. While it is our reader who pauses, no time runs for the peer.
func (c *cat) next(l *link, paused bool) time.Duration {
	at := l.s.Deadline()
	if quiet := c.quiet(l); at.IsZero() || !quiet.IsZero() && quiet.Before(at) {
		at = quiet
	}
	if at.IsZero() || paused {
		return time.Hour
	}
	return time.Until(at)
}

// quiet is when enough has been waited for messages after the end of input; the zero time is never.
func (c *cat) quiet(l *link) time.Time {
	if !c.eof || c.leaving || c.opt.wait < 0 || c.opt.one && c.opt.wait == 0 || l.s.State() != mintws.Open {
		return time.Time{}
	}
	return c.heard.Add(c.opt.wait)
}

// open says that the handshake is complete, and sends the preamble.
func (c *cat) open(l *link) {
	if c.opened || l.s.State() != mintws.Open {
		return
	}
	c.opened = true
	if c.con.commands {
		with := []string{"connected"}
		if v := l.s.Conn().Version(); v == httpconn.HTTP2 {
			with = append(with, v.String())
		}
		if p := l.s.WebSocket().Subprotocol(); p != "" {
			with = append(with, "subprotocol "+p)
		}
		c.con.note("%s", escaped(strings.Join(append(with, l.s.WebSocket().Extensions()...), ", ")))
	}
	for _, text := range c.opt.preamble {
		c.send(l, mintws.Text(text))
	}
}

// line sends what was read from standard input.
func (c *cat) line(l *link, line []byte) {
	switch {
	case c.con.commands:
		f, err := command(string(line), c.opt.closeCode)
		if err != nil {
			c.con.note("%v", err)
			return
		}
		if f.Opcode == mintws.OpText && c.opt.binary {
			f.Opcode = mintws.OpBinary
		}
		c.send(l, f)
	case c.opt.binary:
		c.send(l, mintws.Binary(line))
	default:
		c.send(l, mintws.Text(line))
	}
}

// send sends f. Who has typed what cannot be sent is told, and can try again; a pipe cannot.
func (c *cat) send(l *link, f mintws.Frame) {
	err := l.send(f)
	switch {
	case err != nil && c.con.commands:
		c.con.note("not sent: %v", err)
	case err != nil:
		c.leave(l, fmt.Errorf("not sent: %w", err))
	case f.Opcode == mintws.OpClose:
		c.code, c.leaving = f.Code, true
	}
}

// frame prints what came.
func (c *cat) frame(l *link, f mintws.Frame) {
	switch f.Opcode {
	case mintws.OpPing, mintws.OpPong, mintws.OpClose:
		if c.con.commands {
			c.con.note("%s", escaped(f.String()))
		}
		return
	}
	if c.opt.one && c.leaving || c.why != nil && len(c.out.buf) > tooMuch {
		return
	}
	c.heard = l.now
	c.out.buf = c.opt.appendMessage(c.out.buf, f, l.now, c.con.escape)
	if c.opt.one && !f.More {
		c.leave(l, nil)
	}
}

// printed takes note of how printing went.
func (c *cat) printed(l *link, err error) {
	if err != nil {
		c.leave(l, err)
	}
}

// drain waits until all is printed, but not for ever where it was interrupted.
func (c *cat) drain() {
	var late <-chan time.Time
	if c.why != nil {
		late = time.After(pause)
	}
	for c.out.left() && !c.hurry {
		err := c.out.flush()
		if c.out.busy {
			select {
			case err = <-c.out.wrote:
				err = c.out.printed(err)
			case <-late:
				return
			case s := <-c.signals:
				err = interrupted{s.(syscall.Signal)}
				c.hurry = true
			}
		}
		if c.why == nil {
			c.why = err
		}
	}
}

// leave begins to end the connection, in order. Asked a second time, or before there is a WebSocket, it is in a hurry.
func (c *cat) leave(l *link, why error) {
	if why != nil && (c.leaving || l.s.State() == mintws.Connecting) {
		c.hurry = true
	}
	if c.why == nil {
		c.why = why
	}
	if !c.leaving && l.s.State() == mintws.Open && l.send(mintws.Close(c.opt.closeCode, "")) == nil {
		c.code = c.opt.closeCode
	}
	c.leaving = true
}

// outcome is how a connection ended.
func (c *cat) outcome(l *link) error {
	err := l.err()
	var closed *mintws.CloseError
	if errors.As(err, &closed) && closed.Complete && closed.Code == c.code { // our own, which the peer has returned
		return nil
	}
	return err
}

// describe says how it ended to a person.
func describe(err error) string {
	if err == nil {
		return "closed"
	}
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	if refused := (*session.Refusal)(nil); errors.As(err, &refused) && len(refused.Body) > 0 {
		text += "\n" + strings.TrimSpace(string(refused.Body))
	}
	return escaped(text)
}
