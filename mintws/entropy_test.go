package mintws

import (
	"bytes"
	"testing"
)

// TestKeyBatches: no batch of keys is like another, none repeats itself, a key is erased when it has been used, and nothing of
// a batch stays in the generator.
func TestKeyBatches(t *testing.T) {
	var a, b keys
	for _, k := range []*keys{&a, &b} {
		if err := k.refill(); err != nil || k.unused != keyBatch {
			t.Fatal(k.unused, err)
		}
	}
	seen := map[string]bool{}
	for at := 0; at < keyBatch; at += 8 {
		seen[string(a.b[at:at+8])], seen[string(b.b[at:at+8])] = true, true
	}
	if len(seen) != 2*keyBatch/8 {
		t.Errorf("%d different words of 8 bytes in two batches, want %d", len(seen), 2*keyBatch/8)
	}
	if a.stream != b.stream {
		t.Error("what two generators remember differs: it comes from their batches")
	}
	last := bytes.Clone(a.b[keyBatch-4:])
	if key := a.take(); !bytes.Equal(key.Append(nil), last) || a.unused != keyBatch-4 || !bytes.Equal(a.b[keyBatch-4:], make([]byte, 4)) {
		t.Errorf("the key % x, of % x, left % x", key.Append(nil), last, a.b[keyBatch-4:])
	}
}
