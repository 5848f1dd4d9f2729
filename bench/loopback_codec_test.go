package bench

import "github.com/mintws/mintws/mintws"

// codecLib is mintws as the low-level functions of gobwas are used: after the handshake the WebSocket alone, which encodes into a
// buffer and decodes what was read. Over HTTP/1.1 that is enough; the connection only counts the bytes.
var codecLib = loopLib{"mintws+codec", loopCodec}

type codecLoop struct {
	*mintwsLoop
	frames []byte
}

func loopCodec(addr, path string) (loopClient, error) {
	c, err := loopMintws(addr, path)
	if err != nil {
		return nil, err
	}
	return &codecLoop{mintwsLoop: c.(*mintwsLoop)}, nil
}

func (c *codecLoop) trips(n int, p []byte) error { return mintwsTrips(c, &c.in, n, p) }
func (c *codecLoop) send(n int, p []byte) error  { return mintwsSend(c, n, p) }

// step reads once, and decodes what came.
func (c *codecLoop) step() error {
	c.in.Reset()
	n, err := c.sock.Read(c.buf)
	if err == nil {
		c.ws, err = c.ws.AppendDecode(&c.in, c.buf[:n])
	}
	return err
}

func (c *codecLoop) sendBatch(n int, p []byte) (err error) {
	b := c.frames[:0]
	for range n {
		if c.ws, b, err = c.ws.AppendEncode(b, mintws.Binary(p)); err != nil {
			return err
		}
	}
	c.frames = b
	_, err = c.sock.Write(b)
	return err
}
