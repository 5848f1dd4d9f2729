package nextvalue

import (
	"go/ast"
	"go/token"
	"go/types"
)

// role is what a program does with a value where it names its place.
type role uint8

const (
	roleNone  role = iota // another part of the variable
	roleAsk               // asks it something, prints it, compares it
	roleStep              // takes a step from it
	roleLeave             // lets it out: returns, stores, sends or passes it
	roleWrite             // overwrites it
)

// use is one place in the program where a variable is named.
type use struct {
	id   *ast.Ident
	unit *unit
	path path
	role role
	expr ast.Expr // the place, from the variable to the last field
}

// useOf finds out what is done with the variable that id names.
func (c *checker) useOf(id *ast.Ident, u *unit) use {
	info := c.pass.TypesInfo
	var e ast.Expr = id
climb:
	for valueName(info.TypeOf(e)) == "" {
		switch p := c.parents[e].(type) {
		case *ast.ParenExpr:
			e = p
		case *ast.StarExpr:
			e = p
		case *ast.SelectorExpr:
			if sel := info.Selections[p]; sel != nil && (p.X != e || sel.Kind() != types.FieldVal) {
				break climb
			}
			e = p
		case *ast.IndexExpr:
			if p.X != e {
				break climb
			}
			e = p
		default:
			break climb
		}
	}
	for {
		p, ok := c.parents[e].(*ast.ParenExpr)
		if !ok {
			break
		}
		e = p
	}
	place, _ := pathOf(info, e)
	x := use{id: id, unit: u, path: place, expr: e, role: roleNone}
	if place.root != nil && reaches(info.TypeOf(e)) {
		x.role = c.roleOf(e)
	}
	return x
}

// reaches reports whether t holds values, or is a container or a pointer that leads to them.
func reaches(t types.Type) bool {
	for range 4 {
		if holds(t) {
			return true
		}
		switch u := t.Underlying().(type) {
		case *types.Pointer:
			t = u.Elem()
		case *types.Slice:
			t = u.Elem()
		case *types.Map:
			t = u.Elem()
		default:
			return false
		}
	}
	return false
}

func (c *checker) roleOf(e ast.Expr) role {
	info := c.pass.TypesInfo
	switch p := c.parents[e].(type) {
	case *ast.SelectorExpr: // a method
		call, ok := c.parents[p].(*ast.CallExpr)
		switch {
		case ok && c.advances(call, e):
			return roleStep
		case valueName(info.TypeOf(e)) != "" && ok:
			return roleAsk
		}
		if sel := info.Selections[p]; sel != nil && ok {
			if f, ok := sel.Obj().(*types.Func); ok && f.Signature().Recv() != nil && behind(f.Signature().Recv().Type()) != f.Signature().Recv().Type() {
				return roleAsk // it changes the variable, and seldom keeps its address
			}
		}
		return roleLeave // it gets a copy, with which it may do anything
	case *ast.CallExpr:
		switch {
		case c.advances(p, e):
			return roleStep
		case p.Fun == e || c.onlyAsks(p):
			return roleAsk
		}
		return roleLeave
	case *ast.AssignStmt:
		for i, l := range p.Lhs {
			if l == e {
				return roleWrite
			}
			if len(p.Lhs) == len(p.Rhs) && p.Rhs[i] == e {
				if id, ok := l.(*ast.Ident); ok && id.Name == "_" {
					return roleAsk
				}
			}
		}
		return roleLeave
	case *ast.RangeStmt:
		if p.Key == e || p.Value == e {
			return roleWrite
		}
		return roleAsk
	case *ast.UnaryExpr:
		if p.Op == token.AND {
			return roleLeave
		}
		return roleAsk
	case *ast.ValueSpec:
		for _, name := range p.Names {
			if name == e {
				return roleWrite
			}
		}
		return roleLeave
	case *ast.BinaryExpr, *ast.IndexExpr, *ast.ExprStmt, *ast.IfStmt, *ast.SwitchStmt, *ast.Field:
		return roleAsk
	}
	return roleLeave
}

