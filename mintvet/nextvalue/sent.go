package nextvalue

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/cfg"
)

// sent: the next value has a variable of its own until it is put back to where the old one is. There is a path on which its bytes
// have gone out, and yet the function returns with the old value in its place. Where both variables have the same name it is
// enough that the old one is read.
func (c *checker) sent(s *step) {
	if c.test(s) {
		return
	}
	for _, x := range c.uses[s.to.root] {
		if x.role == roleLeave && x.unit != s.unit {
			return // a function literal puts it back, nobody knows when
		}
	}
	if s.fate == fateMoved {
		c.sentKeeping(s, s.src)
	}
	for _, o := range c.originals[s.src.root] {
		if !c.replaced(s, o) {
			c.sentKeeping(s, o.path)
		}
	}
}

// sentKeeping looks for paths on which src keeps the old value.
func (c *checker) sentKeeping(s *step, src path) {
	nothing := func(ast.Node) bool { return false }
	goesOut, out := nothing, c.shadows(s)
	var err types.Object
	for _, arg := range s.call.Args {
		out = out || isOutput(c.pass.TypesInfo.TypeOf(arg)) // its bytes are among those to be written at once
	}
	for _, l := range s.lhs {
		place, ok := pathOf(c.pass.TypesInfo, l)
		switch t := c.pass.TypesInfo.TypeOf(l); {
		case !ok || t == nil:
		case isError(t):
			err = place.root
		case isBytes(t) && (place.shared || place.key != ""):
			out = true // appended to what waits
		case isBytes(t):
			goesOut = func(n ast.Node) bool { return c.passes(n, place.root) }
		}
	}
	from, ok := c.placeOf(s.unit, s.call)
	if !ok {
		return
	}
	type state struct {
		block *cfg.Block
		out   bool
	}
	seen := map[state]bool{}
	var visit func(b *cfg.Block, i int, out, fresh bool)
	visit = func(b *cfg.Block, i int, out, fresh bool) {
		if i == 0 {
			if seen[state{b, out}] {
				return
			}
			seen[state{b, out}] = true
		}
		for _, n := range b.Nodes[i:] {
			out = out || goesOut(n)
			if c.shadows(s) && c.readIn(n, src) {
				c.report(s, s.dst, kindScope, c.anew(s))
				return
			}
			if c.overwrites(n, src) || c.takes(n, s.to) || c.declares(n, s.to.root) {
				return
			}
			if r, ok := n.(*ast.ReturnStmt); ok && out && c.keeps(s, src, r) {
				if !c.returns[r] {
					c.returns[r] = true
					c.report(s, r, kindSent, fmt.Sprintf("%s: the bytes of %s went out, and this return keeps the old %s; write %[1]s = %[2]s before it, or return %[2]s",
						src.text, s.to.text, s.name))
				}
				return
			}
			if err != nil && c.assigns(n, err) {
				fresh = false
			}
		}
		for k, next := range b.Succs {
			if fresh && len(b.Succs) == 2 && c.failed(b, err) == k+1 {
				continue // the call was refused, and changed nothing
			}
			visit(next, 0, out, fresh)
		}
	}
	visit(from.block, from.index+1, out, true)
}

// failed says which way the call was refused at the end of b: 1 if the condition is true, 2 if it is false, else 0. A condition
// that asks more than that is taken for the same.
func (c *checker) failed(b *cfg.Block, err types.Object) int {
	way := 0
	if len(b.Nodes) == 0 {
		return 0 // the head of a range loop
	}
	is := func(e ast.Expr) bool {
		id, ok := ast.Unparen(e).(*ast.Ident)
		return ok && err != nil && c.pass.TypesInfo.ObjectOf(id) == err
	}
	ast.Inspect(b.Nodes[len(b.Nodes)-1], func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			equal := n.Op == token.EQL
			if (equal || n.Op == token.NEQ) && is(n.X) {
				if way = 1; equal == (types.ExprString(n.Y) == "nil") {
					way = 2 // err == nil, and err != ErrThis
				}
			}
		case *ast.CallExpr:
			if (calls(n, "Is") || calls(n, "As") || calls(n, "AsType")) && len(n.Args) > 0 && is(n.Args[0]) {
				way = 1
			}
		}
		return way == 0
	})
	return way
}

// writes are the beginnings of names of functions that bring bytes on their way.
var writes = []string{"write", "send", "append", "queue", "enqueue", "push"}

// passes reports whether n hands v to a call that writes it, or will.
func (c *checker) passes(n ast.Node, v *types.Var) bool {
	found := false
	ast.Inspect(n, func(m ast.Node) bool {
		call, ok := m.(*ast.CallExpr)
		if !ok {
			return true
		}
		name := strings.ToLower(types.ExprString(call.Fun))
		name = name[strings.LastIndexByte(name, '.')+1:]
		if !slices.ContainsFunc(writes, func(w string) bool { return strings.HasPrefix(name, w) }) {
			return true
		}
		for _, arg := range call.Args {
			if id := rootIdent(c.pass.TypesInfo, arg); id != nil && c.pass.TypesInfo.ObjectOf(id) == v {
				found = true
			}
		}
		return true
	})
	return found
}

// readIn reports whether n reads p.
func (c *checker) readIn(n ast.Node, p path) bool {
	for _, x := range c.uses[p.root] {
		if x.role != roleNone && x.role != roleWrite && x.path.touches(p) && within(x.id, n) {
			return true
		}
	}
	return false
}

// takes reports whether n lets the value in p out of its variable.
func (c *checker) takes(n ast.Node, p path) bool {
	for _, x := range c.uses[p.root] {
		if !within(x.id, n) {
			continue
		}
		if x.role == roleLeave {
			return true
		}
		for _, t := range c.steps[x.id] {
			if t.fate == fateElsewhere || t.fate == fateMoved {
				return true
			}
		}
	}
	return false
}

// keeps reports whether the old value goes on after the return: it is returned, or it is in a place that outlives the function.
func (c *checker) keeps(s *step, src path, r *ast.ReturnStmt) bool {
	if src.global() || c.results[src.root] || src.shared && c.isParam(s.unit, src.root) || !c.owns(s.unit, src.root) {
		return true
	}
	for _, x := range c.uses[src.root] {
		if within(x.id, r) && x.role == roleLeave && x.path.touches(src) {
			return true
		}
	}
	return false
}

func (c *checker) assigns(n ast.Node, v types.Object) bool {
	a, ok := n.(*ast.AssignStmt)
	if !ok {
		return false
	}
	for _, l := range a.Lhs {
		if id, ok := l.(*ast.Ident); ok && c.pass.TypesInfo.ObjectOf(id) == v {
			return true
		}
	}
	return false
}
