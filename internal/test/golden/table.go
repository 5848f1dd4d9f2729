package golden

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Table returns rows as a Markdown table, the first of them its head, with columns that are aligned to be read as text, too.
func Table(rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 3)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for n, row := range rows {
		for i, cell := range row {
			b.WriteString("| " + cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+1))
		}
		b.WriteString("|\n")
		if n == 0 {
			for _, w := range widths {
				b.WriteString("|" + strings.Repeat("-", w+2))
			}
			b.WriteString("|\n")
		}
	}
	return b.String()
}

// Diagram is a state diagram in the making: which state follows which, and by what.
type Diagram struct {
	names []string               // of states, in order
	edges [][2]string            // from and to, in order
	by    map[[2]string][]string // labels of an edge
}

// Edge notes that by leads from one state to another.
func (d *Diagram) Edge(from, to, by string) {
	if d.by == nil {
		d.by = map[[2]string][]string{}
	}
	for _, name := range []string{from, to} {
		if !slices.Contains(d.names, name) {
			d.names = append(d.names, name)
		}
	}
	e := [2]string{from, to}
	if len(d.by[e]) == 0 {
		d.edges = append(d.edges, e)
	}
	d.by[e] = append(d.by[e], by)
}

// String returns the diagram in Mermaid's language, one line for each way from one state to another.
func (d *Diagram) String() string {
	id := func(name string) string {
		return strings.Join(strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) }), "_")
	}
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n")
	for _, name := range d.names {
		if id(name) != name {
			b.WriteString("    state \"" + name + "\" as " + id(name) + "\n")
		}
	}
	for _, e := range d.edges {
		b.WriteString("    " + id(e[0]) + " --> " + id(e[1]) + ": " + strings.Join(d.by[e], ", ") + "\n")
	}
	b.WriteString("```\n")
	return b.String()
}
