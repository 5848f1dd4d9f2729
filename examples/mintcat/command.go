package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/mintws/mintws/mintws"
)

// errCommand is about a line with a slash in front that is not understood: nothing is sent.
var errCommand = errors.New("/ping TEXT, /pong TEXT, /close CODE REASON, /hex BYTES; begin with // to send a slash")

// command turns a line that was typed into the frame that it asks for. Lines without a slash in front are messages.
func command(line string, code mintws.CloseCode) (mintws.Frame, error) {
	if !strings.HasPrefix(line, "/") || strings.HasPrefix(line, "//") {
		return mintws.Text(strings.TrimPrefix(line, "/")), nil
	}
	name, arg, _ := strings.Cut(line, " ")
	switch name {
	case "/ping":
		return mintws.Ping([]byte(arg)), nil
	case "/pong":
		return mintws.Pong([]byte(arg)), nil
	case "/hex":
		b, err := hex.DecodeString(strings.ReplaceAll(arg, " ", ""))
		if err != nil {
			return mintws.Frame{}, fmt.Errorf("/hex: %w", err)
		}
		return mintws.Binary(b), nil
	case "/close":
		if arg == "" {
			return mintws.Close(code, ""), nil
		}
		number, reason, _ := strings.Cut(arg, " ")
		code, err := closeCode(number)
		if err != nil {
			return mintws.Frame{}, fmt.Errorf("/close: %w", err)
		}
		return mintws.Close(code, reason), nil
	}
	return mintws.Frame{}, errCommand
}
