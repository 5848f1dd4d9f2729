package http2_test

import (
	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/h2test"
)

// raw makes a server that opens the WebSocket and then sends one frame on its stream, or on another if id is not 0.
func raw(kind http2.FrameType, flags http2.Flags, id uint32, payload ...byte) func(s *h2test.Server) error {
	return func(s *h2test.Server) error {
		stream, err := s.Opened()
		if id != 0 {
			stream = id &^ (1 << 31)
		}
		_ = s.WriteRawFrame(kind, flags, stream, payload)
		return err
	}
}

// onConn is the id of raw for the connection itself.
const onConn = 1 << 31

// start makes a server that begins with the given settings.
func start(pairs ...uint32) func(s *h2test.Server) error {
	return func(s *h2test.Server) error { return s.WriteSettings(setting(pairs...)...) }
}

const (
	protocolError = http2.ErrCodeProtocol
	flowError     = http2.ErrCodeFlowControl
	sizeError     = http2.ErrCodeFrameSize
	closedError   = http2.ErrCodeStreamClosed
	calm          = http2.ErrCodeEnhanceYourCalm
)

var (
	malformed = httpconn.ErrMalformed
	overflow  = httpconn.ErrFlowControl
)

var illegalStart = []illegal{
	{name: "HTTP/1.1 in the clear", section: "3.4", want: malformed, code: protocolError,
		play: func(s *h2test.Server) error {
			s.Raw([]byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"))
			return nil
		}},
	{name: "TLS alert", section: "3.4", want: malformed, code: protocolError, play: func(s *h2test.Server) error {
		s.Raw([]byte{21, 3, 1, 0, 2, 2, 40, 0, 0})
		return nil
	}},
	{name: "PING before SETTINGS", section: "3.4", want: malformed, code: protocolError, play: func(s *h2test.Server) error {
		return s.WritePing(false, [8]byte{})
	}},
	{name: "acknowledgement before SETTINGS", section: "3.4", want: malformed, code: protocolError,
		play: func(s *h2test.Server) error {
			return s.WriteSettingsAck()
		}},
	{name: "unknown frame before SETTINGS", section: "3.4", want: malformed, code: protocolError,
		play: func(s *h2test.Server) error {
			return s.WriteRawFrame(0xee, 0, 0, nil)
		}},
	{name: "ENABLE_PUSH 1", section: "6.5.2", want: malformed, code: protocolError, play: start(enablePush, 1)},
	{name: "ENABLE_PUSH 2", section: "6.5.2", want: malformed, code: protocolError, play: start(enablePush, 2)},
	{name: "INITIAL_WINDOW_SIZE 2^31", section: "6.5.2", want: malformed, code: flowError,
		play: start(initialWindow, 1<<31)},
	{name: "MAX_FRAME_SIZE 16383", section: "6.5.2", want: malformed, code: protocolError,
		play: start(maxFrameSize, 1<<14-1)},
	{name: "MAX_FRAME_SIZE 2^24", section: "6.5.2", want: malformed, code: protocolError, play: start(maxFrameSize, 1<<24)},
	{name: "ENABLE_CONNECT_PROTOCOL 2", section: "RFC 8441 3", want: malformed, code: protocolError,
		play: start(enableConnect, 2)},
	{name: "ENABLE_CONNECT_PROTOCOL withdrawn", section: "RFC 8441 3", want: malformed, code: protocolError,
		play: start(enableConnect, 1, enableConnect, 0)},
	{name: "acknowledgement twice", section: "6.5.3", want: malformed, code: protocolError,
		play: func(s *h2test.Server) error {
			s.Greet()
			return s.WriteSettingsAck()
		}},
}

var illegalFrames = []illegal{
	{name: "SETTINGS on a stream", section: "6.5", want: malformed, code: protocolError,
		play: raw(http2.FrameSettings, 0, 0)},
	{name: "SETTINGS of 5 bytes", section: "6.5", want: malformed, code: sizeError,
		play: raw(http2.FrameSettings, 0, onConn, 0, 1, 2, 3, 4)},
	{name: "acknowledgement with content", section: "6.5", want: malformed, code: sizeError,
		play: raw(http2.FrameSettings, http2.FlagSettingsAck, onConn, 0, 1, 2, 3, 4, 5)},
	{name: "PING on a stream", section: "6.7", want: malformed, code: protocolError,
		play: raw(http2.FramePing, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8)},
	{name: "PING of 7 bytes", section: "6.7", want: malformed, code: sizeError,
		play: raw(http2.FramePing, 0, onConn, 1, 2, 3, 4, 5, 6, 7)},
	{name: "GOAWAY on a stream", section: "6.8", want: malformed, code: protocolError,
		play: raw(http2.FrameGoAway, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)},
	{name: "GOAWAY of 7 bytes", section: "6.8", want: malformed, code: sizeError,
		play: raw(http2.FrameGoAway, 0, onConn, 0, 0, 0, 0, 0, 0, 0)},
	{name: "GOAWAY with a higher last stream", section: "6.8", want: malformed, code: protocolError,
		play: func(s *h2test.Server) error {
			id, err := s.Opened()
			_ = s.WriteGoAway(id, http2.ErrCodeNo, nil)
			_ = s.WriteGoAway(id+2, http2.ErrCodeNo, nil)
			return err
		}},
	{name: "WINDOW_UPDATE of 3 bytes", section: "6.9", want: malformed, code: sizeError,
		play: raw(http2.FrameWindowUpdate, 0, 0, 0, 0, 1)},
	{name: "WINDOW_UPDATE by 0", section: "6.9", want: malformed, code: protocolError,
		play: raw(http2.FrameWindowUpdate, 0, onConn, 0, 0, 0, 0)},
	{name: "WINDOW_UPDATE on an idle stream", section: "5.1", want: malformed, code: protocolError,
		play: raw(http2.FrameWindowUpdate, 0, 99, 0, 0, 0, 1)},
	{name: "WINDOW_UPDATE beyond 2^31-1", section: "6.9.1", want: overflow, code: flowError,
		play: raw(http2.FrameWindowUpdate, 0, onConn, 127, 255, 255, 255)},
	{name: "INITIAL_WINDOW_SIZE moves a window beyond 2^31-1", section: "6.9.2", want: overflow, code: flowError,
		play: func(s *h2test.Server) error {
			id, err := s.Opened()
			_ = s.WriteWindowUpdate(id, 1<<30)
			_ = s.WriteSettings(setting(initialWindow, 1<<30)...)
			return err
		}},
	{name: "RST_STREAM of 3 bytes", section: "6.4", want: malformed, code: sizeError,
		play: raw(http2.FrameRSTStream, 0, 0, 0, 0, 0)},
	{name: "RST_STREAM on the connection", section: "6.4", want: malformed, code: protocolError,
		play: raw(http2.FrameRSTStream, 0, onConn, 0, 0, 0, 0)},
	{name: "RST_STREAM on an idle stream", section: "6.4", want: malformed, code: protocolError,
		play: raw(http2.FrameRSTStream, 0, 99, 0, 0, 0, 0)},
	{name: "PRIORITY on the connection", section: "6.3", want: malformed, code: protocolError,
		play: raw(http2.FramePriority, 0, onConn, 0, 0, 0, 0, 0)},
	{name: "DATA on the connection", section: "6.1", want: malformed, code: protocolError,
		play: raw(http2.FrameData, 0, onConn, 1)},
	{name: "DATA on an idle stream", section: "5.1", want: malformed, code: protocolError,
		play: raw(http2.FrameData, 0, 99, 1)},
	{name: "DATA on a stream of the server's", section: "5.1", want: malformed, code: protocolError,
		play: raw(http2.FrameData, 0, 2, 1)},
	{name: "DATA with more padding than frame", section: "6.1", want: malformed, code: protocolError,
		play: raw(http2.FrameData, http2.FlagDataPadded, 0, 3, 0, 0)},
	{name: "padded DATA of 0 bytes", section: "6.1", want: malformed, code: sizeError,
		play: raw(http2.FrameData, http2.FlagDataPadded, 0)},
	{name: "HEADERS on the connection", section: "6.2", want: malformed, code: protocolError,
		play: raw(http2.FrameHeaders, 4, onConn, 0x88)},
	{name: "HEADERS on an idle stream", section: "5.1", want: malformed, code: protocolError,
		play: raw(http2.FrameHeaders, 4, 99, 0x88)},
	{name: "HEADERS on a stream of the server's", section: "5.1", want: malformed, code: protocolError,
		play: raw(http2.FrameHeaders, 4, 2, 0x88)},
	{name: "HEADERS with more padding than frame", section: "6.2", want: malformed, code: protocolError,
		play: raw(http2.FrameHeaders, 4|http2.FlagHeadersPadded, 0, 2, 0x88)},
	{name: "HEADERS too short for their priority", section: "6.2", want: malformed, code: sizeError,
		play: raw(http2.FrameHeaders, 4|http2.FlagHeadersPriority, 0, 0, 0, 0, 0)},
	{name: "PUSH_PROMISE", section: "8.4", want: malformed, code: protocolError,
		play: raw(http2.FramePushPromise, 4, 0, 0, 0, 0, 2, 0x82)},
	{name: "frame of 16385 bytes", section: "4.2", want: malformed, code: sizeError,
		play: raw(http2.FrameData, 0, 0, make([]byte, 16385)...)},
	{name: "unknown frame of 2^24-1 bytes", section: "4.2", want: malformed, code: sizeError,
		play: raw(0xee, 0, 0, make([]byte, 1<<24-1)...)},
	{name: "DATA after both sides ended", section: "5.1", want: malformed, code: closedError,
		play: afterBoth(func(s *h2test.Server, id uint32) error {
			return s.WriteData(id, false, []byte("more"))
		})},
	{name: "HEADERS after both sides ended", section: "5.1", want: malformed, code: closedError,
		play: afterBoth(func(s *h2test.Server, id uint32) error {
			s.Respond(id, ":status", "200")
			return nil
		})},
	{name: "more than the connection's window", section: "6.9.1", want: overflow, code: flowError, fed: 80_000, least: 60_000,
		cfg:  httpconn.Config{StreamWindow: 1 << 20, ConnWindow: 65535, ManualCredit: true},
		play: func(s *h2test.Server) error { return flood(s, 4, 20_000) }},
}
