package http2_test

import (
	"strings"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/h2test"
	"github.com/mintws/mintws/mintws"
)

// head makes a server that answers with a block of the given fields.
func head(pairs ...string) func(s *h2test.Server) error {
	return func(s *h2test.Server) error {
		id, err := s.Asked()
		s.WriteBlock(id, s.Encode(h2test.Fields(pairs...)), h2test.Head{Split: 16384})
		return err
	}
}

var illegalHeads = []illegal{
	{name: "empty head", section: "8.3.2", want: malformed, code: protocolError, play: head()},
	{name: "no status", section: "8.3.2", want: malformed, code: protocolError, play: head("server", "x")},
	{name: "status behind a field", section: "8.3", want: malformed, code: protocolError,
		play: head("server", "x", ":status", "200")},
	{name: "status twice", section: "8.3", want: malformed, code: protocolError,
		play: head(":status", "200", ":status", "200")},
	{name: "status of two digits", section: "RFC 9110 15", want: malformed, code: protocolError,
		play: head(":status", "20")},
	{name: "status of four digits", section: "RFC 9110 15", want: malformed, code: protocolError,
		play: head(":status", "2000")},
	{name: "status with a reason", section: "RFC 9110 15", want: malformed, code: protocolError,
		play: head(":status", "200 OK")},
	{name: "status +20", section: "RFC 9110 15", want: malformed, code: protocolError, play: head(":status", "+20")},
	{name: "status 099", section: "RFC 9110 15", want: malformed, code: protocolError, play: head(":status", "099")},
	{name: "pseudo-field of requests", section: "8.3", want: malformed, code: protocolError,
		play: head(":status", "200", ":path", "/")},
	{name: "unknown pseudo-field", section: "8.3", want: malformed, code: protocolError,
		play: head(":status", "200", ":mood", "good")},
	{name: "name in capitals", section: "8.2.1", want: malformed, code: protocolError,
		play: head(":status", "200", "Server", "x")},
	{name: "name with a space", section: "8.2.1", want: malformed, code: protocolError,
		play: head(":status", "200", "a b", "x")},
	{name: "empty name", section: "8.2.1", want: malformed, code: protocolError, play: head(":status", "200", "", "x")},
	{name: "name with a colon", section: "8.2.1", want: malformed, code: protocolError,
		play: head(":status", "200", "a:b", "x")},
	{name: "line break in a value", section: "8.2.1", want: malformed, code: protocolError,
		play: head(":status", "200", "a", "x\r\nb: y")},
	{name: "NUL in a value", section: "8.2.1", want: malformed, code: protocolError,
		play: head(":status", "200", "a", "x\x00")},
	{name: "space before a value", section: "8.2.1", want: malformed, code: protocolError,
		play: head(":status", "200", "a", " x")},
	{name: "space behind a value", section: "8.2.1", want: malformed, code: protocolError,
		play: head(":status", "200", "a", "x\t")},
	{name: "connection field", section: "8.2.2", want: malformed, code: protocolError,
		play: head(":status", "200", "connection", "upgrade")},
	{name: "upgrade field", section: "8.2.2", want: malformed, code: protocolError,
		play: head(":status", "200", "upgrade", "websocket")},
	{name: "transfer-encoding field", section: "8.2.2", want: malformed, code: protocolError,
		play: head(":status", "200", "transfer-encoding", "chunked")},
	{name: "status 101", section: "8.6", want: malformed, code: protocolError, play: head(":status", "101")},
	{name: "1xx that ends the stream", section: "8.1", want: malformed, code: protocolError,
		play: func(s *h2test.Server) error {
			id, err := s.Asked()
			s.WriteBlock(id, s.Encode(h2test.Fields(":status", "103")), h2test.Head{End: true})
			return err
		}},
	{name: "endless 1xx", section: "10.5", want: httpconn.ErrTooManyInformational, code: calm,
		play: func(s *h2test.Server) error {
			id, err := s.Asked()
			for range 1000 {
				s.Respond(id, ":status", "103", "link", "</a>")
			}
			return err
		}},
	{name: "too many fields", section: "10.5.1", want: httpconn.ErrHeaderTooLarge, code: calm,
		play: head(append([]string{":status", "200"}, append(manyFields(), "one", "more")...)...)},
	{name: "small block, large fields", section: "RFC 7541 7.3", want: httpconn.ErrHeaderTooLarge, code: calm,
		play: func(s *h2test.Server) error {
			id, err := s.Asked()
			b := s.Encode(h2test.Fields(":status", "200", "large", strings.Repeat("x", 3000)))
			for range 100 {
				b = append(b, 0xbe) // the latest entry of the table again
			}
			s.WriteBlock(id, b, h2test.Head{})
			return err
		}},
	{name: "DATA before the head", section: "8.1", want: malformed, code: protocolError, play: func(s *h2test.Server) error {
		id, err := s.Asked()
		_ = s.WriteData(id, false, []byte{0x81, 0x00})
		return err
	}},
	{name: "subprotocol that was not offered", section: "RFC 6455 4.1", want: mintws.ErrBadSubprotocol, code: http2.ErrCodeCancel,
		play: head(":status", "200", "sec-websocket-protocol", "chat")},
	{name: "extension that was not offered", section: "RFC 6455 4.1", want: mintws.ErrBadExtension, code: http2.ErrCodeCancel,
		play: head(":status", "200", "sec-websocket-extensions", "permessage-deflate")},
}

