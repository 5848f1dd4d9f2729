package http2_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/internal/test/h2test"
	"github.com/mintws/mintws/mintws"
)

// TestHTTP2WebSocketFaults: what breaks the rules of RFC 6455 fails that WebSocket and nothing else. The server gets the
// Close that the fault calls for, with END_STREAM and no reset (section 7.1.7); messages before the fault are delivered; the
// server may then send what it likes until it ends the stream too; and the next WebSocket on the connection opens.
func TestHTTP2WebSocketFaults(t *testing.T) {
	for _, c := range []struct {
		name string
		send string
		want error
		code mintws.CloseCode
	}{
		{"masked frame", "\x82\x81\x01\x02\x03\x04x", mintws.ErrMasked, mintws.CodeProtocolError},
		{"reserved bit", "\xc2\x01x", mintws.ErrReservedBits, mintws.CodeProtocolError},
		{"reserved opcode", "\x83\x01x", mintws.ErrReservedOpcode, mintws.CodeProtocolError},
		{"long Ping", "\x89\x7e\x00\x7e" + strings.Repeat("x", 126), mintws.ErrControlTooLong, mintws.CodeProtocolError},
		{"Ping in fragments", "\x09\x01x", mintws.ErrControlFragmented, mintws.CodeProtocolError},
		{"continuation of nothing", "\x80\x01x", mintws.ErrUnexpectedContinuation, mintws.CodeProtocolError},
		{"message in a message", "\x01\x01x\x81\x01x", mintws.ErrExpectedContinuation, mintws.CodeProtocolError},
		{"length of 64 bits", "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", mintws.ErrInvalidLength, mintws.CodeProtocolError},
		{"text that is not UTF-8", "\x81\x02\xc3\x28", mintws.ErrInvalidUTF8, mintws.CodeInvalidPayload},
		{"message too big", "\x82\x7f\x00\x00\x00\x00\x10\x00\x00\x00", mintws.ErrMessageTooBig, mintws.CodeMessageTooBig},
		{"Close of one byte", "\x88\x01\x03", mintws.ErrClosePayload, mintws.CodeProtocolError},
		{"Close with 1005", "\x88\x02\x03\xed", mintws.ErrClosePayload, mintws.CodeProtocolError},
		{"something else", "HTTP/1.1 200 OK\r\n\r\n", mintws.ErrReservedBits, mintws.CodeProtocolError},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			var second httpconn.StreamID
			o := meet(t, httpconn.Config{}, mintws.Options{}, func(s *h2test.Server) error {
				id, err := s.Opened()
				_ = s.WriteData(id, false, []byte("\x81\x05hello"+c.send))
				if err == nil {
					err = awaitClose(s, c.code)
				}
				_ = s.WriteData(id, false, bytes.Repeat([]byte("more of it "), 1000))
				_ = s.WriteData(id, true, nil)
				if err != nil {
					return err
				}
				f, err := s.Await(http2.FrameHeaders)
				s.Respond(f.StreamID, ":status", "200")
				return err
			}, func(o *outcome) bool {
				o.l.Frame = func(_ httpconn.StreamID, f mintws.Frame) error {
					got = append(got, string(f.Payload))
					return nil
				}
				if o.l.Errs[o.id] != nil && second == 0 {
					second, _ = o.l.Upgrade("ws://example.org/", mintws.Options{})
				}
				return o.l.WS[second].State() == mintws.Open
			}, nil)
			var pe *mintws.ProtocolError
			if err := o.l.Errs[o.id]; o.err != nil || !errors.As(err, &pe) || !errors.Is(err, c.want) || pe.Code != c.code {
				t.Errorf("%v; the WebSocket says %v, want %v with %v", o.err, err, c.want, c.code)
			}
			if fmt.Sprint(got) != "[hello]" || o.l.WS[o.id].State() != mintws.Failed {
				t.Errorf("received %q in state %v, want the message before the fault", got, o.l.WS[o.id].State())
			}
			if len(o.ends) != 0 {
				t.Errorf("the server got %v, want an end without reset", o.ends)
			}
		})
	}
}

// awaitClose reads the client's Close frame, which must have the given code and end the stream.
func awaitClose(s *h2test.Server, code mintws.CloseCode) error {
	var in []byte
	for {
		f, err := s.Await(http2.FrameData)
		if err != nil {
			return err
		}
		if in = append(in, f.Payload...); !f.StreamEnded() {
			continue
		}
		m, rest, err := h2test.TakeMessage(in)
		if err != nil || m == nil || m.Opcode != 0x8 || len(rest) > 0 || len(m.Payload) < 2 {
			return fmt.Errorf("the client's last words are % x (%v), want one Close", in, err)
		}
		if got := binary.BigEndian.Uint16(m.Payload); got != uint16(code) {
			return fmt.Errorf("the client's Close says %d, want %d", got, code)
		}
		return nil
	}
}
