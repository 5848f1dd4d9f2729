// Package examples has the test that each example can be copied.
package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCopied: each example, with its tests, builds in an empty module that has it alone. So none imports anything internal, or
// leans on a file elsewhere.
func TestCopied(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	mains, err := filepath.Glob("*/main.go")
	if err != nil || len(mains) < 3 {
		t.Fatalf("only %d examples found, %v", len(mains), err)
	}
	for _, main := range mains {
		name := filepath.Dir(main)
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name, text string) {
				if writeErr := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); writeErr != nil {
					t.Fatal(writeErr)
				}
			}
			write("go.mod", "module example.org/copied\n\ngo 1.26.0\n\nrequire github.com/mintws/mintws v0.0.0\n\nreplace github.com/mintws/mintws => "+
				root+"\n")
			write("go.sum", string(sum))
			entries, readErr := os.ReadDir(name)
			if readErr != nil {
				t.Fatal(readErr)
			}
			for _, e := range entries {
				text, fileErr := os.ReadFile(filepath.Join(name, e.Name()))
				if fileErr != nil {
					t.Fatal(fileErr)
				}
				write(e.Name(), string(text))
			}
			for _, command := range []string{"build -o " + os.DevNull, "vet"} {
				cmd := exec.CommandContext(t.Context(), "go", append(strings.Fields(command), ".")...)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off") // what is needed is in the module cache
				if text, buildErr := cmd.CombinedOutput(); buildErr != nil {
					t.Errorf("go %s: %v\n%s", command, buildErr, text)
				}
			}
		})
	}
}
