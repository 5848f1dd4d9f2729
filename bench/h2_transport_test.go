//lint:file-ignore SA1019 What is deprecated is what many programs use, and what is compared.

package bench

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/gobwas/ws"
	"golang.org/x/net/http2"

	"github.com/mintws/mintws/mintws"
)

// transportClient is x/net's Transport.
type transportClient struct {
	transport *http2.Transport
	url       string
	n         int
	head, buf []byte

	body *bufio.Reader // of the response

	mu    sync.Mutex
	asked sync.Cond // there is something to send, or the connection is closed
	left  int       // messages to send
	p     []byte
	over  bool
	enc   gobwasEncoder // what is being sent

	closing sync.Mutex
	sock    net.Conn
}

func openTransport(addr string, up bool, _ int) (h2Client, error) {
	c := &transportClient{url: "http://" + addr, head: make([]byte, ws.MaxHeaderSize)}
	c.asked.L = &c.mu
	c.transport = &http2.Transport{AllowHTTP: true, DialTLSContext: func(context.Context, string, string, *tls.Config) (net.Conn, error) {
		sock, err := net.Dial("tcp", addr)
		c.closing.Lock()
		c.sock = sock
		c.closing.Unlock()
		return sock, err
	}}
	if !up {
		return c, nil
	}
	r, err := http.NewRequest(http.MethodPost, c.url+"/up", (*transportBody)(c))
	if err != nil {
		return nil, err
	}
	if _, err = c.transport.RoundTrip(r); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *transportClient) ask(n, count int) error {
	r, err := http.NewRequest(http.MethodGet, fmt.Sprintf("%s/down?%d&%d", c.url, n, count), nil)
	if err != nil {
		return err
	}
	resp, err := c.transport.RoundTrip(r)
	if err != nil {
		return err
	}
	c.n, c.buf, c.body = n, make([]byte, n), bufio.NewReaderSize(resp.Body, loopBuffer)
	return nil
}

func (c *transportClient) receive(count int) error {
	for range count {
		h, err := ws.ReadHeaderBuffer(c.body, c.head)
		if err == nil {
			err = ws.CheckHeader(h, ws.StateClientSide)
		}
		if err != nil || h.Length != int64(c.n) {
			return errors.Join(err, errLength)
		}
		if _, err = io.ReadFull(c.body, c.buf); err != nil {
			return err
		}
	}
	return nil
}

// transportBody is the content of its request, which is encoded where the Transport reads it.
type transportBody transportClient

// Read waits until something is to be sent.
func (c *transportBody) Read(p []byte) (int, error) {
	for c.enc.buf.Len() == 0 {
		c.mu.Lock()
		for c.left == 0 && !c.over {
			c.asked.Wait()
		}
		c.left--
		message, over := c.p, c.over
		c.mu.Unlock()
		if over {
			return 0, net.ErrClosed
		}
		if err := c.enc.encode(mintws.Client, mintws.OpBinary, message); err != nil {
			return 0, err
		}
	}
	return c.enc.buf.Read(p)
}

// Close is called by the Transport.
func (c *transportBody) Close() error { return nil }

func (c *transportClient) send(count int, p []byte) error {
	c.mu.Lock()
	c.left, c.p = count, p
	c.mu.Unlock()
	c.asked.Signal()
	return nil
}

func (c *transportClient) close() {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	c.asked.Signal()
	c.closing.Lock()
	defer c.closing.Unlock()
	if c.sock != nil {
		c.sock.Close()
	}
}
