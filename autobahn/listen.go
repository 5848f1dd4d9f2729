package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"
)

// freePort returns a port of the loopback interface that nobody listens on now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// loopback returns the address of a port of ours.
func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// listen starts a server on a port that is free, with its output in a log, and returns when connections can be made.
// Between the choice and its use another may take the port: then the next one is tried.
func (r *runner) listen(what, log string, server func(port int) (*exec.Cmd, error)) (*process, int, error) {
	for range 3 {
		port, err := freePort()
		if err != nil {
			return nil, 0, err
		}
		cmd, err := server(port)
		if err != nil {
			return nil, 0, err
		}
		f, err := os.Create(log)
		if err != nil {
			return nil, 0, err
		}
		cmd.Stdout, cmd.Stderr = f, f
		p, err := r.start(cmd)
		_ = f.Close() // the server has its own
		if err != nil {
			return nil, 0, err
		}
		if r.awaitListener(p, port) {
			return p, port, nil
		}
		if err = r.ended(errors.New("no listener"), what+", waiting for it to listen"); r.ctx.Err() != nil {
			return nil, 0, err
		}
		said, err := os.ReadFile(log)
		if err != nil || !inUse(said) {
			break
		}
	}
	r.showLog(log)
	return nil, 0, fmt.Errorf("%s: ended instead of listening", what)
}

// inUse reports whether a program said that its port was taken.
func inUse(said []byte) bool {
	return strings.Contains(strings.ToLower(string(said)), "address already in use")
}

// awaitListener waits until connections can be made to the port of p. It is false if p ended before.
func (r *runner) awaitListener(p *process, port int) bool {
	for {
		select {
		case <-p.done:
			return false
		default:
		}
		sock, err := net.DialTimeout("tcp", loopback(port), time.Second)
		if err == nil {
			_ = sock.Close()
			return true
		}
		select {
		case <-p.done:
			return false
		case <-time.After(50 * time.Millisecond):
		}
	}
}
