package nextvalue

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/cfg"
)

// unit is the body of one function. A function literal is a unit of its own.
type unit struct {
	node   ast.Node // *ast.FuncDecl or *ast.FuncLit
	body   *ast.BlockStmt
	outer  *unit // of a function literal
	blocks []*cfg.Block
}

// within reports whether u is o, or a function literal in it.
func (u *unit) within(o *unit) bool {
	for ; u != nil; u = u.outer {
		if u == o {
			return true
		}
	}
	return false
}

// below returns the function literal directly in o that u is, or is in; nil if there is none.
func (u *unit) below(o *unit) *unit {
	for ; u != nil; u = u.outer {
		if u.outer == o {
			return u
		}
	}
	return nil
}

// owns reports whether v is declared in u, its parameters included, and not in a function around it or inside it.
func (c *checker) owns(u *unit, v *types.Var) bool { return c.declaredIn(v) == u }

// declaredIn returns the innermost unit that v is declared in; nil for variables of a package.
func (c *checker) declaredIn(v *types.Var) *unit {
	var in *unit
	for _, u := range c.units {
		if u.node.Pos() <= v.Pos() && v.Pos() < u.node.End() && (in == nil || u.within(in)) {
			in = u
		}
	}
	return in
}

// flow returns the blocks of u, which are made when they are needed.
func (c *checker) flow(u *unit) []*cfg.Block {
	if u.blocks == nil {
		u.blocks = cfg.New(u.body, c.mayReturn).Blocks
	}
	return u.blocks
}

// mayReturn is false of calls that are known to end the function: that of panic, and of functions by a name that says so.
func (c *checker) mayReturn(call *ast.CallExpr) bool {
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		_, builtin := c.pass.TypesInfo.Uses[f].(*types.Builtin)
		return !(builtin && f.Name == "panic")
	case *ast.SelectorExpr:
		name := f.Sel.Name
		return !(strings.HasPrefix(name, "Fatal") || strings.HasPrefix(name, "Panic") || name == "Goexit" ||
			strings.HasPrefix(name, "Skip") || name == "FailNow" || types.ExprString(f) == "os.Exit")
	}
	return true
}

// place is where a node stands in a unit's flow.
type place struct {
	block *cfg.Block
	index int
}

func (c *checker) placeOf(u *unit, n ast.Node) (place, bool) {
	for _, b := range c.flow(u) {
		for i, m := range b.Nodes {
			if m.Pos() <= n.Pos() && n.End() <= m.End() && b.Live {
				return place{b, i}, true
			}
		}
	}
	return place{}, false
}

// later returns the nodes that may run after n. A node for which stop is true is among them, but not what follows it; stop
// may be nil. A loop whose variable is declared anew each time is a matter of stop.
func (c *checker) later(u *unit, n ast.Node, stop func(ast.Node) bool) []ast.Node {
	from, ok := c.placeOf(u, n)
	if !ok {
		return nil
	}
	var nodes []ast.Node
	seen := map[*cfg.Block]bool{}
	var visit func(b *cfg.Block, i int)
	visit = func(b *cfg.Block, i int) {
		if i == 0 {
			if seen[b] {
				return
			}
			seen[b] = true
			if b.Kind == cfg.KindRangeLoop && stop != nil && stop(b.Stmt) {
				return
			}
		}
		for _, m := range b.Nodes[i:] {
			nodes = append(nodes, m)
			if stop != nil && stop(m) {
				return
			}
		}
		for _, next := range b.Succs {
			visit(next, 0)
		}
	}
	visit(from.block, from.index+1)
	return nodes
}

func contains(nodes []ast.Node, n ast.Node) bool {
	for _, m := range nodes {
		if m.Pos() <= n.Pos() && n.End() <= m.End() {
			return true
		}
	}
	return false
}
