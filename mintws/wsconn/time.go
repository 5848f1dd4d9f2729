package wsconn

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/mintws/mintws/mintws"
)

// away is how long nobody may have been reading without that being taken for the peer's silence.
const away = time.Second

// until returns when the reader is to look at the time. What was not heard while nobody was listening proves nothing.
func (c *Conn) until() time.Time {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Observe(now, c.ws.State(), now.Sub(c.listening) > away)
	c.listening = now
	return c.time.Next()
}

// heard notes a sign of life.
func (c *Conn) heard() {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Observe(now, c.ws.State(), true)
	c.listening = now
}

// listened notes that somebody was reading until now.
func (c *Conn) listened(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listening = now
}

// silence is called where a read has brought nothing but err. It returns an error where there is no reason to go on.
func (c *Conn) silence(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return c.gone(err)
	}
	now := time.Now()
	c.mu.Lock()
	c.listening = now
	next, ping, late := c.time.Tick(now)
	c.time = next
	if ping && c.lost == nil {
		b := c.buffer()
		c.ws, b.b, _ = c.ws.AppendEncode(b.b, mintws.Ping(nil)) // it has been closed meanwhile, or it can be sent
	}
	c.mu.Unlock()
	if late != nil {
		return c.kill(late)
	}
	c.answer()
	return nil
}

// gone ends c where the stream has ended, with err.
func (c *Conn) gone(err error) error {
	c.mu.Lock()
	var how error
	c.ws, how = c.ws.EOF()
	lost := c.lost
	c.mu.Unlock()
	if err == io.EOF {
		err = nil
	}
	var end *mintws.CloseError
	if errors.As(how, &end) {
		how = &mintws.CloseError{Code: end.Code, Reason: end.Reason, Err: errors.Join(err, lost)}
	}
	return c.kill(how)
}
