package wsconn

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/mintws/mintws/mintws"
)

// away is how long nobody may have been reading without that being taken for the peer's silence.
const away = time.Second

// observe notes that somebody is reading, and whether something was heard, and returns when the reader is to look at the time. What was
// not heard while nobody was listening proves nothing.
func (c *Conn) observe(heard bool) time.Time {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Observe(now, c.ws.State(), heard || now.Sub(c.listening) > away)
	c.listening = now
	return c.time.Next()
}

// until is when the reader is to look at the time.
func (c *Conn) until() time.Time { return c.observe(false) }

// silence is called where a read has brought nothing but err. It returns an error where there is no reason to go on.
func (c *Conn) silence(err error) error {
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, os.ErrDeadlineExceeded): // the stream has ended
		if err == io.EOF {
			err = nil
		}
		c.mu.Lock()
		next, how := c.ws.EOF()
		c.ws, err = next, errors.Join(err, c.lost)
		c.mu.Unlock()
		var end *mintws.CloseError
		if errors.As(how, &end) { // it is the WebSocket's own, and not to be written
			how = &mintws.CloseError{Code: end.Code, Reason: end.Reason, Err: err}
		}
		return c.kill(how)
	}
	now := time.Now()
	c.mu.Lock()
	c.listening = now
	next, ping, late := c.time.Tick(now)
	c.time = next
	if ping && c.lost == nil {
		c.reply(mintws.Ping(nil)) // it has been closed meanwhile, or it can be sent
	}
	c.mu.Unlock()
	if late != nil {
		return c.kill(late)
	}
	c.answer()
	return nil
}
