// Package config tests the configuration of the test suite that docker-compose.yml uses, and of the bridge.
package config

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/mintws/mintws/internal/test/installed"
)

// spec is what both specifications may hold.
type spec struct {
	URL     string   `json:"url"`
	OutDir  string   `json:"outdir"`
	Cases   []string `json:"cases"`
	Exclude []string `json:"exclude-cases"`
	Servers []server `json:"servers"`
}

type server struct {
	Agent string `json:"agent"`
	URL   string `json:"url"`
}

func load(t *testing.T, name string) spec {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var s spec
	if err = d.Decode(&s); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}

func TestSpecs(t *testing.T) {
	servers := map[string]spec{
		"fuzzingserver.json":    {URL: "ws://fuzzingserver:9001", OutDir: "/reports/client-http1"},
		"fuzzingserver-h2.json": {URL: "ws://fuzzingserver-h2:9001", OutDir: "/reports/client-http2"},
		"fuzzingclient.json":    {Servers: []server{{"mintws", "ws://echo:9100"}}, OutDir: "/reports/server-http1"},
		"fuzzingclient-h2.json": {Servers: []server{{"mintws", "ws://bridge:9003"}}, OutDir: "/reports/server-http2"},
	}
	for name, want := range servers {
		want.Cases, want.Exclude = []string{"*"}, []string{"12.*", "13.*"}
		if got := load(t, name); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

// TestCompose holds docker-compose.yml against the specifications.
func TestCompose(t *testing.T) {
	data, err := os.ReadFile("../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	server, client := load(t, "fuzzingserver.json"), load(t, "fuzzingclient.json")
	serverH2, clientH2 := load(t, "fuzzingserver-h2.json"), load(t, "fuzzingclient-h2.json")
	address := func(url string) string { return strings.TrimPrefix(url, "ws://") }
	port := func(url string) string { return url[strings.LastIndex(url, ":"):] }
	for _, s := range []string{
		"-url " + server.URL + " ",
		"-dir autobahn" + server.OutDir + " ",
		"-dir " + client.OutDir + " ",
		"-addr 0.0.0.0" + port(client.Servers[0].URL) + " ",
		"-agent " + client.Servers[0].Agent + " ",
		// Over HTTP/2 both lead through the bridge.
		"-dir autobahn" + serverH2.OutDir + " ",
		"-dir " + clientH2.OutDir + " ",
		"SUITE: " + address(serverH2.URL) + "\n",
		"H1_BIND: \"" + port(clientH2.Servers[0].URL) + "\"\n",
		"ECHO: " + address(client.Servers[0].URL) + "\n",
	} {
		if !strings.Contains(string(data), s) {
			t.Errorf("docker-compose.yml does not say %q", s)
		}
	}
}

// TestBridge has haproxy, where it is installed, look at its configuration, for each direction and both.
func TestBridge(t *testing.T) {
	haproxy := installed.Program(t, "haproxy")
	client := []string{"H2_BIND=127.0.0.1:9002", "SUITE=127.0.0.1:9001"}
	server := []string{"H1_BIND=127.0.0.1:9003", "ECHO=127.0.0.1:9100"}
	for _, env := range [][]string{client, server, append(client, server...)} {
		cmd := exec.Command(haproxy, "-c", "-f", "haproxy.cfg")
		cmd.Env = append(os.Environ(), env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", env, err, out)
		}
	}
}
