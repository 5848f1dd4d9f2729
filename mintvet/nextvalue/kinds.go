package nextvalue

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// The kinds, as the categories of diagnostics.
const (
	kindScope     = "scope"     // := in an inner scope
	kindBlank     = "blank"     // _ for the value
	kindStatement = "statement" // a call as a statement
	kindRange     = "range"     // a range variable
	kindParameter = "parameter" // a parameter that is not returned
	kindEntry     = "entry"     // a map entry not put back
	kindElement   = "element"   // a copied element of a slice
	kindField     = "field"     // a copied field of a struct
	kindClosure   = "closure"   // a variable captured by a closure
	kindSent      = "sent"      // an error path that keeps the old value where the new one was sent
)

// judge reports what is wrong with a step, if something is.
func (c *checker) judge(s *step) {
	switch s.fate {
	case fateStatement, fateBlank:
		c.dropped(s)
	case fateInPlace:
		if !s.to.shared {
			if w := c.raced(s); w != nil {
				c.report(s, s.call, kindClosure, fmt.Sprintf("%s: a goroutine advances the captured %s, and so does somebody else meanwhile: the %s of one "+
					"of them is lost; let one goroutine own %[1]s", s.src.text, s.src.root.Name(), s.name))
			} else if !c.leaves(s) {
				c.copies(s, s.to.root)
			} else {
				c.sent(s)
			}
		}
	case fateMoved:
		if s.to.shared || !c.owns(s.unit, s.to.root) || s.src.root == nil {
			return // it is stored
		}
		if c.leaves(s) {
			c.sent(s)
			return
		}
		c.moved(s)
	}
}

// dropped: nobody takes the result.
func (c *checker) dropped(s *step) {
	known := s.src.root != nil
	switch {
	case !known && s.getter == nil:
		return // made for this call
	case c.test(s):
		if !known || !c.advancedLater(s.unit, s.call, s.src) || c.refused(s) {
			return
		}
	case calls(s.call, "Close") && (!known || !s.src.shared && !c.advancedLater(s.unit, s.call, s.src)):
		return // the last words: what comes after it is closed, and nobody needs it
	}
	if s.fate == fateBlank {
		c.report(s, s.stmt, kindBlank, fmt.Sprintf("%s: the next %s is dropped for _; %s", c.source(s), s.name, c.advice(s)))
		return
	}
	c.report(s, s.call, kindStatement, fmt.Sprintf("%s: the next %s is dropped by a call as a statement; %s", c.source(s), s.name, c.advice(s)))
}

// refused reports whether nothing but the error of s is used, and no bytes are left anywhere: a test that asks whether a call
// is refused.
func (c *checker) refused(s *step) bool {
	var err types.Object
	for _, l := range s.lhs {
		id, ok := l.(*ast.Ident)
		if ok && isError(c.pass.TypesInfo.TypeOf(l)) {
			err = c.pass.TypesInfo.ObjectOf(id)
		} else if !ok || id.Name != "_" {
			return false
		}
	}
	thrown := true
	for _, arg := range s.call.Args {
		if _, ok := arg.(*ast.CallExpr); !ok && isOutput(c.pass.TypesInfo.TypeOf(arg)) { // new(Output) is left alone
			thrown = false
		}
	}
	return s.fate == fateBlank && (thrown || err != nil && c.wantsError(s, err))
}

// wantsError reports whether the statement of s is that of an if, or stands before one, which asks whether err is nil or is not
// a certain one.
func (c *checker) wantsError(s *step, err types.Object) bool {
	test, ok := c.parents[s.stmt].(*ast.IfStmt)
	if block, inBlock := c.parents[s.stmt].(*ast.BlockStmt); inBlock {
		if i := slices.IndexFunc(block.List, func(stmt ast.Stmt) bool { return stmt == s.stmt }); i+1 < len(block.List) {
			test, ok = block.List[i+1].(*ast.IfStmt)
		}
	}
	if !ok {
		return false
	}
	is := func(e ast.Expr) bool {
		id, ok := ast.Unparen(e).(*ast.Ident)
		return ok && c.pass.TypesInfo.ObjectOf(id) == err
	}
	wants := false
	ast.Inspect(test.Cond, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			isNil := types.ExprString(n.Y) == "nil"
			wants = wants || is(n.X) && (n.Op == token.EQL && isNil || n.Op == token.NEQ && !isNil)
		case *ast.UnaryExpr:
			call, ok := n.X.(*ast.CallExpr)
			wants = wants || ok && n.Op == token.NOT && len(call.Args) > 0 && is(call.Args[0])
		}
		return true
	})
	return wants
}

// copies: v, which was advanced in place or whose next value is lost in the function, is itself a copy of something that goes on.
func (c *checker) copies(s *step, v *types.Var) {
	if loop := c.ranges[v]; loop != nil {
		list := c.ranged(loop.X)
		if place, ok := pathOf(c.pass.TypesInfo, list); ok && !c.test(s) && collection(c.pass.TypesInfo.TypeOf(list)) &&
			(c.isParam(s.unit, place.root) || c.survives(s.unit, loop.X, place)) {
			index := "i"
			if id, ok := loop.Key.(*ast.Ident); ok && id.Name != "_" {
				index = id.Name
			}
			c.once(v, s, kindRange, fmt.Sprintf("%s: %s is a copy that the loop makes of an element, and the next %s ends with it; write %s[%s] = %[2]s",
				s.src.text, v.Name(), s.name, types.ExprString(list), index))
		}
		return
	}
	if p, ok := c.param[v]; ok {
		if p.unit != s.unit {
			return // a function literal lives on with it
		}
		if c.missed(v, c.test(s)) {
			what := "parameter"
			if p.index < 0 {
				what = "receiver"
			}
			c.once(v, s, kindParameter, fmt.Sprintf("%s: the %s %s is a copy, and the caller keeps the old %s; return %[3]s, or take a pointer",
				s.src.text, what, v.Name(), s.name))
		}
		return
	}
	for _, o := range c.originals[v] {
		if c.test(s) && !c.advancedLater(s.unit, s.call, o.path) || !c.survives(s.unit, s.stmt, o.path) || c.replaced(s, o) {
			continue
		}
		if o.path.via == viaField && c.reads[o.path.field] == 1 {
			continue // the only one who ever reads the field: it was handed over
		}
		kind, what := describe(o.path)
		c.once(v, s, kind, fmt.Sprintf("%s: %s is a copy of %s, and the %s keeps the old %s; write %[3]s = %[2]s",
			s.src.text, v.Name(), o.path.text, what, s.name))
		return
	}
}

