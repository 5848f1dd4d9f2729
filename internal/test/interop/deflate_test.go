package interop

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/mintws/mintws/internal/test/installed"
	"github.com/mintws/mintws/mintws"
)

// agreement is what both sides agree to.
type agreement struct {
	name           string
	client, server []string // what each asks for
	want           []string // what the answer has
}

// agreements are what can be negotiated (RFC 7692 section 7.1), and who asks for it. A window of 8 bits is in
// TestDeflateSmallestWindow.
var agreements = []agreement{
	{"takeover", nil, nil, nil},
	{"the client asks for no takeover", []string{"client_no_context_takeover", "server_no_context_takeover"}, nil,
		[]string{"client_no_context_takeover", "server_no_context_takeover"}},
	{"the server asks for no takeover", nil, []string{"client_no_context_takeover", "server_no_context_takeover"},
		[]string{"client_no_context_takeover", "server_no_context_takeover"}},
	{"only the server takes over", nil, []string{"client_no_context_takeover"}, []string{"client_no_context_takeover"}},
	{"only the client takes over", []string{"server_no_context_takeover"}, nil, []string{"server_no_context_takeover"}},
	{"server window of 9 bits", []string{"server_max_window_bits=9"}, nil, []string{"server_max_window_bits=9"}},
	{"client window of 9 bits", nil, []string{"client_max_window_bits=9"}, []string{"client_max_window_bits=9"}},
	{"windows of 9 and 10 bits", []string{"server_max_window_bits=9"}, []string{"client_max_window_bits=10"},
		[]string{"client_max_window_bits=10", "server_max_window_bits=9"}},
	{"the server says, unasked, that its window has 9 bits", nil, []string{"server_max_window_bits=9"},
		[]string{"server_max_window_bits=9"}},
	{"small windows, no takeover", []string{"server_max_window_bits=9", "server_no_context_takeover"},
		[]string{"client_max_window_bits=9", "client_no_context_takeover"},
		[]string{"client_max_window_bits=9", "client_no_context_takeover", "server_max_window_bits=9", "server_no_context_takeover"}},
}

// deflatePeers are how to run the programs of others.
var deflatePeers = []struct {
	name    string
	command func(t *testing.T) []string
}{
	{"ws", nodeWS},
	{"websockets", pythonWebSockets},
}

// nodeWS is Node with the npm package ws.
func nodeWS(t *testing.T) []string {
	t.Helper()
	path := installed.Program(t, "node")
	if out, err := exec.Command(path, "-e", "require('ws')").CombinedOutput(); err != nil {
		installed.Missing(t, "the npm package ws", out)
	}
	return []string{path, "deflate.js"}
}

// pythonWebSockets is Python with the library websockets.
func pythonWebSockets(t *testing.T) []string {
	t.Helper()
	return []string{pythonWith(t, "websockets"), "deflate.py"}
}

// pythonWith returns a Python that has a module. The first python3 on the path need not be the one that Debian's packages
// are for.
func pythonWith(t *testing.T, module string) string {
	t.Helper()
	var said []byte
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		path := installed.Program(t, name)
		out, err := exec.Command(path, "-c", "import "+module).CombinedOutput()
		if err == nil {
			return path
		}
		said = out
	}
	installed.Missing(t, "python3-"+module, said)
	return ""
}

// deflateCount is how many messages are exchanged with takeover in both directions, and with other agreements.
func deflateCount(i int) int {
	if i > 0 || testing.Short() {
		return 300
	}
	return deflateMost
}

