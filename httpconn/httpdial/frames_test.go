package httpdial

import (
	"bytes"

	"golang.org/x/net/http2"
)

// settingsAck is the acknowledgement of SETTINGS (RFC 9113 section 6.5.3).
const settingsAck = "\x00\x00\x00\x04\x01\x00\x00\x00\x00"

// frames returns what write writes.
func frames(write func(*http2.Framer) error) string {
	var b bytes.Buffer
	if err := write(http2.NewFramer(&b, nil)); err != nil {
		panic(err) // the test asks for what cannot be written
	}
	return b.String()
}

// settingsFrame is a SETTINGS frame with one setting.
func settingsFrame(id http2.SettingID, value uint32) string {
	return frames(func(f *http2.Framer) error { return f.WriteSettings(http2.Setting{ID: id, Val: value}) })
}
