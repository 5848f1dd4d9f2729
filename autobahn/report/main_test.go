package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// made makes up an index.json: one agent, and of each case "ID BEHAVIOR/CLOSE".
func made(cases ...string) string {
	entries := make([]string, len(cases))
	for i, c := range cases {
		id, words, _ := strings.Cut(c, " ")
		behavior, behaviorClose, _ := strings.Cut(words, "/")
		entries[i] = fmt.Sprintf(`%q: {"behavior": %q, "behaviorClose": %q, "duration": %d, "remoteCloseCode": null,
			"reportfile": "a_case.json"}`, id, behavior, behaviorClose, 1000+i)
	}
	return `{"a": {` + strings.Join(entries, ",") + `}}`
}

// detailJSON is the report of the one failing case that these tests look at closely.
const detailJSON = `{"expectation": "An\n echo.", "expected": {"OK": [["message", "x", false]]}, "received": [],
	"result": "Actual events differ.", "expectedClose": {"closedByMe": true, "closeCode": [1000], "requireClean": true},
	"resultClose": "Dropped.", "wasNotCleanReason": "no close frame", "remoteCloseReason": null}`

func TestRun(t *testing.T) {
	tests := []struct {
		name  string
		index string // "": there is none
		args  []string
		code  int
		last  string   // the last line, after "autobahn client http/1.1: "
		says  []string // on stdout or stderr
	}{
		{name: "all pass", index: made("1.1.1 OK/OK", "7.1.6 INFORMATIONAL/INFORMATIONAL"), args: []string{"-want", "2"},
			last: "2 passed, 0 failed, 0 non-strict", says: []string{"informational: 7.1.6\n"}},
		{name: "informational close", index: made("7.1.6 OK/INFORMATIONAL"),
			last: "1 passed, 0 failed, 0 non-strict", says: []string{"informational: 7.1.6\n"}},
		{name: "non-strict", index: made("1.1.1 OK/OK", "6.4.1 NON-STRICT/OK"),
			last: "1 passed, 0 failed, 1 non-strict", says: []string{"case 6.4.1: NON-STRICT"}},
		{name: "non-strict, strictly", index: made("6.4.1 NON-STRICT/OK"), args: []string{"-strict"},
			code: 1, last: "0 passed, 0 failed, 1 non-strict"},
		{name: "failed", index: made("1.1.1 FAILED/OK", "1.1.2 OK/OK", "6.4.1 NON-STRICT/OK"),
			code: 1, last: "1 passed, 1 failed, 1 non-strict", says: []string{"case 1.1.1: FAILED, close OK, close code received: none"}},
		{name: "unclean close only", index: made("2.1 OK/UNCLEAN"),
			code: 1, last: "0 passed, 1 failed, 0 non-strict", says: []string{"case 2.1: OK, close UNCLEAN"}},
		{name: "non-strict and wrong code", index: made("2.1 NON-STRICT/WRONG CODE"),
			code: 1, last: "0 passed, 1 failed, 0 non-strict"},
		{name: "failed by client", index: made("2.1 OK/FAILED BY CLIENT"), code: 1, last: "0 passed, 1 failed, 0 non-strict"},
		{name: "unimplemented", index: made("12.1.1 UNIMPLEMENTED/OK"), code: 1, last: "0 passed, 1 failed, 0 non-strict"},
		{name: "unknown word", index: made("1.1.1 GREAT/OK"), code: 1, last: "0 passed, 1 failed, 0 non-strict"},
		{name: "no words", index: `{"a": {"1.1.1": {}}}`, code: 1, last: "0 passed, 1 failed, 0 non-strict",
			says: []string{"case 1.1.1: (nothing), close (nothing)"}},
		{name: "too few", index: made("1.1.1 OK/OK"), args: []string{"-want", "2"}, code: 1, last: "1 passed, 0 failed, 0 non-strict",
			says: []string{"1 cases were run, 2 wanted"}},
		{name: "too many", index: made("1.1.1 OK/OK", "1.1.2 OK/OK"), args: []string{"-want", "1"}, code: 1,
			last: "2 passed, 0 failed, 0 non-strict"},
		{name: "no case", index: `{"a": {}}`, code: 1, last: "0 passed, 0 failed, 0 non-strict", says: []string{"no case was run"}},
		{name: "no file", code: 1, says: []string{"index.json"}},
		{name: "empty file", index: " ", code: 1, says: []string{"index.json"}},
		{name: "truncated", index: made("1.1.1 OK/OK")[:60], code: 1, says: []string{"unexpected end of JSON input"}},
		{name: "another shape", index: `[1]`, code: 1, says: []string{"cannot unmarshal"}},
		{name: "no agent", index: `{}`, code: 1, says: []string{"0 agents"}},
		{name: "two agents", index: `{"a": {}, "b": {}}`, code: 1, says: []string{"2 agents"}},
		{name: "another agent", index: made("1.1.1 OK/OK"), args: []string{"-agent", "b"}, code: 1, says: []string{`no agent "b"`}},
		{name: "one of two agents", index: `{"a": {}, "b": {"1.1.1": {"behavior": "OK", "behaviorClose": "OK"}}}`,
			args: []string{"-agent", "b"}, last: "1 passed, 0 failed, 0 non-strict"},
		{name: "usage", args: []string{"argument"}, code: 2},
		{name: "unknown flag", args: []string{"-x"}, code: 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.index != "" {
				writeFile(t, dir, "index.json", tt.index)
			}
			var stdout, stderr bytes.Buffer
			code := run(append([]string{"-dir", dir}, tt.args...), &stdout, &stderr)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if (code != 0) == (stderr.Len() == 0) && tt.last == "" {
				t.Errorf("exit code %d, stderr %q", code, stderr.String())
			}
			last := stdout.String()
			last = strings.TrimSuffix(last[strings.LastIndex(strings.TrimSuffix(last, "\n"), "\n")+1:], "\n")
			want := tt.last
			if want != "" {
				want = "autobahn client http/1.1: " + want
			}
			if last != want {
				t.Errorf("last line %q, want %q", last, want)
			}
			for _, s := range tt.says {
				if !strings.Contains(stdout.String()+stderr.String(), s) {
					t.Errorf("nowhere: %q in\n%s%s", s, &stdout, &stderr)
				}
			}
		})
	}
}

