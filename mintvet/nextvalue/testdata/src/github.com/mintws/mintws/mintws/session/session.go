// Package session stands for the real one: what the analyzer needs to see of it.
package session

import (
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

type (
	Session   struct{ state int }
	Deadlines struct{ open int }
	Output    struct {
		httpconn.Output
		mintws.Inbox
	}
)

func NewDeadlines(now time.Time) Deadlines { return Deadlines{} }

func (d Deadlines) Next() time.Time                                              { return time.Time{} }
func (d Deadlines) Observe(now time.Time, st mintws.State, heard bool) Deadlines { return d }
func (d Deadlines) Tick(now time.Time) (next Deadlines, ping bool, err error)    { return d, false, nil }
func (s Session) Received(out *Output, now time.Time, data []byte) (Session, error) {
	return s, nil
}
func (s Session) Send(out *Output, now time.Time, f mintws.Frame) (Session, error) {
	return s, nil
}
func (s Session) Tick(out *Output, now time.Time) (Session, error) { return s, nil }
func (s Session) Over() bool                                       { return false }
func (s Session) Deadline() time.Time                              { return time.Time{} }
