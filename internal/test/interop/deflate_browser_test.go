package interop

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mintws/mintws/internal/test/echo"
	"github.com/mintws/mintws/internal/test/installed"
	"github.com/mintws/mintws/mintws"
)

// TestDeflateBrowser: a page in Chromium sends messages to our server and compares the echoes. What a browser offers
// cannot be chosen: it is permessage-deflate; client_max_window_bits.
func TestDeflateBrowser(t *testing.T) {
	var list []agreement
	for _, a := range agreements {
		if len(a.client) == 0 {
			list = append(list, a)
		}
	}
	deflateBrowser(t, list)
}

// deflateBrowser has a page exchange messages with a server for each agreement.
func deflateBrowser(t *testing.T, list []agreement) {
	t.Helper()
	path := installed.Program(t, "chromium")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "deflate.html") })
	reports := make(chan []deflateReport, 1)
	mux.HandleFunc("POST /report", func(w http.ResponseWriter, r *http.Request) {
		var list []deflateReport
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&list); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		reports <- list
	})
	var want []deflateReport
	var query []string
	for _, a := range list {
		r := deflateReport{Path: fmt.Sprintf("/echo/%d", len(want)), Received: deflateCount(len(want)),
			Extensions: strings.Join(append([]string{"permessage-deflate"}, a.want...), "; ")}
		deflate, err := mintws.NewDeflate(deflateOptions(mintws.Server, a.server))
		if err != nil {
			t.Fatal(err)
		}
		mux.Handle(r.Path, echo.New(echo.Options{Accept: mintws.AcceptOptions{Extensions: []mintws.Extension{deflate}}}))
		want, query = append(want, r), append(query, fmt.Sprintf("%s=%d", r.Path, r.Received))
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	ended := browse(t, path, s.URL+"/?"+strings.Join(query, "&"))
	select {
	case got := <-reports:
		if len(got) != len(want) {
			t.Fatalf("the page reports %+v", got)
		}
		for i := range got {
			if !sameParams(got[i].Extensions, want[i].Extensions) {
				t.Errorf("negotiated %q, want %q", got[i].Extensions, want[i].Extensions)
			}
			if got[i].Extensions = want[i].Extensions; got[i] != want[i] {
				t.Errorf("the page reports %+v, want %+v", got[i], want[i])
			}
		}
	case err := <-ended:
		t.Fatalf("the browser ended: %v", err)
	case <-time.After(deflateLimit):
		t.Fatalf("no report after %v", deflateLimit)
	}
}

// deflateReport is what the page says of one WebSocket.
type deflateReport struct {
	Path       string
	Received   int
	Extensions string
	Error      string
}

// browse opens a page, without a window, until the test ends. The channel says that the browser has ended by itself.
func browse(t *testing.T, path, url string) <-chan error {
	t.Helper()
	dir, err := os.MkdirTemp("", "browser")
	if err != nil {
		t.Fatal(err)
	}
	var said lines
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
		"--user-data-dir="+dir, url)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it has many processes, which end together
	cmd.WaitDelay = 10 * time.Second                      // for what holds its output
	if err = cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended, over := make(chan error, 1), make(chan struct{})
	go func() {
		ended <- cmd.Wait()
		close(over)
	}()
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-over
		if t.Failed() {
			t.Logf("the browser said:\n%s", said.String())
		}
		os.RemoveAll(dir) // as far as that goes: it may have written once more
	})
	return ended
}
