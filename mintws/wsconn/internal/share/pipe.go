package share

import (
	"context"
	"net"
	"sync"
)

// Pipe is the socket below TLS, for which a write that was cut off is the end. Once it is told to queue, Write takes everything and never
// waits, and what it took is written by Conn, as far as the socket goes.
type Pipe struct {
	net.Conn
	mu      sync.Mutex
	queued  bool
	waiting []byte
}

// Below returns dial, nil for that of a zero net.Dialer, with a Pipe around what it returns; the last of them is in *p.
func Below(dial func(context.Context, string, string) (net.Conn, error), p **Pipe) func(context.Context, string, string) (net.Conn, error) {
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		sock, err := dial(ctx, network, address)
		if sock == nil || err != nil {
			return sock, err
		}
		*p = &Pipe{Conn: sock}
		return *p, nil
	}
}

// Write implements io.Writer.
func (p *Pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.queued {
		return p.Conn.Write(b)
	}
	p.waiting = append(p.waiting, b...)
	return len(b), nil
}

// queue has Write take everything from now on, or write itself again.
func (p *Pipe) queue(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queued = on
}

// take returns what waits, and gives the pipe memory for what follows.
func (p *Pipe) take(memory []byte) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.waiting
	p.waiting = memory[:0]
	return b
}
