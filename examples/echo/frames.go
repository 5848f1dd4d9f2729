package main

import (
	"fmt"

	"github.com/mintws/mintws/mintws"
)

var (
	said = []mintws.Frame{
		mintws.Text("Hello, 世界"),
		mintws.Binary([]byte{0x00, 0x01, 0xfe, 0xff}),
		{Opcode: mintws.OpText, More: true, Payload: []byte("one message, ")},
		mintws.Ping([]byte("in between")),
		{Opcode: mintws.OpContinuation, Payload: []byte("two fragments")},
	}
	// What an echo server answers to it. Other messages, such as a greeting, are shown and otherwise ignored.
	wanted = []mintws.Frame{said[0], said[1], mintws.Pong([]byte("in between")), mintws.Text("one message, two fragments")}
)

// show describes a frame in one line: opcode, length of the payload, and the beginning of it.
func show(f mintws.Frame) string {
	s := fmt.Sprintf("%-12v %4d  ", f.Opcode, len(f.Payload))
	switch f.Opcode {
	case mintws.OpBinary:
		return s + fmt.Sprintf("% .20x", f.Payload)
	case mintws.OpClose:
		s += f.Code.String() + " "
	}
	if s += fmt.Sprintf("%.40q", f.Payload); f.More {
		s += " …"
	}
	return s
}
