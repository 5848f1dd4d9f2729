// Command autobahn runs the cases of the Autobahn test suite, or those of h2spec, against this library on this machine, on
// loopback alone.
//
//	go run ./autobahn client
//	go run ./autobahn server --h2
//	go run ./autobahn server --h2spec
//
// -help says what else there is. It needs Go, and for Autobahn also Python 2.7 with a C compiler, or an installed wstest.
// Nothing in it is special to Linux; it is vetted for darwin but was not run there.
//
// The exit code is 0 when every case that was asked for ran and none failed, 1 when not, 2 for a usage error.
// autobahn/run.sh passes it on; go run makes 1 of all that are not 0.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// agent is our name in the reports.
const agent = "mintws"

// endings are the signals that end a run, with their names.
var endings = map[os.Signal]string{os.Interrupt: "INT", syscall.SIGTERM: "TERM", syscall.SIGHUP: "HUP"}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings as arguments. It returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	opt, err := parse(args)
	switch {
	case errors.Is(err, errHelp):
		fmt.Fprint(stdout, usage)
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "autobahn: %v\n%s", err, usage)
		return 2
	}
	if err = enterRepository(); err != nil {
		fmt.Fprintf(stderr, "autobahn: %v\n", err)
		return 1
	}

	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 1)
	for s := range endings {
		if !signal.Ignored(s) { // as SIGHUP is under nohup
			signal.Notify(signals, s)
		}
	}
	defer signal.Stop(signals)
	go func() {
		select {
		case s := <-signals:
			cancel(&stoppedError{s})
		case <-ctx.Done():
		}
	}()

	r := newRunner(ctx, opt, stdout, stderr)
	code, err := r.run()
	r.close()
	var stopped *stoppedError
	var command *commandError
	switch {
	case errors.As(err, &stopped):
		fmt.Fprintf(stderr, "autobahn: %v\n", err)
		return stopped.exitCode()
	case errors.As(err, &command):
		return command.code // it has said why
	case err != nil:
		fmt.Fprintf(stderr, "autobahn: %v\n", err)
		return 1
	}
	return code
}

// enterRepository changes to the top of the repository that the current directory is in: files are named from there.
func enterRepository() error {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return fmt.Errorf("go env: %w", err)
	}
	top := filepath.Dir(strings.TrimSpace(string(out)))
	if _, err = os.Stat(filepath.Join(top, "autobahn", "wstest_spec.py")); err != nil {
		return errors.New("call this inside the repository of mintws")
	}
	return os.Chdir(top)
}

// stoppedError says that somebody ended the run by a signal.
type stoppedError struct{ signal os.Signal }

// Error says it in words.
func (e *stoppedError) Error() string { return "stopped by " + endings[e.signal] }

// exitCode returns what shells make of the signal.
func (e *stoppedError) exitCode() int {
	if s, ok := e.signal.(syscall.Signal); ok {
		return 128 + int(s)
	}
	return 1
}
