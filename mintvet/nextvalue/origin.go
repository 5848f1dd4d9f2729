package nextvalue

import (
	"go/ast"
	"go/token"
	"go/types"
)

// original is the place that a variable was copied from.
type original struct {
	path path
	node ast.Node // where it was copied
}

// param is a parameter, or a receiver, that is passed by value.
type param struct {
	unit  *unit
	index int // -1: the receiver
}

// collect notes what the judgement needs to know of each variable: all its uses, and where it comes from.
func (c *checker) collect(n ast.Node, u *unit) {
	info := c.pass.TypesInfo
	switch n := n.(type) {
	case *ast.Ident:
		if f, ok := info.Uses[n].(*types.Func); ok && !c.isCalled(n) {
			c.mentioned[f] = true
		}
		if v, ok := info.ObjectOf(n).(*types.Var); ok && !v.IsField() && reaches(v.Type()) {
			c.uses[v] = append(c.uses[v], c.useOf(n, u))
		}
	case *ast.SelectorExpr:
		if sel := info.Selections[n]; sel != nil && sel.Kind() == types.FieldVal && reaches(sel.Type()) && c.roleOf(n) != roleWrite {
			c.reads[sel.Obj()]++
		}
	case *ast.AssignStmt:
		if len(n.Lhs) == len(n.Rhs) {
			for i := range n.Lhs {
				c.copied(n.Lhs[i], n.Rhs[i], n)
			}
		} else if len(n.Rhs) == 1 { // v, ok := m[k]
			c.copied(n.Lhs[0], n.Rhs[0], n)
		}
	case *ast.ValueSpec:
		if len(n.Values) > 0 {
			for i := range min(len(n.Names), len(n.Values)) {
				c.copied(n.Names[i], n.Values[i], n)
			}
		}
	case *ast.RangeStmt:
		if id, ok := n.Value.(*ast.Ident); ok {
			if v, ok := info.ObjectOf(id).(*types.Var); ok {
				c.ranges[v] = n
			}
		}
	case *ast.FuncDecl:
		c.params(n.Recv, u, -1)
		c.params(n.Type.Params, u, 0)
		c.named(n.Type.Results)
	case *ast.FuncLit:
		c.params(n.Type.Params, u, 0)
		c.named(n.Type.Results)
	case *ast.CallExpr:
		c.findSteps(n, u)
		switch f := ast.Unparen(n.Fun).(type) {
		case *ast.Ident:
			c.calls[info.Uses[f]] = append(c.calls[info.Uses[f]], called{n, u})
		case *ast.SelectorExpr:
			c.calls[info.Uses[f.Sel]] = append(c.calls[info.Uses[f.Sel]], called{n, u})
		}
	}
}

// isCalled reports whether the function that id names is called there.
func (c *checker) isCalled(id *ast.Ident) bool {
	var e ast.Expr = id
	for {
		switch p := c.parents[e].(type) {
		case *ast.SelectorExpr:
			e = p
		case *ast.ParenExpr:
			e = p
		case *ast.CallExpr:
			return p.Fun == e
		default:
			return false
		}
	}
}

// called is a call, and the function in which it stands.
type called struct {
	call *ast.CallExpr
	unit *unit
}

func (c *checker) copied(to, from ast.Expr, n ast.Node) {
	info := c.pass.TypesInfo
	id, ok := to.(*ast.Ident)
	if !ok {
		return
	}
	v, ok := info.ObjectOf(id).(*types.Var)
	if !ok || !holds(v.Type()) {
		return
	}
	if p, ok := pathOf(info, from); ok && p.root != v && (p.shared || p.via != viaNothing) {
		if u, ok := ast.Unparen(from).(*ast.UnaryExpr); !ok || u.Op != token.AND {
			c.originals[v] = append(c.originals[v], original{p, n})
		}
	}
}

func (c *checker) params(list *ast.FieldList, u *unit, index int) {
	if list == nil {
		return
	}
	for _, f := range list.List {
		for _, name := range f.Names {
			if v, ok := c.pass.TypesInfo.Defs[name].(*types.Var); ok && holds(v.Type()) {
				c.param[v] = param{u, index}
			}
			index++
		}
		if len(f.Names) == 0 {
			index++
		}
	}
}

