package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strings"
)

// The plot, in pixels: two columns of rows, each with labels on the left.
const (
	lineHeight  = 15
	labelWidth  = 185
	scaleWidth  = 310
	columnWidth = labelWidth + scaleWidth + 30
	topHeight   = 78
	margin      = 12
)

// The scale is logarithmic. What is beyond it is drawn at its end, as an arrow.
const scaleFrom, scaleTo = 0.05, 50

var ticks = []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 20}

// marks are shape and colour of each library. No two share either, and the colour-blind can tell the colours apart.
var marks = []struct{ lib, shape, colour string }{
	{"floor", "ring", "#222222"},
	{"coder", "circle", "#0072b2"},
	{"gobwas", "square", "#e69f00"},
	{"gorilla", "up", "#009e73"},
	{"gws", "diamond", "#d55e00"},
	{"nbio", "down", "#cc79a7"},
	{"wsutil", "cross", "#7a4fbf"},
	{"xnet", "plus", "#808080"},
}

// canvas writes the elements of an SVG.
type canvas struct{ bytes.Buffer }

func (c *canvas) text(x, y float64, class, s string) {
	fmt.Fprintf(c, `<text x="%.1f" y="%.1f" class="%s">`, x, y, class)
	xml.EscapeText(c, []byte(s)) // a Buffer takes everything
	c.WriteString("</text>\n")
}

func (c *canvas) line(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(c, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=%q/>\n", x1, y1, x2, y2, class)
}

// mark draws a library's shape around x, y.
func (c *canvas) mark(x, y float64, shape, colour string) {
	path := map[string]string{
		"square":  "M-3.5-3.5h7v7h-7z",
		"up":      "M0-4.5L4.2 3.2H-4.2z",
		"down":    "M0 4.5L4.2-3.2H-4.2z",
		"diamond": "M0-4.8L4.8 0L0 4.8L-4.8 0z",
		"circle":  "M-3.8 0a3.8 3.8 0 1 0 7.6 0a3.8 3.8 0 1 0-7.6 0z",
		"ring":    "M-3.8 0a3.8 3.8 0 1 0 7.6 0a3.8 3.8 0 1 0-7.6 0z",
		"cross":   "M-3.5-3.5L3.5 3.5M-3.5 3.5L3.5-3.5",
		"plus":    "M-4.5 0H4.5M0-4.5V4.5",
		"left":    "M-4 0L3-3.5V3.5z",
		"right":   "M4 0L-3-3.5V3.5z",
	}[shape]
	fill, stroke := colour, "#ffffff"
	if shape == "ring" || shape == "cross" || shape == "plus" {
		fill, stroke = "none", colour
	}
	fmt.Fprintf(c, `<path transform="translate(%.1f %.1f)" d="%s" fill="%s" stroke="%s" stroke-width="%s"/>`+"\n",
		x, y, path, fill, stroke, map[bool]string{true: "1.8", false: "0.6"}[fill == "none"])
}

// position is where on the scale a ratio is, and whether it is beyond an end of it.
func position(ratio float64) (x float64, beyond string) {
	x = math.Log(ratio/scaleFrom) / math.Log(scaleTo/scaleFrom)
	switch {
	case x < 0:
		return 0, "left"
	case x > 1:
		return scaleWidth, "right"
	}
	return x * scaleWidth, ""
}

// plot is report.svg: for each row what the others cost in what mintws costs.
func plot(res results, t *table) []byte {
	var groups [][]*row
	lines := 0
	for _, rows := range t.groups() {
		if rows = slices.DeleteFunc(rows, func(r *row) bool { return !plotted(r) }); len(rows) > 0 {
			groups = append(groups, rows)
			lines += len(rows) + 2
		}
	}
	columns := [2][][]*row{}
	height, used := 0, 0
	for _, rows := range groups {
		i := 0
		if used*2 >= lines {
			i = 1
		}
		columns[i] = append(columns[i], rows)
		used += len(rows) + 2
	}
	for _, column := range columns {
		n := 0
		for _, rows := range column {
			n += len(rows) + 2
		}
		height = max(height, n)
	}
	var c canvas
	w, h := 2*columnWidth+margin, topHeight+height*lineHeight+margin
	fmt.Fprintf(&c, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">
<title>What other libraries cost compared with mintws</title>
<style>text{font:11px sans-serif;fill:#222222}.head{font-weight:bold;font-size:15px}.group{font-weight:bold}
.tick{text-anchor:middle;fill:#555555;font-size:9px}.label{text-anchor:end}
.grid{stroke:#e2e2e2}.row{stroke:#f0f0f0}.one{stroke:#b00020;stroke-width:1.6}</style>
<rect width="100%%" height="100%%" fill="#ffffff"/>
`, w, h, w, h)
	c.text(margin, 22, "head", "Cost of other libraries, mintws = 1")
	c.text(margin, 38, "", "Right of the red line: costlier than mintws; left of it: cheaper. "+
		"Logarithmic scale; an arrow is beyond its end. Text is not validated by coder, gorilla and xnet, nor by nbio when it sends.")
	legend(&c, t)
	for i, column := range columns {
		y := topHeight
		for _, rows := range column {
			y = plotGroup(&c, i*columnWidth, y, rows)
		}
	}
	c.WriteString("</svg>\n")
	return c.Bytes()
}

// plotted reports whether a row has one of ours and a peer's: bounds alone are left to the tables. So are what is much like another
// row, and transfers that take as long as the distance lets them.
func plotted(r *row) bool {
	if strings.HasPrefix(r.unit, "cpu-ns/") || r.group == "H2Distance" ||
		slices.ContainsFunc([]string{"/english/", "/german/", "/heap=0"}, func(part string) bool { return strings.Contains(r.name, part) }) {
		return false
	}
	return slices.ContainsFunc(marks, func(m struct{ lib, shape, colour string }) bool {
		_, ok := r.ratio(m.lib, ours)
		return ok && peer(m.lib)
	})
}

// legend names the libraries that take part.
func legend(c *canvas, t *table) {
	libs, x := libsOf(t.rows), float64(margin+6)
	for _, m := range marks {
		if slices.Contains(libs, m.lib) {
			c.mark(x, 54, m.shape, m.colour)
			c.text(x+9, 58, "", m.lib)
			x += 80
		}
	}
	c.line(x, 48, x, 60, "one")
	c.text(x+9, 58, "", ours)
}

// plotGroup draws one group of rows from y down, and returns where it ends.
func plotGroup(c *canvas, left, y int, rows []*row) int {
	from := float64(left + labelWidth)
	top, bottom := float64(y+lineHeight+4), float64(y+(len(rows)+1)*lineHeight+2)
	c.text(float64(left+margin), float64(y+11), "group", title(rows[0].group))
	for _, tick := range ticks {
		x, _ := position(tick)
		class := "grid"
		if tick == 1 {
			class = "one"
		}
		c.line(from+x, top, from+x, bottom, class)
		c.text(from+x, bottom+8, "tick", fmt.Sprint(tick))
	}
	for i, r := range rows {
		middle := float64(y+(i+1)*lineHeight) + lineHeight/2 + 3
		c.line(from, middle, from+scaleWidth, middle, "row")
		c.text(from-8, middle+4, "label", label(r))
		for _, m := range marks {
			ratio, ok := r.ratio(m.lib, ours)
			if !ok || ratio <= 0 {
				continue
			}
			x, beyond := position(ratio)
			if beyond != "" {
				c.mark(from+x, middle, beyond, m.colour)
			} else {
				c.mark(from+x, middle, m.shape, m.colour)
			}
		}
	}
	return y + (len(rows)+2)*lineHeight
}
