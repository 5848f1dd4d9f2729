package httpconn

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// What tests of both versions use.

// eventText renders events one a line, with adjacent data of a stream joined, as any split may join or cut it.
func eventText(events []Event) string {
	var b strings.Builder
	for i := 0; i < len(events); i++ {
		ev := events[i]
		fmt.Fprintf(&b, "%d", ev.StreamID)
		if ev.Tag != 0 {
			fmt.Fprintf(&b, "#%d", ev.Tag)
		}
		fmt.Fprintf(&b, " %v", ev.Kind)
		if ev.Status != 0 {
			fmt.Fprintf(&b, " %d", ev.Status)
		}
		var names []string
		for name := range ev.Header {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			fmt.Fprintf(&b, " %s:%s", name, strings.Join(ev.Header[name], "|"))
		}
		if ev.Kind == EventData {
			data := slices.Clone(ev.Data)
			for ; i+1 < len(events) && events[i+1].Kind == EventData && events[i+1].StreamID == ev.StreamID; i++ {
				data = append(data, events[i+1].Data...)
			}
			fmt.Fprintf(&b, " %q", data)
		}
		if ev.Err != nil {
			fmt.Fprintf(&b, " %v", ev.Err)
			if ev.Retryable() {
				b.WriteString(" (retryable)")
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// stride returns how far apart the cuts of an input are: every byte is one in one of limit bytes or less; a longer one
// has about a hundred, as each costs a pass over it.
func stride(input string, limit int) int {
	if len(input) <= limit {
		return 1
	}
	return len(input)/100 + 1
}

// randomPieces cuts s into pieces of 0 to 9 bytes.
func randomPieces(rng *rand.Rand, s string) []string {
	var pieces []string
	for s != "" {
		n := min(rng.IntN(10), len(s))
		pieces = append(pieces, s[:n])
		s = s[n:]
	}
	return pieces
}

// xs is n bytes of content.
func xs(n int) string { return strings.Repeat("x", n) }
