package nextvalue_test

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/mintws/mintws/mintvet/nextvalue"
)

// kinds are the ten kinds: the package in testdata, and the category of its diagnostics.
var kinds = map[string]string{
	"scope": "scope", "blank": "blank", "statement": "statement", "rangevar": "range", "parameter": "parameter",
	"entry": "entry", "element": "element", "field": "field", "closure": "closure", "sent": "sent",
}

// TestKinds: in a package for each of the ten kinds, the bad functions are reported, each as what it is, and the good ones
// beside them are not. So it is with lines that are marked, in files of tests, and in programs in which nothing
// is lost.
func TestKinds(t *testing.T) {
	packages := []string{"marked", "intests", "right"}
	for name := range kinds {
		packages = append(packages, name)
	}
	seen := map[string]bool{}
	for _, r := range analysistest.Run(t, analysistest.TestData(), nextvalue.Analyzer, packages...) {
		name := strings.TrimSuffix(r.Action.Package.Types.Path(), ".test")
		kind, ok := kinds[name]
		if !ok {
			continue
		}
		seen[name] = true
		bad, good := 0, 0
		for _, d := range r.Diagnostics {
			if d.Category == kind {
				bad++
			}
		}
		for _, f := range r.Action.Package.Syntax {
			for _, decl := range f.Decls {
				if f, ok := decl.(*ast.FuncDecl); ok && !reported(r, f) {
					good++
				}
			}
		}
		t.Logf("%-10s %d bad, %d good functions", kind, bad, good)
		if bad < 3 || good < 2 {
			t.Errorf("%s: %d bad and %d good functions: too few to show anything", name, bad, good)
		}
		for _, d := range r.Diagnostics {
			if d.Category != kind && !(name == "scope" && d.Category == "blank") {
				t.Errorf("%s: reported as %s: %s", name, d.Category, d.Message)
			}
		}
	}
	if len(seen) != len(kinds) {
		t.Errorf("looked at %d of %d kinds", len(seen), len(kinds))
	}
}

func reported(r *analysistest.Result, f *ast.FuncDecl) bool {
	for _, d := range r.Diagnostics {
		if f.Pos() <= d.Pos && d.Pos < f.End() {
			return true
		}
	}
	return false
}

// TestReadme: the bad line that the README shows for a kind, or each of its lines where it takes more than one, is among those
// that are tested, the last one is reported, and the table has all kinds.
func TestReadme(t *testing.T) {
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(page), "\n"); n >= 80 {
		t.Errorf("%d lines", n)
	}
	left := map[string]string{}
	for name, kind := range kinds {
		left[kind] = name
	}
	for _, row := range regexp.MustCompile("(?m)^\\| (\\w+) \\| `(.+?)` \\| (.+) \\|$").FindAllStringSubmatch(string(page), -1) {
		name, ok := left[row[1]]
		if !ok {
			t.Errorf("no such kind, or twice: %s", row[1])
			continue
		}
		delete(left, row[1])
		src, err := os.ReadFile(filepath.Join("testdata/src", name, name+".go"))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(row[2], "` … `")
		for i, line := range lines {
			if i == len(lines)-1 {
				line += " // want" // it is the one that is reported
			}
			if !strings.Contains(string(src), "\n"+line) && !strings.Contains(string(src), "\t"+line) {
				t.Errorf("%s: %s is in no test", row[1], line)
			}
		}
	}
	if len(left) > 0 {
		t.Errorf("the README does not show %v", left)
	}
}
