package httpconn

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestPure: Conn does no I/O, reads no clock and takes no lock: outside the files of Dial nothing is imported with which it
// could. Package io is that of Output.WriteTo, net/http and net/textproto are there for Header and names.
func TestPure(t *testing.T) {
	const allowed = "bytes cmp encoding/binary errors fmt io maps math math/bits net/http net/netip net/textproto slices strconv strings " +
		"sync/atomic golang.org/x/net/http/httpguts golang.org/x/net/http2 golang.org/x/net/http2/hpack"
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "dial") || strings.HasPrefix(name, "proxy") {
			continue
		}
		src, readErr := os.ReadFile(name)
		if readErr != nil {
			t.Fatal(readErr)
		}
		f, parseErr := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if parseErr != nil {
			t.Fatal(parseErr)
		}
		files++
		for _, i := range f.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			mine := strings.HasPrefix(path, "github.com/mintws/mintws/internal/")
			if path == "io" && name != "output.go" || !mine && !slices.Contains(strings.Fields(allowed), path) {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
	if files < 20 {
		t.Errorf("only %d files looked at", files)
	}
}
