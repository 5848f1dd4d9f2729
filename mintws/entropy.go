package mintws

import (
	"crypto/rand"
	"io"
	"sync"

	"github.com/mintws/mintws/internal/mask"
)

// keyBatch is how many bytes are drawn from crypto/rand at once. 128 keys share the system call, and what a pool holds
// stays small.
const keyBatch = 512

// keys is scratch space: random bytes that no value has seen. Each key leaves it once only, so that no two frames, and no
// two forks of one WebSocket, are masked alike.
type keys struct {
	unused int // bytes, at the start of b
	b      [keyBatch]byte
}

var keyPool = sync.Pool{New: func() any { return new(keys) }}

// newKey returns a masking key for one frame, from a strong source of entropy (RFC 6455 sections 5.3 and 10.3).
func (c *config) newKey() (mask.Key, error) {
	if c.rand != nil {
		b := make([]byte, 4) // on the heap, as the reader may keep it
		if _, err := io.ReadFull(c.rand, b); err != nil {
			return 0, err
		}
		return mask.KeyOf(b), nil
	}
	k := keyPool.Get().(*keys)
	if k.unused == 0 {
		if _, err := rand.Read(k.b[:]); err != nil {
			return 0, err
		}
		k.unused = keyBatch
	}
	k.unused -= 4
	used := (*[4]byte)(k.b[k.unused:])
	key := mask.KeyOf(used[:])
	*used = [4]byte{}
	keyPool.Put(k)
	return key, nil
}
