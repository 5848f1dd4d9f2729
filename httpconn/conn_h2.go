package httpconn

import "golang.org/x/net/http2"

// These methods of Conn are about what HTTP/2 alone has: flow control, SETTINGS, PING.

// Buffered returns how many bytes given to SendData on stream id wait for the server's credit. With id 0 it is for the
// whole connection. On HTTP/1.1 nothing waits.
func (c Conn) Buffered(id StreamID) int { return c.h2.queues.buffered(id) }

// SendWindow returns how many bytes can be sent on stream id at once; more than that is queued. With id 0 it is for the
// whole connection. It is 0 for a stream that cannot send. HTTP/1.1 has no windows: there it is the largest int for a
// stream that can send, and for 0.
func (c Conn) SendWindow(id StreamID) int {
	switch {
	case c.isHTTP2():
		return c.h2SendWindow(id)
	case c.isHTTP1():
		return c.h1SendWindow(id)
	}
	return 0
}

// Consume gives the server credit for n bytes of stream id that the caller is done with. It is for connections with
// Config.ManualCredit; on others it returns [ErrUnsupported], as on HTTP/1.1.
//
// n counts bytes of EventData as they came: len(ev.Data), not what frames or messages were made of them. They have to be
// consumed even after the stream is over, by the server's end or by a reset. Until then the connection's window is smaller
// by them, and the stream takes memory. [Conn.Cancel] gives that credit by itself. Consume does nothing and returns nil
// after it, and for a stream that is long over and was consumed completely.
//
// [ErrConsumed] means that n is more than was received on this stream and not consumed yet, [ErrUnknownStream] that there
// was no such stream. They change nothing.
func (c Conn) Consume(out *Output, id StreamID, n int) (Conn, error) {
	if err := c.onlyHTTP2(); err != nil {
		return c, err
	}
	err := c.h2Consume(out, id, n)
	return c, err
}

// Ping sends a PING (RFC 9113 section 6.7). The answer is an EventPong with the same payload. [ErrTooManyPings] means that
// too many are unanswered. HTTP/1.1 returns [ErrUnsupported].
func (c Conn) Ping(out *Output, payload [8]byte) (Conn, error) {
	if err := c.onlyHTTP2(); err != nil {
		return c, err
	}
	err := c.h2SendPing(out, payload)
	return c, err
}

// Settings changes our side of an HTTP/2 connection. It appends SETTINGS with the fields of s that are set, and a
// WINDOW_UPDATE if ConnWindow is among them. It can be called at any time, also right after [New].
//
// The server's acknowledgement is an EventSettingsAcked. Until then the server may go by the older values (RFC 9113 section
// 6.5.3), so a value that is raised applies at once, and one that is lowered from the acknowledgement on. Content that came
// before can leave a window below zero (section 6.9.3). Then the server sends no more on that stream until it is given
// credit, which comes as always: for what was handed over, or for what [Conn.Consume] says.
//
// Errors: [ErrInvalidSettings], wrapped in an error that names the field; [ErrTooManySettings] if as many SETTINGS as
// Limits.MaxSettings are unacknowledged, those of New included; [ErrUnsupported] on HTTP/1.1; [ErrClosed]. They change
// nothing.
func (c Conn) Settings(out *Output, s Settings) (Conn, error) {
	if err := c.onlyHTTP2(); err != nil {
		return c, err
	}
	err := c.h2SendSettings(out, s)
	return c, err
}

// PeerSetting returns a value that the server set. ok is false if it did not set it, before its SETTINGS have arrived, and
// on HTTP/1.1. Settings that this package does not know are not kept.
func (c Conn) PeerSetting(s http2.SettingID) (v uint32, ok bool) {
	if c.h2.rare == nil {
		return 0, false
	}
	v, ok = c.h2.rare.peerSettings[s]
	return v, ok
}

// onlyHTTP2 returns the error of a call that only HTTP/2 has, on any other connection.
func (c *Conn) onlyHTTP2() error {
	switch {
	case c.isHTTP2():
		return nil
	case c.isHTTP1():
		return ErrUnsupported
	}
	return ErrClosed
}