func (c *checker) named(list *ast.FieldList) {
	if list == nil {
		return
	}
	for _, f := range list.List {
		for _, name := range f.Names {
			if v, ok := c.pass.TypesInfo.Defs[name].(*types.Var); ok {
				c.results[v] = true
			}
		}
	}
}

// survives reports whether p, which keeps an old value, may be used after n: it belongs to the caller or to the package, or it
// is read later.
func (c *checker) survives(u *unit, n ast.Node, p path) bool {
	_, passed := c.param[p.root]
	switch {
	case p.global(), !c.owns(u, p.root), c.results[p.root]:
		return true
	case passed:
		return c.readLater(u, n, p)
	case p.shared && c.isParam(u, p.root):
		return true
	}
	return c.readLater(u, n, p)
}

// isParam reports whether v is a parameter or the receiver of u.
func (c *checker) isParam(u *unit, v *types.Var) bool { return v.Pos() < u.body.Pos() }

// seesEnd are the methods that a function calls on a value which it was given to bring to its end.
var seesEnd = map[string]bool{"Over": true, "Next": true, "Err": true, "EOF": true, "StreamEOF": true, "Close": true}

// missed reports whether somebody goes on with the value that was passed for the parameter v: a caller that uses it later. Where no
// caller is seen it is assumed, unless the function seems to bring the value to its end.
func (c *checker) missed(v *types.Var, test bool) bool {
	p := c.param[v]
	calls := c.callsOf(p.unit)
	for _, x := range calls {
		arg := argument(x.call, p.index)
		if arg == nil {
			continue
		}
		place, ok := pathOf(c.pass.TypesInfo, arg)
		if !ok || place.root == nil {
			continue
		}
		if t := c.pass.TypesInfo.TypeOf(arg); t != behind(t) {
			place.shared = true // the receiver is copied out of what the pointer points to
		}
		if test {
			if c.advancedLater(x.unit, x.call, place) {
				return true
			}
			continue
		}
		if c.survives(x.unit, x.call, place) && (place.field == nil || c.reads[place.field] > 1) {
			return true
		}
	}
	if len(calls) > 0 || test || c.callback(p.unit) {
		return false
	}
	for _, x := range c.uses[v] {
		if sel, ok := c.parents[x.expr].(*ast.SelectorExpr); ok && seesEnd[sel.Sel.Name] {
			return false
		}
		if x.role == roleStep && c.serves(x.id, p.unit) {
			return false
		}
	}
	return true
}

// callback reports whether u is used as a value: who calls it that way has handed the parameter over, since no result brings it
// back.
func (c *checker) callback(u *unit) bool {
	f, ok := u.node.(*ast.FuncDecl)
	return !ok || c.mentioned[c.pass.TypesInfo.Defs[f.Name]]
}

// serves reports whether n is in a loop of u that goes on until something ends it, as those that read from a socket do.
func (c *checker) serves(n ast.Node, u *unit) bool {
	for ; n != nil && n != u.node; n = c.parents[n] {
		if loop, ok := n.(*ast.ForStmt); ok && loop.Post == nil {
			return true
		}
	}
	return false
}

// callsOf returns the calls of u that can be seen: by its name, by the variable that holds it, or where it stands.
func (c *checker) callsOf(u *unit) []called {
	switch f := u.node.(type) {
	case *ast.FuncDecl:
		return c.calls[c.pass.TypesInfo.Defs[f.Name]]
	case *ast.FuncLit:
		switch p := c.parents[f].(type) {
		case *ast.CallExpr:
			if p.Fun == f {
				return []called{{p, u.outer}}
			}
		case *ast.AssignStmt:
			for i, r := range p.Rhs {
				if id, ok := p.Lhs[i].(*ast.Ident); ok && r == f {
					return c.calls[c.pass.TypesInfo.ObjectOf(id)]
				}
			}
		}
	}
	return nil
}

// argument returns what is passed for the parameter with the index, -1 being the receiver.
func argument(call *ast.CallExpr, index int) ast.Expr {
	if index < 0 {
		if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
			return sel.X
		}
		return nil
	}
	if index < len(call.Args) {
		return call.Args[index]
	}
	return nil
}
