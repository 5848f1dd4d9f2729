package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wsconn"
)

// once opens a WebSocket, has one message echoed, and closes.
func (m *measure) once() error {
	c, err := wsconn.Dial(m.ctx, m.url, wsconn.Options{})
	if err != nil {
		return err
	}
	defer c.CloseNow()
	if err = echo(m.ctx, c, "Hello"); err != nil {
		return err
	}
	return c.Close(mintws.CodeNormal, "")
}

func echo(ctx context.Context, c *wsconn.Conn, message string) error {
	if err := c.Write(ctx, mintws.OpText, []byte(message)); err != nil {
		return err
	}
	if _, p, err := c.Read(ctx); err != nil || string(p) != message {
		return fmt.Errorf("%q came back: %w", p, err)
	}
	return nil
}

// transfer sends m.size MiB to the backend and gets them back, with a reader that is slower than the writer. Meanwhile 20
// clients send and read nothing at all, and one wants short messages answered quickly.
func (m *measure) transfer() (err error) {
	ctx, cancel := context.WithCancel(m.ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	stop := heap()
	const piece = 64 << 10
	c, err := wsconn.Dial(ctx, m.url, wsconn.Options{})
	if err != nil {
		return err
	}
	defer c.CloseNow()
	var deaf [20]*wsconn.Conn
	for i := range deaf {
		deaf[i], err = wsconn.Dial(ctx, m.url, wsconn.Options{WriteTimeout: -1, Dial: httpdial.Options{DialContext: narrow}})
		if err != nil {
			return err
		}
		defer deaf[i].CloseNow()
	}
	for _, d := range deaf {
		all.Go(func() {
			for p := make([]byte, piece); d.Write(ctx, mintws.OpBinary, p) == nil; {
			}
		})
	}
	times := make(chan []time.Duration, 1)
	all.Go(func() { times <- m.hurry(ctx) })
	began := time.Now()
	all.Go(func() {
		p := make([]byte, piece)
		for i := range m.size << 20 / piece {
			binary.BigEndian.PutUint64(p, uint64(i))
			if c.Write(ctx, mintws.OpBinary, p) != nil {
				return // the reader finds out
			}
		}
	})
	total := 0
	want := make([]byte, piece)
	for i := range m.size << 20 / piece {
		_, p, readErr := c.Read(ctx)
		if binary.BigEndian.PutUint64(want, uint64(i)); readErr != nil || !bytes.Equal(p, want) {
			return fmt.Errorf("message %d came back with %d bytes: %w", i, len(p), readErr)
		}
		if total += len(p); total%(1<<20) == 0 {
			time.Sleep(2 * time.Millisecond)
		}
	}
	took := time.Since(began)
	if err = c.Close(mintws.CodeNormal, ""); err != nil {
		return err
	}
	cancel()
	quick := <-times
	slices.Sort(quick)
	fmt.Fprintf(m.w, "to the backend and back:      %d MiB in %v, read slowly, beside 20 clients that read nothing\n", total>>20, took.Round(time.Millisecond))
	fmt.Fprintf(m.w, "heap in use:                  at most %.1f MiB, those of the clients and the backend with it\n", float64(stop())/(1<<20))
	if len(quick) == 0 {
		return errors.New("the short messages were not answered")
	}
	fmt.Fprintf(m.w, "short messages meanwhile:     %d, answered in %v, 99 of 100 within %v\n", len(quick),
		quick[len(quick)/2].Round(time.Microsecond), quick[len(quick)*99/100].Round(time.Microsecond))
	return nil
}

// narrow dials with a small buffer for what comes, so that little is taken that is not read.
func narrow(ctx context.Context, network, address string) (net.Conn, error) {
	sock, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		err = sock.(*net.TCPConn).SetReadBuffer(16 << 10)
	}
	return sock, err
}

// hurry returns how long each of its messages was under way.
func (m *measure) hurry(ctx context.Context) (times []time.Duration) {
	c, err := wsconn.Dial(ctx, m.url, wsconn.Options{})
	if err != nil {
		return nil
	}
	defer c.CloseNow()
	for {
		began := time.Now()
		if echo(ctx, c, "quick") != nil {
			return times
		}
		times = append(times, time.Since(began))
		time.Sleep(time.Millisecond)
	}
}

// vanishing opens WebSockets that are lost: idle, in the middle of a message with answers unread, and before they are open.
func (m *measure) vanishing() error {
	lost := m.lost.Load()
	opened, asked := int64(0), int64(0)
	var open []*wsconn.Conn
	for i := range m.vanish {
		if i%3 == 2 {
			sock, err := net.Dial("tcp", strings.TrimPrefix(m.url, "ws://"))
			if err != nil {
				return err
			}
			request := "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
				"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
			sock.Write([]byte(request[:len(request)-i%2])) // some without their last byte
			sock.Close()
			asked += int64(1 - i%2)
			continue
		}
		c, err := wsconn.Dial(m.ctx, m.url, wsconn.Options{})
		if err == nil {
			err = echo(m.ctx, c, "Hello")
		}
		if err == nil && i%3 == 1 {
			if err = c.Write(m.ctx, mintws.OpBinary, make([]byte, 100<<10)); err == nil {
				w, writeErr := c.Writer(m.ctx, mintws.OpText)
				if err = writeErr; err == nil {
					_, err = w.Write(make([]byte, 10<<10))
				}
			}
		}
		if err != nil {
			return err
		}
		opened++
		open = append(open, c)
	}
	for _, c := range open {
		c.CloseNow() // the socket, and no word
	}
	for end := time.Now().Add(10 * time.Second); m.lost.Load()-lost < opened+asked && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	seen := m.lost.Load() - lost
	fmt.Fprintf(m.w, "clients that vanished:        %d: %d open, %d waiting for the answer, %d with half a request\n", m.vanish, opened, asked,
		int64(m.vanish)-opened-asked)
	fmt.Fprintf(m.w, "the backend was told of:      %d\n", seen)
	if seen != opened+asked {
		return fmt.Errorf("it should have been told of %d", opened+asked)
	}
	return nil
}
