package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// exitLate is the exit code of our client when it ran all the cases, but some passed their deadline.
const exitLate = 3

// runner is one run: what it was asked for, and what it has found and started.
type runner struct {
	ctx     context.Context // ends with the time for the run, by a signal, and by close
	cancel  context.CancelFunc
	opt     options
	stdout  io.Writer
	stderr  io.Writer
	running sync.WaitGroup // programs
	grace   time.Duration  // how long they have to end after SIGTERM, before they are killed

	work    string // a directory for the time of the run
	python  string // has the test suite
	haproxy string
	out     string // the report's directory
}

// newRunner returns a runner whose time begins now.
func newRunner(ctx context.Context, opt options, stdout, stderr io.Writer) *runner {
	r := &runner{opt: opt, stdout: stdout, stderr: stderr, grace: 5 * time.Second}
	r.ctx, r.cancel = context.WithTimeout(ctx, opt.limit)
	return r
}

// close stops what is still running.
func (r *runner) close() {
	r.cancel()
	r.running.Wait()
	if r.work != "" {
		_ = os.RemoveAll(r.work)
	}
}

// run returns the exit code of a run that was completed.
func (r *runner) run() (int, error) {
	if err := r.prepare(); err != nil {
		return 0, err
	}
	return r.cases()
}

// prepare finds or installs the test suite, empties the report's directory, and builds our programs.
func (r *runner) prepare() error {
	var err error
	if r.work, err = os.MkdirTemp("", "autobahn-"); err != nil {
		return err
	}
	if r.opt.h2spec {
		if err = r.emptyOut(); err != nil {
			return err
		}
		if err = r.installH2spec(); err != nil {
			return err
		}
		return r.build(r.target())
	}
	if r.python, err = r.findSuite(); err != nil {
		return err
	}
	if _, err = r.writeSpec(0); err != nil { // no port yet: the patterns are looked at before anything is done
		return err
	}
	if err = r.emptyOut(); err != nil {
		return err
	}
	if r.opt.h2 {
		if r.haproxy, err = r.findHAProxy(); err != nil {
			return err
		}
	}
	return r.build(r.target(), "./autobahn/report")
}

// target returns the package of the program of ours that is tested.
func (r *runner) target() string {
	switch {
	case r.opt.role == roleServer && r.opt.wsconn:
		return "./autobahn/wsconn/echoserver"
	case r.opt.role == roleServer:
		return "./examples/echoserver"
	case r.opt.h2spec:
		return "./autobahn/h2get"
	}
	return "./autobahn/client"
}

// build builds programs of ours.
func (r *runner) build(packages ...string) error {
	args := append([]string{"build", "-buildvcs=false", "-o", r.work + string(filepath.Separator)}, packages...)
	cmd := r.command("go", args...)
	cmd.Stdout, cmd.Stderr = r.stderr, r.stderr
	if err := r.call(cmd, "building"); err != nil {
		return fmt.Errorf("building: %w", err)
	}
	return nil
}

