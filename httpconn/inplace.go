package httpconn

import (
	"golang.org/x/net/http2"

	"github.com/mintws/mintws/internal/inplace"
)

// InPlace is for the other packages of this module, which alone can name its parameter. They advance a Conn of their own where it
// stands, and copy it once on its way in and once on its way out. For everybody else a Conn is immutable.
func (c *Conn) InPlace(inplace.Key) *inPlace { return (*inPlace)(c) }

// inPlace is a Conn whose methods do what those of Conn do, and leave the next Conn in the place of the one that they are called
// on. They are small enough to be inlined, so that nothing stands between the caller and the machine.
type inPlace Conn

// Stream is Conn.Stream.
func (c *inPlace) Stream(out *Output, data []byte) error { return (*Conn)(c).receive(out, data) }

// StreamEOF is Conn.StreamEOF.
func (c *inPlace) StreamEOF(out *Output) error { return (*Conn)(c).receiveEOF(out) }

// SendData is Conn.SendData.
func (c *inPlace) SendData(out *Output, id StreamID, p []byte, end bool) error {
	return (*Conn)(c).sendData(out, id, p, end)
}

// BeginData is Conn.BeginData.
func (c *inPlace) BeginData(out *Output, id StreamID, size int) (mark int, err error) {
	return (*Conn)(c).beginData(out, id, size)
}

// EndData is Conn.EndData.
func (c *inPlace) EndData(out *Output, id StreamID, mark int, end bool) error {
	return (*Conn)(c).endData(out, id, mark, end)
}

// Finish is Conn.Finish.
func (c *inPlace) Finish(out *Output, id StreamID) error { return (*Conn)(c).finish(out, id) }

// Cancel is Conn.Cancel.
func (c *inPlace) Cancel(out *Output, id StreamID, code http2.ErrCode) error {
	return (*Conn)(c).cancel(out, id, code)
}
