package bench

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// distance is a TCP proxy that makes the server as far away as it says: what is read is written after a delay, and no faster
// than the link's rate. Each direction of each connection has a link of its own, with room for what is under way and
// distanceRoom more; then TCP stops the sender. That a connection is opened takes no time.
type distance struct {
	loopServer
	target string
	oneWay time.Duration
	rate   float64 // bytes a second
}

const (
	distanceChunk = 16 << 10  // what is read at once
	distanceRoom  = 256 << 10 // more than a timer is late
)

// newDistance starts a proxy to target that lives as long as the test.
func newDistance(t testing.TB, target string, oneWay time.Duration, rate float64) *distance {
	d := &distance{target: target, oneWay: oneWay, rate: rate}
	d.open = map[net.Conn]bool{}
	d.begin = d.serve
	d.start(t)
	return d
}

func (d *distance) serve(near net.Conn) {
	far, err := net.Dial("tcp", d.target)
	if err != nil {
		return
	}
	var ends sync.WaitGroup
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		l := &link{d: d}
		l.changed.L = &l.mu
		ends.Go(func() { l.read(way[0]) })
		ends.Go(func() {
			l.write(way[1])
			// One direction's end is the end of both: nobody here closes a half.
			near.Close()
			far.Close()
		})
	}
	ends.Wait()
}

// link is one direction of a connection.
type link struct {
	d *distance

	mu      sync.Mutex
	changed sync.Cond
	queue   []chunk
	spare   [][]byte
	bytes   int       // in queue
	free    time.Time // when the link has sent what is in queue
	over    bool      // nothing more comes, or goes
}

// chunk is what was read at once.
type chunk struct {
	due time.Time
	p   []byte
}

// read fills the queue, and waits while it is full.
func (l *link) read(from io.Reader) {
	room := int(l.d.rate*l.d.oneWay.Seconds()) + distanceRoom
	for {
		l.mu.Lock()
		for l.bytes > room && !l.over {
			l.changed.Wait()
		}
		buf := make([]byte, 0)
		if last := len(l.spare) - 1; last >= 0 {
			buf, l.spare = l.spare[last], l.spare[:last]
		}
		over := l.over
		l.mu.Unlock()
		if cap(buf) == 0 {
			buf = make([]byte, distanceChunk)
		}
		var n int
		var err error
		if !over {
			n, err = from.Read(buf[:distanceChunk])
		}
		l.mu.Lock()
		if n > 0 {
			if now := time.Now(); l.free.Before(now) {
				l.free = now
			}
			l.free = l.free.Add(time.Duration(float64(n) / l.d.rate * float64(time.Second)))
			l.queue = append(l.queue, chunk{l.free.Add(l.d.oneWay), buf[:n]})
			l.bytes += n
		}
		l.over = l.over || err != nil
		over = l.over
		l.mu.Unlock()
		l.changed.Broadcast()
		if over {
			return
		}
	}
}

// write empties the queue, each chunk when it is due.
func (l *link) write(to io.Writer) {
	defer func() {
		l.mu.Lock()
		l.over = true
		l.mu.Unlock()
		l.changed.Broadcast()
	}()
	for {
		l.mu.Lock()
		for len(l.queue) == 0 && !l.over {
			l.changed.Wait()
		}
		if len(l.queue) == 0 {
			l.mu.Unlock()
			return
		}
		next := l.queue[0]
		l.mu.Unlock()
		time.Sleep(time.Until(next.due))
		if _, err := to.Write(next.p); err != nil {
			return
		}
		l.mu.Lock()
		l.queue = append(l.queue[:0], l.queue[1:]...)
		l.bytes -= len(next.p)
		l.spare = append(l.spare, next.p)
		l.mu.Unlock()
		l.changed.Broadcast()
	}
}

// TestDistance: what goes through comes out as it was, not before its time, and the end is passed on.
func TestDistance(t *testing.T) {
	s := newLoopServer(t)
	s.handle("/mirror", mirror)
	const oneWay, rate = 20 * time.Millisecond, 10e6
	d := newDistance(t, s.addr(), oneWay, rate)
	c, err := connGobwas(d.addr(), "/mirror", 2, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	p := fill(1 << 20)
	for _, n := range []int{1, len(p)} {
		began := time.Now()
		if err = connTrips(c, 1, p[:n]); err != nil {
			t.Fatal(err)
		}
		// The server waits for all of a message. However busy the machine is, it is never early.
		least := 2*oneWay + time.Duration(2*float64(n)/rate*float64(time.Second))
		if took := time.Since(began); took < least {
			t.Errorf("%d bytes are back after %v, which is before %v", n, took, least)
		}
	}
	c.close()
	plain, err := net.Dial("tcp", d.addr())
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if _, err = plain.Write(bytes.Repeat([]byte("x"), 8<<10)); err != nil { // no request: the server closes
		t.Fatal(err)
	}
	if n, err := plain.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("read %d bytes, %v, after the server closed", n, err)
	}
}
