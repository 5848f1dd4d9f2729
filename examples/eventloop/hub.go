package main

import (
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/lesismal/nbio"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
	"github.com/mintws/mintws/mintws/session"
)

// hub stands between an engine of nbio and the Sessions of its connections: bytes that the engine reads go to a Session, and what
// that has to say goes to the engine, which keeps what a socket does not take. The engine has one goroutine that polls, so one
// Output and one buffer are enough. For several, have a hub for each.
type hub struct {
	engine    *nbio.Engine
	deadlines session.Deadlines
	accept    func(*link, []byte) // a server's: takes the request
	received  func(*link, mintws.Frame)
	opened    func(*link)
	closed    func(*link, error)

	mu    sync.Mutex // the engine's goroutine, and that of the ticker
	links map[*link]bool
	out   session.Output
	buf   []byte
	done  chan bool

	started time.Time
}

// link is one connection.
type link struct {
	sock    *nbio.Conn
	s       session.Session
	waiting atomic.Int64 // bytes that nbio has not written yet. It tells so while it holds its own lock, so ours must not be needed

	head     handshake.Head // a server's
	greeting bool           // the request is not complete
	over     bool
	due      time.Time // for the request, and for the last words
	user     any       // the program's
}

// bound is how much may wait for a socket before nothing more is read from it: what reading causes has to stop with reading.
const bound = 64 << 10

// newHub makes a hub and its engine, with listeners on addrs, for a client on none.
func newHub(timing session.Timing, addrs ...string) *hub {
	h := &hub{links: map[*link]bool{}, buf: make([]byte, 64<<10), deadlines: session.NewDeadlines(timing, time.Now()), done: make(chan bool)}
	h.engine = nbio.NewEngine(nbio.Config{
		Network: "tcp", Addrs: addrs, NPoller: 1, LockPoller: true,
		EpollMod:           nbio.EPOLLET, // so that what is not read now does not make the loop spin: see read
		MaxWriteBufferSize: 64 << 20,     // the bound is ours; beyond this one nbio would cut the connection
	})
	h.engine.OnOpen(func(sock *nbio.Conn) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.add(&link{sock: sock, greeting: true, due: time.Now().Add(session.DefaultOpen)})
	})
	h.engine.OnRead(h.read)
	h.engine.OnWrittenSize(func(sock *nbio.Conn, _ []byte, n int) {
		if l, ok := sock.Session().(*link); ok {
			l.waiting.Add(int64(-n))
		}
	})
	h.engine.OnClose(h.lost)
	return h
}

// start starts the engine, and the clock.
func (h *hub) start() error {
	if err := h.engine.Start(); err != nil {
		return err
	}
	h.started = time.Now()
	go func() {
		ticker := time.NewTicker(250 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case now := <-ticker.C:
				h.tick(now)
			case <-h.done:
				return
			}
		}
	}()
	return nil
}

func (h *hub) stop() {
	close(h.done)
	time.Sleep(time.Until(h.started.Add(100 * time.Millisecond))) // nbio forgets a Stop that comes before its goroutines run
	h.engine.Stop()
}

func (h *hub) add(l *link) {
	h.links[l] = true
	l.sock.SetSession(l)
}

// read is called when there is something to read, once: nbio tells of changes. So it reads until there is nothing more, or until
// too much waits to be written. In the latter case nbio tells of the change that the socket takes bytes again, and with it that
// there is something to read.
func (h *hub) read(sock *nbio.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l, ok := sock.Session().(*link)
	for ok && !l.over && l.waiting.Load() < bound {
		n, err := sock.Read(h.buf)
		switch {
		case n > 0 && l.greeting:
			h.accept(l, h.buf[:n])
		case n > 0:
			h.receive(l, h.buf[:n])
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return
		default: // the end; nbio closes the socket, and calls lost
			return
		}
	}
}

// receive hands data, or without any the end, to the Session.
func (h *hub) receive(l *link, data []byte) {
	before := l.s.State()
	if len(data) > 0 {
		l.s, _ = l.s.Received(&h.out, time.Now(), data) // l.s.Err keeps the error
	} else {
		l.s, _ = l.s.EOF(&h.out, time.Now())
	}
	if before == mintws.Connecting && l.s.State() == mintws.Open {
		h.opened(l)
	}
	for _, f := range h.out.Frames {
		h.received(l, f)
	}
	h.flush(l)
}

// send sends f on l. It is for received and opened, and for the link that these were called with.
func (h *hub) send(l *link, f mintws.Frame) (err error) {
	l.s, err = l.s.Send(&h.out, time.Now(), f)
	return err
}

// flush hands what is to be written to nbio, and ends l where it is over.
func (h *hub) flush(l *link) {
	if _, err := h.out.WriteTo(l); err != nil {
		h.out.Reset() // the socket is closed; nbio calls lost
	}
	if !l.over && !l.greeting && l.s.Over() {
		l.over, l.due = true, time.Now().Add(time.Second)
		h.closed(l, l.s.Err())
	}
	if l.over && l.waiting.Load() <= 0 {
		l.sock.Close()
	}
}

// Write makes a link an io.Writer, of bytes that nbio writes now or later.
func (l *link) Write(p []byte) (int, error) {
	l.waiting.Add(int64(len(p)))
	if _, err := l.sock.Write(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// lost is called when a socket was closed, by whichever side.
func (h *hub) lost(sock *nbio.Conn, _ error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l, ok := sock.Session().(*link); ok {
		if delete(h.links, l); !l.over && !l.greeting {
			h.receive(l, nil)
		}
	}
}

// tick looks at the deadlines of all connections. For many of them see the timer wheel of examples/epoll.
func (h *hub) tick(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.links {
		due := l.s.Deadline()
		if l.greeting || l.over {
			due = l.due
		}
		switch {
		case l.over && l.waiting.Load() <= 0:
			l.sock.Close()
		case due.IsZero() || due.After(now):
		case l.greeting || l.over:
			l.sock.Close()
		default:
			l.s, _ = l.s.Tick(&h.out, now)
			h.flush(l)
		}
	}
}
