package h2test

import (
	"fmt"

	"golang.org/x/net/http2"
)

// frame takes one frame of the client's, and judges it.
func (e *Session) frame(f Frame) error {
	switch f.Type {
	case http2.FrameHeaders:
		return e.request(f)
	case http2.FrameData:
		return e.received(f)
	case http2.FrameSettings:
		return e.settings(f)
	case http2.FrameWindowUpdate:
		if f.StreamID == 0 {
			e.sendWin += int64(f.Value)
		} else if st := e.Stream(f.StreamID); st != nil {
			st.sendWin += int64(f.Value)
		}
	case http2.FramePing:
		if !f.Flags.Has(http2.FlagPingAck) {
			var p [8]byte
			copy(p[:], f.Payload)
			e.write(e.WritePing(true, p))
		}
	case http2.FrameRSTStream:
		st := e.Stream(f.StreamID)
		if st != nil && st.ended && st.gotClose && http2.ErrCode(f.Value) == http2.ErrCodeNo {
			st.gotEnd = true // Conn.Finish: as good an end as END_STREAM, where nothing more is read
		} else if !e.echo.Resets {
			return fmt.Errorf("the client reset stream %d: %v", f.StreamID, http2.ErrCode(f.Value))
		}
	case http2.FrameGoAway:
		e.goneAway = true
		if code := http2.ErrCode(f.Value); code != http2.ErrCodeNo {
			return fmt.Errorf("the client's GOAWAY says %v", code)
		}
	default:
		return fmt.Errorf("unexpected %v frame", f.Type)
	}
	return nil
}

// settings takes the client's SETTINGS, or its acknowledgement of ours, from which on those count (RFC 9113 section 6.5.3).
func (e *Session) settings(f Frame) error {
	if !f.Flags.Has(http2.FlagSettingsAck) {
		e.client = append([]http2.Setting{}, f.Settings...)
		if !e.echo.LateAck {
			e.Ack()
		}
		return nil
	}
	if len(e.pending) == 0 {
		return fmt.Errorf("acknowledgement of SETTINGS that were not sent")
	}
	for _, v := range e.pending[0] {
		switch v.ID {
		case http2.SettingInitialWindowSize: // section 6.9.2
			for _, st := range e.Streams {
				st.Window += int64(v.Val) - e.recvInit
			}
			e.recvInit = int64(v.Val)
		case http2.SettingMaxConcurrentStreams:
			e.limit = int(v.Val)
		case http2.SettingMaxFrameSize:
			e.MaxFrame = v.Val
		case http2.SettingHeaderTableSize:
			e.dec.SetAllowedMaxDynamicTableSize(v.Val)
		}
	}
	e.pending = e.pending[1:]
	if e.echo.Credit != nil {
		for _, st := range e.Streams {
			e.echo.Credit(e, st.ID, 0)
		}
	}
	return nil
}

// request takes an extended CONNECT (RFC 8441 section 4) and answers it.
func (e *Session) request(f Frame) error {
	block := f.Payload
	for done := f.Flags.Has(http2.FlagHeadersEndHeaders); !done; {
		next, err := e.Next()
		if err != nil {
			return err
		}
		if next.Type != http2.FrameContinuation || next.StreamID != f.StreamID {
			return fmt.Errorf("%v in a header block", next.FrameHeader)
		}
		block = append(block, next.Payload...)
		done = next.Flags.Has(http2.FlagContinuationEndHeaders)
	}
	if e.echo.WantUpdate && len(e.Streams) == 0 && (len(block) == 0 || block[0] != 0x20) {
		return fmt.Errorf("the first header block is % x, want it to begin with a table size update to 0", block)
	}
	fields, err := e.dec.DecodeFull(block)
	if err != nil {
		return err
	}
	got := map[string]string{}
	for _, f := range fields {
		got[f.Name] = f.Value
	}
	for name, want := range map[string]string{":method": "CONNECT", ":protocol": "websocket", "sec-websocket-version": "13"} {
		if got[name] != want {
			return fmt.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if _, ok := got["sec-websocket-key"]; ok { // RFC 8441 section 5
		return fmt.Errorf("there is a sec-websocket-key")
	}
	open := 1
	for _, st := range e.Streams {
		if !st.Over() {
			open++
		}
		if st.ID >= f.StreamID { // RFC 9113 section 5.1.1
			return fmt.Errorf("stream %d opened after stream %d", f.StreamID, st.ID)
		}
	}
	if open > e.limit && !e.echo.Resets {
		return fmt.Errorf("%d streams are open, MAX_CONCURRENT_STREAMS is %d", open, e.limit)
	}
	st := &Stream{ID: f.StreamID, Window: e.recvInit, sendWin: e.clientInit}
	e.Streams = append(e.Streams, st)
	if e.echo.Credit != nil {
		e.echo.Credit(e, st.ID, 0)
	}
	if e.echo.Head == nil {
		e.Respond(st.ID, ":status", "200")
	} else {
		e.echo.Head(e, st.ID)
	}
	return nil
}

// received takes DATA: it counts against the windows, and is bytes of WebSocket frames.
func (e *Session) received(f Frame) error {
	st := e.Stream(f.StreamID)
	if st == nil || st.gotEnd {
		return fmt.Errorf("DATA on stream %d, which is not open", f.StreamID)
	}
	n := int64(f.Length)
	st.Window -= n
	e.recvWin -= n
	if n > 0 && (st.Window < 0 || e.recvWin < 0) { // RFC 9113 section 6.9.1; without content no window is needed
		return fmt.Errorf("DATA of %d bytes on stream %d leaves a window of %d, %d for the connection", n, st.ID, st.Window, e.recvWin)
	}
	st.gotEnd = f.StreamEnded()
	if e.echo.Credit != nil {
		e.echo.Credit(e, st.ID, int(n))
	} else {
		e.Grant(0, n)
		e.Grant(st.ID, n)
	}
	st.in = append(st.in, f.Payload...)
	for {
		m, rest, err := TakeMessage(st.in)
		if err != nil {
			return err
		}
		st.in = rest
		if m == nil {
			return nil
		}
		e.message(st, *m)
	}
}

// message answers one WebSocket frame.
func (e *Session) message(st *Stream, m Message) {
	switch m.Opcode {
	case 0x8: // section 5.5.1 of RFC 6455: the Close is returned
		st.gotClose = true
		if !st.sentClose {
			st.out = AppendMessage(st.out, m)
		}
		st.sentClose, st.end = true, true
	case 0x9:
		st.out = AppendMessage(st.out, Message{Opcode: 0xA, Payload: m.Payload})
	case 0xA:
	default:
		e.held++
		st.out = AppendMessage(st.out, m)
		if e.echo.CloseFirst {
			st.sentClose = true
			st.out = AppendMessage(st.out, Message{Opcode: 0x8, Payload: []byte{0x03, 0xe9}})
		}
	}
}

// StreamEnded reports whether the frame ends the client's side of its stream.
func (f Frame) StreamEnded() bool { return f.Flags.Has(http2.FlagDataEndStream) }
