package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/mintws/mintws/autobahn/h2spec"
)

// TestH2spec has whole runs of fake programs.
func TestH2spec(t *testing.T) {
	const client = "57 cases of h2spec against our client\n"
	const server = "145 cases of h2spec against our server, without TLS and with it\n"
	over := func(transport string, passed, failed int) string {
		var out strings.Builder
		for _, n := range []int{25, 50, 75, 100, 125, 145} {
			fmt.Fprintf(&out, "case %d of 145, TIME\n", n)
		}
		if failed > 0 {
			out.WriteString("http2/0/1        FAILED: Sends a frame\n                 expected  GOAWAY Frame\n                 came      Timeout\n")
		}
		fmt.Fprintf(&out, "h2spec server %s: %d passed, %d failed, 0 by net/http\n", transport, passed, failed)
		return out.String()
	}
	for _, tt := range []wholeRun{
		{args: "client --h2spec", stdout: client + "57 tests, 57 passed, 0 skipped, 0 failed\nh2spec client: 57 passed, 0 failed\n"},
		{args: "client --h2spec", mode: "failed", code: 1, stdout: client + "Failures:\n× 1: Sends a frame\n" +
			"57 tests, 56 passed, 0 skipped, 1 failed\nh2spec client: 56 passed, 1 failed\n"},
		{args: "client --h2spec", mode: "crash", err: "the run was not completed", stdout: client + "panic\nh2spec client: 0 passed, 57 failed\n"},
		{args: "client --h2spec", mode: "taken", err: "the run was not completed",
			stdout: client + "bind: address already in use\nh2spec client: 0 passed, 57 failed\n"},
		{args: "client --h2spec", mode: "hang", err: "not done after 300 s: the cases", stdout: client},
		{args: "server --h2spec", stdout: server + over("clear", 145, 0) + over("tls", 145, 0)},
		{args: "server --h2spec", mode: "failed", code: 1, stdout: server + over("clear", 144, 1) + over("tls", 144, 1)},
		{args: "server --h2spec", mode: "crash", err: "the run over clear was not completed", stdout: server, stderr: "panic\n"},
		{args: "server --h2spec", mode: "taken", err: "echo_server: ended instead of listening", stdout: server, stderr: "already in use\n"},
		{args: "server --h2spec", mode: "hang", err: "not done after 300 s: the cases over clear", stdout: server},
	} {
		tt.test(t)
	}
}

// listed are the lines on cases that pass here, and not with net/http.
var listed = regexp.MustCompile(`(?m)^.* passes, although the list .*\n`)

// fakeH2specd is h2spec's program for clients.
func fakeH2specd(args []string) int {
	port, client := args[3], args[7]
	if want := "-h 127.0.0.1 -p " + port + " -f " + port + " -e " + client + " -o 2"; strings.Join(args, " ") != want ||
		!strings.HasSuffix(client, "/h2get -linger 500ms") {
		fmt.Println("arguments", args)
		return 1
	}
	switch {
	case mode("taken"):
		fmt.Println("bind: address already in use")
	case mode("crash"):
		fmt.Println("panic")
	case mode("hang"):
		hang()
	case mode("failed"):
		fmt.Print("× 1: Sends a frame\n\nFailures:\n× 1: Sends a frame\n57 tests, 56 passed, 0 skipped, 1 failed\n")
	default:
		fmt.Println("57 tests, 57 passed, 0 skipped, 0 failed")
		return 0
	}
	return 1
}

// fakeH2spec is h2spec's program for servers. Its cases are those of the list, and others.
func fakeH2spec(addr, report, args string) int {
	transport := strings.TrimSuffix(filepath.Base(report), ".xml")
	if !reachable(addr) || (transport == "tls") != strings.HasPrefix(args, "-t -k -h 127.0.0.1 ") {
		fmt.Println("arguments", args)
		return 1
	}
	if mode("crash") {
		fmt.Println("panic")
		return 1
	}
	if mode("hang") {
		hang()
	}
	list, err := os.ReadFile("h2spec/nethttp.txt")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	sections := make(map[string]int) // how many cases each has
	for _, m := range regexp.MustCompile(`(?m)^(http2/\S+)/(\d+) `).FindAllStringSubmatch(string(list), -1) {
		n, _ := strconv.Atoi(m[2]) // a number
		sections[m[1]] = max(sections[m[1]], n)
	}
	rest := h2spec.ServerCases
	for _, n := range sections {
		rest -= n
	}
	sections["http2/0"] = rest
	var xml strings.Builder
	xml.WriteString("<testsuites>")
	for section, n := range sections {
		xml.WriteString("<testsuite>")
		for i := range n {
			mark, failure := "✔", ""
			if section == "http2/0" && i == 0 && mode("failed") {
				mark, failure = "×", "<failure>GOAWAY Frame\nTimeout</failure>"
			}
			fmt.Printf("%d: Sends a frame\r   %s %d: Sends a frame\n", i+1, mark, i+1)
			fmt.Fprintf(&xml, "<testcase package=%q classname=\"Sends a frame\">%s</testcase>", section, failure)
		}
		xml.WriteString("</testsuite>")
	}
	xml.WriteString("</testsuites>")
	if err = os.WriteFile(report, []byte(xml.String()), 0o600); err != nil {
		fmt.Println(err)
	}
	if mode("failed") {
		fmt.Println("Failures:\n   × 1: Sends a frame")
		return 1
	}
	return 0
}
