package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// TestExitCodes: what help says of them.
func TestExitCodes(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	nobody := "ws://" + closed.Addr().String()
	for _, tt := range []struct {
		name string
		how  wstest.Behavior
		args []string
		code int
		want string // on standard error
	}{
		{name: "closed well", args: []string{"URL"}},
		{name: "without a scheme", args: []string{"HOST"}},
		{name: "closed by the server", how: wstest.Behavior{Fault: wstest.FaultClose, Code: 1001}, args: []string{"--wait", "forever", "URL"}},
		{name: "help", args: []string{"-h"}},
		{name: "no file", args: []string{"--ca", "/no/such/file", "URL"}, code: 1, want: "/no/such/file"},
		{name: "no certificate", args: []string{"--ca", os.DevNull, "URL"}, code: 1, want: "no certificate"},
		{name: "no certificate of our own", args: []string{"--cert", os.DevNull, "URL"}, code: 1, want: "failed to find any PEM data"},
		{name: "nor to listen with", args: []string{"--listen", "127.0.0.1:0", "--cert", "/no/such/file"}, code: 1, want: "/no/such/file"},
		{name: "command fails", args: []string{"--auth-command", "exit 3", "URL"}, code: 1, want: "--auth-command: exit status 3"},
		{name: "command prints nothing", args: []string{"--auth-command", "echo", "URL"}, code: 1, want: "printed nothing"},
		{name: "command prints two lines", args: []string{"--auth-command", "echo a; echo b", "URL"}, code: 2, want: "Authorization"},
		{name: "not UTF-8", args: []string{"--preamble", "\xff", "URL"}, code: 1, want: "not sent: "},
		{name: "cannot listen", args: []string{"--listen", "127.0.0.1:99999"}, code: 1, want: "invalid port"},
		{name: "nothing", code: 2, want: "one URL is needed"},
		{name: "two URLs", args: []string{"URL", "URL"}, code: 2, want: "one URL is needed"},
		{name: "listen and URL", args: []string{"--listen", ":0", "URL"}, code: 2, want: "--listen and a URL"},
		{name: "no such option", args: []string{"--what", "URL"}, code: 2, want: "-what"},
		{name: "option behind the URL", args: []string{"URL", "--what"}, code: 2, want: "-what"},
		{name: "header", args: []string{"-H", "x", "URL"}, code: 2, want: "no colon"},
		{name: "header that is not", args: []string{"-H", "a b: c", "URL"}, code: 2, want: "field name"},
		{name: "header of the handshake", args: []string{"-H", "Upgrade: x", "URL"}, code: 2, want: "Upgrade"},
		{name: "format", args: []string{"--format", "xml", "URL"}, code: 2, want: "one of text, hex and json"},
		{name: "close code", args: []string{"--close-code", "1006", "URL"}, code: 2, want: "3000-4999"},
		{name: "close code of clients", args: []string{"--listen", ":0", "--close-code", "1010"}, code: 2, want: "only a client"},
		{name: "wait", args: []string{"--wait", "-1s", "URL"}, code: 2, want: "a time, or forever"},
		{name: "reconnect", args: []string{"--reconnect=0s", "URL"}, code: 2, want: "above 0"},
		{name: "timeout", args: []string{"--timeout", "0s", "URL"}, code: 2, want: "times are more than 0"},
		{name: "proxy and unix", args: []string{"--proxy", "none", "--unix", "x", "URL"}, code: 2, want: "--unix and --proxy"},
		{name: "proxy", args: []string{"--proxy", "http://me:s3cr3t@a b/", "URL"}, code: 2, want: "--proxy is not a URL"},
		{name: "binary as JSON", args: []string{"-b", "--format", "json", "URL"}, code: 2, want: "-b and --format"},
		{name: "scheme", args: []string{"ftp://example.org"}, code: 2, want: "ftp"},
		{name: "origin", args: []string{"--listen", ":0", "--origin", "wss://example.org"}, code: 2, want: "scheme of a page"},
		{name: "nobody listens", args: []string{nobody}, code: 3, want: "refused"},
		{name: "not trusted", args: []string{"TLS"}, code: 3, want: "certificate"},
		{name: "refused", how: wstest.Behavior{Refuse: 403}, args: []string{"URL"}, code: 4, want: "403"},
		{name: "refused again", how: wstest.Behavior{Refuse: 503}, args: []string{"--http2", "URL"}, code: 4, want: "503"},
		{name: "vanishes", how: wstest.Behavior{Fault: wstest.FaultVanish}, args: []string{"--wait", "forever", "URL"}, code: 5, want: "1006"},
		{name: "resets", how: wstest.Behavior{Fault: wstest.FaultReset}, args: []string{"--wait", "forever", "--http2", "URL"}, code: 5, want: "CANCEL"},
		{name: "does not answer", how: wstest.Behavior{HandshakeDelay: -1}, args: []string{"--timeout", "2s", "URL"}, code: 5, want: "answer"},
		{name: "no Pong", how: wstest.Behavior{Fault: wstest.FaultSilence}, args: []string{"--ping", "20ms", "--timeout", "2s", "--wait", "forever", "URL"},
			code: 5, want: "sign of life"},
		{name: "no Close", how: wstest.Behavior{Fault: wstest.FaultSilence}, args: []string{"--timeout", "2s", "URL"}, code: 5, want: "Close"},
		{name: "breaks the protocol", how: wstest.Behavior{Fault: wstest.FaultBytes, Bytes: []byte("\x83\x00")}, args: []string{"--wait", "forever", "URL"},
			code: 6, want: "reserved"},
		{name: "closes with a fault", how: wstest.Behavior{Fault: wstest.FaultClose, Code: 1011, Reason: "no \x1b[2J"},
			args: []string{"--wait", "forever", "URL"}, code: 7, want: "1011"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // some wait for what does not come
			server := wstest.NewServer(wstest.Options{Behavior: tt.how, TLS: strings.Join(tt.args, "") == "TLS"})
			defer server.Close()
			var args []string
			for _, a := range tt.args {
				args = append(args, strings.NewReplacer("URL", server.URL, "HOST", strings.TrimPrefix(server.URL, "ws://"), "TLS", server.URL).Replace(a))
			}
			stdout, stderr, code := mintcat(t, "", args...)
			if code != tt.code || !strings.Contains(stderr, tt.want) || (tt.want == "") != (stderr == "") {
				t.Errorf("exit code %d, stderr %q, want %d and %q", code, stderr, tt.code, tt.want)
			}
			if stdout != "" && stdout != help || strings.Contains(stderr, "s3cr3t") || strings.Contains(stderr, "\x1b") {
				t.Errorf("stdout %q, stderr %q", stdout, stderr)
			}
		})
	}
}

