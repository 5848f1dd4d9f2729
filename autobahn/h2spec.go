package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/mintws/mintws/autobahn/h2spec"
	"github.com/mintws/mintws/autobahn/progress"
)

// h2specProgram returns the name of h2spec's program for our role.
func (r *runner) h2specProgram() string {
	if r.opt.role == roleServer {
		return "h2spec"
	}
	return "h2specd"
}

// installH2spec installs h2spec's program for the time of the run.
func (r *runner) installH2spec() error {
	name := r.h2specProgram()
	install := r.command("go", "install", "github.com/summerwind/h2spec/cmd/"+name+"@"+h2spec.Version)
	install.Env = append(install.Environ(), "GOBIN="+r.work)
	return r.logged(install, r.log("install"), "installing "+name)
}

// h2spec runs the cases of h2spec in the role that was asked for, and returns the exit code.
func (r *runner) h2spec() (int, error) {
	if r.opt.role == roleClient {
		fmt.Fprintf(r.stdout, "%d cases of h2spec against our client\n", h2spec.ClientCases)
		passed, err := r.h2specClient()
		if err != nil || passed {
			return 0, err
		}
		return 1, nil
	}
	fmt.Fprintf(r.stdout, "%d cases of h2spec against our server, without TLS and with it\n", h2spec.ServerCases)
	code := 0
	for _, t := range transports {
		passed, err := r.h2specServer(t)
		if err != nil {
			return 0, err
		}
		if !passed {
			code = 1
		}
	}
	return code, nil
}

// h2specClient runs the cases for clients. h2specd listens on a port for each case, in a row, on all of them at once, and starts our
// client for each. Where one is taken, other ports are tried. They are below those that systems hand out by themselves.
//
// Our client stays after the response, so that it is judged by what the cases then send, and does not pass because it is gone.
func (r *runner) h2specClient() (passed bool, err error) {
	var output []byte
	for range 5 {
		port := strconv.Itoa(20000 + rand.IntN(10000))
		// A case takes at most 3 seconds. -o is how long h2specd waits for an answer.
		cmd := r.command(r.program("h2specd"), "-h", "127.0.0.1", "-p", port, "-f", port,
			"-e", r.program("h2get")+" -linger 500ms", "-o", "2")
		if output, err = r.output(cmd, r.log("h2specd"), "the cases"); err != nil {
			return false, err
		}
		if !inUse(output) {
			break
		}
	}
	return h2spec.Client(r.stdout, string(output))
}

// output runs cmd to its end and returns what it wrote, which is kept in a log. The exit code is not looked at.
func (r *runner) output(cmd *exec.Cmd, log, what string) ([]byte, error) {
	f, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cmd.Stdout, cmd.Stderr = f, f
	if err = r.call(cmd, what); err != nil {
		if _, ok := exitCode(err); !ok {
			return nil, err
		}
	}
	return os.ReadFile(log)
}

// caseDone is in a line of h2spec for each case that is over. A case that failed is named once more at the end, on a line without \r.
var caseDone = regexp.MustCompile(`\r *(✔|×) \d+: `)

// transport is what h2spec's cases for servers run over.
type transport struct {
	name  string
	serve []string // flags of our server
	ask   []string // flags of h2spec
}

var transports = []transport{{name: "clear"}, {name: "tls", serve: []string{"-tls"}, ask: []string{"-t", "-k"}}}

// h2specServer runs the cases for servers over t.
func (r *runner) h2specServer(t transport) (passed bool, err error) {
	_, port, err := r.listen("echo_server", r.log("echoserver-"+t.name), func(port int) (*exec.Cmd, error) {
		return r.command(r.program("echoserver"), append(t.serve, "-addr", loopback(port), "-quiet")...), nil
	})
	if err != nil {
		return false, err
	}
	log, report := r.log("h2spec-"+t.name), filepath.Join(r.out, t.name+".xml")
	f, err := os.Create(log)
	if err != nil {
		return false, err
	}
	defer f.Close()
	done, shown := 0, progress.New(r.stdout)
	shown.Start(h2spec.ServerCases)
	cmd := r.command(r.program("h2spec"), append(t.ask, "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-o", "2", "-j", report)...)
	lines := &lineWriter{w: f, see: func(line string) {
		if caseDone.MatchString(line) {
			done++
			shown.Done(done)
		}
	}}
	cmd.Stdout, cmd.Stderr = lines, lines
	err = r.call(cmd, "the cases over "+t.name)
	shown.End()
	if _, ok := exitCode(err); !ok {
		return false, err
	}
	passed, err = h2spec.Server(r.stdout, report, t.name)
	if errors.Is(err, fs.ErrNotExist) {
		r.showLog(log)
		return false, fmt.Errorf("the run over %s was not completed", t.name)
	}
	return passed, err
}
