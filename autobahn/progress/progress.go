// Package progress tells how far a run of the test suite is.
package progress

import (
	"fmt"
	"io"
	"os"
	"time"
)

// step is how many cases go by between two lines where lines cannot be rewritten, in a log.
const step = 25

// Progress says which case is over: on a terminal in one line that is rewritten in place, elsewhere in a line every
// few cases.
type Progress struct {
	w        io.Writer
	terminal bool
	count    int
	began    time.Time
}

// New returns a Progress that writes to w.
func New(w io.Writer) *Progress {
	p := &Progress{w: w}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// Start begins a run of count cases.
func (p *Progress) Start(count int) {
	p.count, p.began = count, time.Now()
}

// Done says that case i is over. The first is 1.
func (p *Progress) Done(i int) {
	if p.terminal {
		fmt.Fprintf(p.w, "\rcase %d of %d, %.0f s", i, p.count, time.Since(p.began).Seconds())
	} else if i%step == 0 || i == p.count {
		fmt.Fprintf(p.w, "case %d of %d, %.1f s\n", i, p.count, time.Since(p.began).Seconds())
	}
}

// End leaves the line that is rewritten, at the end or for another message.
func (p *Progress) End() {
	if p.terminal {
		fmt.Fprintln(p.w)
	}
}
