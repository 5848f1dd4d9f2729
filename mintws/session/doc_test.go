package session_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocCode: the code of the package documentation is that of the examples, which are run.
func TestDocCode(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob("example*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var examples strings.Builder
	for _, name := range names {
		b, readErr := os.ReadFile(name)
		if readErr != nil {
			t.Fatal(readErr)
		}
		examples.Write(b)
	}
	blocks := 0
	var block strings.Builder
	for line := range strings.Lines(string(doc)) {
		code, inside := strings.CutPrefix(line, "//\t")
		if line == "//\n" && block.Len() > 0 {
			code, inside = "\n", true
		}
		if inside {
			block.WriteString(code)
			continue
		}
		if code = strings.TrimSpace(block.String()); code != "" {
			if blocks++; !strings.Contains(examples.String(), code) {
				t.Errorf("not the code of any example: %.60s…", code)
			}
		}
		block.Reset()
	}
	if blocks != 3 {
		t.Errorf("%d blocks of code, want 3", blocks)
	}
}
