// Package examples has the test that each example can be copied.
package examples

import (
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
		if _, err = os.Stat(filepath.Join(name, "go.mod")); err == nil {
			continue // see TestModules
		}
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

// TestModules: an example that is a module of its own, for what it requires, imports nothing internal either. That it builds is
// tested in there, since what it requires need not be in the module cache.
func TestModules(t *testing.T) {
	mods, err := filepath.Glob("*/go.mod")
	if err != nil || len(mods) == 0 {
		t.Fatal("no modules", err)
	}
	for _, mod := range mods {
		files, globErr := filepath.Glob(filepath.Join(filepath.Dir(mod), "*.go"))
		if globErr != nil || len(files) == 0 {
			t.Fatalf("%s: no files, %v", mod, globErr)
		}
		for _, file := range files {
			f, parseErr := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if parseErr != nil {
				t.Fatal(parseErr)
			}
			for _, imp := range f.Imports {
				if strings.Contains(imp.Path.Value, "/internal/") {
					t.Errorf("%s imports %s", file, imp.Path.Value)
				}
			}
		}
	}
}

// TestInReadme: each example has its section, and each section an example.
func TestInReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var sections []string
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "## "); ok {
			sections = append(sections, strings.TrimSpace(name))
		}
	}
	mains, err := filepath.Glob("*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, main := range mains {
		names = append(names, filepath.Dir(main))
	}
	slices.Sort(sections)
	if !slices.Equal(sections, names) {
		t.Errorf("README.md has %q, there are %q", sections, names)
	}
}
