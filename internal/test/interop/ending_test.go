package interop

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// endingPeers are servers that end a WebSocket over HTTP/2 each in its way (RFC 8441 section 5).
var endingPeers = []struct {
	name  string
	start func(t *testing.T) server
	sub   string // a subprotocol that must be asked for
	drops bool   // it drops the connection as soon as one WebSocket is closed
	most  int    // how many it serves at once, where it does not say so

	closing, closeSub string // the text that makes it close first, and the subprotocol for that
}{
	{name: "libwebsockets", start: libwebsockets, sub: "lws-mirror-protocol", closing: "closeme\n", closeSub: "dumb-increment-protocol"},
	{name: "lighttpd", start: lighttpd},
	{name: "hypercorn", start: hypercorn, drops: true, closing: "!close 4001"},
	{name: "apache", start: apache, most: 4},
	{name: "haproxy", start: func(t *testing.T) server { return haproxy(t, 0) }},
	{name: "node", start: func(t *testing.T) server { return node(t, false) }, closing: "!close 4001"},
	{name: "net-http", start: func(t *testing.T) server { return netHTTP(t, false) }},
}

// TestEnding: two WebSockets on one connection, of which one is closed, and the other goes on; then a GET. What each server
// does is printed.
func TestEnding(t *testing.T) {
	table := newTable("server", "first Close", "the server's frames", "ours", "what becomes of the rest")
	for _, peer := range endingPeers {
		t.Run(peer.name, func(t *testing.T) {
			s := peer.start(t)
			for range 5 { // how frames fall into reads differs from time to time
				c := newEnding(t, s, peer.sub)
				c.send(c.a, mintws.Close(4242, ""))
				table.add(append([]string{peer.name, "ours"}, c.outcome(4242, peer.drops)...)...)
			}
			if peer.closing != "" {
				c := newEnding(t, s, peer.sub)
				if peer.closeSub != "" {
					c.a = c.openWith(mintws.Options{Subprotocols: []string{peer.closeSub}})
				}
				c.send(c.a, mintws.Text(peer.closing))
				table.add(append([]string{peer.name, "the server's"}, c.outcome(0, peer.drops)...)...)
			}
		})
	}
	t.Logf("How servers end a WebSocket, and what we send:\n%s", table)
}

// TestEndingMany: the connection outlives the end of many WebSockets, also those that end at the same time, whatever the
// server thinks of the frames that end them.
func TestEndingMany(t *testing.T) {
	for _, peer := range endingPeers {
		if peer.drops {
			continue
		}
		t.Run(peer.name, func(t *testing.T) {
			c := newEnding(t, peer.start(t), peer.sub)
			together := min(c.Conn.Slots(), 20)
			if peer.most > 0 {
				together = peer.most
			}
			for range 1500 / together {
				var ids []httpconn.StreamID
				for range together {
					ids = append(ids, c.openWith(c.opt))
				}
				for _, id := range ids {
					c.send(id, mintws.Close(1000, ""))
				}
				for _, id := range ids { // lighttpd may reset a stream after its Close
					c.until("the end", func() bool { return c.over[id].Kind != 0 })
					if ws := c.WS[id]; ws.State() != mintws.Closed || c.Errs[id] != nil {
						t.Fatalf("stream %d: %v, %v", id, ws.State(), c.Errs[id])
					}
				}
			}
			c.echoes(c.b)
			resets := func(f frames) int { return strings.Count(fmt.Sprint(f.noted), "RST_STREAM") }
			sent, got := resets(c.tap.ours), resets(c.tap.theirs)
			if sent > got+32 {
				t.Errorf("%d resets sent, %d received: servers count them", sent, got)
			}
			t.Logf("%d resets sent, %d received", sent, got)
		})
	}
}

// TestDropped: a server that drops TCP once the closing handshake is complete has not ended the stream, so the connection
// has an error; but the WebSocket has none.
func TestDropped(t *testing.T) {
	s := hypercorn(t)
	c := newClient(t, s, httpconn.Config{})
	id := c.open()
	c.send(id, mintws.Text("hello"))
	c.want(id, mintws.Text("hello"))
	c.send(id, mintws.Close(4242, ""))
	err := c.Until("the end", func() bool { return c.over[id].Kind != 0 })
	if c.over[id].Kind == httpconn.EventReset && (!errors.Is(err, httpconn.ErrUnexpectedEOF) || strings.Contains(err.Error(), "local")) {
		t.Errorf("the connection says %v, want %v, which is no fault of ours", err, httpconn.ErrUnexpectedEOF)
	}
	c.want(id, mintws.Close(4242, ""))
	if ws := c.WS[id]; ws.State() != mintws.Closed || c.Errs[id] != nil {
		t.Errorf("the WebSocket is %v, %v", ws.State(), c.Errs[id])
	}
}

