package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/mintws/mintws/autobahn/progress"
	"github.com/mintws/mintws/mintws"
)

// A visitor opens a WebSocket at target and keeps it until it is over or the deadline passes. Each message is passed to
// answer, and what that returns is sent. A visitor does not judge how an open WebSocket ended: its error says that it did
// not open, or that the deadline passed.
type visitor func(target string, deadline time.Time, answer func(mintws.Frame) (mintws.Frame, bool)) error

// driver is one run against one fuzzing server.
type driver struct {
	visit    visitor
	progress *progress.Progress
	log      io.Writer // for what goes wrong in a case while the run goes on
	base     string
	agent    string
	want     int           // cases that the server must have; 0: any number
	limit    time.Duration // for each connection
	wait     time.Duration // for the server to come up
	late     []string      // the cases that passed their deadline
}

// cases asks for the number of cases and runs them one after the other. One that passes its deadline, as on a slow machine,
// does not end the run: it is named, and kept in d.late.
func (d *driver) cases() error {
	count, err := d.count()
	if err != nil {
		return err
	}
	if d.want != 0 && count != d.want {
		return fmt.Errorf("the server has %d cases, %d wanted", count, d.want)
	}
	d.progress.Start(count)
	for i := 1; i <= count; i++ {
		query := url.Values{"case": {strconv.Itoa(i)}, "agent": {d.agent}}
		err = d.open("/runCase", query, echo)
		if errors.Is(err, os.ErrDeadlineExceeded) && !absent(err) {
			d.passedOver(i, count)
			err = nil
		}
		if err != nil {
			d.progress.End()
			return fmt.Errorf("case %d of %d: %w", i, count, err)
		}
		d.progress.Done(i)
	}
	d.progress.End()
	return nil
}

// passedOver notes that case i of count passed its deadline. It is left, and the server is free for the next.
func (d *driver) passedOver(i, count int) {
	id := d.id(i)
	d.late = append(d.late, id)
	d.progress.End()
	fmt.Fprintf(d.log, "client: case %s (%d of %d) is not over after %v, going on with the next\n", id, i, count, d.limit)
}

// id returns the number that the suite's documentation gives to case i, such as 7.1.2. If the server does not say, it is
// i, marked with #.
func (d *driver) id(i int) string {
	var info struct {
		ID string `json:"id"`
	}
	keep := func(f mintws.Frame) (mintws.Frame, bool) {
		_ = json.Unmarshal(f.Payload, &info) // what is not understood leaves the number out
		return mintws.Frame{}, false
	}
	err := d.open("/getCaseInfo", url.Values{"case": {strconv.Itoa(i)}}, keep)
	if err != nil || info.ID == "" {
		return "#" + strconv.Itoa(i)
	}
	return info.ID
}

// lateError says which cases passed their deadline, if any did.
func (d *driver) lateError() error {
	if len(d.late) == 0 {
		return nil
	}
	return fmt.Errorf("not over after %v each: %s", d.limit, strings.Join(d.late, ", "))
}

// count returns the number of cases that the server has. It is the first thing asked, so it waits for the server.
func (d *driver) count() (int, error) {
	var answer string
	keep := func(f mintws.Frame) (mintws.Frame, bool) {
		answer = string(f.Payload)
		return mintws.Frame{}, false
	}
	give := time.Now().Add(d.wait)
	err := d.open("/getCaseCount", nil, keep)
	for absent(err) && time.Now().Before(give) {
		time.Sleep(100 * time.Millisecond)
		err = d.open("/getCaseCount", nil, keep)
	}
	if err != nil {
		return 0, fmt.Errorf("number of cases: %w", err)
	}
	count, err := strconv.Atoi(answer)
	if err != nil || count < 1 {
		return 0, fmt.Errorf("number of cases: the server says %q, a positive number expected", answer)
	}
	return count, nil
}

// report has the server write its reports. It answers when they are written.
func (d *driver) report() error {
	if err := d.open("/updateReports", url.Values{"agent": {d.agent}}, ignore); err != nil {
		return fmt.Errorf("reports: %w", err)
	}
	return nil
}

// open visits one path of the server.
func (d *driver) open(path string, query url.Values, answer func(mintws.Frame) (mintws.Frame, bool)) error {
	target, err := url.Parse(d.base)
	if err != nil {
		return err
	}
	target = target.JoinPath(path)
	target.RawQuery = query.Encode()
	return d.visit(target.String(), time.Now().Add(d.limit), answer)
}

// echo sends a message back as it came.
func echo(f mintws.Frame) (mintws.Frame, bool) {
	return mintws.Frame{Opcode: f.Opcode, Payload: f.Payload}, true
}

// ignore sends nothing back.
func ignore(mintws.Frame) (mintws.Frame, bool) { return mintws.Frame{}, false }

// absent reports whether err is that there was nobody to connect to, or only a proxy that finds nobody.
func absent(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	var refusal *mintws.HandshakeError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns) ||
		errors.As(err, &refusal) && refusal.Status == http.StatusServiceUnavailable
}