// TestUnsent: a server that closes well before all input was sent is no good end for a pipe that has more, and one for a pipe that says
// nothing.
func TestUnsent(t *testing.T) {
	url := startServer(t, wstest.Options{Behavior: wstest.Behavior{Fault: wstest.FaultClose, Code: 1001}})
	p := startProcess(t, url)
	go io.Copy(p.stdin, endless{})
	if code := p.end(); code != 5 || !strings.Contains(p.err.String(), "before all input was sent") {
		t.Errorf("exit code %d, stderr %q", code, p.err.String())
	}
	p = startProcess(t, url)
	if code := p.end(); code != 0 || p.err.String() != "" {
		t.Errorf("exit code %d, stderr %q", code, p.err.String())
	}
}

// endless is input without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, "line\n"), nil }

// ends takes note of how WebSockets end for a server.
func ends(opt *wstest.Options) <-chan string {
	over := make(chan string, 10)
	opt.Over = func(_ *http.Request, ws mintws.WebSocket) {
		code, reason := ws.PeerClose()
		over <- fmt.Sprint(ws.State(), " ", int(code), " ", reason)
	}
	return over
}

// TestSignals: the first signal closes the WebSocket, and waits for the server's Close. The second one does not wait.
func TestSignals(t *testing.T) {
	// What nohup ignores would stay ignored in the programs that are started here, but not what somebody listens for.
	ours := make(chan os.Signal, 1)
	signal.Notify(ours, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(ours)
	hello := []mintws.Frame{mintws.Text("hello")}
	for sent, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		var opt wstest.Options
		opt.Behavior.Greeting = hello
		over := ends(&opt)
		p := startProcess(t, "--close-code", "4001", startServer(t, opt))
		p.wait("hello\n")
		p.signal(sent)
		if code := p.end(); code != want || p.err.String() != "" {
			t.Errorf("%v: exit code %d, stderr %q, want %d", sent, code, p.err.String(), want)
		}
		if got := <-over; got != "Closed 4001 " {
			t.Errorf("%v: for the server it is %s", sent, got)
		}
	}
	silent := startServer(t, wstest.Options{Behavior: wstest.Behavior{Greeting: hello, Fault: wstest.FaultSilence}})
	p := startProcess(t, "--timeout", "1h", "-v", silent)
	p.wait("hello\n")
	p.signal(syscall.SIGINT)
	p.err.wait(t, "> Close")
	p.signal(syscall.SIGINT)
	if code := p.end(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	p = startProcess(t, "--timeout", "1h", "-v", startServer(t, wstest.Options{Behavior: wstest.Behavior{HandshakeDelay: -1}}))
	p.err.wait(t, "> GET")
	p.signal(syscall.SIGINT)
	if code := p.end(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
}

// TestIgnored: a signal that the program was started to ignore stays ignored.
func TestIgnored(t *testing.T) {
	shell := process(t)
	q := &running{t: t, cmd: shell}
	shell.Path, shell.Args = "/bin/sh", []string{"sh", "-c", "trap '' INT; exec " + os.Args[0] + " --preamble one " + startServer(t, wstest.Options{})}
	q.start()
	q.wait("one\n")
	q.signal(syscall.SIGINT)
	q.say("two\n")
	q.wait("two\n")
	q.stdin.Close()
	if code := q.end(); code != 0 {
		t.Errorf("exit code %d, stderr %q", code, q.err.String())
	}
}

// TestBrokenPipe: where nobody reads what is printed any more, the WebSocket is closed, and nothing is said.
func TestBrokenPipe(t *testing.T) {
	var opt wstest.Options
	over := ends(&opt)
	p := startProcess(t, startServer(t, opt))
	p.out.stop()
	p.say("into the void\n")
	if code := p.end(); code != 141 || p.err.String() != "" {
		t.Errorf("exit code %d, stderr %q, want 141", code, p.err.String())
	}
	if got := <-over; got != "Closed 1000 " {
		t.Errorf("for the server it is %s", got)
	}
}

// TestPaused: while nobody reads what is printed, no more is read than a bound, a signal is obeyed, and nothing is lost
// when the reader goes on.
func TestPaused(t *testing.T) {
	var opt wstest.Options
	for range 100 { // more than two sockets and a pipe take
		opt.Behavior.Greeting = append(opt.Behavior.Greeting, mintws.Text(strings.Repeat("x", 200<<10-1)))
	}
	over := ends(&opt)
	url := startServer(t, opt)
	for _, signal := range []bool{true, false} {
		p := &running{t: t, cmd: process(t, "-v", url)}
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		var stderr *os.File
		p.err, stderr = hear(t)
		p.cmd.Stdout, p.cmd.Stderr = w, stderr
		if p.stdin, err = p.cmd.StdinPipe(); err != nil {
			t.Fatal(err)
		}
		if err = p.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		stderr.Close()
		p.err.wait(t, "< Text")
		want := 130
		if signal {
			p.signal(syscall.SIGINT)
		} else {
			want = 0
			p.stdin.Close()
			p.err.wait(t, "> Close") // there is no hurry: nobody has begun to read
			if n, readErr := io.Copy(io.Discard, r); n != 100*200<<10 || readErr != nil {
				t.Errorf("%d bytes are printed, %v", n, readErr)
			}
		}
		if code := p.end(); code != want {
			t.Errorf("exit code %d, want %d", code, want)
		}
		if got := <-over; got != "Closed 1000 " {
			t.Errorf("for the server it is %s", got)
		}
	}
}

// TestReconnect: after each loss there is another connection, with the preamble, and with an Authorization of its own.
func TestReconnect(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	url := startServer(t, wstest.Options{Behave: func(r *http.Request) wstest.Behavior {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.Header.Get("Authorization"))
		switch len(asked) {
		case 1:
			return wstest.Behavior{Refuse: http.StatusUnauthorized}
		case 2:
			return wstest.Behavior{Fault: wstest.FaultVanish, After: 2}
		case 3:
			return wstest.Behavior{Fault: wstest.FaultClose, Code: mintws.CodeServiceRestart, After: 2}
		}
		return wstest.Behavior{}
	}})
	count := filepath.Join(t.TempDir(), "count")
	p := startProcess(t, "--reconnect=1ms", "--preamble", "one", "--preamble", "two", "--auth-command",
		"echo x >>"+count+"; echo Bearer $(wc -l <"+count+")", url)
	p.wait("one\ntwo\none\ntwo\none\ntwo\n")
	p.say("three\n")
	p.wait("three\n")
	p.stdin.Close()
	if code := p.end(); code != 0 {
		t.Errorf("exit code %d, stderr %q", code, p.err.String())
	}
	for _, want := range []string{"401", "1006", "1012"} {
		if !strings.Contains(p.err.String(), want) {
			t.Errorf("stderr %q, want %q in it", p.err.String(), want)
		}
	}
	if got := strings.Join(asked, ","); got != "Bearer 1,Bearer 2,Bearer 3,Bearer 4" {
		t.Errorf("Authorization was %s", got)
	}
	// A signal ends the waiting, too.
	p = startProcess(t, "--reconnect=1h", startServer(t, wstest.Options{Behavior: wstest.Behavior{Refuse: 503}}))
	p.err.wait(t, "again in")
	p.signal(syscall.SIGINT)
	if code := p.end(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
}
