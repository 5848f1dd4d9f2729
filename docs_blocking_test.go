package readme

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wsconn"
	"github.com/mintws/mintws/mintws/wstest"
)

// snippet: room
// room passes each message on to all its members.
type room struct {
	mu      sync.Mutex
	members map[*member]bool
}

// member is a client. Its queue lets a slow one wait while the others go on.
type member struct {
	conn  *wsconn.Conn
	queue chan *mintws.Prepared
}

func (r *room) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	c, err := wsconn.Accept(w, req, wsconn.AcceptOptions{})
	if err != nil {
		return // the request is answered
	}
	defer c.CloseNow()
	m := &member{c, make(chan *mintws.Prepared, 16)}
	r.mu.Lock()
	r.members[m] = true
	r.mu.Unlock()
	go m.write(req.Context())
	for err == nil {
		var f mintws.Frame
		if f.Opcode, f.Payload, err = c.Read(req.Context()); err == nil {
			err = r.broadcast(f)
		}
	}
	r.mu.Lock()
	delete(r.members, m)
	r.mu.Unlock()
}

// broadcast never waits for anybody.
func (r *room) broadcast(f mintws.Frame) error {
	p, err := mintws.Prepare(f) // validated, copied and compressed once, for all
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for m := range r.members {
		select {
		case m.queue <- p:
		default: // 16 messages behind
			delete(r.members, m)
			m.conn.CloseNow()
		}
	}
	return nil
}

// write sends what is in the queue, until the Conn is over.
func (m *member) write(ctx context.Context) {
	for {
		select {
		case p := <-m.queue:
			if m.conn.WritePrepared(ctx, p) != nil {
				return // Read says why
			}
		case <-m.conn.Done():
			return
		}
	}
}

// end

// snippet: follow
const shortest, longest = 100 * time.Millisecond, time.Minute // between two connections

// follow hands each message to handle, on one connection after another, until the server closes with 1000 or refuses for good.
func follow(ctx context.Context, url string, opt wsconn.Options, handle func([]byte)) error {
	for wait := shortest; ; wait = min(2*wait, longest) {
		c, err := wsconn.Dial(ctx, url, opt)
		if err == nil {
			for err == nil {
				var p []byte
				if _, p, err = c.Read(ctx); err == nil {
					handle(p)
					wait = shortest
				}
			}
			c.CloseNow()
		}
		var refused *session.Refusal
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case wsconn.CloseCode(err) == mintws.CodeNormal:
			return nil
		case errors.As(err, &refused) && refused.Status < http.StatusInternalServerError:
			return err // to ask again would change nothing
		}
		select {
		case <-time.After(wait/2 + rand.N(wait/2)): // so that not all clients of a server come back at once
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// end

// TestDocsRoom: everybody in the room hears everything, but for one that does not read, which is dropped.
func TestDocsRoom(t *testing.T) {
	r := &room{members: map[*member]bool{}}
	server := httptest.NewServer(r)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var conns []*wsconn.Conn
	for range 4 {
		c, err := wsconn.Dial(ctx, strings.Replace(server.URL, "http", "ws", 1), wsconn.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseNow()
		conns = append(conns, c)
	}
	members := func() int {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.members)
	}
	for members() < 4 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	message := bytes.Repeat([]byte("x"), 256<<10)
	for n := 0; members() == 4; n++ { // in step with three of them, until the socket of the fourth is full
		if err := conns[n%3].Write(ctx, mintws.OpText, message); err != nil {
			t.Fatal(err)
		}
		for i, c := range conns[:3] {
			if _, p, err := c.Read(ctx); err != nil || !bytes.Equal(p, message) {
				t.Fatalf("message %d, client %d: %d bytes, %v", n, i, len(p), err)
			}
		}
	}
	for _, c := range conns[:3] {
		if err := c.Close(mintws.CodeNormal, ""); err != nil {
			t.Error(err)
		}
	}
	for members() > 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	if n := members(); n > 0 {
		t.Errorf("%d are still in the room", n)
	}
}

// TestDocsFollow: a server that vanishes, one that is busy, and one that ends it; and one that does not know the page.
func TestDocsFollow(t *testing.T) {
	var asked atomic.Int32
	server := wstest.NewServer(wstest.Options{Behave: func(r *http.Request) wstest.Behavior {
		if r.URL.Path != "/" {
			return wstest.Behavior{Refuse: http.StatusNotFound}
		}
		n := asked.Add(1)
		b := wstest.Behavior{Greeting: []mintws.Frame{mintws.Text(fmt.Sprint(n))}, Fault: wstest.FaultVanish}
		switch n {
		case 2:
			b = wstest.Behavior{Refuse: http.StatusServiceUnavailable}
		case 3:
			b.Fault, b.Code = wstest.FaultClose, mintws.CodeNormal
		}
		return b
	}})
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var got []string
	if err := follow(ctx, server.URL, wsconn.Options{}, func(p []byte) { got = append(got, string(p)) }); err != nil {
		t.Error(err)
	}
	if want := []string{"1", "3"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	var refused *session.Refusal
	if err := follow(ctx, server.URL+"/none", wsconn.Options{}, func([]byte) {}); !errors.As(err, &refused) || refused.Status != http.StatusNotFound {
		t.Error(err)
	}
	cancel()
	if err := follow(ctx, server.URL, wsconn.Options{}, func([]byte) {}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
