package bench

import (
	"math/rand/v2"
	"testing"

	"github.com/mintws/mintws/mintws"
)

// FuzzDifferential decodes any bytes in both roles, cut anywhere, and holds ours and the peers against the oracle: all agree,
// or differ in a way that the tables of peers_test.go name.
func FuzzDifferential(f *testing.F) {
	for i := range uint64(60) {
		for _, role := range []mintws.Role{mintws.Client, mintws.Server} {
			g := generator{rand.New(rand.NewPCG(11, i)), role}
			if data, _ := g.stream(i%3 > 0); len(data) < 2000 {
				f.Add(data, uint8(role), i)
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, role uint8, seed uint64) {
		if len(data) > 1<<17 {
			return // beyond it there is only more payload
		}
		r := mintws.Role(role % 2)
		v := judge(r, data)
		compare(t, r, data, nil, v)
		compare(t, r, data, randomCuts(rand.New(rand.NewPCG(1, seed)), len(data)), v)
		if len(data) <= 300 {
			compare(t, r, data, every(len(data), 1), v)
		}
		comparePeers(t, r, data, v)
	})
}