func TestOutput(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "index.json", made("2.10 OK/OK", "2.9 FAILED/UNCLEAN", "10.1.1 OK/OK", "1.1.1 OK/WRONG CODE"))
	writeFile(t, dir, "a_case.json", detailJSON)
	var stdout, stderr bytes.Buffer
	if code := run([]string{"-dir", dir, "-role", "server", "-transport", "h2"}, &stdout, &stderr); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	const problem = `
  expectation: An echo.
  OK would be: [["message","x",false]]
  received: nothing (Actual events differ.)
  close expected: by the test suite, cleanly, codes [1000] or none
  close received: code none, reason "" (Dropped.)
  not clean: no close frame
`
	const want = `section                 ok  non-strict  failed  unclean  informational  unimplemented  slowest
1        framing        0   0           1       0        0              0              1.1.1, 1.003 s
2        ping and pong  1   0           1       0        0              0              2.9, 1.001 s
10       miscellaneous  1   0           0       0        0              0              10.1.1, 1.002 s
all                     2   0           2       0        0              0              1.1.1, 1.003 s

case 1.1.1: OK, close WRONG CODE, close code received: none` + problem + `
case 2.9: FAILED, close UNCLEAN, close code received: none` + problem + `autobahn server h2: 2 passed, 2 failed, 0 non-strict
`
	if got := stdout.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if stderr.Len() > 0 {
		t.Errorf("stderr: %s", &stderr)
	}
}

func writeFile(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
