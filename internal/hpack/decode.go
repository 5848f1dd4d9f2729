package hpack

import "math"

// decoder is the work on one header block. It lives no longer than the call.
type decoder struct {
	p      []byte // the block
	i      int    // the next byte of it
	t      Table
	dst    []Field
	lim    Limits
	list   int    // what is left of Limits.List
	fields int    // what is left of Limits.Fields
	over   *Error // the fields exceed a limit; those from there on are decoded for the table's sake only
}

// AppendFields decodes a whole header block, appends its fields to dst, and returns the next Table. Nothing in
// dst[:len(dst)] is touched.
//
// On [ErrTooLarge] the Table is the next one, and the fields that fit come with it. On any other error the Table is the
// receiver and no field is appended. All errors are of type *[Error].
func (t Table) AppendFields(dst []Field, block []byte, lim Limits) (Table, []Field, error) {
	lim = lim.resolved()
	d := decoder{p: block, t: t, dst: dst, lim: lim, list: lim.List, fields: lim.Fields}
	err := d.updates()
	for err == nil && d.i < len(d.p) {
		err = d.field()
	}
	switch {
	case err != nil:
		return t, dst, err
	case d.over != nil:
		return d.t, d.dst, d.over
	}
	return d.t, d.dst, nil
}

// updates reads the table size updates at the beginning of the block (RFC 7541 section 4.2): one if the maximum changed, two
// if it changed more than once since the last block, to tell the smallest and the final one, and never more.
func (d *decoder) updates() *Error {
	const most = 2
	low, owed := d.t.owed()
	smallest := uint64(math.MaxUint64)
	for k := 0; d.i < len(d.p) && d.p[d.i]&0xe0 == 0x20; k++ {
		at := d.i
		if k == most {
			return fault(at, ErrUpdatePlace, "more than %d at the beginning of the block", most)
		}
		n, err := d.integer(0x1f)
		if err != nil {
			return err
		}
		// Section 6.3: "The new maximum size MUST be lower than or equal to the limit determined by the protocol using
		// HPACK."
		if n > uint64(d.t.limit()) {
			return fault(at, ErrTableSize, "update to %d, the maximum is %d", n, d.t.limit())
		}
		smallest = min(smallest, n)
		d.t = d.t.resized(uint32(n))
	}
	if !owed {
		return nil
	}
	if smallest > uint64(low) {
		return fault(0, ErrUpdateMissing, "no update to %d or less at the beginning of the block", low)
	}
	d.t = d.t.settled()
	return nil
}

// field reads one field representation (section 6).
func (d *decoder) field() *Error {
	switch b := d.p[d.i]; {
	case b >= 0x80: // 1xxxxxxx, indexed (section 6.1)
		return d.indexed()
	case b >= 0x40: // 01xxxxxx, literal with incremental indexing (section 6.2.1)
		return d.literalField(0x3f, true, false)
	case b >= 0x20: // 001xxxxx, table size update (section 6.3)
		return fault(d.i, ErrUpdatePlace, "after the first field of the block")
	default: // 0000xxxx, literal without indexing (section 6.2.2), and 0001xxxx, never indexed (section 6.2.3)
		return d.literalField(0x0f, false, b >= 0x10)
	}
}

// indexed reads an indexed field.
func (d *decoder) indexed() *Error {
	at := d.i
	index, err := d.integer(0x7f)
	if err != nil {
		return err
	}
	name, value, ok := d.t.lookup(index)
	if !ok { // section 6.1: "The index value of 0 is not used. It MUST be treated as a decoding error"
		return noEntry(at, index, &d.t)
	}
	if size := len(name) + len(value) + overhead; d.room(at, size) {
		d.add(name, value, false, size)
	}
	return nil
}

// literalField reads a literal field, whose name is an index or a string.
func (d *decoder) literalField(mask byte, index, sensitive bool) *Error {
	at := d.i
	nameIndex, err := d.integer(mask)
	if err != nil {
		return err
	}
	var name, value string
	var rawName, rawValue literal
	if nameIndex != 0 {
		var ok bool
		if name, _, ok = d.t.lookup(nameIndex); !ok {
			return noEntry(at, nameIndex, &d.t)
		}
	} else if rawName, err = d.literal(); err != nil {
		return err
	}
	if rawValue, err = d.literal(); err != nil {
		return err
	}

	// Nearly always the field is within the limits for sure. Otherwise count before anything is allocated.
	wanted := true
	if most := len(name) + rawName.atMost() + rawValue.atMost() + overhead; d.over != nil || d.fields == 0 || most > d.list {
		var n, v int
		if n, err = rawName.size(); err != nil {
			return err
		}
		if v, err = rawValue.size(); err != nil {
			return err
		}
		size := len(name) + n + v + overhead
		if wanted = d.room(at, size); !wanted && (!index || uint64(size) > uint64(d.t.max())) {
			if index {
				d.t = d.t.cleared() // what the insertion would do (section 4.4)
			}
			return nil
		}
	}

	if nameIndex == 0 {
		if name, err = rawName.text(); err != nil {
			return err
		}
	}
	if value, err = rawValue.text(); err != nil {
		return err
	}
	if wanted {
		d.add(name, value, sensitive, len(name)+len(value)+overhead)
	}
	if index {
		d.t = d.t.inserted(name, value)
	}
	return nil
}

// room reports whether a field of that size is within the limits. The first that is not ends the list: a later one that would
// fit is not taken either.
func (d *decoder) room(at, size int) bool {
	if d.over == nil && d.fields > 0 && size <= d.list {
		return true
	}
	d.overrun(at, size)
	return false
}

func (d *decoder) overrun(at, size int) {
	switch {
	case d.over != nil:
	case d.fields == 0:
		d.over = fault(at, ErrTooLarge, "more fields than the %d allowed", d.lim.Fields)
	default:
		d.over = fault(at, ErrTooLarge, "a field of size %d where %d of %d are left", size, d.list, d.lim.List)
	}
}

// add takes a field for which there is room.
func (d *decoder) add(name, value string, sensitive bool, size int) {
	d.dst = append(d.dst, Field{name, value, sensitive})
	d.list -= size
	d.fields--
}

func noEntry(at int, index uint64, t *Table) *Error {
	return fault(at, ErrIndex, "index %d, the entries are 1 to %d", index, staticLen+t.Len())
}
