package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// measure runs a relay between clients and an echo server of its own, and says what it holds and what is left of it. All of
// them are in this process, and the figures are those of all.
type measure struct {
	ctx          context.Context
	w            io.Writer
	size, vanish int

	relay *relay
	url   string
	lost  atomic.Int64 // WebSockets of which the backend was told that the client is gone
}

// usage is what can be left behind.
type usage struct{ clients, streams, goroutines, descriptors int }

func (u usage) String() string {
	return fmt.Sprintf("%d clients, %d streams, %d goroutines, %d descriptors", u.clients, u.streams, u.goroutines, u.descriptors)
}

func (m *measure) run(limit int) error {
	ctx, cancel := context.WithCancel(m.ctx)
	defer cancel()
	m.ctx = ctx
	backend := wstest.NewServer(wstest.Options{MaxStreams: limit, Over: func(_ *http.Request, ws mintws.WebSocket) {
		if code, _ := ws.PeerClose(); code == mintws.CodeGoingAway {
			m.lost.Add(1)
		}
	}, Protocols: []httpconn.Version{httpconn.HTTP2}})
	defer backend.Close()
	r, err := dial(ctx, backend.URL, limit)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	m.relay, m.url = r, "ws://"+l.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- r.run(ctx, l) }()
	err = m.steps()
	cancel()
	return errors.Join(err, <-ended)
}

// steps measures one thing after the other.
func (m *measure) steps() error {
	if err := m.once(); err != nil { // so that all is there that one WebSocket needs
		return err
	}
	const some = 1 << 20
	before := m.usage(usage{goroutines: some, descriptors: some})
	for range 25 { // what it has used ends in its own time
		time.Sleep(20 * time.Millisecond)
		u := m.usage(usage{goroutines: some, descriptors: some})
		before.goroutines, before.descriptors = min(before.goroutines, u.goroutines), min(before.descriptors, u.descriptors)
	}
	fmt.Fprintf(m.w, "before:                       %v\n", before)
	for _, step := range []func() error{m.transfer, m.vanishing} {
		if err := step(); err != nil {
			return err
		}
		after := m.usage(before)
		fmt.Fprintf(m.w, "left of them:                 %v\n", after)
		if after.clients > 0 || after.streams > 0 || after.goroutines > before.goroutines || after.descriptors > before.descriptors {
			return errors.New("something was left behind")
		}
	}
	return nil
}

// usage counts, again and again until that is no more than want, or 10 s have passed.
func (m *measure) usage(want usage) (u usage) {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		counted := make(chan struct{})
		if !m.relay.hand(func() {
			most, _ := m.relay.conn.PeerSetting(http2.SettingMaxConcurrentStreams)
			u.clients, u.streams = len(m.relay.clients), int(most)-m.relay.conn.Slots()
			close(counted)
		}) {
			return usage{}
		}
		<-counted
		u.goroutines = runtime.NumGoroutine()
		if files, err := os.ReadDir("/proc/self/fd"); err == nil {
			u.descriptors = len(files) // 0 where there is no such directory
		}
		if u.clients <= want.clients && u.streams <= want.streams && u.goroutines <= want.goroutines && u.descriptors <= want.descriptors {
			break
		}
	}
	return u
}

// heap watches how large the heap becomes until it is told to stop, and then says so.
func heap() (stop func() uint64) {
	quit, most := make(chan struct{}), make(chan uint64)
	go func() {
		var stats runtime.MemStats
		for high := uint64(0); ; {
			runtime.ReadMemStats(&stats)
			high = max(high, stats.HeapInuse)
			select {
			case <-quit:
				most <- high
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return func() uint64 { close(quit); return <-most }
}
