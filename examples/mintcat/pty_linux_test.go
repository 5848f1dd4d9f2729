package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// ioctl asks a terminal.
func ioctl(t *testing.T, f *os.File, request uintptr, arg unsafe.Pointer) {
	t.Helper()
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(arg)); errno != 0 {
		t.Fatal(errno)
	}
}

// pseudo opens a terminal without a screen: what is typed into the first file is read from the second.
func pseudo(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keyboard.Close() })
	var number, unlocked int32
	ioctl(t, keyboard, syscall.TIOCSPTLCK, unsafe.Pointer(&unlocked))
	ioctl(t, keyboard, syscall.TIOCGPTN, unsafe.Pointer(&number))
	if terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	size := [4]uint16{24, 80}
	ioctl(t, terminal, syscall.TIOCSWINSZ, unsafe.Pointer(&size))
	return keyboard, terminal
}

// settings of a terminal.
func settings(t *testing.T, terminal *os.File) (s syscall.Termios) {
	t.Helper()
	ioctl(t, terminal, syscall.TCGETS, unsafe.Pointer(&s))
	return s
}

// typing is the program on a terminal. The test keeps the terminal open, to see its settings afterwards.
type typing struct {
	*running
	terminal *os.File
	before   syscall.Termios
}

func startTyping(t *testing.T, args ...string) *typing {
	t.Helper()
	keyboard, terminal := pseudo(t)
	p := &typing{running: &running{t: t, cmd: process(t, args...), stdin: keyboard, out: listenTo(keyboard)}, terminal: terminal,
		before: settings(t, terminal)}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = terminal, terminal, terminal
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill() })
	return p
}

// end waits for the exit code, and wants the terminal as it was.
func (p *typing) end() int {
	p.t.Helper()
	p.err = &heard{over: make(chan struct{})}
	close(p.err.over)
	code := p.running.end()
	if after := settings(p.t, p.terminal); after != p.before {
		p.t.Errorf("the terminal is left as %+v, and was %+v", after, p.before)
	}
	return code
}

// TestTerminal: a conversation as somebody types it.
func TestTerminal(t *testing.T) {
	var opt wstest.Options
	opt.Behavior.Greeting = []mintws.Frame{mintws.Text("wel\x1b[2Jcome")}
	over := ends(&opt)
	url := startServer(t, opt)
	for _, version := range []string{"--http1", "--http2"} {
		p := startTyping(t, version, url)
		p.wait("connected")
		p.wait("wel\\x1b[2Jcome") // nothing that a terminal obeys
		p.wait(prompt)
		p.say("helo\x1b[D\x1b[Dl\r") // two to the left
		p.wait("hello\r\n")
		p.say("/ping are you there\r")
		p.wait(`Pong "are you there"`)
		p.say("/what\r")
		p.wait("/ping TEXT")
		p.say("/close 1006\r")
		p.wait("3000-4999")
		p.say("/hex 00 ff\r")
		p.wait("00 ff\r\n")
		p.say("/hex 0\r")
		p.wait("/hex: ")
		p.say("/ping " + strings.Repeat("x", 126) + "\r")
		p.wait("not sent")
		p.say("//slash\r")
		p.wait("/slash\r\n")
		p.say("\x1b[A\r") // the line before
		p.wait("/slash\r\n")
		p.say("/close 1001 bye\r")
		if code := p.end(); code != 0 {
			t.Errorf("%s: exit code %d, printed %q", version, code, p.out.String())
		}
		if got := <-over; got != "Closed 1001 bye" {
			t.Errorf("%s: for the server it is %s", version, got)
		}
	}
}

// TestTerminalEnds: Ctrl-C and Ctrl-D close the WebSocket, and so does the server.
func TestTerminalEnds(t *testing.T) {
	for _, tt := range []struct {
		keys string
		how  wstest.Behavior
		code int
		want string // for the server
	}{
		{keys: "\x03", code: 130, want: "Closed 1000 "},
		{keys: "half a line\x03", code: 130, want: "Closed 1000 "},
		{keys: "\x04", want: "Closed 1000 "},
		{keys: "go\r", how: wstest.Behavior{Fault: wstest.FaultClose, After: 1, Code: 1011, Reason: "no"}, code: 7, want: "Closed 1011 "},
	} {
		opt := wstest.Options{Behavior: tt.how}
		over := ends(&opt)
		p := startTyping(t, startServer(t, opt))
		p.wait("connected")
		p.say(tt.keys)
		if code := p.end(); code != tt.code {
			t.Errorf("%q: exit code %d, want %d; printed %q", tt.keys, code, tt.code, p.out.String())
		}
		if got := <-over; got != tt.want {
			t.Errorf("%q: for the server it is %s, want %s", tt.keys, got, tt.want)
		}
	}
}

// TestHalfTerminal: without a prompt where one side is a pipe.
func TestHalfTerminal(t *testing.T) {
	url := startServer(t, wstest.Options{Behavior: wstest.Behavior{Greeting: []mintws.Frame{mintws.Text("\x1b[2J")}}})
	// Input is typed, and output goes to a file.
	keyboard, terminal := pseudo(t)
	p := &running{t: t, cmd: process(t, url), stdin: keyboard}
	p.cmd.Stdin = terminal
	var stdout, stderr *os.File
	p.out, stdout = hear(t)
	p.err, stderr = hear(t)
	p.cmd.Stdout, p.cmd.Stderr = stdout, stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stdout.Close()
	stderr.Close()
	p.say("hello\n/close 4000\n")
	code := p.end()
	<-p.out.over
	if code != 0 || p.out.String() != "\x1b[2J\nhello\n" || !strings.HasPrefix(p.err.String(), "connected\n") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, p.out.String(), p.err.String())
	}
	// Input is a file, and output is looked at. Commands are for those who type.
	keyboard, terminal = pseudo(t)
	p = &running{t: t, cmd: process(t, url), out: listenTo(keyboard)}
	p.cmd.Stdin = strings.NewReader("hello\n/close 4000\n")
	p.cmd.Stdout = terminal
	p.err, stderr = hear(t)
	p.cmd.Stderr = stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stderr.Close()
	p.wait("\\x1b[2J\r\nhello\r\n/close 4000\r\n")
	if code := p.end(); code != 0 || p.err.String() != "" || strings.Contains(p.out.String(), prompt) {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, p.out.String(), p.err.String())
	}
}

// TestBinaryTerminal: -b does not send to a terminal what comes.
func TestBinaryTerminal(t *testing.T) {
	for _, args := range [][]string{{"-b"}, {"--format", "json"}} {
		p := startTyping(t, append(args, startServer(t, wstest.Options{Behavior: wstest.Behavior{Greeting: []mintws.Frame{mintws.Text("\x1b[2J \u009b2J")}}}))...)
		p.wait("2") // 1b 5b 32 4a, or JSON
		p.say("\x04")
		if code := p.end(); code != 0 || strings.Contains(p.out.String(), "\x1b[2J") || strings.Contains(p.out.String(), "\u009b") {
			t.Errorf("%q: exit code %d, printed %q", args, code, p.out.String())
		}
	}
}
