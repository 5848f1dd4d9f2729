package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// recorder writes what goes over a connection into a file.
type recorder struct {
	mu      sync.Mutex
	w       io.Writer
	secrets bool
	began   time.Time
	heads   map[byte][]byte // what has come of a head, in each direction, as long as that is not complete
	pieces  int
	total   int
	err     error // why nothing more is recorded
}

func newRecorder(w io.Writer, secrets bool) *recorder {
	r := &recorder{w: w, secrets: secrets, began: time.Now(), heads: map[byte][]byte{'>': {}, '<': {}}}
	_, r.err = io.WriteString(w, firstLine+"\n")
	return r
}

// add records bytes. A head is held back until it is complete, so that nothing of a secret is written however it was cut.
func (r *recorder) add(from byte, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if head, ok := r.heads[from]; ok {
		data = append(head, data...)
		end := bytes.Index(data, []byte("\r\n\r\n")) + 4
		if end < 4 && len(data) < maxPiece {
			r.heads[from] = data
			return
		}
		delete(r.heads, from)
		if end < 4 || end > maxPiece {
			r.err = errors.Join(r.err, errLimit) // a head of 64 KiB that cannot be redacted
			return
		}
		if !r.secrets {
			redact(data[:end])
		}
		r.write(piece{from: from, data: data[:end]})
		data = data[end:]
	}
	for len(data) > 0 {
		n := min(len(data), maxPiece)
		r.write(piece{from: from, data: data[:n]})
		data = data[n:]
	}
}

// end records that nothing more comes. What has come of a head is not written.
func (r *recorder) end(from byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.write(piece{from: from, end: true})
}

func (r *recorder) write(p piece) {
	p.at = time.Since(r.began)
	r.pieces++
	if r.total += len(p.data); r.err == nil && (r.pieces > maxPieces || r.total > maxBytes) {
		r.err = errLimit
	}
	if r.err == nil {
		_, r.err = io.WriteString(r.w, p.String())
	}
}

// failed says why the recording is not whole, or nil.
func (r *recorder) failed() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// recorded is a connection with its recorder.
type recorded struct {
	net.Conn
	r    *recorder
	once sync.Once
}

func (c *recorded) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.r.add('<', p[:n])
	}
	if err == io.EOF {
		c.r.end('<')
	}
	return n, err
}

func (c *recorded) Write(p []byte) (int, error) {
	c.r.add('>', p) // before the answer can come, which another goroutine reads
	return c.Conn.Write(p)
}

func (c *recorded) Close() error {
	c.once.Do(func() { c.r.end('>') })
	return c.Conn.Close()
}
