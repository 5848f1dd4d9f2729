package nextvalue

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// step is a call that takes a value and returns the next one.
type step struct {
	call   *ast.CallExpr
	getter *ast.CallExpr // the method that handed the value out, if that is no place: there it still is
	unit   *unit
	name   string     // of the type
	src    path       // where the value came from; its root is nil if that is no place
	from   *ast.Ident // the root of src, as it stands in this call
	stmt   ast.Node   // the statement, or what else takes the results
	lhs    []ast.Expr // what the results are assigned to, if they are
	dst    ast.Expr   // what the next value is assigned to
	to     path       // the place of dst
	fate   fate
}

// fate is what becomes of the next value.
type fate uint8

const (
	fateElsewhere fate = iota // returned, passed on, or asked something
	fateStatement             // the call is a statement, or what go or defer calls
	fateBlank                 // assigned to _
	fateInPlace               // assigned to where the value came from
	fateMoved                 // assigned to another place
)

// pair is a result of a call and the argument, or receiver, that it comes after.
type pair struct {
	result   int
	name     string
	source   ast.Expr
	embedded []*types.Var // the fields on the way from source to the value, where a method is promoted
}

// pairs returns what the call advances. A function that takes as many values of a type as it returns is taken for one that
// advances them; this holds for methods of the values, for mintws.Send, and for functions of the program's own.
func pairs(info *types.Info, call *ast.CallExpr) []pair {
	sig, ok := info.TypeOf(call.Fun).(*types.Signature)
	if !ok || info.Types[call.Fun].IsType() {
		return nil
	}
	results := map[string][]int{}
	for i := range sig.Results().Len() {
		if name := valueName(sig.Results().At(i).Type()); name != "" {
			results[name] = append(results[name], i)
		}
	}
	if len(results) == 0 {
		return nil
	}
	sources := map[string][]pair{}
	add := func(e ast.Expr, t types.Type, embedded ...*types.Var) {
		if name := valueName(t); name != "" {
			sources[name] = append(sources[name], pair{source: e, name: name, embedded: embedded})
		}
	}
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		if s := info.Selections[sel]; s != nil && s.Kind() == types.MethodVal {
			t, embedded := behind(s.Recv()), []*types.Var(nil)
			for _, i := range s.Index()[:len(s.Index())-1] {
				if u, ok := t.Underlying().(*types.Struct); ok {
					embedded = append(embedded, u.Field(i))
					t = behind(u.Field(i).Type())
				}
			}
			add(sel.X, t, embedded...)
		}
	}
	for _, arg := range call.Args {
		if tuple, ok := info.TypeOf(arg).(*types.Tuple); ok { // must(ws.Encode(f))
			for t := range tuple.Variables() {
				add(arg, t.Type())
			}
			continue
		}
		add(arg, info.TypeOf(arg))
	}
	var list []pair
	for name, indexes := range results {
		if len(sources[name]) == len(indexes) {
			for i, index := range indexes {
				p := sources[name][i]
				p.result = index
				list = append(list, p)
			}
		}
	}
	slices.SortFunc(list, func(a, b pair) int { return a.result - b.result })
	return list
}

