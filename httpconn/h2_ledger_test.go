package httpconn

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// h2Model is a ledger and what must be in it.
type h2Model struct {
	l    ledger
	want map[StreamID]stream
	last StreamID
	live int
}

// step does one call's worth of changes to both.
func (m h2Model) step(rng *rand.Rand) (next h2Model) {
	m.want = maps.Clone(m.want)
	if m.want == nil {
		m.want = map[StreamID]stream{}
	}
	m.l.claim()
	defer func() {
		r := newRoot(m.l.r.table)
		if size := len(r.table); r.kept != m.l.r.kept || r.pairs != m.l.r.pairs ||
			size > minStreams && 8*r.kept <= size && r.pairs == 0 {
			panic(fmt.Sprintf("%d slots for %d streams and %d pairs, counted %d and %d", size, r.kept, r.pairs, m.l.r.kept, m.l.r.pairs))
		}
		next.l.release()
	}()
	opens := 3
	if m.last>>7&1 > 0 { // many streams, then few
		opens = 1
	}
	for range rng.IntN(4) {
		ids := slices.Sorted(maps.Keys(m.want))
		switch k := rng.IntN(8); {
		case k < opens || len(ids) == 0: // open
			m.l.grow()
			id := (m.last + 1) | 1
			for ; !m.l.free(id); id += 2 {
			}
			s := stream{id: id, tag: rng.Uint64(), recvRemaining: rng.Int64() - 1, sendRemaining: -1, informational: rng.Int32(), flags: streamTunnel}
			m.l.put(s)
			m.last = id
			m.want[id] = s
			m.live++
		case k < 4: // close
			id := ids[rng.IntN(len(ids))]
			s := m.l.find(id)
			s.flags |= streamWeReset
			s.recvConsumed = s.recvUncredited - rng.Int32N(2)
			m.l.put(s)
			if s.recvConsumed < s.recvUncredited { // kept, until all is consumed
				m.want[id] = s
				break
			}
			delete(m.want, id)
			m.live--
		case k < 6: // change
			s := m.l.find(ids[rng.IntN(len(ids))])
			s.recvUncredited++
			s.recvRemaining--
			s.flags ^= streamGotEnd
			s.flags ^= []streamFlags{0, streamSentEnd | streamQueued}[rng.IntN(2)]
			m.l.put(s)
			m.want[s.id] = s
		default: // change in place
			s := m.l.at(ids[rng.IntN(len(ids))])
			s.sendCredit -= 3
			m.l.sent(s, 3)
			if rng.IntN(2) == 0 {
				s.recvUncredited += 5
				m.l.received(s, 5)
			}
			m.want[s.id] = *s
			for range rng.IntN(3) {
				c := m.l.find(s.id)
				c.sendCredit += rng.Int32N(5)
				c.flags ^= []streamFlags{0, streamQueued}[rng.IntN(2)]
				m.l.putSend(c)
				m.want[s.id] = c
			}
		}
	}
	return m
}

// check compares the ledger with the map, in every way of reading it.
func (m h2Model) check(t *testing.T) {
	t.Helper()
	live := slices.DeleteFunc(m.l.snapshot(), func(s stream) bool { return !s.kept() })
	if len(live) != len(m.want) || len(live) != m.live {
		t.Fatalf("%d streams, want %d", len(live), len(m.want))
	}
	for _, s := range live {
		if m.want[s.id] != s || m.l.get(s.id) != s {
			t.Fatalf("stream %+v, get %+v, want %+v", s, m.l.get(s.id), m.want[s.id])
		}
	}
	if s := m.l.get(m.last + 2); s.id != 0 || m.l.tunnel(m.last+2) {
		t.Fatalf("unknown stream %+v", s)
	}
	for id := StreamID(1); id <= m.last; id += 2 {
		if m.l.tunnel(id) && m.want[id].flags&streamTunnel == 0 {
			t.Fatalf("stream %d is no open tunnel", id)
		}
	}
	if m.l.r == nil {
		return
	}
	if v := m.l.r.version.Load(); v < m.l.version || int(m.l.version) > len(m.l.r.log) {
		t.Fatalf("version %d of %d, with %d entries", m.l.version, v, len(m.l.r.log))
	}
	if size := len(m.l.r.checkpoint); size < minStreams || size&(size-1) != 0 || 4*m.live > 3*size || len(m.l.r.log) < size {
		t.Fatalf("%d slots, %d entries of log for %d streams", size, len(m.l.r.log), m.live)
	}
}

// TestLedgerModel goes on from random ledgers, new and old, and compares each with a plain map.
func TestLedgerModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	models := []h2Model{{}}
	for range 3000 {
		m := models[len(models)-1]
		if rng.IntN(4) == 0 {
			m = models[rng.IntN(len(models))]
		}
		next := m.step(rng)
		next.check(t)
		m.check(t)
		for id := range next.want {
			if s := next.want[id]; s.live() && s.flags&streamSentEnd == 0 && !next.l.tunnel(id) {
				t.Fatalf("stream %d of the newest ledger is an open tunnel", id)
			}
		}
		models = append(models, next)
	}
	for _, m := range models {
		m.check(t)
	}
}

// TestLedgerRace does the same from 8 goroutines, on values that they share.
func TestLedgerRace(t *testing.T) { raceModels(t, h2Model{}, 200, 600) }

// modelOf is a value beside what it ought to be.
type modelOf[M any] interface {
	step(*rand.Rand) M // the next one, after a random change
	check(*testing.T)
}

// raceModels has 8 goroutines take steps from the same models, and checks that no model changes by that.
func raceModels[M modelOf[M]](t *testing.T, first M, common, steps int) {
	rng := rand.New(rand.NewPCG(2, 2))
	shared := []M{first}
	for range common {
		shared = append(shared, shared[len(shared)-1].step(rng))
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 3))
			mine := slices.Clone(shared)
			for range steps {
				m := mine[r.IntN(len(mine))]
				if r.IntN(2) == 0 {
					m = mine[len(mine)-1]
				}
				next := m.step(r)
				next.check(t)
				mine = append(mine, next)
			}
			for _, m := range mine {
				m.check(t)
			}
		})
	}
	wg.Wait()
}
