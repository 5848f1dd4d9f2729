package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// h2server speaks HTTP/2 as a test wants it: frame by frame, with any number of connections, one after the other.
type h2server struct {
	target string
	bodies chan []byte // what the client wrote on each stream, once it has ended it
	opened chan int    // the number of the connection (from 0), for each stream
	codes  chan http2.ErrCode
}

// h2stream answers a stream with f. It is called with the number of the connection.
type h2stream func(f *http2.Framer, connection int, id uint32) error

// errHangUp from an h2stream closes the connection.
var errHangUp = errors.New("hang up")

// serveH2 starts a server that announces settings besides extended CONNECT. It gives credit for all that it reads.
func serveH2(t *testing.T, answer h2stream, settings ...http2.Setting) *h2server {
	t.Helper()
	target, ln := listen(t)
	s := &h2server{target: target, bodies: make(chan []byte, 100), opened: make(chan int, 100),
		codes: make(chan http2.ErrCode, 100)}
	done := make(chan struct{})
	t.Cleanup(func() { _ = ln.Close(); <-done })
	settings = append(settings, http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: 1})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			sock, err := ln.Accept()
			if err != nil {
				return
			}
			_ = sock.SetDeadline(time.Now().Add(20 * time.Second))
			s.serve(sock, i, answer, settings) // the client has one connection at a time
			sock.Close()
		}
	}()
	return s
}

// serve serves one connection until it ends.
func (s *h2server) serve(sock net.Conn, connection int, answer h2stream, settings []http2.Setting) {
	preface := make([]byte, len(http2.ClientPreface))
	f := http2.NewFramer(sock, sock)
	if _, err := io.ReadFull(sock, preface); err != nil || f.WriteSettings(settings...) != nil {
		return
	}
	body := map[uint32]*bytes.Buffer{}
	finish := func(id uint32) {
		if b := body[id]; b != nil {
			s.bodies <- unmask(b.Bytes())
			delete(body, id)
		}
	}
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return
		}
		id := frame.Header().StreamID
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				err = f.WriteSettingsAck()
			}
		case *http2.HeadersFrame:
			body[id] = new(bytes.Buffer)
			s.opened <- connection
			err = answer(f, connection, id)
		case *http2.DataFrame:
			if b := body[id]; b != nil {
				b.Write(frame.Data())
			}
			if n := frame.Header().Length; n > 0 {
				err = errors.Join(f.WriteWindowUpdate(0, n), f.WriteWindowUpdate(id, n))
			}
			if frame.StreamEnded() {
				finish(id)
			}
		case *http2.RSTStreamFrame:
			s.codes <- frame.ErrCode
			finish(id)
		}
		if err != nil {
			return
		}
	}
}

// next waits for what the server has to tell.
func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came")
		panic("not reached")
	}
}

// respond writes a head that is a status and nothing else.
func respond(f *http2.Framer, id uint32, end bool, status string) error {
	var block bytes.Buffer
	_ = hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: status})
	return f.WriteHeaders(http2.HeadersFrameParam{
		StreamID: id, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: end})
}

// saying is an h2stream that opens the stream, says what is to be said and, unless it hangs, ends it.
func saying(say string, hang bool) h2stream {
	return func(f *http2.Framer, _ int, id uint32) error {
		return errors.Join(respond(f, id, false, "200"), f.WriteData(id, !hang, []byte(say)))
	}
}
