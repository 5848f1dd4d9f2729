package h2spec

import (
	"fmt"
	"strings"
)

// known is a line of the list: a case that net/http does not pass.
type known struct {
	where  string // clear, tls or both
	always bool   // and not only now and then
	reason string
}

// knownCases are these by number.
type knownCases map[string]known

// over reports whether the line is about the transport.
func (k known) over(transport string) bool { return k.where == "both" || k.where == transport }

// parseKnown reads the list. A line has a number, where, when ("always" or "race") and the reason; those that begin with #
// are comments.
func parseKnown(text string) (knownCases, error) {
	list := make(knownCases)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Fields(line)
		switch {
		case len(f) < 4 || f[1] != "clear" && f[1] != "tls" && f[1] != "both" || f[2] != "always" && f[2] != "race":
			return nil, fmt.Errorf("line %q, want a number, clear, tls or both, always or race, and a reason", line)
		case list[f[0]] != known{}:
			return nil, fmt.Errorf("%s is listed twice", f[0])
		}
		list[f[0]] = known{where: f[1], always: f[2] == "always", reason: strings.Join(f[3:], " ")}
	}
	return list, nil
}

// check reports a line that is about no case, as after a change of h2spec's version.
func (list knownCases) check(cases []testCase) error {
	there := make(map[string]bool)
	for _, c := range cases {
		there[c.number] = true
	}
	for number := range list {
		if !there[number] && len(cases) > 0 {
			return fmt.Errorf("there is no case %s", number)
		}
	}
	return nil
}