// then makes a server that opens the WebSocket and goes on with its stream.
func then(write func(s *h2test.Server, id uint32)) func(s *h2test.Server) error {
	return func(s *h2test.Server) error {
		id, err := s.Opened()
		write(s, id)
		return err
	}
}

var illegalTunnels = []illegal{
	{name: "trailers", section: "8.5", want: malformed, code: protocolError, play: then(func(s *h2test.Server, id uint32) {
		s.WriteBlock(id, s.Encode(h2test.Fields("x-sum", "1")), h2test.Head{End: true})
	})},
	{name: "a second head", section: "8.5", want: malformed, code: protocolError,
		play: then(func(s *h2test.Server, id uint32) {
			s.Respond(id, ":status", "200")
		})},
	{name: "1xx behind the head", section: "8.1", want: malformed, code: protocolError,
		play: then(func(s *h2test.Server, id uint32) {
			s.Respond(id, ":status", "103")
		})},
	{name: "WINDOW_UPDATE by 0", section: "6.9", want: malformed, code: protocolError,
		play: raw(http2.FrameWindowUpdate, 0, 0, 0, 0, 0, 0)},
	{name: "WINDOW_UPDATE beyond 2^31-1", section: "6.9.1", want: overflow, code: flowError,
		play: raw(http2.FrameWindowUpdate, 0, 0, 127, 255, 255, 255)},
	{name: "more than the stream's window", section: "6.9.1", want: overflow, code: flowError,
		cfg: httpconn.Config{StreamWindow: 1000, ManualCredit: true}, play: func(s *h2test.Server) error { return flood(s, 1, 1001) }},
	{name: "more than the old window, SETTINGS unacknowledged", section: "6.9.3", want: overflow, code: flowError, least: 65_535,
		cfg: httpconn.Config{StreamWindow: 1000, ConnWindow: 1 << 20, ManualCredit: true}, play: func(s *h2test.Server) error {
			_ = s.WriteSettings(setting(enableConnect, 1)...)
			f, err := s.Await(http2.FrameHeaders)
			s.Respond(f.StreamID, ":status", "200")
			head := append([]byte{0x82, 127, 0, 0, 0, 0, 0, 0xf0, 0, 0}, make([]byte, 16384-10)...)
			for range 3 {
				_ = s.WriteData(f.StreamID, false, head)
				clear(head)
			}
			_ = s.WriteData(f.StreamID, false, head[:16383]) // to the last byte
			_ = s.WriteData(f.StreamID, false, nil)          // which takes no window
			_ = s.WriteData(f.StreamID, false, head[:1])
			return err
		}},
}
