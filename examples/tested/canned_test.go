package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
	"github.com/mintws/mintws/mintws/wstest"
)

// What goes over the wire, as it stands in a specification or was recorded once. With Options.Rand the handshake's key and the
// masks are known, here zero.
const (
	request = "GET /v1 HTTP/1.1\r\nHost: prices.example\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" +
		"Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n\r\n"
	answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n"
	first  = "\x81\x1a" + `{"seq":1,"price":"17.50"} `
	second = "\x01\x0d" + `{"seq":2,"pri` + "\x89\x01?" + "\x80\x0b" + `ce":"18.5"}` // two fragments, and a Ping between them
)

var began = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) // a clock of our own

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// start returns a watch that waits for the server's answer, and what it has sent.
func start(t *testing.T, want int) (v watch, sent string) {
	t.Helper()
	var out session.Output
	conn, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out.Output)
	if err != nil {
		t.Fatal(err)
	}
	s, err := session.Upgrade(conn, &out, "ws://prices.example/v1", mintws.Options{Rand: zeros{}}, session.NewDeadlines(session.Timing{}, began), began)
	if err != nil {
		t.Fatal(err)
	}
	return watch{s: s, share: "MINT", want: want}, string(out.Take(nil))
}

// feed gives v what the server sends, size bytes at a time, and returns what v sends and the prices it reports.
func feed(v watch, data string, size int) (next watch, sent string, got []price) {
	var out session.Output
	buf := make([]byte, size)
	for len(data) > 0 {
		n := copy(buf, data)
		data = data[n:]
		var more []price
		v, more = v.received(&out, began, buf[:n])
		got = append(got, more...)
		clear(buf) // as the next read would: who has kept a payload shows it
	}
	return v, string(out.Take(nil)), got
}

// TestCanned: a whole conversation, compared byte by byte, however it is cut.
func TestCanned(t *testing.T) {
	conversation := []struct {
		server string
		client []mintws.Frame
	}{
		{answer, []mintws.Frame{mintws.Text("subscribe MINT")}},
		{first + second, []mintws.Frame{mintws.Pong([]byte("?")), mintws.Close(mintws.CodeNormal, "")}},
		{string(wstest.Frames(mintws.Close(mintws.CodeNormal, ""))), nil},
	}
	for size := 1; size <= len(answer); size++ {
		v, sent := start(t, 2)
		if diff := cmp.Diff(request, sent); diff != "" {
			t.Fatal(diff)
		}
		var all []price
		for _, turn := range conversation {
			var got []price
			v, sent, got = feed(v, turn.server, size)
			if want := string(wstest.MaskedFrames(turn.client...)); sent != want {
				t.Errorf("reads of %d bytes: sent %q, want %q", size, sent, want)
			}
			all = append(all, got...)
		}
		if diff := cmp.Diff([]price{{1, "17.50"}, {2, "18.5"}}, all); diff != "" {
			t.Errorf("reads of %d bytes: %s", size, diff)
		}
		if v.s.State() != mintws.Closed || v.err() != nil {
			t.Errorf("reads of %d bytes: %v, %v", size, v.s.State(), v.err())
		}
	}
}

// TestAnswers: the server's answer to the handshake, as bytes.
func TestAnswers(t *testing.T) {
	for name, tt := range map[string]struct{ answer, want string }{
		"refused":     {"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 9\r\n\r\nlater on\n", "status 503"},
		"no key":      {strings.Replace(answer, "ICX", "ICY", 1), "Sec-WebSocket-Accept"},
		"no HTTP":     {"220 mail.example ESMTP\r\n", "expected a status line"},
		"half of it":  {answer[:50], "offset 50: the connection ended"},
		"bare LF":     {strings.ReplaceAll(answer, "\r\n", "\n"), "byte 0x0a"},
		"compression": {strings.Replace(answer, "\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", 1), "not offered"},
	} {
		v, _ := start(t, 1)
		v, _, _ = feed(v, tt.answer, 1024)
		var out session.Output
		v.s, _ = v.s.EOF(&out, began)
		if err := v.err(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}
