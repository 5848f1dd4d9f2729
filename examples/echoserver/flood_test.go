package main

import (
	"fmt"
	"strconv"
	"sync"

	"github.com/mintws/mintws/mintws"
)

// flood opens n connections to an echo server and keeps messages under way on all of them. When each has had an answer
// it calls stop, which makes the server shut down, and then reads every connection to its end. It returns how many
// messages came back. The error says where messages were out of order, were missing before a later one, or where a
// connection did not end with a Close 1001 and a clean end of the bytes.
func flood(addr string, n int, stop func()) (received int64, err error) {
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		started = make(chan struct{}, n)
	)
	for id := range n {
		wg.Go(func() {
			count, floodErr := floodOne(addr, id, func() { started <- struct{}{} })
			mu.Lock()
			defer mu.Unlock()
			received += count
			if floodErr != nil && err == nil {
				err = fmt.Errorf("connection %d, after %d messages: %w", id, count, floodErr)
			}
		})
	}
	for range n {
		<-started
	}
	stop()
	wg.Wait()
	return received, err
}

// floodOne is one connection of flood.
func floodOne(addr string, id int, start func()) (count int64, err error) {
	start = sync.OnceFunc(start)
	defer start() // also if nothing came
	c, err := dialClient(addr)
	if err != nil {
		return 0, err
	}
	defer c.Conn.Close()
	message := func(k int64) mintws.Frame { return mintws.Text(strconv.Itoa(id) + ":" + strconv.FormatInt(k, 10)) }
	const window = 16 // messages under way
	var sent int64
	for ; sent < window; sent++ {
		if err = c.Send(message(sent)); err != nil {
			return 0, err
		}
	}
	for {
		f, nextErr := c.Next()
		if nextErr != nil {
			return count, nextErr
		}
		if f.Opcode == mintws.OpClose {
			c.next-- // Finish reads it again
			f, err = c.Finish()
			if err == nil && f.Code != mintws.CodeGoingAway {
				err = fmt.Errorf("closed with %v", f.Code)
			}
			return count, err
		}
		if want := message(count); f.Opcode != mintws.OpText || string(f.Payload) != string(want.Payload) {
			return count, fmt.Errorf("%v frame %q, want %q", f.Opcode, f.Payload, want.Payload)
		}
		count++
		start()
		if err = c.Send(message(sent)); err != nil {
			return count, err
		}
		sent++
	}
}
