package h2spec

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// report is as h2spec 2.2.1 writes it.
const report = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="3.5. HTTP/2 Connection Preface" package="http2/3.5" id="3.5" tests="2" skipped="0" failures="0" errors="1">
    <testcase package="http2/3.5" classname="Sends client connection preface" time="0.0002"></testcase>
    <testcase package="http2/3.5" classname="Sends invalid connection preface" time="0.0005">
      <error>GOAWAY Frame
Connection closed
Timeout</error>
    </testcase>
  </testsuite>
  <testsuite name="4.2. Frame Size" package="http2/4.2" id="4.2" tests="1" skipped="0" failures="0" errors="1">
    <testcase package="http2/4.2" classname="Sends more" time="0.0002"><SKIPPED/></testcase>
  </testsuite>
</testsuites>
`

func TestServer(t *testing.T) {
	failing := strings.ReplaceAll(report, "<SKIPPED/>", "")
	const named = "# comment\n\nhttp2/3.5/2  clear  always  it speaks HTTP/1.1 too\n"
	for _, tt := range []struct {
		name, report, list, transport string
		want                          int // cases; 0 is 3
		passed                        bool
		err                           string   // in the error
		says                          []string // in the output
	}{
		{name: "nothing known", report: failing, says: []string{"http2/3.5/2      FAILED: Sends invalid connection preface\n",
			"expected  GOAWAY Frame\n", "expected  Connection closed\n", "came      Timeout\n",
			"h2spec server clear: 2 passed, 1 failed, 0 by net/http\n"}},
		{name: "known", report: failing, list: named, passed: true, says: []string{
			"http2/3.5/2      net/http: it speaks HTTP/1.1 too\n", "h2spec server clear: 2 passed, 0 failed, 1 by net/http\n"}},
		{name: "known in both", report: failing, list: strings.Replace(named, "clear", "both", 1), transport: "tls", passed: true,
			says: []string{"tls: 2 passed, 0 failed, 1 by"}},
		{name: "known elsewhere", report: failing, list: named, transport: "tls",
			says: []string{"FAILED", "tls: 2 passed, 1 failed, 0 by net/http\n"}},
		{name: "passes now", report: failing, list: named + "http2/3.5/1 both always why\nhttp2/4.2/1 both race why\n", passed: true,
			says: []string{"http2/3.5/1      passes, although", "2 passed, 0 failed, 1 by"}},
		{name: "skipped", report: strings.ReplaceAll(report, "SKIPPED", "skipped"), list: named,
			says: []string{"http2/4.2/1      FAILED", "skipped", "1 passed, 1 failed, 1 by"}},
		{name: "another number", report: failing, list: named, want: 145, err: "3 cases were run over clear, want 145",
			says: []string{"2 passed, 0 failed, 1 by"}},
		{name: "no cases", report: "<testsuites/>", list: named, err: "0 cases", says: []string{"clear: 0 passed"}},
		{name: "not a report", report: "<html/>", list: named, err: "the report"},
		{name: "cut", report: failing[:300], list: named, err: "the report"},
		{name: "no such case", report: failing, list: "http2/9/1 both always why\n", err: "nethttp.txt: there is no case http2/9/1"},
		{name: "twice", report: failing, list: named + named, err: "http2/3.5/2 is listed twice"},
		{name: "no reason", report: failing, list: "http2/3.5/2 both always\n", err: "and a reason"},
		{name: "no such place", report: failing, list: "http2/3.5/2 quic always why\n", err: "clear, tls or both"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			passed, err := judge(&out, []byte(tt.report), tt.list, cmp.Or(tt.transport, "clear"), cmp.Or(tt.want, 3))
			if passed != tt.passed || err == nil && tt.err != "" || err != nil && (tt.err == "" || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("passed %t, %v; want %t, %q", passed, err, tt.passed, tt.err)
			}
			for _, want := range tt.says {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in\n%s", want, &out)
				}
			}
			if len(tt.says) == 0 && out.Len() > 0 {
				t.Errorf("says %s", &out)
			}
		})
	}
}

// TestServerReport: the report is read, and judged by the list that is kept.
func TestServerReport(t *testing.T) {
	name := filepath.Join(t.TempDir(), "report.xml")
	if passed, err := Server(io.Discard, name, "clear"); passed || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no report: passed %t, %v", passed, err)
	}
	if err := os.WriteFile(name, []byte(report), 0o600); err != nil {
		t.Fatal(err)
	}
	if passed, err := Server(io.Discard, name, "clear"); passed || err == nil || !strings.Contains(err.Error(), "there is no case http2/") {
		t.Errorf("three cases: passed %t, %v", passed, err)
	}
	if list, err := parseKnown(netHTTP); err != nil || len(list) == 0 {
		t.Errorf("%d cases on the list, %v", len(list), err)
	}
}
