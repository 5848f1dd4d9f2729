// Package golden compares what the code does with files that people read: conversations in testdata, and parts of
// documents. With -update such a test rewrites its files instead of failing.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the files that tests compare with what the code does")

// Party is what a conversation is held with: it does what a line says, and returns what comes of that, a line each. It fails
// the test for a line that it does not understand.
type Party func(t *testing.T, line string) []string

// Talk has each conversation of a directory, one in each file named *.txt, with a party of its own.
//
// A line that begins in the first column is done. The indented lines below it are what comes of it, all of it and in order.
// Lines that are empty or begin with # are for the reader.
func Talk(t *testing.T, dir string, begin func() Party) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations in %s: %v", dir, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			Compare(t, file, script, hold(t, begin(), string(script)))
		})
	}
}

// hold returns script with what really comes of each of its lines.
func hold(t *testing.T, do Party, script string) []byte {
	var b strings.Builder
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, " \t\r\n")
		switch {
		case line == "" || line[0] == '#':
			b.WriteString(line + "\n")
		case line[0] != ' ' && line[0] != '\t':
			b.WriteString(line + "\n")
			for _, result := range do(t, line) {
				b.WriteString("    " + result + "\n")
			}
		}
	}
	return []byte(b.String())
}

// Compare fails the test if has, the content of a file, is not want, and names the first line that differs. With -update
// it writes want into the file.
func Compare(t *testing.T, file string, has, want []byte) {
	t.Helper()
	if string(has) == string(want) {
		return
	}
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	old, now := strings.Split(string(has), "\n"), strings.Split(string(want), "\n")
	n := 0
	for n < len(old) && n < len(now) && old[n] == now[n] {
		n++
	}
	at := func(lines []string) string {
		if n < len(lines) {
			return lines[n]
		}
		return "(the end)"
	}
	t.Errorf("%s:%d: it says\n%s\nbut what happens is\n%s\nIf that is right, run the test with -update.", file, n+1, at(old), at(now))
}
