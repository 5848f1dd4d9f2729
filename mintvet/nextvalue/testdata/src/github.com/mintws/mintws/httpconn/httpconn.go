// Package httpconn stands for the real one: what the analyzer needs to see of it.
package httpconn

import "io"

type (
	Conn     struct{ state int }
	StreamID uint32
	Next     uint8
)

type Output struct {
	Send   []byte
	Events []Event
}

type Event struct {
	StreamID StreamID
	Data     []byte
}

func New(out *Output) (Conn, error) { return Conn{}, nil }

func (o *Output) WriteTo(w io.Writer) (int64, error) { return 0, nil }
func (o *Output) Take(dst []byte) []byte             { return dst }
func (o *Output) Reset()                             {}

func (c Conn) Stream(out *Output, data []byte) (Conn, error)                       { return c, nil }
func (c Conn) StreamEOF(out *Output) (Conn, error)                                 { return c, nil }
func (c Conn) Request(out *Output, path string) (Conn, StreamID, error)            { return c, 0, nil }
func (c Conn) SendData(out *Output, id StreamID, p []byte, end bool) (Conn, error) { return c, nil }
func (c Conn) Ping(out *Output, payload [8]byte) (Conn, error)                     { return c, nil }
func (c Conn) Close(out *Output) Conn                                              { return c }
func (c Conn) Next() Next                                                          { return 0 }
func (c Conn) Slots() int                                                          { return 0 }
func (c Conn) Equal(d Conn) bool                                                   { return c == d }
