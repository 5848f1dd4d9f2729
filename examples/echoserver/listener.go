package main

import (
	"net"
	"sync"
	"time"
)

// limited is a listener with at most so many connections at a time. Further ones wait in the system's queue, where they cost no
// descriptor.
type limited struct {
	*net.TCPListener
	places chan struct{} // has room for as many as there may be connections
	closed chan struct{}
	once   sync.Once
	first  time.Duration
}

// limit wraps a listener. first is how long a connection may take to send its first bytes: http.Server, where it speaks HTTP/2
// without TLS, waits for these without a deadline.
func limit(l *net.TCPListener, connections int, first time.Duration) *limited {
	return &limited{TCPListener: l, places: make(chan struct{}, connections), closed: make(chan struct{}), first: first}
}

// Accept implements net.Listener.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.AcceptTCP()
	if err == nil {
		err = c.SetReadDeadline(time.Now().Add(l.first))
	}
	if err != nil {
		if c != nil {
			c.Close()
		}
		<-l.places
		return nil, err
	}
	return &limitedConn{TCPConn: c, leave: sync.OnceFunc(func() { <-l.places })}, nil
}

// Close implements net.Listener.
func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.TCPListener.Close()
}

// limitedConn frees its place when it is closed. It has the methods of a TCP connection: package wshttp needs CloseWrite.
type limitedConn struct {
	*net.TCPConn
	leave func()
}

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	defer c.leave()
	return c.TCPConn.Close()
}
