package inplace_test

import (
	"reflect"
	"testing"

	"github.com/mintws/mintws/internal/inplace"
)

// TestKey: nobody makes a Key without its name, and it costs nothing to pass.
func TestKey(t *testing.T) {
	key := reflect.TypeFor[inplace.Key]()
	for _, other := range []reflect.Type{reflect.TypeFor[struct{}](), reflect.TypeFor[struct{ _ [0]byte }]()} {
		if other.AssignableTo(key) {
			t.Errorf("a %v can be passed for a Key", other)
		}
	}
	if key.Size() != 0 {
		t.Errorf("a Key has %d bytes", key.Size())
	}
}
