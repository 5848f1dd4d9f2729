package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// process is a program that runs in the background. It is stopped by its process id, at first politely, when the
// runner's context ends. What it started itself is its own concern: no server of a run starts anything, and the tools that do,
// such as go build, have children that come to their end.
type process struct {
	done chan struct{} // closed when it has ended
	err  error         // how, once done is closed
}

// command returns a program that is stopped when the runner's context ends. Its output goes nowhere yet.
func (r *runner) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(r.ctx, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = r.grace
	return cmd
}

// start runs cmd in the background.
func (r *runner) start(cmd *exec.Cmd) (*process, error) {
	if err := cmd.Start(); err != nil {
		return nil, r.ended(err, "starting "+cmd.Path)
	}
	p := &process{done: make(chan struct{})}
	r.running.Go(func() {
		p.err = cmd.Wait()
		close(p.done)
	})
	return p, nil
}

// call runs cmd to its end. What says what it is for.
func (r *runner) call(cmd *exec.Cmd, what string) error {
	p, err := r.start(cmd)
	if err != nil {
		return err
	}
	return r.await(p, what)
}

// await waits until p has ended and returns how. What says what it was for.
func (r *runner) await(p *process, what string) error {
	<-p.done // soon after the context, too
	if p.err != nil && r.ctx.Err() == nil {
		// The signal that a terminal sends on Ctrl-C goes to all programs. Ours may be about to come.
		select {
		case <-r.ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	return r.ended(p.err, what)
}

// ended returns err, or what is behind it: that the run was stopped, or its time was over.
func (r *runner) ended(err error, what string) error {
	switch cause := context.Cause(r.ctx); {
	case err == nil || cause == nil:
		return err
	case errors.Is(cause, context.DeadlineExceeded):
		return &lateError{r.opt.limit, what}
	default:
		return cause
	}
}

// lateError says that the time for the run was over.
type lateError struct {
	limit time.Duration
	what  string
}

// Error says it in words.
func (e *lateError) Error() string {
	return fmt.Sprintf("not done after %.0f s: %s", e.limit.Seconds(), e.what)
}

// logged runs cmd to its end, with its output added to a log of which the end is shown if it fails.
func (r *runner) logged(cmd *exec.Cmd, log, what string) error {
	f, err := os.OpenFile(log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	defer f.Close()
	cmd.Stdout, cmd.Stderr = f, f
	err = r.call(cmd, what)
	if _, ok := exitCode(err); ok && err != nil {
		r.showLog(log)
		return fmt.Errorf("%s: failed: %s", what, strings.Join(cmd.Args, " "))
	}
	return err
}

// exitCode returns the exit code that err stands for, and whether it stands for one.
func exitCode(err error) (code int, ok bool) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, true
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode(), true
	}
	return 0, false
}

// showLog shows the end of a log, for when something went wrong.
func (r *runner) showLog(log string) {
	data, err := os.ReadFile(log)
	if err != nil {
		fmt.Fprintf(r.stderr, "--- %v\n", err)
		return
	}
	fmt.Fprintf(r.stderr, "--- end of %s\n", log)
	lines := strings.SplitAfter(string(data), "\n")
	fmt.Fprint(r.stderr, strings.Join(lines[max(0, len(lines)-21):], "")) // the last is empty
}
