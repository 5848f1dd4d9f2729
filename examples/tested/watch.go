package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// watch is this client as a value: what it knows after all that has happened to it. Whoever has an old one can go on from there.
// So none of its fields may point to something that a method changes.
type watch struct {
	s     session.Session
	share string
	want  int   // prices to come
	asked bool  // for the share
	seq   int   // of the last price
	again bool  // for the prices behind that one
	wrong error // what the server did that prices do not
}

// price is what a message of the server says.
type price struct {
	Seq   int
	Price string
}

var errNoPrice = errors.New("the server sent something that is no price")

// received takes what was read from the server, and returns the prices that it brought, in order and without a gap.
func (v watch) received(out *session.Output, now time.Time, data []byte) (next watch, got []price) {
	v.s, _ = v.s.Received(out, now, data)
	if !v.asked && v.s.State() == mintws.Open {
		v, v.asked = v.say(out, now, "subscribe %s", v.share), true
	}
	for _, f := range out.Frames {
		if f.Opcode != mintws.OpText || v.want == 0 || v.wrong != nil {
			continue
		}
		var p price
		switch err := json.Unmarshal(f.Payload, &p); {
		case err != nil || p.Seq < 1 || p.Price == "":
			v.wrong = errNoPrice
			v.s, _ = v.s.Send(out, now, mintws.Close(mintws.CodePolicyViolation, "not a price"))
		case p.Seq <= v.seq: // twice
		case p.Seq > v.seq+1: // some were lost
			if !v.again {
				v, v.again = v.say(out, now, "resend %s %d", v.share, v.seq+1), true
			}
		default:
			v.seq, v.again = p.Seq, false
			got = append(got, p)
			if v.want--; v.want == 0 {
				v.s, _ = v.s.Send(out, now, mintws.Close(mintws.CodeNormal, ""))
			}
		}
	}
	return v, got
}

// say sends a text. If the server is leaving already there is nobody to tell, and v.s says so.
func (v watch) say(out *session.Output, now time.Time, format string, args ...any) watch {
	v.s, _ = v.s.Send(out, now, mintws.Text(fmt.Sprintf(format, args...)))
	return v
}

// err says how it ended: nil if all prices have come.
func (v watch) err() error {
	if v.wrong == nil && v.want == 0 {
		return nil
	}
	return cmp.Or(v.wrong, v.s.Err(), fmt.Errorf("the server closed with %d prices to come", v.want))
}
