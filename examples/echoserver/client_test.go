package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/mintws/mintws/mintws"
)

// testLimit is how long a client lives: a test that hangs ends with an error that says where.
const testLimit = 60 * time.Second

// wsClient is an open WebSocket in the client's role. It answers nothing by itself.
type wsClient struct {
	Conn     net.Conn
	WS       mintws.WebSocket
	Response *http.Response // to the upgrade

	r    *bufio.Reader
	in   mintws.Inbox
	next int // frames of in that Next has returned
	buf  [16 << 10]byte
	out  []byte
	fail error // how the input ended, told when the frames before it are read
}

// upgradeHead returns an upgrade request for the path, with further lines of its header.
func upgradeHead(path string, lines ...string) string {
	s := "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
	for _, line := range lines {
		s += line + "\r\n"
	}
	return s + "\r\n"
}

// dialClient connects to a TCP address and opens a WebSocket.
func dialClient(addr string, lines ...string) (*wsClient, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c, err := openClient(conn, "/", lines...)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

// openClient opens a WebSocket on a connection, which is the caller's to close if that fails.
func openClient(conn net.Conn, path string, lines ...string) (*wsClient, error) {
	if err := conn.SetDeadline(time.Now().Add(testLimit)); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(conn, upgradeHead(path, lines...)); err != nil {
		return nil, err
	}
	c := &wsClient{Conn: conn, r: bufio.NewReader(conn)}
	var err error
	if c.Response, err = http.ReadResponse(c.r, nil); err != nil {
		return nil, err
	}
	if c.Response.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("status %s", c.Response.Status)
	}
	c.WS, err = mintws.NewWebSocket(mintws.Client, mintws.Options{})
	return c, err
}

// newClient returns a client on a stream of which others have made a WebSocket.
func newClient(conn net.Conn) (*wsClient, error) {
	ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{})
	return &wsClient{Conn: conn, WS: ws, r: bufio.NewReader(conn)}, err
}

// Send writes frames, all in one Write.
func (c *wsClient) Send(frames ...mintws.Frame) (err error) {
	c.out = c.out[:0]
	for _, f := range frames {
		if c.WS, c.out, err = c.WS.AppendEncode(c.out, f); err != nil {
			return err
		}
	}
	_, err = c.Conn.Write(c.out)
	return err
}

// Next returns the next frame, valid until the next call. At the end of the bytes the error is io.EOF if the closing
// handshake is complete, and that of WebSocket.EOF otherwise.
func (c *wsClient) Next() (mintws.Frame, error) {
	for c.next == len(c.in.Frames) {
		if c.fail != nil {
			return mintws.Frame{}, c.fail
		}
		c.in.Reset()
		c.next = 0
		n, err := c.r.Read(c.buf[:])
		c.WS, c.fail = c.WS.AppendDecode(&c.in, c.buf[:n])
		if err == nil || c.fail != nil {
			continue
		}
		if err == io.EOF {
			var eof error
			if c.WS, eof = c.WS.EOF(); eof != nil {
				err = eof
			}
		}
		c.fail = err
	}
	c.next++
	return c.in.Frames[c.next-1], nil
}

// Finish reads up to the Close, answers it if that is still to be done, and reads on to the end of the bytes. It returns
// the Close, and an error if anything else came before it or if the end is not a clean one.
func (c *wsClient) Finish() (mintws.Frame, error) {
	f, err := c.Next()
	if err != nil {
		return f, fmt.Errorf("instead of a Close: %w", err)
	}
	if f.Opcode != mintws.OpClose {
		return f, fmt.Errorf("instead of a Close: %v frame of %d bytes", f.Opcode, len(f.Payload))
	}
	f = f.Clone()
	if reply, ok := c.WS.Reply(f); ok {
		if err = c.Send(reply); err != nil {
			return f, err
		}
	}
	if extra, extraErr := c.Next(); !errors.Is(extraErr, io.EOF) {
		return f, fmt.Errorf("after the Close: %v, %w", extra.Opcode, extraErr)
	}
	return f, c.Conn.Close()
}
