package readme

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documents returns the names of all pages that people read.
func documents(t *testing.T) []string {
	var pages []string
	for _, pattern := range []string{"*.md", "docs/*.md", "examples/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, names...)
	}
	return pages
}

var code = regexp.MustCompile("`([^`\n]+)`")

// TestTestsNamedInDocs: each test and fuzz target that a page names is there, and what it names still holds what it says.
func TestTestsNamedInDocs(t *testing.T) {
	have := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	walk := func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_test.go") {
			for _, m := range declared.FindAllStringSubmatch(read(t, path), -1) {
				have[m[1]] = true
			}
		}
		return err
	}
	for _, dir := range []string{"httpconn", "mintws", "internal"} {
		if err := filepath.WalkDir(dir, walk); err != nil {
			t.Fatal(err)
		}
	}
	here, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range here {
		for _, m := range declared.FindAllStringSubmatch(read(t, path), -1) {
			have[m[1]] = true
		}
	}
	named := regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w*`)
	for _, page := range documents(t) {
		if page == "CHANGELOG.md" {
			continue // of the past
		}
		for _, m := range code.FindAllStringSubmatch(read(t, page), -1) {
			for _, name := range named.FindAllString(m[1], -1) {
				if !have[name] {
					t.Errorf("%s names %s, which is not there", page, name)
				}
			}
		}
	}
}

// TestPathsNamedInDocs: each file and directory that ARCHITECTURE.md and CONTRIBUTING.md name is there. "h1_*" stands for one or more.
func TestPathsNamedInDocs(t *testing.T) {
	path := regexp.MustCompile(`^[\w.*-]+(?:/[\w.*-]*)*(?:/|\.(?:go|md|sh|txt|s))$`)
	found := 0
	for _, page := range documents(t) {
		if page != "ARCHITECTURE.md" && page != "CONTRIBUTING.md" {
			continue
		}
		for _, m := range code.FindAllStringSubmatch(read(t, page), -1) {
			if !path.MatchString(m[1]) {
				continue
			}
			found++
			if names, err := filepath.Glob(strings.TrimSuffix(m[1], "/")); err != nil || len(names) == 0 {
				t.Errorf("%s names %s, which is not there", page, m[1])
			}
		}
	}
	if found == 0 {
		t.Error("no page names a path")
	}
}

// TestSnippets: the Go code of README.md and of the pages in docs is that of readme_test.go and the files docs_*_test.go, which
// is compiled and run, and all that is marked there is shown.
func TestSnippets(t *testing.T) {
	files, err := filepath.Glob("docs_*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, file := range append(files, "readme_test.go") {
		for _, m := range region.FindAllStringSubmatch(read(t, file), -1) {
			shown[m[2]] = false
		}
	}
	for _, page := range documents(t) {
		if filepath.Dir(page) != "docs" && page != "README.md" {
			continue
		}
		text := read(t, page)
		snippets := fence.FindAllStringSubmatch(text, -1)
		if strings.Count(text, "```go") != len(snippets) {
			t.Errorf("%s: %d of %d snippets understood", page, len(snippets), strings.Count(text, "```go"))
		}
		for _, m := range snippets {
			if _, ok := shown[m[1]]; !ok {
				t.Errorf("%s: not the code of any test: %.60s…", page, m[1])
			}
			shown[m[1]] = true
		}
	}
	for snippet, ok := range shown {
		if !ok {
			t.Errorf("no page shows %.60s…", snippet)
		}
	}
}

// TestMap: the packages of ARCHITECTURE.md's map are all there are, and each imports only such as stand above it.
func TestMap(t *testing.T) {
	text := read(t, "ARCHITECTURE.md")
	place := map[string]int{}
	for i, m := range regexp.MustCompile("(?m)^\\| `([\\w/]+)/` \\|").FindAllStringSubmatch(text, -1) {
		place[m[1]] = i + 1
	}
	const module = "github.com/mintws/mintws/"
	for _, root := range []string{"httpconn", "mintws", "internal"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			dir := filepath.ToSlash(filepath.Dir(path))
			leaf := strings.HasPrefix(dir, "internal/")
			if strings.HasPrefix(dir, "internal/test/") {
				return nil // tests may import all
			}
			if place[dir] == 0 {
				t.Errorf("package %s is not in the map", dir)
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			for _, spec := range f.Imports {
				name, ours := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), module)
				below := strings.HasPrefix(name, "internal/")
				if ours && (place[name] == 0 || leaf && !below || !below && place[name] >= place[dir]) {
					t.Errorf("%s imports %s, which does not stand above it in the map", path, name)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
