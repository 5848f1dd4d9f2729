package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestDocs: nothing is reported in the programs of README.md and docs/, judged as what they are and not as tests, which their files
// also have.
func TestDocs(t *testing.T) {
	files, err := filepath.Glob("../*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	dir := user(t)
	shown := map[string][]bool{} // whether a line of a file is one of a program
	programs := 0
	for _, file := range files {
		text, readErr := os.ReadFile(file)
		if readErr != nil {
			t.Fatal(readErr)
		}
		if strings.Contains(string(text), "mintws/internal/") {
			continue
		}
		name, in := strings.TrimSuffix(filepath.Base(file), "_test.go")+".go", false
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "// snippet: ") {
				in = true
				programs++
			} else if line == "// end\n" {
				in = false
			}
			shown[name] = append(shown[name], in)
		}
		write(t, dir, name, string(text))
	}
	if programs < 10 {
		t.Errorf("only %d programs", programs)
	}
	text, _ := vet(t, dir)
	found := regexp.MustCompile(`(?m)^(?:\./)?(\w+\.go):(\d+):\d+: (.*)$`).FindAllStringSubmatch(text, -1)
	if !strings.Contains(text, "the next WebSocket is dropped") {
		t.Fatalf("the tests around the programs fork values, and nothing is said of it:\n%s", text)
	}
	for _, m := range found {
		if line, _ := strconv.Atoi(m[2]); line > len(shown[m[1]]) || shown[m[1]][line-1] {
			t.Error(m[0])
		}
	}
}
