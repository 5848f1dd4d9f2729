package wsconn_test

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
	"github.com/mintws/mintws/mintws/wstest"
)

// ours counts the goroutines that are in this package, but for tests.
func ours() int {
	buf := make([]byte, 16<<20)
	n := 0
	for stack := range bytes.SplitSeq(buf[:runtime.Stack(buf, true)], []byte("\n\n")) {
		if bytes.Contains(stack, []byte("mintws/wsconn.")) {
			n++
		}
	}
	return n
}

// descriptors counts those that are open, -1 where that cannot be known.
func descriptors() int {
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(names)
}

// settles waits until count gives at most want: what has been told to end takes a moment.
func settles(t *testing.T, what string, want int, count func() int) {
	t.Helper()
	n := count()
	for i := 0; i < 200 && n > want; i++ {
		time.Sleep(50 * time.Millisecond)
		n = count()
	}
	if n > want {
		t.Errorf("%d %s, want %d", n, what, want)
	}
}

// TestNoGoroutines: open WebSockets need no goroutine here, and a shared connection one.
func TestNoGoroutines(t *testing.T) {
	s := wstest.NewServer(wstest.Options{})
	defer s.Close()
	ctx := bounded(t)
	before := ours()
	cl := newClient(t)
	var conns []*wsconn.Conn
	for range 50 {
		alone, err := wsconn.Dial(ctx, s.URL, wsconn.Options{})
		if err != nil {
			t.Fatal(err)
		}
		shared, err := cl.Dial(ctx, s.URL, mintws.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []*wsconn.Conn{alone, shared} {
			usable(t, c)
			conns = append(conns, c)
		}
	}
	settles(t, "goroutines", before+1, ours)
	for _, c := range conns {
		if err := c.Close(mintws.CodeNormal, ""); err != nil {
			t.Error(err)
		}
	}
	cl.Close()
	settles(t, "goroutines after Close", before, ours)
}

// TestLeaks: 1,000 connections end in all ways there are, and leave neither goroutines nor descriptors.
func TestLeaks(t *testing.T) {
	url, _ := serveBoth(t, wsconn.AcceptOptions{}, echo)
	vanishing := wstest.NewServer(wstest.Options{Behavior: wstest.Behavior{Fault: wstest.FaultVanish, After: 1}})
	defer vanishing.Close()
	cl, ctx := newClient(t), bounded(t)
	goroutines, files := runtime.NumGoroutine(), descriptors()
	one := func(i int) {
		target := url
		if i%5 == 4 {
			target = vanishing.URL
		}
		var c *wsconn.Conn
		var err error
		if i%2 == 0 {
			c, err = cl.Dial(ctx, target, mintws.Options{})
		} else {
			c, err = wsconn.Dial(ctx, target, wsconn.Options{})
		}
		if err != nil {
			if target == url {
				t.Error(err)
			}
			return // its connection has vanished
		}
		defer c.CloseNow()
		if err = c.Write(ctx, mintws.OpText, []byte("a")); err == nil {
			_, _, err = c.Read(ctx)
		}
		if err != nil && target == url {
			t.Error(err)
		}
		switch i % 5 {
		case 0:
			if err = c.Close(mintws.CodeNormal, ""); err != nil {
				t.Error(err)
			}
		case 1: // CloseNow
		case 2:
			soon, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Millisecond, cancel)
			c.Read(soon)
		case 3:
			soon, cancel := context.WithTimeout(ctx, time.Millisecond)
			defer cancel()
			go c.Write(soon, mintws.OpBinary, make([]byte, 100_000))
			<-soon.Done()
		case 4:
			if _, _, err = c.Read(ctx); err == nil {
				t.Error("it has not vanished")
			}
		}
	}
	var all sync.WaitGroup
	for worker := range 10 {
		all.Go(func() {
			for i := range 100 {
				one(worker*100 + i)
			}
		})
	}
	all.Wait()
	cl.Close()
	settles(t, "goroutines", goroutines, runtime.NumGoroutine)
	settles(t, "descriptors", files, descriptors)
	settles(t, "goroutines of ours", 0, func() int { return ours() - 1 }) // the test's own
}