// ranged returns the list or map that a loop takes its elements from, also through an iterator of package slices or maps.
func (c *checker) ranged(e ast.Expr) ast.Expr {
	if call, ok := e.(*ast.CallExpr); ok && len(call.Args) > 0 {
		if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
			if obj := c.pass.TypesInfo.Uses[sel.Sel]; obj != nil && obj.Pkg() != nil && (obj.Pkg().Path() == "slices" || obj.Pkg().Path() == "maps") {
				return call.Args[0]
			}
		}
	}
	return e
}

func describe(p path) (kind, what string) {
	switch p.via {
	case viaEntry:
		return kindEntry, "entry"
	case viaElement:
		return kindElement, "element"
	}
	return kindField, "original"
}

// moved: the next value is in another variable, and does not come out of it.
func (c *checker) moved(s *step) {
	src := s.src
	if c.test(s) && !c.shadows(s) {
		return // it has a name of its own: a fork
	}
	again := func() bool { return !c.test(s) || c.advancedLater(s.unit, s.call, src) }
	switch {
	case !src.shared && !c.owns(s.unit, src.root):
		if again() && (c.test(s) || c.repeated(s)) {
			c.report(s, s.dst, kindClosure, fmt.Sprintf("%s: the closure captures %s and keeps the next %s to itself, so that the old one is used again; write %s",
				src.text, src.root.Name(), s.name, c.instead(s)))
		}
	case src.shared:
		if again() && c.survives(s.unit, s.stmt, src) {
			kind, what := describe(src)
			c.report(s, s.dst, kind, fmt.Sprintf("%s: the next %s is in %s alone, and the %s keeps the old one; write %[1]s = %[3]s",
				src.text, s.name, s.to.text, what))
		}
	case again() && c.readLater(s.unit, s.stmt, src):
		if c.shadows(s) {
			c.report(s, s.dst, kindScope, c.anew(s))
			return
		}
		c.report(s, s.dst, kindBlank, fmt.Sprintf("%s: the next %s is in %s alone, and the old one is used again; write %[1]s = %[3]s", src.text, s.name, s.to.text))
	default:
		c.copies(s, src.root)
	}
}

// anew is the message for := in an inner scope.
func (c *checker) anew(s *step) string {
	return fmt.Sprintf("%s: := declares another %[1]s in this scope, and the next %s ends with it; declare the others before and write %s",
		s.src.text, s.name, c.instead(s))
}

// replaced reports whether the original gets another value, or its entry is taken out of the map, between the copy and the step:
// then the copy is of what was, and is not to be put back.
func (c *checker) replaced(s *step, o original) bool {
	for _, n := range c.later(s.unit, o.node, nil) {
		if (c.overwrites(n, o.path) || c.deletes(n, o.path)) &&
			contains(c.later(s.unit, n, func(m ast.Node) bool { return m == o.node }), s.call) {
			return true
		}
	}
	return false
}

// deletes reports whether n is delete(m, k) for the entry p.
func (c *checker) deletes(n ast.Node, p path) bool {
	stmt, ok := n.(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := stmt.X.(*ast.CallExpr)
	if !ok || len(call.Args) != 2 {
		return false
	}
	f, ok := call.Fun.(*ast.Ident)
	return ok && f.Name == "delete" && types.ExprString(call.Args[0])+"["+types.ExprString(call.Args[1])+"]" == p.text
}

func calls(call *ast.CallExpr, name string) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	return ok && sel.Sel.Name == name
}

func collection(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Slice, *types.Array, *types.Map:
		return true
	case *types.Pointer:
		return collection(u.Elem())
	}
	return false
}

// source is how a message names where the value came from.
func (c *checker) source(s *step) string {
	if s.src.root == nil {
		return "what " + types.ExprString(s.getter) + " returns"
	}
	return s.src.text
}

// advice says what to write instead of dropping a value.
func (c *checker) advice(s *step) string {
	if s.src.root == nil {
		return "take it, and put it back to where that has it from"
	}
	return "write " + c.instead(s)
}

// instead is the statement as it should be.
func (c *checker) instead(s *step) string {
	sig := c.pass.TypesInfo.TypeOf(s.call.Fun).(*types.Signature)
	var names []string
	for i := range sig.Results().Len() {
		t := sig.Results().At(i).Type()
		switch {
		case valueName(t) == s.name:
			names = append(names, s.src.text)
		case len(s.lhs) == sig.Results().Len():
			names = append(names, types.ExprString(s.lhs[i]))
		case isError(t):
			names = append(names, "err")
		case isBytes(t):
			names = append(names, "p")
		default:
			names = append(names, "_")
		}
	}
	return strings.Join(names, ", ") + " = " + types.ExprString(s.call)
}
