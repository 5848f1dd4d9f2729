package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program is one that uses the real library, with a fault for each type that is in it, each of which is found.
const program = `package main

import (
	"fmt"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

func main() {
	ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{})
	_, p, err := ws.Encode(mintws.Text("Hello"))
	fmt.Println(p, err)
	var out httpconn.Output
	conn, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
	conn.Request(&out, httpconn.Request{Authority: "example.org", Path: "/"})
	fmt.Println(conn.Next(), err)
	now := time.Now()
	d := session.NewDeadlines(session.Timing{}, now)
	d.Observe(now, ws.State(), true)
	s := session.New(conn, ws, d, now)
	if s, err := s.Tick(new(session.Output), now); err != nil {
		fmt.Println(s.Over(), err)
	}
	fmt.Println(s.Over())
}
`

// user returns a folder with an empty module that uses the library beside this one.
func user(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, "go.mod", "module example.org/user\n\ngo 1.26.0\n\nrequire github.com/mintws/mintws v0.0.0\n\nreplace github.com/mintws/mintws => "+root+"\n")
	write(t, dir, "go.sum", string(sum))
	return dir
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// vet runs the tool by go vet in a folder, as the README says, and returns what that says.
func vet(t *testing.T, dir string) (string, error) {
	t.Helper()
	tool := filepath.Join(t.TempDir(), "mintvet")
	if text, err := exec.CommandContext(t.Context(), "go", "build", "-o", tool, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	cmd := exec.CommandContext(t.Context(), "go", "vet", "-vettool="+tool, "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// TestVettool: go vet runs the tool on a program that uses the library. It reports, and its exit code says so; marks silence it.
func TestVettool(t *testing.T) {
	dir := user(t)
	write(t, dir, "main.go", program)
	text, vetErr := vet(t, dir)
	page, err := os.ReadFile("README.md")
	if _, said, ok := strings.Cut(text, "main.go:14:2: "); err != nil || !ok || !strings.Contains(string(page), strings.SplitAfter(said, "\n")[0]) {
		t.Errorf("the README's message is another: %v", err)
	}
	for _, want := range []string{
		`main.go:14:2: ws: the next WebSocket is dropped for _; write ws, p, err = ws.Encode(mintws.Text("Hello"))`,
		"main.go:18:2: conn: the next Conn is dropped by a call as a statement; write conn, _, err = conn.Request(",
		"main.go:22:2: d: the next Deadlines is dropped by a call as a statement; write d = d.Observe(now, ws.State(), true)",
		"main.go:24:5: s: := declares another s in this scope, and the next Session ends with it",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("not said: %s", want)
		}
	}
	if vetErr == nil || strings.Count(text, "main.go:") != 4 {
		t.Errorf("%v, and it said\n%s", vetErr, text)
	}
	marked := strings.NewReplacer("\"))\n", "\")) //mintvet:fork\n", "\t"+`conn.Req`, "\t//mintvet:fork on purpose\n\tconn.Req",
		"now); err != nil {", "now); err != nil { //mintvet:fork",
		"true)\n", "true) //mintvet:fork\n").Replace(program)
	if write(t, dir, "main.go", marked); strings.Count(marked, "//mintvet:fork") != 4 {
		t.Fatal(marked)
	}
	if text, err = vet(t, dir); err != nil {
		t.Errorf("with marks: %v\n%s", err, text)
	}
}

// TestInstallable: go install path@version refuses a module whose go.mod replaces another.
func TestInstallable(t *testing.T) {
	text, err := os.ReadFile("go.mod")
	if err != nil || strings.Contains(string(text), "replace") || !strings.HasPrefix(string(text), "module github.com/mintws/mintws/mintvet\n") {
		t.Errorf("%v\n%s", err, text)
	}
}
