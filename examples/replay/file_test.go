package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws/wstest"
)

// TestSecrets: they are in the file only where that was asked for.
func TestSecrets(t *testing.T) {
	for _, flags := range [][]string{nil, {"-secrets"}} {
		file, _, err := record(t, wstest.Behavior{}, "", "/feed?token=xyz&x=1", flags...)
		text, readErr := os.ReadFile(file)
		if err = errors.Join(err, readErr); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"dXNlcjpwYXNzd29yZA==", "xyz"} {
			if bytes.Contains(text, []byte(secret)) != (flags != nil) {
				t.Errorf("flags %q, %q:\n%s", flags, secret, text)
			}
		}
		if out, playErr := script(t, "a\n", file); playErr != nil || !strings.Contains(out, "client Closed, server Closed") {
			t.Errorf("flags %q: %v\n%s", flags, playErr, out)
		}
	}
	// Cut anywhere, and with names in any case and folded values.
	head := "GET /?a=secret&b&c=secret HTTP/1.1\r\nHost: x\r\nCOOKIE: secret\r\n\tsecret\r\nX-Api-Key:secret\r\nOther: kept\r\n\r\nsecret"
	want := strings.Replace(strings.ReplaceAll(head[:len(head)-6], "secret", "******"), "&b&", "&*&", 1)
	for cut := range len(head) {
		var file bytes.Buffer
		r := newRecorder(&file, false)
		r.add('>', []byte(head[:cut]))
		r.add('>', []byte(head[cut:]))
		pieces, err := readPieces(&file)
		if err != nil || string(pieces[0].data) != want {
			t.Errorf("cut at %d: %v, %q", cut, err, pieces)
		}
	}
	r := newRecorder(&bytes.Buffer{}, false)
	r.add('<', make([]byte, maxPiece+1))
	if !errors.Is(r.failed(), errLimit) {
		t.Errorf("a head without an end: %v", r.failed())
	}
}

// TestFiles: a file that is none is refused with its line, and a session cut into single bytes is the same session.
func TestFiles(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "the first line",
		firstLine + "\nx":                "line 2: not a recording: want a time",
		firstLine + "\n-1 > end":         "line 2",
		firstLine + "\n1 ! end":          "want a time, and > or <",
		firstLine + "\n1 > ends":         "want a quoted string",
		firstLine + "\n1 > `x`":          "want a quoted string",
		firstLine + "\n1 > \"\"":         "want a quoted string",
		firstLine + "\n1 > end\n0 > end": "line 3: not a recording: it is earlier",
		firstLine + "\n1 > \"" + strings.Repeat("x", maxPiece+1) + "\"": "a piece of 65537 bytes",
		firstLine + "\n1 > \"" + strings.Repeat("x", maxPiece*5):        "too long",
		firstLine + strings.Repeat("\n1 > end", maxPieces+1):            "too large",
	} {
		if _, err := script(t, "", write(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	line := strings.TrimSuffix(piece{from: '<', data: every}.String(), "\n")
	if p, err := parsePiece(line); err != nil || !bytes.Equal(p.data, every) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
		t.Errorf("every byte: %v, %q", err, p.data)
	}
	pieces, err := readPieces(strings.NewReader(opening + frame))
	if err != nil {
		t.Fatal(err)
	}
	var whole, single state
	for _, p := range pieces {
		whole, _ = whole.next(p)
		for _, b := range p.data {
			single, _ = single.next(piece{at: time.Second, from: p.from, data: []byte{b}})
		}
	}
	if !whole.client.Equal(single.client) || !whole.server.Equal(single.server) || !whole.conn.Equal(single.conn) || whole.frames != single.frames {
		t.Errorf("%+v\n%+v", whole, single)
	}
	if whole.frames != [2]int{0, 1} {
		t.Errorf("frames %v", whole.frames)
	}
}
