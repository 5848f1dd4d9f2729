package main

// cost is what lib needed for a row, nil where it was not measured.
func (t *table) cost(name, unit, lib string) series {
	r := t.find[name+" "+unit]
	if r == nil || r.cells[lib] == nil {
		return nil
	}
	return r.cells[lib].values
}

// time is cost in time.
func (t *table) time(name, lib string) series { return t.cost(name, "ns/op", lib) }

// ahead is the ratio of ours to the best of the peers that which says, for several rows.
func (t *table) ahead(prefix string, names []string, which func(lib string) bool) (list []measured) {
	for _, name := range names {
		r := t.find[prefix+name+" ns/op"]
		m := measured{label: name}
		if best := r.best(which); best != "" {
			m.label += " (" + best + ")"
			m.s = t.time(r.name, ours).over(t.time(r.name, best))
		}
		list = append(list, m)
	}
	return list
}

// versus is the ratio of ours to lib, for several rows.
func (t *table) versus(prefix string, names []string, lib string) []measured {
	return t.compare(prefix, names, "ns/op", ours, lib)
}

// compare is the ratio of what lib costs to what other does, for several rows.
func (t *table) compare(prefix string, names []string, unit, lib, other string) (list []measured) {
	for _, name := range names {
		x, y := t.cost(prefix+name, unit, lib), t.cost(prefix+name, unit, other)
		if more(unit) {
			x, y = y, x
		}
		list = append(list, measured{name, x.over(y)})
	}
	return list
}

// bytes is how many bytes ours allocates in an operation, in several rows. What was counted is with the first unit of a row.
func (t *table) bytes(prefix string, names ...string) (list []measured) {
	for _, name := range names {
		m := measured{label: name}
		for _, r := range t.rows {
			if c := r.cells[ours]; r.name == prefix+name && c != nil && len(c.bytes) > 0 {
				m.s = c.bytes
			}
		}
		list = append(list, m)
	}
	return list
}

// free asks for no allocation in several rows. What the collector empties has to be filled again: that is a few bytes an operation.
func (t *table) free(prefix string, names ...string) check {
	return atMost("allocates nothing: less than 16 B a message, which is what refilling pools comes to", 16, octets, t.bytes(prefix, names...))
}

// octets formats a number of bytes.
func octets(v float64) string {
	text := amount(v, "B")
	if n := len(text) - 1; text[n] == 'k' || text[n] == 'M' {
		return text[:n] + " " + text[n:] + "B"
	}
	return text + " B"
}

// under puts a prefix before each name.
func under(prefix string, names []string) (list []string) {
	for _, name := range names {
		list = append(list, prefix+name)
	}
	return list
}

// each puts every tail behind every name.
func each(names, tails []string) (list []string) {
	for _, name := range names {
		list = append(list, under(name, tails)...)
	}
	return list
}
