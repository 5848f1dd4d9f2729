package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
	"github.com/mintws/mintws/mintws/wshttp"
)

var errFull = errors.New("relay: the backend takes no more streams")

// accept serves those who come, each with one goroutine. Who comes while there are too many waits in the listener's queue.
func (r *relay) accept(ctx context.Context, l net.Listener) {
	for ctx.Err() == nil {
		select {
		case r.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		sock, err := l.Accept()
		if err != nil {
			if <-r.slots; errors.Is(err, net.ErrClosed) {
				return
			}
			time.Sleep(10 * time.Millisecond) // out of descriptors, perhaps
			continue
		}
		r.pumps.Go(func() {
			defer func() { <-r.slots }()
			r.serve(ctx, sock.(*net.TCPConn))
		})
	}
}

// serve reads a client's requests until one opens a WebSocket, and then what comes on that.
func (r *relay) serve(ctx context.Context, sock *net.TCPConn) {
	sock.SetWriteBuffer(window / 2) // so that a slow client does not hold megabytes in there either
	var head handshake.Head
	var data, answer []byte
	for again := true; again; {
		var req *http.Request
		var err error
		req, head, data, err = r.request(ctx, sock, head, data)
		if req == nil && err == nil {
			sock.Close() // the client is gone
			return
		}
		c := &client{sock: sock, request: req, answer: make(chan error, 1), again: make(chan struct{}, 1), box: outbox{sock: sock, keep: 4 << 10}}
		if err == nil { // judge it before the backend is asked
			_, _, _, err = mintws.Accept(req, c.accepts(func(offered []string) string { c.offered = offered; return "" }))
		}
		if err == nil {
			if !r.hand(func() { r.join(c) }) {
				sock.Close()
				return
			}
			if err = <-c.answer; err == nil {
				r.read(sock, chunk, data, c.again, func(p []byte, readErr error) { r.fromClient(c, p, readErr) })
				return
			}
		}
		answer, again = handshake.AppendRefusal(answer[:0], req, err)
		sock.SetWriteDeadline(time.Now().Add(time.Second))
		sock.Write(answer)
	}
	wshttp.Linger(sock, time.Second)
}

// request reads the head of a request, of which data has come already. Without a request and without an error there is none.
func (r *relay) request(ctx context.Context, sock net.Conn, head handshake.Head, data []byte) (*http.Request, handshake.Head, []byte, error) {
	sock.SetReadDeadline(time.Now().Add(10 * time.Second))
	defer context.AfterFunc(ctx, func() { sock.SetReadDeadline(time.Now()) })()
	buf := make([]byte, 4<<10)
	for {
		var req *http.Request
		var err error
		if head, req, data, err = head.Feed(data); req != nil || err != nil {
			sock.SetReadDeadline(time.Time{})
			return req, head, data, err
		}
		n, err := sock.Read(buf)
		if data = buf[:n]; n == 0 && (err != nil || err == io.EOF) {
			return nil, head, nil, nil
		}
	}
}

// accepts says how a client's WebSocket is opened. Whether its Origin may connect is for the backend to say.
func (c *client) accepts(choose func([]string) string) mintws.AcceptOptions {
	return mintws.AcceptOptions{Choose: choose, CheckOrigin: func(*http.Request) error { return nil }, Delivery: mintws.DeliverPayload}
}

// join asks the backend for c's WebSocket.
func (r *relay) join(c *client) {
	header := http.Header{}
	for _, name := range []string{"Authorization", "Cookie", "User-Agent"} {
		if v := c.request.Header.Values(name); len(v) > 0 {
			header[name] = v
		}
	}
	if host, _, err := net.SplitHostPort(c.sock.RemoteAddr().String()); err == nil {
		header.Set("X-Forwarded-For", host)
	}
	if r.leaving || r.conn.Slots() == 0 {
		c.answer <- refusal(http.StatusServiceUnavailable, "no room", errFull)
		return
	}
	var err error
	r.conn, c.up, err = mintws.Upgrade(r.conn, &r.out, r.backend+c.request.URL.RequestURI(), mintws.Options{
		Header: header, Origin: c.request.Header.Get("Origin"), Subprotocols: c.offered,
		Delivery:    mintws.DeliverPayload, // messages of any size pass in pieces
		ManualReply: true,                  // a Close is answered by the other hop, and a Ping when there is room
	})
	if err != nil {
		c.answer <- refusal(http.StatusBadGateway, "the backend cannot be asked", err)
		return
	}
	c.upTime = r.upTime
	r.clients[c.up.StreamID()] = c
}

// answered opens the client's WebSocket as the backend has opened its own, or refuses it for the same reason.
func (r *relay) answered(c *client, header http.Header, err error) {
	var refused *mintws.HandshakeError
	if err != nil && !errors.As(err, &refused) {
		err = refusal(http.StatusBadGateway, "the backend did not answer", err)
	}
	if err == nil {
		opt := c.accepts(func([]string) string { return c.up.Subprotocol() })
		if v := header.Values("Set-Cookie"); len(v) > 0 {
			opt.Header = http.Header{"Set-Cookie": v}
		}
		var status int
		var answer http.Header
		if c.down, status, answer, err = mintws.Accept(c.request, opt); err == nil {
			c.box.next, err = handshake.AppendAnswer(c.box.next, status, answer)
		}
	}
	if err != nil {
		c.downOver = true
		r.cancel(c)
	}
	c.isAnswered, c.downTime = true, r.downTime
	c.answer <- err
}
