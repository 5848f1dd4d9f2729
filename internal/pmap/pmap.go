// Package pmap is a persistent map from numbers to values: a radix tree whose nodes are never written once they are shared.
// Setting or deleting copies the path to one leaf: a few nodes, whatever the size of the map.
package pmap

// Map is an immutable map. The zero Map is empty.
type Map[V any] struct {
	root  *node[V]
	depth int // levels above the leaves: keys below 16^(depth+1) fit
	len   int
}

const (
	bits  = 4 // of the key for each level
	width = 1 << bits
)

// node is a leaf, with values, or an inner node, with children. count is how many of its places are taken.
type node[V any] struct {
	count int
	kids  *[width]*node[V]
	vals  *[width]V
	used  uint16 // leaf: which values are there
}

// inner and leaf are a node and its places in one piece of memory.
type inner[V any] struct {
	node[V]
	places [width]*node[V]
}

type leaf[V any] struct {
	node[V]
	places [width]V
}

// Len returns the number of keys.
func (m Map[V]) Len() int { return m.len }

// Get returns the value of key, and whether there is one.
func (m Map[V]) Get(key uint32) (v V, ok bool) {
	n := m.root
	if n == nil || !m.fits(key) {
		return v, false
	}
	for level := m.depth; level > 0; level-- {
		if n = n.kids[key>>(bits*level)%width]; n == nil {
			return v, false
		}
	}
	i := key % width
	if n.used&(1<<i) == 0 {
		return v, false
	}
	return n.vals[i], true
}

func (m Map[V]) fits(key uint32) bool { return uint64(key) < uint64(1)<<(bits*(m.depth+1)) }

// Set returns m with v for key.
func (m Map[V]) Set(key uint32, v V) Map[V] {
	for m.root != nil && !m.fits(key) {
		above := (*node[V])(nil).clone(m.depth + 1)
		above.count, above.kids[0] = 1, m.root
		m.root, m.depth = above, m.depth+1
	}
	for m.root == nil && !m.fits(key) {
		m.depth++
	}
	var added bool
	m.root, added = m.root.set(key, m.depth, v)
	if added {
		m.len++
	}
	return m
}

func (n *node[V]) set(key uint32, level int, v V) (next *node[V], added bool) {
	c := n.clone(level)
	i := key >> (bits * level) % width
	if level == 0 {
		added = c.used&(1<<i) == 0
		c.vals[i] = v
		c.used |= 1 << i
	} else {
		kid := c.kids[i]
		if kid == nil {
			c.count++
		}
		c.kids[i], added = kid.set(key, level-1, v)
		return c, added
	}
	if added {
		c.count++
	}
	return c, added
}

// clone returns a copy of n, which may be nil, to be written.
func (n *node[V]) clone(level int) *node[V] {
	if level == 0 {
		c := new(leaf[V])
		c.vals = &c.places
		if n != nil {
			c.count, c.used, c.places = n.count, n.used, *n.vals
		}
		return &c.node
	}
	c := new(inner[V])
	c.kids = &c.places
	if n != nil {
		c.count, c.places = n.count, *n.kids
	}
	return &c.node
}

// Delete returns m without key.
func (m Map[V]) Delete(key uint32) Map[V] {
	if _, ok := m.Get(key); !ok {
		return m
	}
	if m.len == 1 {
		return Map[V]{}
	}
	m.root = m.root.delete(key, m.depth)
	m.len--
	return m
}

// delete returns n without key, which is there; nil where nothing is left.
func (n *node[V]) delete(key uint32, level int) *node[V] {
	i := key >> (bits * level) % width
	var kid *node[V]
	if level > 0 {
		kid = n.kids[i].delete(key, level-1)
	}
	if kid == nil && n.count == 1 {
		return nil
	}
	c := n.clone(level)
	if level == 0 {
		var none V
		c.vals[i] = none
		c.used &^= 1 << i
	} else {
		c.kids[i] = kid
	}
	if kid == nil {
		c.count--
	}
	return c
}

// All calls yield for every key in increasing order until it returns false.
func (m Map[V]) All(yield func(uint32, V) bool) {
	if m.root != nil {
		m.root.all(0, m.depth, yield)
	}
}

func (n *node[V]) all(prefix uint32, level int, yield func(uint32, V) bool) bool {
	for i := range uint32(width) {
		key := prefix<<bits | i
		switch {
		case level == 0:
			if n.used&(1<<i) != 0 && !yield(key, n.vals[i]) {
				return false
			}
		case n.kids[i] != nil:
			if !n.kids[i].all(key, level-1, yield) {
				return false
			}
		}
	}
	return true
}
