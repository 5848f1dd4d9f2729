//go:build unix

package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"syscall"
	"testing"
)

// closedLine is the line of a connection that ended as it should.
var closedLine = regexp.MustCompile(`level=INFO msg=closed .* out=(\d+) .* code=1001 `)

// TestSignals starts the program and ends it with a signal while messages are under way on 200 connections. No message
// that it answered is lost, which the lines of its log tell.
func TestSignals(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			const n = 200
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-addr", "127.0.0.1:0")
			cmd.Env = append(os.Environ(), "ECHOSERVER_MAIN=1")
			stderr, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err = cmd.Start(); err != nil {
				t.Fatal(err)
			}
			br := bufio.NewReader(stderr)
			_, addr := readAddress(t, br)
			log := make(chan []byte, 1)
			go func() {
				b, readErr := io.ReadAll(br)
				if readErr != nil {
					t.Error(readErr)
				}
				log <- b
			}()
			received, floodErr := flood(addr, n, func() {
				if killErr := cmd.Process.Signal(sig); killErr != nil {
					t.Error(killErr)
				}
			})
			b := <-log
			if err = cmd.Wait(); err != nil || floodErr != nil {
				t.Fatalf("the program ended with %v, the clients with %v; log:\n%s", err, floodErr, b)
			}
			var answered int64
			lines := closedLine.FindAllSubmatch(b, -1)
			for _, m := range lines {
				out, parseErr := strconv.ParseInt(string(m[1]), 10, 64)
				if parseErr != nil {
					t.Fatal(parseErr)
				}
				answered += out
			}
			if len(lines) != n || answered != received || received < n {
				t.Errorf("%d lines tell of %d messages answered, %d were received; log:\n%s", len(lines), answered, received, b)
			}
		})
	}
}
