package mintws

import (
	"crypto/rand"
	"io"
	chacha "math/rand/v2"
	"sync"

	"github.com/mintws/mintws/internal/mask"
)

// keyBatch is how many bytes are made of one seed. 128 keys share what it costs to ask for that, and what a pool holds stays
// small.
const keyBatch = 512

// keys is scratch space: random bytes that no value has seen. Each key leaves it once only, so that no two frames, and no
// two forks of one WebSocket, are masked alike.
//
// The bytes are those of ChaCha8, a cryptographically strong generator, with 32 bytes of crypto/rand as its seed, new ones for
// each batch. That takes a third of the time of asking crypto/rand for all of them. What has been used is erased.
type keys struct {
	unused int // bytes, at the start of b
	b      [keyBatch]byte
	stream chacha.ChaCha8
}

var keyPool = sync.Pool{New: func() any { return new(keys) }}

// refill makes a new batch.
func (k *keys) refill() error {
	var seed [32]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return err
	}
	k.stream.Seed(seed)
	k.stream.Read(k.b[:])
	k.stream.Seed([32]byte{}) // it keeps what it has handed out until then
	k.unused = keyBatch
	return nil
}

// take returns the next key. There must be one.
func (k *keys) take() mask.Key {
	k.unused -= 4
	used := (*[4]byte)(k.b[k.unused:])
	key := mask.KeyOf(used[:])
	*used = [4]byte{}
	return key
}

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
		if err := k.refill(); err != nil {
			return 0, err
		}
	}
	key := k.take()
	keyPool.Put(k)
	return key, nil
}
