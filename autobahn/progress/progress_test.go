package progress

import (
	"bytes"
	"regexp"
	"testing"
)

// seconds is what differs from run to run.
var seconds = regexp.MustCompile(`[0-9.]+ s`)

func TestProgress(t *testing.T) {
	for name, tt := range map[string]struct {
		terminal bool
		count    int
		want     string
	}{
		"log":        {false, 30, "case 25 of 30, s\ncase 30 of 30, s\n"},
		"log, few":   {false, 3, "case 3 of 3, s\n"},
		"log, steps": {false, 50, "case 25 of 50, s\ncase 50 of 50, s\n"},
		"terminal":   {true, 2, "\rcase 1 of 2, s\rcase 2 of 2, s\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var w bytes.Buffer
			p := New(&w)
			if p.terminal {
				t.Fatal("a buffer is not a terminal")
			}
			p.terminal = tt.terminal
			p.Start(tt.count)
			for i := range tt.count {
				p.Done(i + 1)
			}
			p.End()
			if got := seconds.ReplaceAllString(w.String(), "s"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
