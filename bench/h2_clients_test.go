package bench

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// h2Client is a client of the h2Server, or of the loopServer where that is compared.
type h2Client interface {
	// ask asks for count messages of n bytes, on a new stream where there are streams.
	ask(n, count int) error
	// receive receives count of them.
	receive(count int) error
	// send sends p as one message count times.
	send(count int, p []byte) error
	// close closes the socket.
	close()
}

// h2Lib is a library; open connects it to addr for one direction, with a window for what it receives, or its own default if
// that is 0.
type h2Lib struct {
	name    string
	version httpconn.Version
	open    func(addr string, up bool, window int) (h2Client, error)
}

// h2Libs are in the order of the tables. xnet is x/net's http2.Transport with its own defaults: a GET whose response, or a POST
// whose content, is the bytes of frames, which gobwas's low-level functions read and write. framer is x/net's Framer, which
// gives credit for every frame.
var h2Libs = []h2Lib{
	{"mintws", httpconn.HTTP2, mintTunnel(httpconn.HTTP2)},
	{"mintws+http1", httpconn.HTTP1, mintTunnel(httpconn.HTTP1)},
	{"xnet", httpconn.HTTP2, openTransport},
	{"framer", httpconn.HTTP2, openFramer},
}

// errLength is a message that is not as long as those that were asked for.
var errLength = errors.New("a message of another length")

// mintClient is ours, with a session.Joiner, over either version.
type mintClient struct {
	sock net.Conn
	url  string
	conn httpconn.Conn
	ws   mintws.WebSocket
	out  httpconn.Output
	in   mintws.Inbox
	join session.Joiner
	buf  []byte

	n, have int // how long messages are; that were received and not asked for yet
}

// mintTunnel returns a function that opens one.
func mintTunnel(version httpconn.Version) func(addr string, up bool, window int) (h2Client, error) {
	return func(addr string, up bool, window int) (h2Client, error) {
		c, err := &mintClient{url: "ws://" + addr, buf: make([]byte, 64<<10)}, error(nil)
		c.join.Keep = 2 << 20
		c.sock, c.conn, err = httpdial.Dial(context.Background(), c.url, &c.out, httpdial.Options{
			Proxy: httpdial.NoProxy, Protocols: []httpconn.Version{version}, Config: httpconn.Config{StreamWindow: int32(window)}})
		if err != nil {
			return nil, err
		}
		switch {
		case err == nil && up && version == httpconn.HTTP1:
			err = c.upgrade("/drain")
		case err == nil && up:
			err = c.upgrade("/up")
		case err == nil && version == httpconn.HTTP1:
			err = c.upgrade("/source")
		}
		if err != nil {
			c.sock.Close()
			return nil, err
		}
		return c, nil
	}
}

// upgrade opens a WebSocket.
func (c *mintClient) upgrade(path string) (err error) {
	c.conn, c.ws, err = mintws.Upgrade(c.conn, &c.out, c.url+path, mintws.Options{Delivery: mintws.DeliverPayload})
	if err == nil {
		err = c.write()
	}
	for err == nil && c.ws.State() == mintws.Connecting {
		err = c.step()
	}
	return err
}

// write writes what is to be written.
func (c *mintClient) write() error {
	if len(c.out.Send) == 0 {
		return nil
	}
	_, err := c.sock.Write(c.out.Send)
	c.out.Send = c.out.Send[:0]
	return err
}

// step reads once, takes what came, and answers. Over HTTP/1.1 what belongs to a long message is read to where it stays.
func (c *mintClient) step() error {
	c.out.Reset()
	c.in.Reset()
	to := c.buf
	if c.conn.Version() == httpconn.HTTP1 {
		if space := c.join.Space(len(c.buf)); space != nil {
			to = space
		}
	}
	n, err := c.sock.Read(to)
	if err != nil {
		return err
	}
	if c.conn, err = c.conn.Stream(&c.out, to[:n]); err != nil {
		return err
	}
	for _, ev := range c.out.Events {
		if c.conn, c.ws, err = mintws.Receive(c.conn, &c.out, c.ws, &c.in, ev); err != nil {
			return err
		}
	}
	for _, f := range c.in.Frames {
		msg, whole, err := c.join.Add(f)
		if err != nil {
			return err
		}
		if whole {
			if c.have++; len(msg.Payload) != c.n {
				return errLength
			}
			sink = msg.Payload
		}
	}
	return c.write()
}

func (c *mintClient) ask(n, count int) error {
	c.n = n
	if c.conn.Version() == httpconn.HTTP2 {
		return c.upgrade(fmt.Sprintf("/down?%d&%d", n, count))
	}
	return c.send(1, fmt.Append(nil, count))
}

func (c *mintClient) receive(count int) error {
	for c.have < count {
		if err := c.step(); err != nil {
			return err
		}
	}
	c.have -= count
	return nil
}

// send goes on when nothing waits for a window any more.
func (c *mintClient) send(count int, p []byte) (err error) {
	for range count {
		c.out.Reset()
		if c.conn, c.ws, err = mintws.Send(c.conn, &c.out, c.ws, mintws.Binary(p)); err != nil {
			return err
		}
		if err = c.write(); err != nil {
			return err
		}
		for c.conn.Buffered(0) > 0 {
			if err = c.step(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *mintClient) close() { c.sock.Close() }
