// Package nextvalue is an analyzer for programs that use mintws. Its connections are immutable values: each call returns the
// next one, which must replace the one that it came from. Where a program loses it, nothing crashes; the connection goes wrong
// later. The analyzer finds ten ways to lose it, which README.md one folder up lists.
//
// It looks at one package at a time, function by function, at syntax, types and the order in which statements may run. It does
// not follow values through memory or into other functions, but for the callers of a function in the same package.
package nextvalue

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Analyzer reports where the next Conn, WebSocket, Session, Deadlines or Head does not replace the one it came from. The category
// of a diagnostic is its kind: scope, blank, statement, range, parameter, entry, element, field, closure or sent.
//
// In files of tests it reports only what is dropped of a variable that is advanced later: tests fork values all the time. A
// comment "//mintvet:fork" on the line, or on a line of its own above it, says that a fork is meant.
var Analyzer = &analysis.Analyzer{
	Name: "nextvalue",
	Doc: "find values of mintws that are advanced without replacing the old ones\n\n" +
		"The next Conn, WebSocket, Session, Deadlines or Head must replace the one it came from. " +
		"A comment //mintvet:fork on a line silences it.",
	URL: "https://pkg.go.dev/github.com/mintws/mintws/mintvet/nextvalue",
	Run: run,
}

// mark is the comment that silences a line.
const mark = "//mintvet:fork"

// checker is what is known of a package.
type checker struct {
	pass    *analysis.Pass
	parents map[ast.Node]ast.Node
	units   []*unit

	all       []*step
	steps     map[*ast.Ident][]*step        // by the variable that they advance
	uses      map[*types.Var][]use          // of variables that hold values or lead to some
	originals map[*types.Var][]original     // what a variable was copied from
	ranges    map[*types.Var]*ast.RangeStmt // the loop that a variable takes the elements of
	param     map[*types.Var]param          // parameters that hold values
	results   map[*types.Var]bool           // results with a name
	reads     map[types.Object]int          // how often the package reads a field
	calls     map[types.Object][]called     // of functions, and of variables that hold one
	mentioned map[types.Object]bool         // functions that are used as values
	reported  map[types.Object]bool
	returns   map[*ast.ReturnStmt]bool     // that are reported
	marked    map[*token.File]map[int]bool // lines with a mark, and those below a mark that stands alone
}

func run(pass *analysis.Pass) (any, error) {
	c := &checker{
		pass:      pass,
		parents:   map[ast.Node]ast.Node{},
		steps:     map[*ast.Ident][]*step{},
		uses:      map[*types.Var][]use{},
		originals: map[*types.Var][]original{},
		ranges:    map[*types.Var]*ast.RangeStmt{},
		param:     map[*types.Var]param{},
		results:   map[*types.Var]bool{},
		reads:     map[types.Object]int{},
		calls:     map[types.Object][]called{},
		mentioned: map[types.Object]bool{},
		reported:  map[types.Object]bool{},
		returns:   map[*ast.ReturnStmt]bool{},
		marked:    map[*token.File]map[int]bool{},
	}
	if !c.concerned() {
		return nil, nil
	}
	for _, f := range pass.Files {
		c.findMarks(f)
		c.link(f)
	}
	for _, f := range pass.Files {
		c.walk(f)
	}
	for _, s := range c.all {
		c.judge(s)
	}
	return nil, nil
}

// concerned reports whether the package is one of those that the values come from, or imports one, or imports one that does.
func (c *checker) concerned() bool {
	of := func(p *types.Package) bool {
		for suffix := range values {
			if p.Path() == suffix || strings.HasSuffix(p.Path(), "/"+suffix) {
				return true
			}
		}
		return false
	}
	for _, p := range c.pass.Pkg.Imports() {
		if of(p) || slices.ContainsFunc(p.Imports(), of) {
			return true
		}
	}
	return of(c.pass.Pkg)
}

// link notes the parent of each node.
func (c *checker) link(f *ast.File) {
	var stack []ast.Node
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		if len(stack) > 0 {
			c.parents[n] = stack[len(stack)-1]
		}
		stack = append(stack, n)
		return true
	})
}

// walk collects what is known of each function.
func (c *checker) walk(f *ast.File) {
	var u *unit
	var visit func(n ast.Node) bool
	enter := func(n ast.Node, body *ast.BlockStmt) {
		if body == nil {
			return
		}
		outer := u
		u = &unit{node: n, body: body, outer: outer}
		c.units = append(c.units, u)
		c.collect(n, u)
		ast.Inspect(n, func(m ast.Node) bool { return m == n || visit(m) })
		u = outer
	}
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case nil:
			return true
		case *ast.FuncDecl:
			enter(n, n.Body)
			return false
		case *ast.FuncLit:
			enter(n, n.Body) // also where a variable of the package is declared
			return false
		}
		if u != nil {
			c.collect(n, u)
		}
		return true
	}
	ast.Inspect(f, visit)
}

// findMarks notes the lines that a comment silences.
func (c *checker) findMarks(f *ast.File) {
	file := c.pass.Fset.File(f.FileStart)
	lines, code := map[int]bool{}, map[int]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n.(type) {
		case nil, *ast.Comment, *ast.CommentGroup:
			return false
		}
		code[file.Line(n.Pos())] = true
		code[file.Line(n.End())] = true
		return true
	})
	for _, group := range f.Comments {
		for _, comment := range group.List {
			if rest, ok := strings.CutPrefix(comment.Text, mark); ok && (rest == "" || rest[0] == ' ') {
				line := file.Line(comment.Pos())
				lines[line] = true
				lines[line+1] = lines[line+1] || !code[line]
			}
		}
	}
	c.marked[file] = lines
}

// silent reports whether n has a mark: on one of its lines, or alone on the line above.
func (c *checker) silent(n ast.Node) bool {
	file := c.pass.Fset.File(n.Pos())
	first, last := file.Line(n.Pos()), file.Line(n.End())
	for line := first; line <= last; line++ {
		if c.marked[file][line] {
			return true
		}
	}
	return false
}

func (c *checker) test(s *step) bool {
	return strings.HasSuffix(c.pass.Fset.File(s.call.Pos()).Name(), "_test.go")
}

// report reports s at n, unless a mark silences it.
func (c *checker) report(s *step, n ast.Node, kind, message string) {
	if c.silent(s.call) || c.silent(n) {
		return
	}
	c.pass.Report(analysis.Diagnostic{Pos: n.Pos(), End: n.End(), Category: kind, Message: message})
}

// once reports what is wrong with a variable, at the first step that shows it.
func (c *checker) once(v *types.Var, s *step, kind, message string) {
	if !c.reported[v] && !c.silent(s.call) {
		c.reported[v] = true
		c.report(s, s.call, kind, message)
	}
}
