package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// print prints the table.
func (c *client) print(w io.Writer, took time.Duration, own bool) {
	memory := "memory in use while all were open"
	if own {
		memory += ", the server's too"
	}
	ms := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
	for _, row := range []struct {
		name  string
		value any
	}{
		{"TCP connections", 1},
		{"WebSockets opened", c.opened},
		{"at once", c.atOnce},
		{"rounds", c.rounds},
		{"messages sent", c.sent},
		{"messages back", c.received},
		{"frames sent", c.framesOut},
		{"frames received", c.framesIn},
		{"bytes written", c.sock.written},
		{"bytes read", c.sock.read},
		{"WebSockets that failed", c.failed},
		{"time to open", ms(c.took[0])},
		{"time for messages", ms(c.took[1])},
		{"time to close", ms(c.took[2])},
		{"time in all", ms(took)},
		{memory, fmt.Sprintf("%.1f MiB", float64(c.memory)/(1<<20))},
	} {
		fmt.Fprintf(w, "%-52s %12v\n", row.name, row.value)
	}
}

// progress returns a function that rewrites a line on a terminal, every now and then, and clears it if there is nothing to
// say. On anything else it does nothing.
func progress(f *os.File) func(format string, args ...any) {
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return func(string, ...any) {}
	}
	var last time.Time
	return func(format string, args ...any) {
		if now := time.Now(); format == "" || now.Sub(last) > 50*time.Millisecond {
			last = now
			fmt.Fprintf(f, "\r"+format+"\x1b[K", args...) // to the start of the line, and clear what was longer
		}
	}
}
