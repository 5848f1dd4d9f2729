package hpack

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"unsafe"
)

// model is the dynamic table as the standard describes it, copied at every step.
type model struct {
	entries []Field // the newest first
	max     int
}

func (m model) resized(n int) model {
	m.max = n
	m.entries = append([]Field(nil), m.entries...)
	for m.size() > m.max {
		m.entries = m.entries[:len(m.entries)-1]
	}
	return m
}

func (m model) inserted(f Field) model {
	m.entries = append([]Field{f}, m.entries...)
	return m.resized(m.max)
}

func (m model) size() (n int) {
	for _, f := range m.entries {
		n += f.Size()
	}
	return n
}

// TestForks builds a tree of tables: each step takes any older one, and inserts, resizes or fills it. At the end all of them
// must hold what they held when they were made.
func TestForks(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 541))
	tables, models := []Table{{}}, []model{{max: DefaultMaxSize}}
	for i := range 1500 {
		j := rng.IntN(len(tables))
		if rng.IntN(3) > 0 {
			j = len(tables) - 1
		}
		table, m := tables[j], models[j]
		switch rng.IntN(40) {
		case 0:
			n := rng.IntN(DefaultMaxSize + 1)
			table, m = table.resized(uint32(n)), m.resized(n)
		case 1:
			table, m = table.resized(DefaultMaxSize), m.resized(DefaultMaxSize)
		default:
			for k := range 1 + rng.IntN(20) {
				f := Field{Name: fmt.Sprint("name-", i), Value: fmt.Sprint(k)}
				if rng.IntN(50) == 0 {
					f.Value = strings.Repeat("v", rng.IntN(5000))
				}
				table, m = table.inserted(f.Name, f.Value), m.inserted(f)
			}
		}
		tables, models = append(tables, table), append(models, m)
	}
	for i, table := range tables {
		m := models[i]
		if lines(newestFirst(table)) != lines(m.entries) || table.Size() != m.size() || table.Len() != len(m.entries) ||
			table.MaxSize() != m.max {
			t.Fatalf("value %d: size %d of %d:\n%s\nwant %d of %d:\n%s", i, table.Size(), table.MaxSize(),
				lines(newestFirst(table)), m.size(), m.max, lines(m.entries))
		}
		checkMemory(t, table)
	}
}

// checkMemory holds a table to its bounds: room for about twice its entries, four times the maximum of strings.
func checkMemory(t *testing.T, table Table) {
	t.Helper()
	if table.s == nil {
		return
	}
	if n, most := len(table.s.ents), max(minEntries, 2*(DefaultMaxSize/overhead)); n > most {
		t.Errorf("store of %d entries, at most %d", n, most)
	}
	if size := table.s.total(table.s.tail.Load()) - table.s.start; size > maxDead*DefaultMaxSize {
		t.Errorf("store of size %d", size)
	}
}

// TestConcurrentForks decodes different blocks from one table in 8 goroutines, and reads the table at the same time.
func TestConcurrentForks(t *testing.T) {
	base := Table{}
	for i := range 5 {
		base = base.inserted("base", fmt.Sprint(i)) // room is left in the store
	}
	want := lines(newestFirst(base))
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			table, m := base, model{entries: newestFirst(base), max: DefaultMaxSize}
			for i := range 300 {
				f := Field{Name: fmt.Sprint("from-", g), Value: fmt.Sprint(i)}
				block := append(incremental(0, f.Name, f.Value).appendTo(nil, i%2 == 0), 0xbe)
				next, fields, err := table.AppendFields(nil, block, Limits{})
				again, _, _ := table.AppendFields(nil, block, Limits{})
				if err != nil || len(fields) != 2 || fields[0] != f || fields[1] != f || !again.Equal(next) {
					t.Errorf("goroutine %d: %v, %v", g, fields, err)
					return
				}
				table, m = next, m.inserted(f)
				if lines(newestFirst(table)) != lines(m.entries) || lines(newestFirst(base)) != want {
					t.Errorf("goroutine %d: table differs", g)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestReplay decodes the blocks of one connection, and then each again from the table it was decoded with, in any order.
func TestReplay(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	tables, blocks, want := []Table{{}}, [][]byte{}, []string{}
	for i := range 500 {
		var block []byte
		for range rng.IntN(6) {
			if n := tables[i].Len(); n > 0 && len(block) == 0 && rng.IntN(2) == 0 {
				block = indexed(uint64(staticLen+1+rng.IntN(n))).appendTo(block, false)
			}
			block = incremental(uint64(rng.IntN(62)), "n", fmt.Sprint(rng.IntN(1e9))).appendTo(block, rng.IntN(2) == 0)
		}
		next, fields, err := tables[i].AppendFields(nil, block, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		tables, blocks, want = append(tables, next), append(blocks, block), append(want, lines(fields))
	}
	for _, i := range rng.Perm(len(blocks)) {
		next, fields, err := tables[i].AppendFields(nil, blocks[i], Limits{})
		if err != nil || lines(fields) != want[i] || !next.Equal(tables[i+1]) {
			t.Fatalf("block %d: %v, %v", i, fields, err)
		}
	}
}

// TestFailedDecode: a block that breaks off after insertions leaves nothing behind.
func TestFailedDecode(t *testing.T) {
	table := Table{}.inserted("a", "b")
	before := lines(newestFirst(table))
	block := append(incremental(0, "c", "d").appendTo([]byte{0x3f, 0x00}, false), 0x80)
	got, _, err := table.AppendFields(nil, block, Limits{})
	if err == nil || got != table || lines(newestFirst(table)) != before {
		t.Errorf("%v, %v", newestFirst(got), err)
	}
	if table = table.inserted("e", "f"); lines(newestFirst(table)) != "e: f\n"+before {
		t.Errorf("%v", newestFirst(table))
	}
}

// TestEqual: what tables hold and will accept counts, how they came to it does not.
func TestEqual(t *testing.T) {
	ab := Table{}.inserted("a", "b")
	different := []Table{
		{}, ab, Table{}.inserted("a", "c"), Table{}.inserted("b", "b"), ab.inserted("a", "b"), ab.resized(100),
		ab.WithMaxSize(5000), ab.WithMaxSize(100), ab.WithMaxSize(50).WithMaxSize(100), tableOf(0), tableOf(100),
	}
	for i, x := range different {
		for j, y := range different {
			if x.Equal(y) != (i == j) {
				t.Errorf("tables %d and %d: Equal is %v", i, j, x.Equal(y))
			}
		}
	}
	old := Table{}.inserted("x", "y").inserted("a", "b")
	if old = old.evicted(34); !old.Equal(ab) || !ab.Equal(Table{}.inserted("a", "b")) || !ab.Equal(ab.moved(0)) {
		t.Error("same content, not equal")
	}
	if lowered := ab.WithMaxSize(100).WithMaxSize(200); ab.Equal(lowered) || !lowered.Equal(ab.WithMaxSize(100).WithMaxSize(200)) {
		t.Error("pending update")
	}
}

// TestSizeOfTable: three words, and an entry at the end of the window costs nothing to find.
func TestSizeOfTable(t *testing.T) {
	if n := unsafe.Sizeof(Table{}); n > 24 {
		t.Errorf("a Table has %d bytes", n)
	}
	if z := (Table{}); z.Len() != 0 || z.Size() != 0 || z.MaxSize() != DefaultMaxSize || !z.Equal(tableOf(DefaultMaxSize)) {
		t.Error("zero Table")
	}
}
