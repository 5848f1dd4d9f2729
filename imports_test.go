package readme

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// cores are the packages of the protocol: values that do no I/O, read no clock and take no lock.
var cores = []string{"httpconn", "mintws", "mintws/handshake", "mintws/session"}

// use is what the cores may take of a package, and why.
type use struct {
	names  string // a regular expression for what may be named; "" for all of it
	reason string
}

// coreImports are all packages that the cores may import, besides each other and the leaves in internal, which are held to
// the same list.
var coreImports = map[string]use{
	// These compute, and reach nothing outside the program.
	"bytes":           {"", "compares and searches what came"},
	"cmp":             {"", "a default for what is zero"},
	"encoding/base64": {"", "keys of the handshake, Basic authentication"},
	"encoding/binary": {"", "numbers in frames"},
	"errors":          {"", "sentinels"},
	"fmt":             {`Errorf|Fprintf|Sprintf`, "texts of errors; Fprintf into a strings.Builder; nothing that prints"},
	"maps":            {"", "copies of tables"},
	"math":            {"", "largest numbers"},
	"math/bits":       {"", "windows and tables in powers of two"},
	"slices":          {"", "lists"},
	"strconv":         {"", "numbers in fields"},
	"strings":         {"", "field values"},
	"unicode/utf8":    {"", "reasons of a Close, long text with few characters that are not ASCII"},
	"crypto/sha1":     {"", "Sec-WebSocket-Accept (RFC 6455 section 4.2.2); it protects nothing"},

	// The vocabulary of HTTP: types and functions of values, out of packages that could do more.
	"net/http": {`Header|Request|CanonicalHeaderKey|Method[A-Z]\w+|Status[A-Z]\w+|NoBody`,
		"Header is everybody's type for fields, Request is what Accept judges; names of methods and status codes; no content"},
	"net/netip":     {`ParseAddr`, "IP addresses in hosts; nothing is resolved"},
	"net/textproto": {`CanonicalMIMEHeaderKey`, "names of fields, as http.Header has them"},
	"net/url":       {`URL|Userinfo|Error|Parse|ParseRequestURI`, "what Upgrade is given, origins, and targets of requests"},

	// What could wait or lock, and how much of it is used.
	"crypto/rand": {`Read|Reader`, "masking keys must be unpredictable (RFC 6455 section 10.3): the one thing taken from outside"},
	"math/rand/v2": {`ChaCha8`,
		"masking keys from a seed of crypto/rand; not its package-level functions, which have a source of their own"},
	"io": {`Reader|Writer|ReadFull|EOF|ErrShortWrite|Discard`,
		"Output.WriteTo writes to what the caller hands it, Options.Rand is read; Discard is an encoder's unused destination"},
	"sync":        {`Pool`, "scratch space that any call may use; never locked, and no value is shared by it"},
	"sync/atomic": {``, "forks of one value may be used by several goroutines: which of them goes on where, without waiting"},

	// Arguments and results; no clock is read.
	"time": {`Time|Duration|Second`, "when it is, and how long things may take"},

	// Not of the standard library.
	"golang.org/x/net/http/httpguts": {"", "which bytes a token or a field value may have"},
	"golang.org/x/net/http2":         {`ClientPreface|ErrCode\w*|Flag\w+|Frame[A-Z]\w+|Setting\w*`, "numbers and their names; not the Transport"},
	"golang.org/x/net/http2/hpack":   {"", "Huffman codes and the static table"},
	"golang.org/x/net/idna":          {"", "names in Unicode"},
}

// importedBy names the one core that may import a package, where it is not for all of them.
var importedBy = map[string]string{"time": "mintws/session"}

// TestCoreImports: with what the cores import they cannot open a socket, read a clock, start anything or wait. Httpdial, which
// can, is not among it. Each package on the list is used, so that the list says what is so.
func TestCoreImports(t *testing.T) {
	const module = "github.com/mintws/mintws/"
	used := map[string]bool{}
	for dirs, i := slices.Clone(cores), 0; i < len(dirs); i++ {
		files := 0
		names, err := filepath.Glob(dirs[i] + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			files++
			f, parseErr := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if parseErr != nil {
				t.Fatal(parseErr)
			}
			for _, spec := range f.Imports {
				imported := strings.Trim(spec.Path.Value, `"`)
				if dir, ours := strings.CutPrefix(imported, module); ours {
					if !slices.Contains(cores, dir) && !strings.HasPrefix(dir, "internal/") {
						t.Errorf("%s imports %s", name, dir)
					} else if !slices.Contains(dirs, dir) {
						dirs = append(dirs, dir)
					}
					continue
				}
				used[imported] = true
				allowed, ok := coreImports[imported]
				local := path.Base(imported)
				if spec.Name != nil {
					local = spec.Name.Name
				}
				switch {
				case !ok:
					t.Errorf("%s imports %s", name, imported)
				case importedBy[imported] != "" && importedBy[imported] != dirs[i]:
					t.Errorf("%s imports %s, which only %s may", name, imported, importedBy[imported])
				case local == ".":
					t.Errorf("%s imports all names of %s: what it takes cannot be seen", name, imported)
				case allowed.names != "":
					for _, taken := range selected(f, local) {
						if !regexp.MustCompile("^(?:" + allowed.names + ")$").MatchString(taken) {
							t.Errorf("%s uses %s.%s, want %s alone", name, imported, taken, allowed.names)
						}
					}
				}
			}
			for _, n := range started(f) {
				t.Errorf("%s has a %s", name, n)
			}
		}
		if files == 0 {
			t.Errorf("no files in %s", dirs[i])
		}
	}
	for _, imported := range slices.Sorted(maps.Keys(coreImports)) {
		if !used[imported] {
			t.Errorf("%s is allowed, and nothing imports it", imported)
		}
		if coreImports[imported].reason == "" {
			t.Errorf("%s is allowed without a reason", imported)
		}
	}
}

// selected returns what f takes of a package, in order: X of pkg.X.
func selected(f *ast.File, pkg string) (names []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, isName := s.X.(*ast.Ident); isName && x.Name == pkg {
				names = append(names, s.Sel.Name)
			}
		}
		return true
	})
	return names
}

// started returns the statements of f that start a goroutine or wait for one. No import is needed for these.
func started(f *ast.File) (what []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			what = append(what, "go statement")
		case *ast.SelectStmt:
			what = append(what, "select statement")
		case *ast.ChanType:
			what = append(what, "channel")
		case *ast.SendStmt:
			what = append(what, "send statement")
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				what = append(what, "receive operation")
			}
		}
		return true
	})
	return what
}
