package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// print prints the table. The server is nil if it is somebody else's.
func (a *all) print(w io.Writer, took time.Duration, gc string, server *own, serverPeak string) {
	var sum client
	var written, read int
	for _, c := range a.clients {
		sum.opened += c.opened
		sum.failed += c.failed
		sum.sent += c.sent
		sum.received += c.received
		sum.framesOut += c.framesOut
		sum.framesIn += c.framesIn
		written += c.sock.written
		read += c.sock.read
	}
	ms := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
	rate := func(n int, d time.Duration) string { return fmt.Sprintf("%.0f/s", float64(n)/max(d, 1).Seconds()) }
	each := func(idle, before int64) string {
		return fmt.Sprintf("%.0f B", float64(idle-before)/float64(max(a.atOnce, 1)))
	}
	name, _, peak := resident()
	type row struct {
		name  string
		value any
	}
	rows := []row{
		{"TCP connections", len(a.clients)},
		{"WebSockets opened", sum.opened},
		{"at once", a.atOnce},
		{"rounds", a.rounds},
		{"messages sent", sum.sent},
		{"messages back", sum.received},
		{"frames sent", sum.framesOut},
		{"frames received", sum.framesIn},
		{"bytes written", written},
		{"bytes read", read},
		{"WebSockets that failed", sum.failed},
		{"time to open", ms(a.took[0])},
		{"opened", rate(sum.opened, a.took[0])},
		{"time for messages", ms(a.took[1])},
		{"messages there and back", rate(sum.received, a.took[1])},
		{"time to close", ms(a.took[2])},
		{"time in all", ms(took)},
		{"heap for each, while all were open", each(a.idle.heap, a.before.heap)},
		{"the same of " + name, each(a.idle.resident, a.before.resident)},
		{"GOGC, GOMEMLIMIT", gc},
	}
	if server != nil {
		rows = append(rows, row{"the server's process", server.cmd.Process.Pid}, row{"its " + name + " at the peak", serverPeak})
	}
	rows = append(rows, row{name + " of this process, while all were open", mib(a.idle.resident)}, row{name + " at the peak", mib(peak)})
	for _, r := range rows {
		fmt.Fprintf(w, "%-52s %12v\n", r.name, r.value)
	}
}

// progress rewrites a line on a terminal, every now and then. On anything else it does nothing.
type progress struct {
	w io.Writer // nil where there is no terminal
	n int

	mu           sync.Mutex
	opened, back int
	last         time.Time
}

func newProgress(f *os.File, n int) *progress {
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return &progress{}
	}
	return &progress{w: f, n: n}
}

// add counts what one turn has brought.
func (p *progress) add(opened, back int) {
	if p.w == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opened += opened
	p.back += back
	if now := time.Now(); now.Sub(p.last) > 50*time.Millisecond {
		p.last = now
		fmt.Fprintf(p.w, "\r%d of %d WebSockets opened, %d messages back\x1b[K", p.opened, p.n, p.back)
	}
}

func (p *progress) clear() {
	if p.w != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