// behind returns what a pointer points to, and other types as they are.
func behind(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// advances reports whether the call takes e, its receiver or an argument of it, and returns the value after it.
func (c *checker) advances(call *ast.CallExpr, e ast.Expr) bool {
	for _, p := range pairs(c.pass.TypesInfo, call) {
		if p.source == e {
			return true
		}
	}
	return false
}

// findSteps appends the steps that call makes.
func (c *checker) findSteps(call *ast.CallExpr, u *unit) {
	list := pairs(c.pass.TypesInfo, call)
	if len(list) == 0 || c.chained(call) {
		return
	}
	for _, p := range list {
		result := p.result
		s := &step{call: call, unit: u, name: p.name}
		p = c.sourceOf(p)
		if src, ok := pathOf(c.pass.TypesInfo, p.source); ok {
			if t := c.pass.TypesInfo.TypeOf(p.source); len(p.embedded) > 0 && t != behind(t) {
				src.shared = true
			}
			for _, f := range p.embedded {
				src.key, src.text = src.key+"."+f.Name(), src.text+"."+f.Name()
				src.via, src.field = viaField, f
				src.shared = src.shared || f.Type() != behind(f.Type())
			}
			s.src, s.from = src, rootIdent(c.pass.TypesInfo, p.source)
			c.steps[s.from] = append(c.steps[s.from], s)
		}
		if get, ok := ast.Unparen(p.source).(*ast.CallExpr); ok && len(pairs(c.pass.TypesInfo, get)) == 0 {
			if sel, ok := ast.Unparen(get.Fun).(*ast.SelectorExpr); ok && c.pass.TypesInfo.Selections[sel] != nil {
				s.getter = get
			}
		}
		c.settle(s, result)
		c.all = append(c.all, s)
	}
}

// chained reports whether the results of call go into another step at once.
func (c *checker) chained(call *ast.CallExpr) bool {
	var e ast.Expr = call
	for {
		switch p := c.parents[e].(type) {
		case *ast.ParenExpr:
			e = p
			continue
		case *ast.CallExpr:
			return p.Fun != e && c.advances(p, e)
		case *ast.SelectorExpr:
			outer, ok := c.parents[p].(*ast.CallExpr)
			return ok && outer.Fun == p && c.advances(outer, e)
		}
		return false
	}
}

// sourceOf follows steps on the results of steps to the first value.
func (c *checker) sourceOf(p pair) pair {
	for {
		call, ok := ast.Unparen(p.source).(*ast.CallExpr)
		if !ok {
			return p
		}
		found := false
		for _, q := range pairs(c.pass.TypesInfo, call) {
			if q.name == p.name {
				p, found = q, true
				break
			}
		}
		if !found {
			return p
		}
	}
}

// rootIdent returns the variable's name in e, which names a place.
func rootIdent(info *types.Info, e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.ParenExpr:
			e = x.X
		case *ast.SelectorExpr:
			if info.Selections[x] == nil { // a variable of another package
				return x.Sel
			}
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.UnaryExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// settle finds out what becomes of the result.
func (c *checker) settle(s *step, result int) {
	var e ast.Node = s.call
	parent := c.parents[e]
	for {
		p, ok := parent.(*ast.ParenExpr)
		if !ok {
			break
		}
		e, parent = p, c.parents[p]
	}
	s.stmt = parent
	switch p := parent.(type) {
	case *ast.ExprStmt, *ast.GoStmt, *ast.DeferStmt:
		s.fate = fateStatement
	case *ast.AssignStmt:
		s.lhs = p.Lhs
		if len(p.Rhs) > 1 {
			for i, r := range p.Rhs {
				if r == e {
					result = i
				}
			}
		}
		s.dst = p.Lhs[result]
	case *ast.ValueSpec:
		if len(p.Values) > 1 {
			for i, v := range p.Values {
				if v == e {
					result = i
				}
			}
		}
		for _, name := range p.Names {
			s.lhs = append(s.lhs, name)
		}
		s.dst = p.Names[result]
	}
	if s.dst == nil {
		return
	}
	if id, ok := s.dst.(*ast.Ident); ok && id.Name == "_" {
		s.fate = fateBlank
		return
	}
	to, ok := pathOf(c.pass.TypesInfo, s.dst)
	switch {
	case !ok:
	case to.same(s.src):
		s.to, s.fate = to, fateInPlace
	default:
		s.to, s.fate = to, fateMoved
	}
}

// defines reports whether the step declares the variable that takes the next value.
func (s *step) defines() bool {
	switch n := s.stmt.(type) {
	case *ast.AssignStmt:
		return n.Tok == token.DEFINE && s.to.key == "" && s.to.root.Pos() == s.dst.Pos()
	case *ast.ValueSpec:
		return true
	}
	return false
}

// shadows reports whether the step declares a variable with the name of the one it advances.
func (c *checker) shadows(s *step) bool {
	return s.fate == fateMoved && s.defines() && s.src.key == "" && s.to.root.Name() == s.src.root.Name()
}
