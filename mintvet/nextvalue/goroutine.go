package nextvalue

import (
	"go/ast"
	"go/token"
)

// raced returns the function literal that runs s in a goroutine of its own, while the function around it, or another
// such goroutine, goes on advancing the same variable. A lock, or waiting for the goroutine, makes it right.
func (c *checker) raced(s *step) *unit {
	v := s.src.root
	home := c.declaredIn(v)
	if c.test(s) || home == nil {
		return nil
	}
	for w := s.unit; w != home && w != nil; w = w.outer {
		if !c.started(w) || mentions(w.body, "Lock") {
			continue
		}
		after := c.later(w.outer, w.node, func(n ast.Node) bool { return waits(n) || c.declares(n, v) })
		if contains(after, w.node) {
			return w // started again in a loop
		}
		for _, x := range c.uses[v] {
			for _, t := range c.steps[x.id] {
				if t.fate != fateInPlace || !t.src.same(s.src) || t.unit.within(w) {
					continue
				}
				if t.unit == w.outer && contains(after, t.call) {
					return w
				}
				if other := t.unit.below(w.outer); other != nil && c.started(other) && !mentions(other.body, "Lock") && contains(after, other.node) {
					return w // two goroutines, neither of which is waited for
				}
			}
		}
	}
	return nil
}

// started reports whether the function literal runs in a goroutine of its own.
func (c *checker) started(u *unit) bool {
	call, ok := c.parents[u.node].(*ast.CallExpr)
	if !ok {
		return false
	}
	if _, ok := c.parents[call].(*ast.GoStmt); ok && call.Fun == u.node {
		return true
	}
	return calls(call, "AfterFunc") || calls(call, "Go")
}

// repeated reports whether a captured variable is used again after the function literal of s: by whoever calls it again, or by
// the function around it.
func (c *checker) repeated(s *step) bool {
	call, ok := c.parents[s.unit.node].(*ast.CallExpr)
	if !ok || call.Fun != s.unit.node {
		return true // somebody else calls it, as often as he likes
	}
	return s.unit.outer != nil && (!c.owns(s.unit.outer, s.src.root) || c.readLater(s.unit.outer, call, s.src))
}

// mentions reports whether n calls something by that name.
func mentions(n ast.Node, method string) bool {
	found := false
	ast.Inspect(n, func(m ast.Node) bool {
		call, ok := m.(*ast.CallExpr)
		found = found || ok && calls(call, method)
		return !found
	})
	return found
}

// waits reports whether n waits for something: it receives from a channel, or calls a method Wait.
func waits(n ast.Node) bool {
	found := mentions(n, "Wait")
	ast.Inspect(n, func(m ast.Node) bool {
		if _, ok := m.(*ast.FuncLit); ok {
			return false
		}
		u, ok := m.(*ast.UnaryExpr)
		found = found || ok && u.Op == token.ARROW
		return !found
	})
	return found
}