// emptyOut makes the report's directory, and removes an older report.
func (r *runner) emptyOut() error {
	var err error
	if r.out, err = filepath.Abs(r.opt.out); err != nil {
		return err
	}
	if err = os.MkdirAll(r.out, 0o777); err != nil {
		return err
	}
	for _, pattern := range []string{"*.html", "*.json", "*.xml"} {
		old, err := filepath.Glob(filepath.Join(r.out, pattern))
		if err != nil {
			return err
		}
		for _, name := range old {
			if err = os.Remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// cases runs the cases in the role that was asked for, and has their report judged.
func (r *runner) cases() (int, error) {
	if r.opt.h2spec {
		return r.h2spec()
	}
	role := r.client
	if r.opt.role == roleServer {
		role = r.server
	}
	want, late, err := role()
	if err != nil {
		return 0, err
	}
	code, err := r.judge(want)
	if late && err == nil {
		code = max(code, 1)
	}
	return code, err
}

// client runs the suite's fuzzing server and our client. It returns how many cases there were, and whether some of them
// passed their deadline.
func (r *runner) client() (want int, late bool, err error) {
	_, port, err := r.listen("fuzzing_server", r.log("wstest"), func(port int) (*exec.Cmd, error) {
		var failure error
		want, failure = r.writeSpec(port)
		return r.wstest("fuzzingserver"), failure
	})
	if err != nil {
		return 0, false, err
	}
	if port, err = r.bridge(port); err != nil {
		return 0, false, err
	}
	fmt.Fprintf(r.stdout, "%d cases against our client, over %s\n", want, r.opt.transport())
	cmd := r.command(r.program("client"), "-url", url(port), "-agent", agent, "-want", strconv.Itoa(want),
		"-http2="+strconv.FormatBool(r.opt.h2), "-wsconn="+strconv.FormatBool(r.opt.wsconn))
	cmd.Stdout, cmd.Stderr = r.stdout, r.stderr
	err = r.call(cmd, "the cases")
	if code, ok := exitCode(err); ok && code == exitLate {
		return want, true, nil
	}
	return want, false, r.completed(err)
}

// server runs our echo server and the suite's fuzzing client. The suite decides how long a case may take.
func (r *runner) server() (want int, late bool, err error) {
	log := r.log("echoserver")
	server, port, err := r.listen("echo_server", log, func(port int) (*exec.Cmd, error) {
		return r.command(r.program("echoserver"), "-addr", loopback(port), "-quiet"), nil
	})
	if err != nil {
		return 0, false, err
	}
	if port, err = r.bridge(port); err != nil {
		return 0, false, err
	}
	if want, err = r.writeSpec(port); err != nil {
		return 0, false, err
	}
	fmt.Fprintf(r.stdout, "%d cases against our server, over %s\n", want, r.opt.transport())
	err = r.fuzz(want)
	select {
	case <-server.done: // it crashed
		r.showLog(log)
	default:
	}
	return want, false, r.completed(err)
}

// fuzz runs the suite's fuzzing client and tells how far it is.
func (r *runner) fuzz(want int) error {
	f, err := os.Create(r.log("wstest"))
	if err != nil {
		return err
	}
	defer f.Close()
	cases := newCaseLog(f, r.stdout, want)
	cmd := r.wstest("fuzzingclient")
	cmd.Stdout, cmd.Stderr = cases, cases
	err = r.call(cmd, "the cases")
	cases.end(err == nil)
	if late := new(lateError); errors.As(err, &late) && cases.id != "" {
		late.what += ", at " + cases.id
	}
	return err
}

// completed returns the error of a run of the cases, and shows what the suite and the bridge said if it is one.
func (r *runner) completed(err error) error {
	if err == nil {
		return nil
	}
	if stopped := new(stoppedError); errors.As(err, &stopped) {
		return err
	}
	r.showLog(r.log("wstest"))
	if r.opt.h2 {
		r.showLog(r.log("haproxy"))
	}
	if _, ok := exitCode(err); ok {
		return errors.New("the run was not completed")
	}
	return err
}

// judge returns the exit code that the report calls for.
func (r *runner) judge(want int) (int, error) {
	fmt.Fprintf(r.stdout, "report: %s\n", filepath.Join(r.out, "index.html"))
	cmd := r.command(r.program("report"), "-dir", r.out, "-agent", agent, "-role", r.opt.role,
		"-transport", r.opt.transport(), "-want", strconv.Itoa(want), "-strict="+strconv.FormatBool(r.opt.strict))
	cmd.Stdout, cmd.Stderr = r.stdout, r.stderr
	err := r.call(cmd, "the report")
	if code, ok := exitCode(err); ok {
		return code, nil
	}
	return 0, err
}

// program returns the file of one of our programs.
func (r *runner) program(name string) string { return filepath.Join(r.work, name) }

// log returns the file of the output of a program.
func (r *runner) log(name string) string { return filepath.Join(r.out, name+".log") }

// url returns that of a server of ours.
func url(port int) string { return "ws://" + loopback(port) }
