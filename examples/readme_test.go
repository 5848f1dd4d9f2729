package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mintws/mintws/mintws/wstest"
)

// changing is what is different each time: keys, masks, and the address of the server.
var changing = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`(Sec-WebSocket-(?:Key|Accept): )\S+`), "${1}KEY"},
	{regexp.MustCompile(`(: 8[0-9a-f] [89a-f][0-9a-f]) [0-9a-f]{2} [0-9a-f]{2} [0-9a-f]{2} [0-9a-f]{2}`), "${1} MASK"},
}

// TestReadmeOutput: what stands as output in the blocks "console" about mintcat is what the commands print, both outputs together, with
// an echo server where they say that there is one.
func TestReadmeOutput(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## mintcat\n")
	section, _, _ = strings.Cut(section, "\n## ")
	dir := t.TempDir()
	if out, buildErr := exec.CommandContext(t.Context(), "go", "build", "-o", dir+string(filepath.Separator), "./mintcat").CombinedOutput(); buildErr != nil {
		t.Fatalf("%v\n%s", buildErr, out)
	}
	server := wstest.NewServer(wstest.Options{})
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "ws://")
	same := func(s string) string {
		s = strings.ReplaceAll(s, address, "localhost:9001")
		for _, c := range changing {
			s = c.pattern.ReplaceAllString(s, c.with)
		}
		return s
	}
	blocks := regexp.MustCompile("(?s)\n```console\n(.*?)```").FindAllStringSubmatch(section, -1)
	commands := 0
	for _, b := range blocks {
		for _, part := range strings.Split("\n"+b[1], "\n$ ")[1:] {
			command, want, _ := strings.Cut(strings.TrimSuffix(part, "\n")+"\n", "\n")
			cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(command, "localhost:9001", address))
			cmd.Env = append(os.Environ(), "PATH="+dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
			out, runErr := cmd.CombinedOutput()
			if got := same(string(out)); got != same(want) {
				t.Errorf("%s: %v\n%s\nwant\n%s", command, runErr, got, same(want))
			}
			commands++
		}
	}
	if commands < 6 {
		t.Errorf("%d commands were found, want 6 and more", commands)
	}
}