// ending is a connection with two WebSockets, of which a is to be closed.
type ending struct {
	*client
	tap  *tap
	opt  mintws.Options
	a, b httpconn.StreamID
}

func newEnding(t *testing.T, s server, sub string) *ending {
	t.Helper()
	c := &ending{client: newClient(t, s, httpconn.Config{})}
	c.tap = newTap(c.Sock)
	c.Sock = c.tap
	if sub != "" {
		c.opt.Subprotocols = []string{sub}
	}
	c.a, c.b = c.openWith(c.opt), c.openWith(c.opt)
	c.echoes(c.a)
	c.echoes(c.b)
	return c
}

// echoed sends a message and waits for it. The mirror of libwebsockets sends what others say as well.
func (c *ending) echoed(id httpconn.StreamID) error {
	text := fmt.Sprint("message on ", id)
	if err := c.Send(id, mintws.Text(text)); err != nil {
		return err
	}
	return c.Until("the echo", func() bool {
		for _, f := range c.got[id] {
			if string(f.Payload) == text {
				c.got[id] = nil
				return true
			}
		}
		return false
	})
}

func (c *ending) echoes(id httpconn.StreamID) {
	c.t.Helper()
	if err := c.echoed(id); err != nil {
		c.t.Fatal(err)
	}
}

// get makes a plain request and waits for the response.
func (c *ending) get() (status int, err error) {
	var id httpconn.StreamID
	event := c.Event
	defer func() { c.Event = event }()
	c.Event = func(ev httpconn.Event) {
		if ev.StreamID == id && ev.Kind == httpconn.EventHeaders {
			status = ev.Status
		}
		event(ev)
	}
	c.Conn, id, err = c.Conn.Request(&c.Out, httpconn.Request{Scheme: "http", Authority: "127.0.0.1", Path: "/"})
	if err != nil {
		return 0, err
	}
	return status, c.Until("the response", func() bool { return c.over[id].Kind != 0 })
}

// rest sees whether the connection goes on after the end of a.
func (c *ending) rest() (string, error) {
	err := c.echoed(c.b)
	if err == nil {
		err = c.barrier()
	}
	if err == nil {
		err = c.echoed(c.b)
	}
	var status int
	if err == nil {
		status, err = c.get()
	}
	if err != nil {
		return "the connection ends", err
	}
	return fmt.Sprintf("goes on, GET %d", status), nil
}

// barrier waits for the answer to a PING: what the server had to say at once has been said.
func (c *ending) barrier() error {
	event := c.Event
	defer func() { c.Event = event }()
	answered := false
	c.Event = func(ev httpconn.Event) {
		answered = answered || ev.Kind == httpconn.EventPong
		event(ev)
	}
	var err error
	if c.Conn, err = c.Conn.Ping(&c.Out, [8]byte{}); err != nil {
		return err
	}
	return c.Until("the answer to PING", func() bool { return answered })
}

// outcome waits for the end of a, and returns the rest of a row of the table. code is that of the Close that must come, 0
// for any.
func (c *ending) outcome(code mintws.CloseCode, drops bool) []string {
	c.t.Helper()
	rest, err := "the connection ends", c.Until("the end of the stream", func() bool { return c.over[c.a].Kind != 0 })
	if ws := c.WS[c.a]; ws.State() != mintws.Closed || c.Errs[c.a] != nil {
		c.t.Errorf("the WebSocket is %v, %v after %v", ws.State(), c.Errs[c.a], err)
	}
	if n := len(c.got[c.a]); n == 0 || c.got[c.a][n-1].Opcode != mintws.OpClose || code != 0 && c.got[c.a][n-1].Code != code {
		c.t.Errorf("received %v, want Close %v", c.got[c.a], code)
	}
	if err == nil {
		rest, err = c.rest()
	}
	if err != nil && !drops {
		c.t.Errorf("after the end of one WebSocket: %v", err)
	}
	return []string{c.tap.theirs.of(uint32(c.a)), c.tap.ours.of(uint32(c.a)), rest}
}

// table is rows of text, each kept once.
type table struct {
	head []string
	rows []string
}

func newTable(head ...string) *table { return &table{head: head} }

func (t *table) add(cells ...string) {
	row := strings.Join(cells, "\t")
	for _, r := range t.rows {
		if r == row {
			return
		}
	}
	t.rows = append(t.rows, row)
}

func (t *table) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = io.WriteString(w, strings.Join(t.head, "\t")+"\n"+strings.Join(t.rows, "\n")+"\n")
	_ = w.Flush()
	return b.String()
}
