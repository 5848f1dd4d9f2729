package httpconn

import (
	"net/http"

	"golang.org/x/net/http2"
)

// Conn is an immutable HTTP client connection.
type Conn struct{ n Next }

func New(v Version, cfg Config, out *Output) (Conn, error) {
	if v != HTTP1 {
		return Conn{}, ErrUnsupported
	}
	return Conn{n: NextRead}, nil
}
func (c Conn) Stream(out *Output, data []byte) (Conn, error)          { return c, ErrClosed }
func (c Conn) StreamEOF(out *Output) (Conn, error)                    { return c, ErrClosed }
func (c Conn) Request(out *Output, r Request) (Conn, StreamID, error) { return c, 0, ErrClosed }
func (c Conn) SendData(out *Output, id StreamID, p []byte, end bool) (Conn, error) {
	return c, ErrClosed
}
func (c Conn) BeginData(out *Output, id StreamID, size int) (mark int, err error) {
	return 0, ErrClosed
}
func (c Conn) EndData(out *Output, id StreamID, mark int, end bool) (Conn, error) {
	return c, ErrClosed
}
func (c Conn) SendTrailers(out *Output, id StreamID, h http.Header) (Conn, error) {
	return c, ErrClosed
}
func (c Conn) Cancel(out *Output, id StreamID, code http2.ErrCode) (Conn, error) { return c, ErrClosed }
func (c Conn) Close(out *Output) Conn                                            { return c }
func (c Conn) Next() Next                                                        { return c.n }
func (c Conn) Version() Version                                                  { return 0 }
func (c Conn) Slots() int                                                        { return 0 }
func (c Conn) Equal(d Conn) bool                                                 { return c == d }
