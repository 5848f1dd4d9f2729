package main

import (
	"errors"
	"io"
	"syscall"
	"time"
)

// printer writes to standard output on a goroutine of its own, so that a reader who pauses does not keep the rest from going on.
type printer struct {
	tx     chan []byte
	wrote  chan error // the end of what tx was given
	buf    []byte     // what is to be printed
	taken  []byte     // what is being printed
	busy   bool
	failed bool // nothing is printed any more
}

// pause is how long a reader may take before the rest goes on without it. Up to there what is printed keeps its place among what
// else is seen.
const pause = time.Second

func newPrinter(w io.Writer) *printer {
	p := &printer{tx: make(chan []byte, 1), wrote: make(chan error, 1)}
	go func() {
		for b := range p.tx {
			_, err := w.Write(b)
			p.wrote <- err
		}
	}()
	return p
}

// left reports whether something is not printed yet.
func (p *printer) left() bool { return p.busy || len(p.buf) > 0 }

// flush begins to print what there is, if nothing is being printed, and waits for the end of it for a while.
func (p *printer) flush() error {
	if p.failed {
		p.buf = p.buf[:0]
	}
	if p.busy || len(p.buf) == 0 {
		return nil
	}
	p.buf, p.taken, p.busy = p.taken[:0], p.buf, true
	p.tx <- p.taken
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case err := <-p.wrote:
		return p.printed(err)
	case <-timer.C:
		return nil
	}
}

// printed takes note of the end of what was being printed.
func (p *printer) printed(err error) error {
	p.busy, p.failed = false, err != nil
	if cap(p.taken) > 2*tooMuch { // a large message is not remembered for ever
		p.taken = nil
	}
	if errors.Is(err, syscall.EPIPE) { // whoever read has enough
		err = interrupted{syscall.SIGPIPE}
	}
	return err
}
