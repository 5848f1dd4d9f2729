package wiretap_test

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wiretap"
	"github.com/mintws/mintws/mintws/wsconn"
	"github.com/mintws/mintws/mintws/wstest"
)

// metered is a client's socket that counts. One goroutine may read while another writes.
type metered struct {
	net.Conn
	mu     sync.Mutex
	tap    *wiretap.Tap
	frames map[string]int
}

func (m *metered) feed(from wiretap.Direction, p []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tap.Feed(from, p, func(r wiretap.Record) {
		if r.Kind == wiretap.Frame {
			m.frames[fmt.Sprint(r.From, r.Opcode)]++
		}
	})
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.Conn.Read(p)
	m.feed(wiretap.FromServer, p[:n])
	return n, err
}

// Write feeds first: the answer may be read before Write has returned.
func (m *metered) Write(p []byte) (int, error) {
	m.feed(wiretap.FromClient, p)
	return m.Conn.Write(p)
}

// A socket that counts frames, below a connection that knows nothing of it. Options.Wrap puts it inside TLS.
func ExampleTap() {
	server := wstest.NewServer(wstest.Options{TLS: true})
	defer server.Close()
	frames := map[string]int{}
	wrap := func(c net.Conn) net.Conn {
		return &metered{Conn: c, tap: wiretap.New(wiretap.Options{MaxPayload: -1}), frames: frames}
	}
	ctx := context.Background()
	c, err := wsconn.Dial(ctx, server.URL, wsconn.Options{Dial: httpdial.Options{TLS: server.ClientTLS(), Wrap: wrap}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		if err = c.Write(ctx, mintws.OpText, []byte("Hello")); err == nil {
			_, _, err = c.Read(ctx)
		}
	}
	fmt.Println(err, c.Close(mintws.CodeNormal, ""))
	fmt.Println(frames)
	// Output:
	// <nil> <nil>
	// map[< Close:1 < Text:3 > Close:1 > Text:3]
}
