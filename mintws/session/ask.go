package session

import (
	"fmt"
	"slices"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// ask is what to ask for once the server's SETTINGS have come (RFC 8441 section 3). It is the Session's own and never written.
type ask struct {
	url string
	opt mintws.Options
}

func newAsk(url string, opt mintws.Options) *ask {
	opt.Header = opt.Header.Clone()
	opt.Subprotocols = slices.Clone(opt.Subprotocols)
	opt.Extensions = slices.Clone(opt.Extensions)
	return &ask{url: url, opt: opt}
}

// asking reports whether the WebSocket was not asked for yet.
func (s *Session) asking() bool { return s.more != nil && s.more.ask != nil }

// settings asks for the WebSocket if the server's SETTINGS are among the events. lost is what became of the connection.
func (s *Session) settings(out *Output, lost error) {
	came := slices.ContainsFunc(out.Events, func(ev httpconn.Event) bool { return ev.Kind == httpconn.EventSettings })
	if !came && lost == nil {
		return
	}
	next, ws, err := mintws.Upgrade(s.conn, &out.Output, s.more.ask.url, s.more.ask.opt)
	switch {
	case err == nil:
		s.conn, s.ws, s.more = next, ws, nil
	case lost != nil:
		err = &mintws.CloseError{Code: mintws.CodeAbnormal, Err: fmt.Errorf("%w: %w", mintws.ErrNoAnswer, lost)}
		fallthrough
	default:
		s.more = &more{fail: err}
		s.finish(out)
	}
}
