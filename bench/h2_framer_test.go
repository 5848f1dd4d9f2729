package bench

import (
	"bufio"
	"fmt"
	"net"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
)

// framerClient is x/net's Framer on the socket. It knows what comes, and gives credit for each frame.
type framerClient struct {
	sock   net.Conn
	w      *bufio.Writer
	framer *http2.Framer
	id     uint32
	wire   int64 // a message's bytes
	have   int64 // received and not asked for

	sent  int64 // what there is of the server's windows, which are of the same size
	frame []byte
	of    *byte // what is in frame
}

func openFramer(addr string, up bool, window int) (h2Client, error) {
	sock, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &framerClient{sock: sock, w: bufio.NewWriterSize(sock, 64<<10), id: 1}
	c.framer = http2.NewFramer(c.w, bufio.NewReaderSize(sock, 64<<10))
	c.framer.SetReuseFrames()
	if window == 0 {
		window = httpconn.DefaultStreamWindow
	}
	c.w.WriteString(http2.ClientPreface)
	c.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(window)})
	c.framer.WriteWindowUpdate(0, httpconn.DefaultConnWindow-65535)
	if up {
		err = c.request("/up")
	}
	if err != nil {
		sock.Close()
		return nil, err
	}
	return c, nil
}

// request sends one, whose fields are not Huffman-coded and in no table (RFC 7541 section 6.2.2), and waits for its answer.
func (c *framerClient) request(path string) error {
	block := append([]byte{0x82, 0x86, 0x01, byte(len("h")), 'h', 0x04, byte(len(path))}, path...) // GET, http, :authority, :path
	c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: c.id, BlockFragment: block, EndHeaders: true})
	if err := c.w.Flush(); err != nil {
		return err
	}
	for {
		f, err := c.framer.ReadFrame()
		if err != nil {
			return err
		}
		switch f := f.(type) {
		case *http2.HeadersFrame:
			return nil
		case *http2.SettingsFrame:
			if window, ok := f.Value(http2.SettingInitialWindowSize); ok {
				c.sent = int64(window)
				c.framer.WriteSettingsAck()
			}
		}
	}
}

func (c *framerClient) ask(n, count int) error {
	c.wire = int64(len(floorHeader(nil, 2, n)) + n)
	err := c.request(fmt.Sprintf("/down?%d&%d", n, count))
	c.id += 2 // of the next one
	return err
}

func (c *framerClient) receive(count int) error {
	for want := int64(count) * c.wire; c.have < want; {
		f, err := c.framer.ReadFrame()
		if err != nil {
			return err
		}
		data, ok := f.(*http2.DataFrame)
		if !ok {
			continue
		}
		n := uint32(len(data.Data()))
		c.have += int64(n)
		c.framer.WriteWindowUpdate(0, n)
		c.framer.WriteWindowUpdate(data.StreamID, n)
		if err = c.w.Flush(); err != nil {
			return err
		}
	}
	c.have -= int64(count) * c.wire
	return nil
}

// send does not look at the window of the connection, as there is one stream, whose window is the same.
func (c *framerClient) send(count int, p []byte) error {
	if c.of != &p[0] {
		c.of, c.frame = &p[0], floorEncode(make([]byte, 0, 14+len(p)), 2, p, floorKey)
	}
	for range count {
		for rest := c.frame; len(rest) > 0; {
			n := int(min(int64(len(rest)), h2MaxFrame, c.sent))
			if n > 0 {
				c.framer.WriteData(c.id, false, rest[:n])
				rest = rest[n:]
				c.sent -= int64(n)
				continue
			}
			if err := c.w.Flush(); err != nil {
				return err
			}
			f, err := c.framer.ReadFrame()
			if err != nil {
				return err
			}
			if credit, ok := f.(*http2.WindowUpdateFrame); ok && credit.StreamID != 0 {
				c.sent += int64(credit.Increment)
			}
		}
	}
	return c.w.Flush()
}

func (c *framerClient) close() { c.sock.Close() }
