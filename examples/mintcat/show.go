package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/mintws/mintws/mintws"
)

const clock = "15:04:05.000 "

// appendMessage appends a received message, or with -b a piece of one, as it is to be printed. Where escape is true that is a
// terminal, which gets nothing that it would obey.
func (opt *options) appendMessage(p []byte, f mintws.Frame, now time.Time, escape bool) []byte {
	switch {
	case opt.binary && !escape:
		return append(p, f.Payload...)
	case opt.format == "json" && escape:
		return append(p, escaped(string(opt.appendJSON(nil, f, now)))...)
	case opt.format == "json":
		return opt.appendJSON(p, f, now)
	}
	if opt.stamps {
		p = now.AppendFormat(p, clock)
	}
	switch {
	case opt.format == "hex":
		p = fmt.Appendf(p, "%v, %d bytes\n", f.Opcode, len(f.Payload))
		return append(p, hex.Dump(f.Payload)...)
	case f.Opcode == mintws.OpBinary || opt.binary:
		p = fmt.Appendf(p, "% x", f.Payload)
	case escape:
		p = append(p, escaped(string(f.Payload))...)
	default:
		p = append(p, f.Payload...)
	}
	return append(p, '\n')
}

// appendJSON appends one object on one line.
func (opt *options) appendJSON(p []byte, f mintws.Frame, now time.Time) []byte {
	var m struct {
		Time   string  `json:"time,omitempty"`
		Text   *string `json:"text,omitempty"`
		Binary *[]byte `json:"binary,omitempty"` // base64
	}
	if opt.stamps {
		m.Time = now.Format(time.RFC3339Nano)
	}
	if f.Opcode == mintws.OpBinary {
		b := append([]byte{}, f.Payload...)
		m.Binary = &b
	} else {
		s := string(f.Payload)
		m.Text = &s
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		panic(err) // there is nothing in it that JSON does not know
	}
	return append(p, b.Bytes()...)
}

// escaped returns s without what a terminal would obey: a peer's text must not move the cursor, or say what the next command
// is.
func escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
	}
	return b.String()
}
