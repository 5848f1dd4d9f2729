package http2_test

import (
	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/h2test"
)

// afterBoth makes a server that goes on with a stream that both sides have ended, after a closing handshake.
func afterBoth(then func(s *h2test.Server, id uint32) error) func(s *h2test.Server) error {
	return func(s *h2test.Server) error {
		id, err := s.Opened()
		// The Close of the server, and the end of its side; the client answers and ends its own.
		_ = s.WriteData(id, true, []byte{0x88, 0x02, 0x03, 0xe8})
		for err == nil {
			var f h2test.Frame
			if f, err = s.Next(); f.Type == http2.FrameData && f.StreamEnded() {
				return then(s, id)
			}
		}
		return err
	}
}

// flood opens the WebSocket and sends frames of content, n of them, all of which together are the beginning of one large
// message.
func flood(s *h2test.Server, n, size int) error {
	id, err := s.Opened()
	head := []byte{0x82, 127, 0, 0, 0, 0, 0, 0xf0, 0, 0}
	for range n {
		p := append(head, make([]byte, size-len(head))...)
		for head = nil; len(p) > 0; {
			k := min(len(p), 16384)
			_ = s.WriteData(id, false, p[:k])
			p = p[k:]
		}
	}
	return err
}

// block makes a server that answers with the given header block.
func block(b ...byte) func(s *h2test.Server) error {
	return func(s *h2test.Server) error {
		id, err := s.Asked()
		s.WriteBlock(id, b, h2test.Head{})
		return err
	}
}

const squeeze = http2.ErrCodeCompression

var illegalBlocks = []illegal{
	{name: "CONTINUATION without HEADERS", section: "6.10", want: malformed, code: protocolError,
		play: raw(http2.FrameContinuation, 4, 0, 0x88)},
	{name: "CONTINUATION on the connection", section: "6.10", want: malformed, code: protocolError,
		play: raw(http2.FrameContinuation, 4, onConn)},
	{name: "PING in a header block", section: "6.10", want: malformed, code: protocolError,
		play: func(s *h2test.Server) error {
			id, err := s.Asked()
			_ = s.WriteRawFrame(http2.FrameHeaders, 0, id, []byte{0x88})
			_ = s.WritePing(false, [8]byte{})
			return err
		}},
	{name: "unknown frame in a header block", section: "5.5", want: malformed, code: protocolError,
		play: func(s *h2test.Server) error {
			id, err := s.Asked()
			_ = s.WriteRawFrame(http2.FrameHeaders, 0, id, []byte{0x88})
			_ = s.WriteRawFrame(0xee, 0, id, nil)
			return err
		}},
	{name: "CONTINUATION of another stream", section: "6.10", want: malformed, code: protocolError,
		play: func(s *h2test.Server) error {
			id, err := s.Asked()
			_ = s.WriteRawFrame(http2.FrameHeaders, 0, id, []byte{0x88})
			_ = s.WriteContinuation(id+2, true, nil)
			return err
		}},
	{name: "endless CONTINUATION", section: "10.5.1", want: httpconn.ErrHeaderTooLarge, code: calm, fed: 160 << 10,
		play: func(s *h2test.Server) error {
			id, err := s.Asked()
			_ = s.WriteRawFrame(http2.FrameHeaders, 0, id, []byte{0x88})
			for p := make([]byte, 16384); err == nil; err = s.Flush() {
				_ = s.WriteContinuation(id, false, p)
			}
			return err
		}},
	{name: "endless empty CONTINUATION", section: "10.5", want: httpconn.ErrHeaderTooLarge, code: calm,
		play: func(s *h2test.Server) error {
			id, err := s.Asked()
			for _ = s.WriteRawFrame(http2.FrameHeaders, 0, id, nil); err == nil; err = s.Flush() {
				_ = s.WriteContinuation(id, false, nil)
			}
			return err
		}},
	{name: "index 0", section: "RFC 7541 6.1", want: malformed, code: squeeze, play: block(0x80)},
	{name: "index beyond the tables", section: "RFC 7541 2.3.3", want: malformed, code: squeeze, play: block(0x88, 0xbe)},
	{name: "endless integer", section: "RFC 7541 5.1", want: malformed, code: squeeze,
		play: block(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1)},
	{name: "string longer than its block", section: "RFC 7541 5.2", want: malformed, code: squeeze,
		play: block(0x88, 0x00, 0x05, 'a')},
	{name: "Huffman EOS", section: "RFC 7541 5.2", want: malformed, code: squeeze,
		play: block(0x88, 0x00, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00)},
	{name: "Huffman padding of 8 bits", section: "RFC 7541 5.2", want: malformed, code: squeeze,
		play: block(0x88, 0x00, 0x82, 0x1f, 0xff, 0x00)},
	{name: "table size beyond the limit", section: "RFC 7541 6.3", want: malformed, code: squeeze,
		play: block(0x3f, 0xe2, 0x1f, 0x88)},
	{name: "table size update inside a block", section: "RFC 7541 4.2", want: malformed, code: squeeze,
		play: block(0x88, 0x20)},
	{name: "block that ends in a field", section: "RFC 7541 6.2", want: malformed, code: squeeze, play: block(0x88, 0x40)},
	{name: "garbage", section: "4.3", want: malformed, code: squeeze, play: block([]byte("this is not compressed")...)},
}

// endless makes a server that opens the WebSocket and then repeats frames for ever, with so little work allowed that the end
// is seen soon.
func endless(name, section string, write func(s *h2test.Server, id uint32, i int)) illegal {
	return illegal{name: name, section: section, want: httpconn.ErrFlood, code: calm,
		cfg: httpconn.Config{Limits: httpconn.Limits{MaxWork: 1000}},
		play: func(s *h2test.Server) error {
			id, err := s.Opened()
			for i := 0; err == nil; i++ {
				write(s, id, i)
				err = s.Flush()
			}
			return err
		}}
}

var illegalFloods = []illegal{
	endless("endless change of windows", "10.5", func(s *h2test.Server, _ uint32, i int) {
		_ = s.WriteSettings(setting(initialWindow, uint32(i%2))...)
	}),
	endless("endless change of windows between Pings", "10.5", func(s *h2test.Server, id uint32, i int) {
		_ = s.WriteSettings(setting(initialWindow, uint32(i%2))...)
		if i%4 == 0 {
			_ = s.WriteData(id, false, []byte{0x89, 0})
		}
	}),
}
