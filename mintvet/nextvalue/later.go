package nextvalue

import "go/ast"

// readLater reports whether p, which has not got the next value, is read after n: before it is overwritten, or by a function
// literal.
func (c *checker) readLater(u *unit, n ast.Node, p path) bool {
	nodes := c.later(u, n, func(m ast.Node) bool { return c.overwrites(m, p) })
	for _, x := range c.uses[p.root] {
		if x.role == roleNone || x.role == roleWrite || !x.path.touches(p) {
			continue
		}
		if x.unit == u && contains(nodes, x.id) || x.unit != u && x.unit.within(u) && !within(x.id, n) {
			return true
		}
	}
	return false
}

func within(n, m ast.Node) bool { return m.Pos() <= n.Pos() && n.End() <= m.End() }

// advancedLater reports whether p is advanced after n by a step that puts the next value into p: then what n has dropped is
// missing there.
func (c *checker) advancedLater(u *unit, n ast.Node, p path) bool {
	var nodes []ast.Node
	for _, x := range c.uses[p.root] {
		for _, t := range c.steps[x.id] {
			if t.fate != fateInPlace || !t.src.same(p) {
				continue
			}
			switch {
			case t.unit == u:
				if nodes == nil {
					nodes = c.later(u, n, func(m ast.Node) bool { return c.overwrites(m, p) })
				}
				if contains(nodes, t.call) {
					return true
				}
			case t.unit.within(u), u.within(t.unit): // one of them is in a function literal, which may run now or at any later time
				if t.call.Pos() > n.End() {
					return true
				}
			}
		}
	}
	return false
}
