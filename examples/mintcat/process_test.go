package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// running is the program while it runs, with pipes.
type running struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *heard
	err   *heard
	seen  int // how much of out was waited for
}

// startProcess starts the program. Its standard input stays open until the test closes it.
func startProcess(t *testing.T, args ...string) *running {
	t.Helper()
	p := &running{t: t, cmd: process(t, args...)}
	p.start()
	return p
}

// start starts p.cmd with pipes.
func (p *running) start() {
	t := p.t
	t.Helper()
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	p.out, p.cmd.Stdout = hear(t)
	p.err, p.cmd.Stderr = hear(t)
	if err = p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout.(io.Closer).Close()
	p.cmd.Stderr.(io.Closer).Close()
	t.Cleanup(func() { p.cmd.Process.Kill() })
}

// wait waits for text to be printed behind what was waited for before.
func (p *running) wait(text string) {
	p.t.Helper()
	p.seen = p.out.after(p.t, p.seen, text)
}

func (p *running) say(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.stdin, text); err != nil {
		p.t.Fatal(err)
	}
}

func (p *running) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// end waits for the program's end and returns the exit code.
func (p *running) end() int {
	p.t.Helper()
	var exit *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	<-p.err.over
	return p.cmd.ProcessState.ExitCode()
}

// heard is what a process prints.
type heard struct {
	r    *os.File
	over chan struct{}
	mu   sync.Mutex
	buf  bytes.Buffer
	more chan struct{} // gets something when there is more
}

// hear returns what listens, and what a process is to print to.
func hear(t *testing.T) (*heard, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	h := listenTo(r)
	t.Cleanup(h.stop)
	return h, w
}

func listenTo(r *os.File) *heard {
	h := &heard{r: r, over: make(chan struct{}), more: make(chan struct{}, 1)}
	go func() {
		defer close(h.over)
		p := make([]byte, 4096)
		for {
			n, err := r.Read(p)
			h.mu.Lock()
			h.buf.Write(p[:n])
			h.mu.Unlock()
			select {
			case h.more <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	return h
}

// stop hears no more.
func (h *heard) stop() {
	h.r.Close()
	<-h.over
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.buf.String()
}

func (h *heard) wait(t *testing.T, text string) {
	t.Helper()
	h.after(t, 0, text)
}

// after waits for text behind the first from bytes, and returns where it ends.
func (h *heard) after(t *testing.T, from int, text string) int {
	t.Helper()
	late := time.After(patience)
	for {
		if i := strings.Index(h.String()[from:], text); i >= 0 {
			return from + i + len(text)
		}
		select {
		case <-h.more:
		case <-h.over:
			if !strings.Contains(h.String()[from:], text) {
				t.Fatalf("no %q in %q, and nothing more comes", text, h.String())
			}
		case <-late:
			t.Fatalf("no %q in %q", text, h.String())
		}
	}
}
