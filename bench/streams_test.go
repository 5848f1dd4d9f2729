package bench

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/mintws/mintws/mintws"
)

// TestRandomStreams decodes random streams, half of them with one fault, whole and cut, and compares with the oracle: the
// same frames before the fault, and refusal at the very byte and for the reason that it says. The peers are held against it
// too.
func TestRandomStreams(t *testing.T) {
	rounds := 2000
	if testing.Short() {
		rounds = 300
	}
	for _, role := range []mintws.Role{mintws.Client, mintws.Server} {
		t.Run(role.String(), func(t *testing.T) {
			t.Parallel()
			faults, breaches := map[string]int{}, map[rule]int{}
			for i := range rounds {
				rng := rand.New(rand.NewPCG(20261121, uint64(i)))
				data, fault := generator{rng, role}.stream(i%2 == 1)
				v := judge(role, data)
				if fault == "" && len(v.breach) > 0 && v.rules[0] != ruleFrame && v.rules[0] != ruleMessage {
					t.Fatalf("stream %d has no fault, but byte %d breaks %v", i, v.at, v.rules)
				}
				faults[fault]++
				for _, r := range v.rules {
					breaches[r]++
				}
				ok := t.Run(fmt.Sprintf("%d %s", i, fault), func(t *testing.T) {
					compare(t, role, data, nil, v)
					if len(data) < 4096 {
						compare(t, role, data, every(len(data), 1), v)
					}
					for range 2 {
						compare(t, role, data, randomCuts(rng, len(data)), v)
					}
					comparePeers(t, role, data, v)
				})
				if !ok {
					t.Fatalf("the stream is % x", data[:min(len(data), 300)])
				}
			}
			for _, m := range mutations {
				if faults[m.name] == 0 {
					t.Errorf("no stream had the fault %q", m.name)
				}
			}
			for _, r := range allRules {
				if breaches[r] == 0 {
					t.Errorf("no stream broke the rule %q", r)
				}
			}
			t.Logf("faults %v, breaches %v", faults, breaches)
		})
	}
}