// onlyAsks reports whether a call keeps nothing of its arguments: it prints, compares, measures or deletes.
func (c *checker) onlyAsks(call *ast.CallExpr) bool {
	info := c.pass.TypesInfo
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		b, ok := info.Uses[f].(*types.Builtin)
		return ok && b.Name() != "append" && b.Name() != "copy"
	case *ast.SelectorExpr:
		obj := info.Uses[f.Sel]
		if obj == nil || obj.Pkg() == nil {
			return false
		}
		switch obj.Pkg().Path() {
		case "fmt", "log", "testing", "unsafe", "runtime":
			return true
		}
		sel := info.Selections[f]
		return sel != nil && valueName(sel.Recv()) != ""
	}
	return false
}

// leaves reports whether the next value that s has put into a variable gets out of it again: whether there is, after s, a use
// that returns, stores, sends or passes it. Function literals count wherever they stand, as they may run at any time.
func (c *checker) leaves(s *step) bool { return c.leavesFrom(s, map[*step]bool{}) }

func (c *checker) leavesFrom(s *step, seen map[*step]bool) bool {
	if seen[s] {
		return false
	}
	seen[s] = true
	v := s.to.root
	if c.results[v] {
		return true // a result with a name
	}
	nodes := c.later(s.unit, s.call, func(n ast.Node) bool { return c.declares(n, v) })
	for _, x := range c.uses[v] {
		if !x.path.touches(s.to) || x.role != roleLeave && x.role != roleStep || x.id.Pos() > s.call.Pos() && x.id.End() < s.call.End() {
			continue
		}
		if x.unit == s.unit && !contains(nodes, x.id) {
			continue
		}
		if x.role == roleLeave {
			return true
		}
		for _, t := range c.steps[x.id] { // the line goes on with another variable
			if t.fate == fateElsewhere || t.fate == fateMoved && (t.to.shared || c.leavesFrom(t, seen)) ||
				t.fate == fateMoved && !c.owns(s.unit, t.to.root) {
				return true
			}
		}
	}
	return false
}

// declares reports whether n gives v, as a whole, something that has nothing to do with what was in it.
func (c *checker) declares(n ast.Node, v *types.Var) bool {
	info := c.pass.TypesInfo
	is := func(e ast.Expr) bool {
		id, ok := e.(*ast.Ident)
		return ok && info.ObjectOf(id) == v
	}
	switch n := n.(type) {
	case *ast.RangeStmt:
		return n.Key != nil && is(n.Key) || n.Value != nil && is(n.Value)
	case *ast.ValueSpec:
		for _, name := range n.Names {
			if is(name) {
				return true
			}
		}
	case *ast.AssignStmt:
		written, read := false, false
		for _, l := range n.Lhs {
			written = written || is(l)
		}
		for _, r := range n.Rhs {
			ast.Inspect(r, func(m ast.Node) bool {
				if id, ok := m.(*ast.Ident); ok && info.Uses[id] == v {
					read = true
				}
				return true
			})
		}
		return written && !read
	}
	return false
}

// overwrites reports whether n writes to p or to a part of what p is in.
func (c *checker) overwrites(n ast.Node, p path) bool {
	covers := func(e ast.Expr) bool {
		q, ok := pathOf(c.pass.TypesInfo, e)
		return ok && q.root == p.root && len(q.key) <= len(p.key) && q.touches(p)
	}
	switch n := n.(type) {
	case *ast.RangeStmt:
		return n.Key != nil && covers(n.Key) || n.Value != nil && covers(n.Value)
	case *ast.ValueSpec:
		for _, name := range n.Names {
			if covers(name) {
				return true
			}
		}
	case *ast.AssignStmt:
		for _, l := range n.Lhs {
			if covers(l) {
				return true
			}
		}
	}
	return false
}
