package httpconn

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// TestH2TunnelPaths: whole frames on tunnels take another path than those that are cut. Events, credit and faults are the
// same, with windows that are met, exceeded and given back.
func TestH2TunnelPaths(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for i := range 120 {
		cfg := Config{StreamWindow: 1 + rng.Int32N(300), ManualCredit: i%3 == 0, Limits: Limits{MaxWork: 40}}
		ack := fAck()
		if i%5 == 0 { // before the acknowledgement the window is 65,535
			ack = ""
		}
		c := h2Begin(t, h2Case{bare: true, cfg: cfg})
		c = h2Requests(t, h2Fed(t, c, fSettings(connectOn, 1)+ack), h2Ext, h2Ext, h2Get)
		input := f200(1) + f200(3) + f200(5)
		for range 5 + rng.IntN(60) {
			id := 1 + 2*rng.Uint32N(3)
			size := rng.IntN(200)
			if rng.IntN(10) == 0 {
				size = rng.IntN(initialMaxFrame + 2)
			}
			switch p := strings.Repeat("x", size); rng.IntN(20) {
			case 0:
				input += fData(id, true, p)
			case 1:
				input += fPadded(id, false, p[:min(size, 100)], rng.IntN(20))
			case 2:
				input += fPing(false, "12345678")
			case 3:
				input += fReset(id, 8)
			case 4, 5: // a walk over the streams, which content pays for
				input += fSettings(setWindow, 0) + fSettings(setWindow, uint32(size))
			default:
				input += fData(id, false, p)
			}
		}
		whole := h2Feed(c, false, input)
		cut := h2Feed(c, false, strings.Split(input, "")...)
		if whole.String() != cut.String() || !whole.conn.Equal(cut.conn) {
			t.Fatalf("input %d: whole\n%v\ncut\n%v", i, whole, cut)
		}
	}
}

// TestH2TunnelOfOldValue: whether a stream is an open tunnel is asked of the newest value in another way than of old ones.
// What came after a value must not show in it, while others go on from it.
func TestH2TunnelOfOldValue(t *testing.T) {
	before := h2Started(t, Config{}, h2Ext, h2Ext)
	open := h2Fed(t, before, f200(1)+f200(3))
	begin := func(c Conn, id StreamID) error {
		_, err := c.BeginData(new(Output), id, 10)
		return err
	}
	if err := begin(before, 1); err != ErrNotSendable {
		t.Errorf("before the answer: %v", err)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				over := open
				switch (i + g) % 3 {
				case 0:
					over = h2Must(t)(open.SendData(new(Output), 1, []byte("x"), true))
				case 1:
					over = h2Must(t)(open.Cancel(new(Output), 1, 0))
				case 2:
					over = h2Fed(t, open, fReset(1, 8))
				}
				got := fmt.Sprint(begin(open, 1), begin(over, 1) != nil, begin(over, 3), begin(open, 3), begin(open, 5))
				if want := fmt.Sprint(nil, true, nil, nil, ErrUnknownStream); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			}
		})
	}
	wg.Wait()
}
