package nextvalue

import (
	"go/types"
	"strings"
)

// values are the types whose next value must replace the one it came from, by the end of their package's import path and
// their name. The end is enough for a copy in a vendor directory, and for a fork of the module.
var values = map[string][]string{
	"mintws/httpconn":  {"Conn"},
	"mintws/mintws":    {"WebSocket"},
	"mintws/session":   {"Session", "Deadlines"},
	"mintws/handshake": {"Head"},
}

// valueName returns the name of the value's type, and "" if t is another type.
func valueName(t types.Type) string {
	obj := typeName(t)
	if obj == nil {
		return ""
	}
	for suffix, names := range values {
		for _, name := range names {
			if obj.Name() == name && declaredIn(obj, suffix) {
				return name
			}
		}
	}
	return ""
}

func typeName(t types.Type) *types.TypeName {
	if t == nil {
		return nil
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return nil
	}
	return named.Obj()
}

// declaredIn reports whether the import path of obj's package is suffix, or ends in it after a slash.
func declaredIn(obj types.Object, suffix string) bool {
	rest, ok := strings.CutSuffix(obj.Pkg().Path(), suffix)
	return ok && (rest == "" || strings.HasSuffix(rest, "/"))
}

// holds reports whether a copy of a t is a copy of a value: t is one, or has one in a field or an element of its own.
func holds(t types.Type) bool { return holdsBelow(t, 0) }

func holdsBelow(t types.Type, depth int) bool {
	if t == nil || depth > 8 { // a type cannot contain itself without a pointer, so this is only a bound on work
		return false
	}
	if valueName(t) != "" {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for f := range u.Fields() {
			if holdsBelow(f.Type(), depth+1) {
				return true
			}
		}
	case *types.Array:
		return holdsBelow(u.Elem(), depth+1)
	}
	return false
}

// isOutput reports whether t points to an Output: what is encoded into one will be written.
func isOutput(t types.Type) bool {
	p, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return false
	}
	obj := typeName(p.Elem())
	return obj != nil && obj.Name() == "Output" && (declaredIn(obj, "mintws/httpconn") || declaredIn(obj, "mintws/session"))
}

func isBytes(t types.Type) bool {
	s, ok := types.Unalias(t).(*types.Slice)
	return ok && types.Identical(s.Elem(), types.Typ[types.Byte])
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }
