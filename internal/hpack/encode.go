package hpack

// AppendField appends one field, encoded without any state: an index where the static table has name and value, otherwise a
// literal without indexing, its name an index where the static table has it. It allocates nothing where dst has room.
//
// A sensitive field is a literal never indexed, whatever the table has: no intermediary may put it into a table, where its
// value could be guessed by the size of later requests (RFC 7541 section 7.1.3). The caller decides which fields are
// sensitive, usually authorization, proxy-authorization and cookie. The case of names is the caller's too: HTTP/2 wants
// lower case.
func AppendField(dst []byte, name, value string, sensitive bool) []byte {
	index, exact := staticIndex(name, value)
	if exact && !sensitive {
		return appendInteger(dst, 0x80, 0x7f, uint64(index)) // section 6.1
	}
	first := byte(0x00) // section 6.2.2
	if sensitive {
		first = 0x10 // section 6.2.3
	}
	dst = appendInteger(dst, first, 0x0f, uint64(index))
	if index == 0 {
		dst = appendString(dst, name)
	}
	return appendString(dst, value)
}

// AppendTableSizeUpdate appends a dynamic table size update to n (section 6.3). It belongs at the very beginning of a block:
// the first one after the peer lowered SETTINGS_HEADER_TABLE_SIZE below the maximum in use (section 4.2).
func AppendTableSizeUpdate(dst []byte, n uint32) []byte {
	return appendInteger(dst, 0x20, 0x1f, uint64(n))
}
