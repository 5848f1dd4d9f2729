package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/mintws/mintws/mintws/wstest"
)

// serve is the server's process: an echo server that takes so many WebSockets on a connection. It says where it is, and ends when
// its standard input does, which is when the process that started it ends. Then it says what it took.
func serve(stdin io.Reader, stdout io.Writer, streams int) error {
	setGC(serverGC)
	server := wstest.NewServer(wstest.Options{MaxStreams: streams, NoDeflate: true})
	defer server.Close()
	fmt.Fprintln(stdout, server.URL)
	io.Copy(io.Discard, stdin) //nolint:errcheck // an error is an end, too
	_, _, peak := resident()
	_, err := fmt.Fprintln(stdout, mib(peak))
	return err
}

// own is a server that this program has started: itself, in a process of its own, so that what is measured here is the client.
type own struct {
	url    string
	cmd    *exec.Cmd
	stdin  io.Closer
	stdout *bufio.Reader
}

func startServer(streams int, stderr io.Writer) (*own, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "-serve", fmt.Sprint(streams))
	cmd.Stderr = stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err = cmd.Start(); err != nil {
		return nil, err
	}
	s := &own{cmd: cmd, stdin: stdin, stdout: bufio.NewReader(stdout)}
	if s.url, err = s.line(); err != nil {
		s.stop()
		return nil, fmt.Errorf("the server did not start: %w", err)
	}
	return s, nil
}

func (s *own) line() (string, error) {
	line, err := s.stdout.ReadString('\n')
	return strings.TrimSpace(line), err
}

// stop ends the server and returns the most memory that it took.
func (s *own) stop() string {
	s.stdin.Close()
	peak, _ := s.line() // an empty one where it has ended before
	s.cmd.Wait()        //nolint:errcheck // it has said on standard error what went wrong
	return peak
}
