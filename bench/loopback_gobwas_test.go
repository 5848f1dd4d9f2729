package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/mintws/mintws/mintws"
)

// gobwasLoop uses gobwas's low-level functions at their best: one buffer for each direction, one write a message.
type gobwasLoop struct {
	sock net.Conn
	r    *bufio.Reader
	buf  []byte
	enc  gobwasEncoder
}

func loopGobwas(addr, path string) (loopClient, error) {
	sock, _, _, err := ws.Dialer{}.Dial(context.Background(), "ws://"+addr+path)
	if err != nil {
		return nil, err
	}
	return &gobwasLoop{sock: sock}, nil
}

func (c *gobwasLoop) trips(n int, p []byte) error {
	if c.r == nil { // its handshake has read into memory of its own
		c.r, c.buf = bufio.NewReaderSize(c.sock, loopBuffer), make([]byte, loopBuffer)
	}
	for range n {
		if err := c.sendBatch(1, p); err != nil {
			return err
		}
		h, err := ws.ReadHeader(c.r)
		if err == nil {
			err = ws.CheckHeader(h, ws.StateClientSide)
		}
		if err != nil || h.Length > int64(len(c.buf)) {
			return fmt.Errorf("%d bytes: %w", h.Length, errors.Join(err, errEcho))
		}
		if _, err = io.ReadFull(c.r, c.buf[:h.Length]); err != nil {
			return err
		}
		if !bytes.Equal(c.buf[:h.Length], p) {
			return errEcho
		}
	}
	return nil
}

func (c *gobwasLoop) send(n int, p []byte) error {
	for range n {
		if err := c.sendBatch(1, p); err != nil {
			return err
		}
	}
	return nil
}

func (c *gobwasLoop) sendBatch(n int, p []byte) error {
	c.enc.buf.Reset()
	for range n {
		if err := c.enc.encode(mintws.Client, mintws.OpBinary, p); err != nil {
			return err
		}
	}
	_, err := c.sock.Write(c.enc.buf.Bytes())
	return err
}

func (c *gobwasLoop) wait() {
	c.buf, c.r, c.enc = nil, nil, gobwasEncoder{}
	awaitReadable(c.sock)
}

func (c *gobwasLoop) close() { c.sock.Close() }

// wsutilLoop uses gobwas's Writer and Reader, which are kept.
type wsutilLoop struct {
	sock net.Conn
	many *bufio.Writer // between w and the socket
	w    *wsutil.Writer
	r    wsutil.Reader
	buf  []byte
}

func loopWsutil(addr, path string) (loopClient, error) {
	sock, _, _, err := ws.Dialer{}.Dial(context.Background(), "ws://"+addr+path)
	if err != nil {
		return nil, err
	}
	c := &wsutilLoop{sock: sock, many: bufio.NewWriterSize(sock, loopBuffer), buf: make([]byte, loopBuffer)}
	c.w = wsutil.NewWriterSize(c.many, ws.StateClientSide, ws.OpBinary, loopBuffer)
	c.r = wsutil.Reader{Source: bufio.NewReaderSize(sock, loopBuffer), State: ws.StateClientSide, CheckUTF8: true}
	return c, nil
}

func (c *wsutilLoop) trips(n int, p []byte) error {
	for range n {
		if err := c.sendBatch(1, p); err != nil {
			return err
		}
		h, err := c.r.NextFrame()
		if err != nil || h.Length > int64(len(c.buf)) {
			return fmt.Errorf("%d bytes: %w", h.Length, errors.Join(err, errEcho))
		}
		if _, err = io.ReadFull(&c.r, c.buf[:h.Length]); err != nil {
			return err
		}
		if !bytes.Equal(c.buf[:h.Length], p) {
			return errEcho
		}
	}
	return nil
}

func (c *wsutilLoop) send(n int, p []byte) error {
	for range n {
		if err := c.sendBatch(1, p); err != nil {
			return err
		}
	}
	return nil
}

func (c *wsutilLoop) sendBatch(n int, p []byte) error {
	for range n {
		if _, err := c.w.Write(p); err != nil {
			return err
		}
		if err := c.w.Flush(); err != nil {
			return err
		}
	}
	return c.many.Flush()
}

func (c *wsutilLoop) wait() { c.r.NextFrame() }

func (c *wsutilLoop) close() { c.sock.Close() }
