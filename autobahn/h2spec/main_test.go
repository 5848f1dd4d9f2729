package main

import (
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

func TestRun(t *testing.T) {
	failing := strings.ReplaceAll(report, "<SKIPPED/>", "")
	const named = "# comment\n\nhttp2/3.5/2  clear  always  it speaks HTTP/1.1 too\n"
	for _, tt := range []struct {
		name, report, known string
		args                string
		status              int
		want                []string // in the output
	}{
		{"nothing known", failing, "", "", 1, []string{"http2/3.5/2      FAILED: Sends invalid connection preface\n",
			"expected  GOAWAY Frame\n", "expected  Connection closed\n", "came      Timeout\n", "h2spec server clear: 2 passed, 1 failed, 0 by net/http\n"}},
		{"known", failing, named, "-want 3", 0, []string{"http2/3.5/2      net/http: it speaks HTTP/1.1 too\n",
			"h2spec server clear: 2 passed, 0 failed, 1 by net/http\n"}},
		{"known in both", failing, strings.Replace(named, "clear", "both", 1), "-transport tls", 0, []string{"tls: 2 passed, 0 failed, 1 by"}},
		{"known elsewhere", failing, named, "-transport tls", 1, []string{"FAILED", "tls: 2 passed, 1 failed, 0 by net/http\n"}},
		{"passes now", failing, named + "http2/3.5/1 both always why\nhttp2/4.2/1 both race why\n", "", 0,
			[]string{"http2/3.5/1      passes, although", "2 passed, 0 failed, 1 by"}},
		{"skipped", strings.ReplaceAll(report, "SKIPPED", "skipped"), named, "", 1, []string{"http2/4.2/1      FAILED", "skipped", "1 passed, 1 failed, 1 by"}},
		{"another number", failing, named, "-want 145", 1, []string{"3 cases were run, want 145"}},
		{"no cases", "<testsuites/>", named, "", 1, []string{"0 cases"}},
		{"not a report", "<html/>", named, "", 1, []string{"junit.xml"}},
		{"cut", failing[:300], named, "", 1, []string{"junit.xml"}},
		{"no such case", failing, "http2/9/1 both always why\n", "", 1, []string{"no case http2/9/1"}},
		{"twice", failing, named + named, "", 1, []string{"http2/3.5/2 is there twice"}},
		{"no reason", failing, "http2/3.5/2 both always\n", "", 1, []string{"and a reason"}},
		{"no such place", failing, "http2/3.5/2 quic always why\n", "", 1, []string{"clear, tls or both"}},
		{"usage", failing, named, "-transport quic", 2, []string{"clear or tls"}},
		{"argument", failing, named, "rest", 2, []string{"no arguments"}},
		{"flag", failing, named, "-nonsense", 2, []string{"not defined"}},
		{"help", failing, named, "-help", 0, []string{"-junit"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			files := [2]string{filepath.Join(dir, "junit.xml"), filepath.Join(dir, "known.txt")}
			for i, content := range [2]string{tt.report, tt.known} {
				if err := os.WriteFile(files[i], []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var out strings.Builder
			args := append([]string{"-junit", files[0], "-known", files[1]}, strings.Fields(tt.args)...)
			if status := run(args, &out, &out); status != tt.status {
				t.Errorf("exit status %d, want %d", status, tt.status)
			}
			for _, want := range tt.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in\n%s", want, &out)
				}
			}
		})
	}
	var out strings.Builder
	if status := run([]string{"-junit", "/does/not/exist", "-known", "x"}, &out, &out); status != 1 {
		t.Errorf("exit status %d without a report", status)
	}
}

// TestList reads the list that is used.
func TestList(t *testing.T) {
	if list, err := loadKnown("nethttp.txt"); err != nil || len(list) == 0 {
		t.Errorf("%d cases, %v", len(list), err)
	}
}
