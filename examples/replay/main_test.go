package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// script runs the program with lines as its standard input, which is a pipe.
func script(t *testing.T, lines string, args ...string) (string, error) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		w.WriteString(lines)
		w.Close()
	}()
	var out strings.Builder
	err = run(args, r, &out)
	return out.String(), err
}

// record records a session with a server that does what how says.
func record(t *testing.T, how wstest.Behavior, lines, path string, flags ...string) (file, printed string, err error) {
	t.Helper()
	server := wstest.NewServer(wstest.Options{Behavior: how})
	defer server.Close()
	file = filepath.Join(t.TempDir(), "talk.rec")
	url := strings.Replace(server.URL, "://", "://user:password@", 1) + path
	printed, err = script(t, lines, append(append([]string{"record", "-o", file}, flags...), url)...)
	return file, printed, err
}

// TestRecordAndPlay: what was said is in the file, and can be gone through forwards and back.
func TestRecordAndPlay(t *testing.T) {
	file, printed, err := record(t, wstest.Behavior{Greeting: []mintws.Frame{mintws.Ping([]byte("?"))}}, "Hello\nagain\n", "/feed?token=xyz")
	if err != nil || printed != "Ping \"?\"\nText \"Hello\"\nText \"again\"\nClose 1000 normal closure\n" {
		t.Errorf("%v, printed %q", err, printed)
	}
	all, err := script(t, "a\n", file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`GET "/feed?token=***"`, "HTTP 101", `Pong "?"`, `Text "Hello"`, `Text "again"`, "Close 1000 normal closure",
		"client Closed, server Closed; frames: > 4, < 4", "> end\n", "< end\n"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	// Back, one step at a time, shows the same steps from the last to the first.
	steps := strings.Split(strings.TrimPrefix(all, "0/"), "\n")
	count := strings.Split(strings.SplitN(steps[0], "\n", 2)[0], " ")[0]
	var back strings.Builder
	for range len(strings.Split(all, "\n")) {
		back.WriteString("p\n")
	}
	both, err := script(t, "g "+count+"\n"+back.String(), file)
	if err == nil || !strings.Contains(err.Error(), "there are steps 0 to "+count) {
		t.Errorf("further back than the beginning: %v", err)
	}
	blocks := func(s string) (b []string) {
		for line := range strings.Lines(s) {
			if line[0] != ' ' {
				b = append(b, "")
			}
			b[len(b)-1] += line
		}
		return b
	}
	forwards, backwards := blocks(all), blocks(both)
	for i, want := range forwards {
		if got := backwards[len(forwards)-i]; got != want { // backwards[0] is the first step as well
			t.Errorf("step %d: going back shows\n%swant\n%s", i, got, want)
		}
	}
}

// TestOtherEnds: sessions that did not end well can be recorded and looked at as well.
func TestOtherEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		how   wstest.Behavior
		err   string
		shown []string
	}{
		"refused": {wstest.Behavior{Refuse: http.StatusForbidden, Header: http.Header{"Set-Cookie": {"a=secret"}}}, "403",
			[]string{"HTTP 403", `Set-Cookie: "********"`, "bytes of content", "client Failed, server none"}},
		"vanished": {wstest.Behavior{Fault: wstest.FaultVanish}, "1006", []string{"< end", "1006", "client Failed, server Open"}},
		"broken": {wstest.Behavior{Fault: wstest.FaultBytes, Bytes: []byte("\x83\x00")}, "reserved opcode",
			[]string{"the client sees: mintws: reserved opcode", "Close 1002"}},
		"left": {wstest.Behavior{Fault: wstest.FaultClose, Code: 4000, Reason: "bye"}, "4000", []string{`Close 4000 "bye"`, "client Closed, server Closed"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, w, err := os.Pipe() // nothing is said, and there is no end of it either
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			defer r.Close()
			server := wstest.NewServer(wstest.Options{Behavior: tt.how})
			defer server.Close()
			file := filepath.Join(t.TempDir(), "talk.rec")
			var out strings.Builder
			if err = run([]string{"record", "-o", file, server.URL}, r, &out); err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("recording: %v", err)
			}
			all, err := script(t, "a\n", file)
			for _, want := range tt.shown {
				if err != nil || !strings.Contains(all, want) {
					t.Errorf("%v: no %q in\n%s", err, want, all)
				}
			}
		})
	}
}

const (
	opening = firstLine + `
0 > "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
		`Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
900 < "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n"
`
	frame = `1000 < "\x81\x05Hello"` + "\n"
)

func write(t *testing.T, text string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "a.rec")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestWhatIf: other bytes can be tried at any step, and change nothing.
func TestWhatIf(t *testing.T) {
	got, err := script(t, "g 2\nt < \"\\x88\\x00\"\nt > end\nt < \"\\x81\\x80\"\nn\nb\n", write(t, opening+frame))
	_, got, _ = strings.Cut(got, "2/3")
	_, got, _ = strings.Cut(got, "< 0\n")
	want := `     Close
     client Closing, server Closing; frames: > 0, < 1
     the server sees: mintws: closed without a complete closing handshake: 1006 abnormal closure
     client Open, server Failed; frames: > 0, < 0
     the client sees: mintws: masked frame from a server: Text frame, second byte 0x80 (close code 1002)
     client Failed, server Open; frames: > 0, < 0
3/3  0.001 s  < 7 bytes
     Text "Hello"
     client Open, server Open; frames: > 0, < 1
00000000  81 05 48 65 6c 6c 6f                              |..Hello|
`
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

// TestNonsense: whatever a recording holds, no piece makes the program panic, and every step can be shown.
func TestNonsense(t *testing.T) {
	text := firstLine + "\n"
	for i, data := range []string{"\x81\x05Hello", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "\x88\x80\x00\x00\x00\x00", "\x00", "\r\n"} {
		for _, from := range "<>" {
			text += fmt.Sprintf("%d %c %q\n%d %c end\n", i, from, data, i, from)
		}
	}
	if out, err := script(t, "a\ng 0\na\nh\n", write(t, text)); err != nil || strings.Count(out, "24/24") != 2 {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestArguments(t *testing.T) {
	file := write(t, opening)
	for _, args := range [][]string{nil, {"a", "b"}, {file + "x"}, {"record"}, {"record", "-o", file, "ws://127.0.0.1:1"}} {
		if _, err := script(t, "", args...); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
	for _, command := range []string{"g x", "g 3", "p", "t", "t ! end"} {
		if _, err := script(t, command+"\n", file); err == nil {
			t.Errorf("%q: no error", command)
		}
	}
	if out, err := script(t, "n\nq\nnonsense\n", file); err != nil || strings.Contains(out, "2/2") {
		t.Errorf("q: %v\n%s", err, out)
	}
}
