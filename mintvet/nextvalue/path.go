package nextvalue

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// via is the last thing on a path that leads to memory others see too.
type via uint8

const (
	viaNothing via = iota
	viaField       // of a struct behind a pointer, or what a pointer points to
	viaElement     // of a slice or an array
	viaEntry       // of a map
)

// path is a place that holds a value: a variable, then fields, elements and entries.
type path struct {
	root   *types.Var
	key    string     // what follows the root: two paths with one root and one key are the same place
	text   string     // as it stands in the source
	shared bool       // the place belongs to somebody else than the variable: there is a pointer, a slice or a map in between
	via    via        // the last step that says what kind of place it is
	field  *types.Var // the last field on it
}

func (p path) same(q path) bool { return p.root != nil && p.root == q.root && p.key == q.key }

// touches reports whether reading or writing q concerns p: one is a part of the other.
func (p path) touches(q path) bool {
	return p.root == q.root && (strings.HasPrefix(p.key, q.key) || strings.HasPrefix(q.key, p.key))
}

// global reports whether the root is a variable of a package.
func (p path) global() bool { return p.root.Pkg() != nil && p.root.Parent() == p.root.Pkg().Scope() }

// pathOf returns the place that e names, and false if it names none.
func pathOf(info *types.Info, e ast.Expr) (path, bool) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return pathOf(info, e.X)
	case *ast.Ident:
		v, ok := info.ObjectOf(e).(*types.Var)
		if !ok || e.Name == "_" {
			return path{}, false
		}
		p := path{root: v, text: e.Name}
		p.shared = p.global()
		return p, true
	case *ast.SelectorExpr:
		sel := info.Selections[e]
		if sel == nil { // a variable of another package
			p, ok := pathOf(info, e.Sel)
			p.text = types.ExprString(e)
			return p, ok
		}
		p, ok := pathOf(info, e.X)
		if !ok || sel.Kind() != types.FieldVal {
			return path{}, false
		}
		p.shared = p.shared || sel.Indirect()
		p.via, p.field = viaField, sel.Obj().(*types.Var)
		return p.then("."+e.Sel.Name, e), true
	case *ast.IndexExpr:
		p, ok := pathOf(info, e.X)
		if !ok {
			return path{}, false
		}
		switch t := info.TypeOf(e.X).Underlying().(type) {
		case *types.Map:
			p.shared, p.via = true, viaEntry
		case *types.Array:
			p.via = viaElement
		default:
			if _, ok := t.(*types.Basic); ok {
				return path{}, false
			}
			p.shared, p.via = true, viaElement
		}
		return p.then("["+types.ExprString(e.Index)+"]", e), true
	case *ast.StarExpr:
		p, ok := pathOf(info, e.X)
		p.shared, p.via = true, viaField
		p.text = types.ExprString(e)
		return p, ok // the same place as without the star: fields are reached with and without one
	case *ast.UnaryExpr:
		if e.Op == token.AND {
			return pathOf(info, e.X)
		}
	}
	return path{}, false
}

func (p path) then(key string, e ast.Expr) path {
	p.key += key
	p.text = types.ExprString(e)
	return p
}
