package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/mintws/mintws/mintws"
)

// A visitor opens a WebSocket at target and keeps it until it is over or the deadline passes. Each message is passed to
// answer, and what that returns is sent. How a WebSocket that was open ended is not the visitor's concern: its error
// says that it did not open, or that the deadline passed.
type visitor func(target string, deadline time.Time, answer func(mintws.Frame) (mintws.Frame, bool)) error

// driver is one run against one fuzzing server.
type driver struct {
	visit    visitor
	progress *progress
	base     string
	agent    string
	want     int           // cases that the server must have; 0: any number
	limit    time.Duration // for each connection
	wait     time.Duration // for the server to come up
}

// cases asks for the number of cases and runs them one after the other.
func (d *driver) cases() error {
	count, err := d.count()
	if err != nil {
		return err
	}
	if d.want != 0 && count != d.want {
		return fmt.Errorf("the server has %d cases, %d wanted", count, d.want)
	}
	d.progress.start(count)
	for i := 1; i <= count; i++ {
		query := url.Values{"case": {strconv.Itoa(i)}, "agent": {d.agent}}
		err = d.open("/runCase", query, echo)
		if err != nil {
			d.progress.end()
			return fmt.Errorf("case %d of %d: %w", i, count, err)
		}
		d.progress.done(i)
	}
	d.progress.end()
	return nil
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
