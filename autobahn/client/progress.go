package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// step is how many cases go by between two lines where lines cannot be rewritten, in a log.
const step = 25

// progress tells how far the run is: on a terminal in one line that is rewritten in place, elsewhere in a line every
// few cases.
type progress struct {
	w        io.Writer
	terminal bool
	count    int
	began    time.Time
}

// newProgress returns a progress that writes to w.
func newProgress(w io.Writer) *progress {
	p := &progress{w: w}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// start begins a run of count cases.
func (p *progress) start(count int) {
	p.count, p.began = count, time.Now()
}

// done says that case i is over.
func (p *progress) done(i int) {
	if p.terminal {
		fmt.Fprintf(p.w, "\rcase %d of %d, %.0f s", i, p.count, time.Since(p.began).Seconds())
	} else if i%step == 0 || i == p.count {
		fmt.Fprintf(p.w, "case %d of %d, %.1f s\n", i, p.count, time.Since(p.began).Seconds())
	}
}

// end leaves the line that was being rewritten.
func (p *progress) end() {
	if p.terminal {
		fmt.Fprintln(p.w)
	}
}
