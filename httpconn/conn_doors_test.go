package httpconn

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestConnDoors: the exported methods of Conn stand where one looks for them and have value receivers; all others take a
// pointer, so that a call copies a Conn once. The one exported method with a pointer is InPlace, which takes what no other
// module can name.
func TestConnDoors(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	doors := 0
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		var file *ast.File
		if file, err = parser.ParseFile(token.NewFileSet(), name, nil, 0); err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil {
				continue
			}
			receiver := f.Recv.List[0].Type
			star, pointer := receiver.(*ast.StarExpr)
			if pointer {
				receiver = star.X
			}
			if id, isName := receiver.(*ast.Ident); !isName || id.Name != "Conn" {
				continue
			}
			if f.Name.Name == "InPlace" {
				key, isKey := f.Type.Params.List[0].Type.(*ast.SelectorExpr)
				if !pointer || !isKey || key.Sel.Name != "Key" || !imports(file, "github.com/mintws/mintws/internal/inplace") {
					t.Errorf("%s: InPlace is open to everybody", name)
				}
				continue
			}
			switch exported := f.Name.IsExported(); {
			case exported && pointer, !exported && !pointer:
				t.Errorf("%s: Conn.%s has the wrong kind of receiver", name, f.Name.Name)
			case exported && name != "conn.go" && name != "conn_h2.go":
				t.Errorf("%s: Conn.%s is exported, and belongs into conn.go or conn_h2.go", name, f.Name.Name)
			case exported:
				doors++
			}
		}
	}
	if doors < 15 {
		t.Errorf("%d exported methods of Conn were found", doors)
	}
}

func imports(file *ast.File, path string) bool {
	return slices.ContainsFunc(file.Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == strconv.Quote(path) })
}
