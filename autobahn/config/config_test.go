// Package config tests the specifications of the test suite that docker-compose.yml uses: nothing else reads them here.
package config

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
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
	cases, exclude := []string{"*"}, []string{"12.*", "13.*"}
	want := spec{URL: "ws://fuzzingserver:9001", OutDir: "/reports/client-http1", Cases: cases, Exclude: exclude}
	if got := load(t, "fuzzingserver.json"); !reflect.DeepEqual(got, want) {
		t.Errorf("fuzzingserver.json: got %+v, want %+v", got, want)
	}
	want = spec{OutDir: "/reports/server-http1", Cases: cases, Exclude: exclude,
		Servers: []server{{Agent: "mintws", URL: "ws://echo:9100"}}}
	if got := load(t, "fuzzingclient.json"); !reflect.DeepEqual(got, want) {
		t.Errorf("fuzzingclient.json: got %+v, want %+v", got, want)
	}
}

// TestCompose holds docker-compose.yml against the specifications.
func TestCompose(t *testing.T) {
	data, err := os.ReadFile("../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	server, client := load(t, "fuzzingserver.json"), load(t, "fuzzingclient.json")
	for _, s := range []string{
		"-url " + server.URL + " ",
		"-dir autobahn" + server.OutDir + " ",
		"-dir " + client.OutDir + " ",
		"-addr 0.0.0.0" + client.Servers[0].URL[len("ws://echo"):] + " ",
		"-agent " + client.Servers[0].Agent + " ",
	} {
		if !strings.Contains(string(data), s) {
			t.Errorf("docker-compose.yml does not say %q", s)
		}
	}
}
