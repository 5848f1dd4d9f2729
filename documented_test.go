package readme

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEverythingIsDocumented: each package, and each exported symbol, field and method in it, has a comment. Constants and
// variables may share that of their group, where there is one.
func TestEverythingIsDocumented(t *testing.T) {
	for _, dir := range []string{"httpconn", "httpconn/httpdial", "mintws", "mintws/handshake", "mintws/session", "mintws/wshttp",
		"mintws/wshttp/xconnect", "mintws/wsconn", "mintws/wstest"} {
		c := checker{t: t, fset: token.NewFileSet()}
		names, err := filepath.Glob(dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			f, err := parser.ParseFile(c.fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			c.file(f)
		}
		if c.packageDocs != 1 {
			t.Errorf("package %s has %d package comments, want 1", dir, c.packageDocs)
		}
		if c.symbols == 0 && dir != "mintws/wshttp/xconnect" { // that one is imported for its effect
			t.Errorf("package %s exports nothing: is this the right directory?", dir)
		}
	}
}

type checker struct {
	t           *testing.T
	fset        *token.FileSet
	packageDocs int
	symbols     int
}

func (c *checker) file(f *ast.File) {
	if f.Doc != nil {
		c.packageDocs++
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if receiverExported(d) {
				c.want(d.Name, d.Doc)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					c.want(s.Name, s.Doc, only(!d.Lparen.IsValid(), d.Doc))
					if s.Name.IsExported() {
						c.inside(s.Type)
					}
				case *ast.ValueSpec:
					for _, n := range s.Names {
						c.want(n, s.Doc, s.Comment, d.Doc)
					}
				}
			}
		}
	}
}

// inside looks at the fields of a struct and the methods of an interface.
func (c *checker) inside(t ast.Expr) {
	var fields *ast.FieldList
	switch t := t.(type) {
	case *ast.StructType:
		fields = t.Fields
	case *ast.InterfaceType:
		fields = t.Methods
	default:
		return
	}
	for _, f := range fields.List {
		for _, n := range f.Names {
			c.want(n, f.Doc, f.Comment)
		}
		c.inside(f.Type)
	}
}

// want reports n if it is exported and none of the comments says anything.
func (c *checker) want(n *ast.Ident, comments ...*ast.CommentGroup) {
	if !n.IsExported() {
		return
	}
	c.symbols++
	for _, g := range comments {
		if g != nil && strings.TrimSpace(g.Text()) != "" {
			return
		}
	}
	c.t.Errorf("%v: %s is exported and has no comment", c.fset.Position(n.Pos()), n.Name)
}

func only(yes bool, g *ast.CommentGroup) *ast.CommentGroup {
	if yes {
		return g
	}
	return nil
}

// receiverExported reports whether f is a function, or a method of an exported type.
func receiverExported(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	t := f.Recv.List[0].Type
	if p, ok := t.(*ast.StarExpr); ok {
		t = p.X
	}
	if p, ok := t.(*ast.IndexExpr); ok {
		t = p.X
	}
	n, ok := t.(*ast.Ident)
	return ok && n.IsExported()
}