// TestDeflateServers: our client and their servers.
func TestDeflateServers(t *testing.T) {
	for _, peer := range deflatePeers {
		t.Run(peer.name, func(t *testing.T) {
			command := peer.command(t)
			for i, a := range agreements {
				t.Run(a.name, func(t *testing.T) {
					p := run(t, nil, nil, command[0], append([]string{command[1], "serve"}, a.server...)...)
					s := newSender(t, fmt.Sprintf("ws://127.0.0.1:%d/", p.port(t)), deflateOptions(mintws.Client, a.client))
					want := strings.Join(append([]string{"permessage-deflate"}, a.want...), "; ")
					if got := s.ws.Extensions(); len(got) != 1 || !sameParams(got[0], want) {
						t.Fatalf("negotiated %q, want %q", got, want)
					}
					s.exchange(deflateCount(i))
				})
			}
			t.Run("the client says that its window has 9 bits", func(t *testing.T) {
				p := run(t, nil, nil, command[0], command[1], "serve")
				opt := deflateOptions(mintws.Client, []string{"client_max_window_bits=9"})
				s := newSender(t, fmt.Sprintf("ws://127.0.0.1:%d/", p.port(t)), opt)
				// They take note, and keep no more (RFC 7692 section 7.1.2.2).
				if got := s.ws.Extensions(); len(got) != 1 || !sameParams(got[0], "permessage-deflate; client_max_window_bits=9") {
					t.Fatalf("negotiated %q", got)
				}
				s.exchange(deflateCount(1))
			})
		})
	}
}

// TestDeflateClients: their clients and our server.
func TestDeflateClients(t *testing.T) {
	for _, peer := range deflatePeers {
		t.Run(peer.name, func(t *testing.T) {
			command := peer.command(t)
			for i, a := range agreements {
				t.Run(a.name, func(t *testing.T) { deflateClient(t, command, a.client, a.server, a.want, deflateCount(i)) })
			}
			t.Run("the client says that its window has 9 bits", func(t *testing.T) {
				bits := []string{"client_max_window_bits=9"}
				deflateClient(t, command, bits, nil, bits, deflateCount(1))
			})
		})
	}
}

// deflateClient runs a client of theirs, which sends n messages.
func deflateClient(t *testing.T, command, asked, ours, want []string, n int) {
	addr, done := echoServer(t, deflateOptions(mintws.Server, ours))
	ctx, cancel := context.WithTimeout(t.Context(), deflateLimit)
	defer cancel()
	seconds := strconv.Itoa(int(deflateLimit.Seconds()))
	args := append([]string{command[1], "send", "ws://" + addr + "/", strconv.Itoa(n), seconds}, asked...)
	out, err := exec.CommandContext(ctx, command[0], args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	got, wanted := strings.TrimSpace(string(out)), strings.Join(append([]string{"permessage-deflate"}, want...), "; ")
	if !sameParams(got, wanted) {
		t.Errorf("negotiated %q, want %q", got, wanted)
	}
	end := <-done
	if code, _ := end.ws.PeerClose(); end.ws.Err() != nil || code != mintws.CodeNormal || end.messages != n {
		t.Errorf("the server says %d messages, %v, %v", end.messages, code, end.ws.Err())
	}
}

// TestDeflateSmallestWindow: a window of 8 bits, asked for by us. Zlib has none. A library that compresses with it either
// takes one of 9 bits instead and uses less than 256 bytes of it, as ws does, or cannot agree, as websockets.
func TestDeflateSmallestWindow(t *testing.T) {
	command := nodeWS(t)
	t.Run("server", func(t *testing.T) {
		p := run(t, nil, nil, command[0], command[1], "serve")
		opt := deflateOptions(mintws.Client, []string{"server_max_window_bits=8"})
		s := newSender(t, fmt.Sprintf("ws://127.0.0.1:%d/", p.port(t)), opt)
		if got := s.ws.Extensions(); len(got) != 1 || !sameParams(got[0], "permessage-deflate; server_max_window_bits=8") {
			t.Fatalf("negotiated %q", got)
		}
		s.exchange(deflateCount(1))
	})
	t.Run("client", func(t *testing.T) {
		bits := []string{"client_max_window_bits=8"}
		deflateClient(t, command, nil, bits, bits, deflateCount(1))
	})
}
