package httpconn

import (
	"fmt"

	"golang.org/x/net/http2"
)

// Settings changes what a connection lets the server do. A zero field changes nothing.
type Settings struct {
	// MaxFrame is SETTINGS_MAX_FRAME_SIZE, the largest payload of a frame: from 16,384, which every connection begins with,
	// to 16,777,215. Content is handed over as it arrives; any other frame is kept until it is complete.
	MaxFrame int
	// MaxHeaderBytes is SETTINGS_MAX_HEADER_LIST_SIZE, and replaces Limits.MaxHeaderBytes. A negative number means no
	// limit.
	MaxHeaderBytes int
	// StreamWindow is SETTINGS_INITIAL_WINDOW_SIZE, and replaces Config.StreamWindow. It moves the windows of all streams
	// (RFC 9113 section 6.9.2).
	StreamWindow int32
	// ConnWindow replaces Config.ConnWindow. The window of a connection can only be raised, for which no SETTINGS are
	// needed.
	ConnWindow int32
}

// h2SendSettings is Conn.Settings on HTTP/2.
func (c *Conn) h2SendSettings(out *Output, s Settings) error {
	if err := c.h2Usable(); err != nil {
		return err
	}
	if err := s.check(c.set); err != nil {
		return err
	}
	if len(c.h2.rare.unackedSettings) >= c.set.limits.MaxSettings {
		return fmt.Errorf("%w: %d", ErrTooManySettings, len(c.h2.rare.unackedSettings))
	}
	r, old, set := c.editRare(), c.set, *c.set
	r.unackedSettings = append(r.unackedSettings[:len(r.unackedSettings):len(r.unackedSettings)], old.allowance())
	c.set = &set
	var fields []http2.Setting
	if s.StreamWindow != 0 {
		set.streamWindow = s.StreamWindow
		fields = append(fields, http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(s.StreamWindow)})
	}
	if s.MaxFrame != 0 {
		set.maxFrame = int32(s.MaxFrame)
		fields = append(fields, http2.Setting{ID: http2.SettingMaxFrameSize, Val: uint32(s.MaxFrame)})
	}
	if s.MaxHeaderBytes != 0 {
		set.limits.MaxHeaderBytes = s.MaxHeaderBytes
		set.limits = set.limits.WithDefaults()
		fields = append(fields, set.headerListSize())
	}
	out.Send = appendSettings(out.Send, fields...)
	if more := s.ConnWindow - old.connWindow; s.ConnWindow != 0 && more > 0 { // RFC 9113 section 6.9.2
		set.connWindow = s.ConnWindow
		out.Send = appendWord(out.Send, http2.FrameWindowUpdate, 0, uint32(more))
	}
	if set.streamWindow < old.streamWindow {
		c.h2SendAllCredit(out)
	}
	return nil
}

// check returns an error for the first value that is not allowed.
func (s Settings) check(now *settings) error {
	bad := func(field string, value int, want string) error {
		return fmt.Errorf("%w: %s is %d, expected %s", ErrInvalidSettings, field, value, want)
	}
	switch {
	case s.MaxFrame != 0 && (s.MaxFrame < initialMaxFrame || s.MaxFrame > largestMaxFrame):
		return bad("MaxFrame", s.MaxFrame, "16384 to 16777215")
	case s.StreamWindow < 0:
		return bad("StreamWindow", int(s.StreamWindow), "a positive number")
	case s.ConnWindow != 0 && s.ConnWindow < now.connWindow:
		return bad("ConnWindow", int(s.ConnWindow), fmt.Sprintf("%d or more, as a window cannot be lowered", now.connWindow))
	}
	return nil
}

// headerListSize is the setting that announces Limits.MaxHeaderBytes.
func (set *settings) headerListSize() http2.Setting {
	return http2.Setting{ID: http2.SettingMaxHeaderListSize, Val: uint32(min(set.limits.MaxHeaderBytes, maxWindow))}
}

// allowance is what one of our SETTINGS allows the server.
type allowance struct {
	streamWindow int32 // INITIAL_WINDOW_SIZE
	maxFrame     int32 // MAX_FRAME_SIZE
	headerBytes  int   // MAX_HEADER_LIST_SIZE
}

func (set *settings) allowance() allowance {
	return allowance{set.streamWindow, set.maxFrame, set.limits.MaxHeaderBytes}
}

// beforeSettings is what a server goes by that has not seen our first SETTINGS (RFC 9113 section 6.5.2). There is no limit
// on header blocks among it: the server either knows ours by then, or runs into it.
var beforeSettings = []allowance{{streamWindow: initialWindow, maxFrame: initialMaxFrame}}

// h2Allowed returns what the server may do now: the largest values in any of our SETTINGS that it may still go by (RFC 9113
// sections 6.5.3 and 6.9.3).
func (c *Conn) h2Allowed() allowance {
	if c.h2.rare.unackedSettings == nil {
		return c.set.allowance()
	}
	return c.h2AllowedLately()
}

// h2AllowedLately is the rare case of h2Allowed, apart from it so that h2Allowed is inlined into its callers.
func (c *Conn) h2AllowedLately() allowance {
	a := c.set.allowance()
	for _, old := range c.h2.rare.unackedSettings {
		a.streamWindow = max(a.streamWindow, old.streamWindow)
		a.maxFrame = max(a.maxFrame, old.maxFrame)
		a.headerBytes = max(a.headerBytes, old.headerBytes)
	}
	return a
}

// h2HandleSettingsAck takes the server's acknowledgement of the oldest of our unacknowledged SETTINGS (RFC 9113 section
// 6.5.3).
func (c *Conn) h2HandleSettingsAck(out *Output) *ConnError {
	if len(c.h2.rare.unackedSettings) == 0 {
		return fault(http2.ErrCodeProtocol, ErrMalformed, "acknowledgement of SETTINGS that were not sent")
	}
	r := c.editRare()
	if r.unackedSettings = r.unackedSettings[1:]; len(r.unackedSettings) == 0 {
		r.unackedSettings = nil
	}
	out.Events = append(out.Events, Event{Kind: EventSettingsAcked})
	return nil
}
