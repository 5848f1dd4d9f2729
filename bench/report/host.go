package main

import (
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// peers are the modules that the benchmarks compare with, by the names that they have there.
var peers = []struct{ lib, module string }{
	{"coder", "github.com/coder/websocket"},
	{"gobwas", "github.com/gobwas/ws"},
	{"gorilla", "github.com/gorilla/websocket"},
	{"gws", "github.com/lxzan/gws"},
	{"nbio", "github.com/lesismal/nbio"},
	{"xnet", "golang.org/x/net"},
	{"klauspost", "github.com/klauspost/compress"},
}

// writeConfig writes what the results depend on, as settings that benchstat reads and parse finds again.
func writeConfig(w io.Writer, dir string, now time.Time, o options) error {
	versions, err := moduleVersions(dir)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "date: %s\ncommit: %s\ngo: %s\ncores: %d\nversions: %s\n",
		now.UTC().Format(time.DateOnly), commit(dir), runtime.Version(), runtime.NumCPU(), versions)
	if err == nil && !o.short {
		_, err = fmt.Fprintf(w, "rounds: %d\ntime: %v\nseed: %d\n", o.rounds, o.time, o.seed)
	}
	return err
}

// moduleVersions lists the peers, with the versions that the module in dir requires.
func moduleVersions(dir string) (string, error) {
	text, err := output(dir, "go", "list", "-m", "-f", "{{.Path}} {{.Version}}", "all")
	if err != nil {
		return "", err
	}
	found := make(map[string]string)
	for line := range strings.Lines(text) {
		path, version, _ := strings.Cut(strings.TrimSpace(line), " ")
		found[path] = strings.TrimPrefix(version, "v")
	}
	var list []string
	for _, p := range peers {
		if found[p.module] != "" {
			list = append(list, p.lib+" "+found[p.module])
		}
	}
	return strings.Join(list, ", "), nil
}

// commit is that of this repository, or "unknown" outside of one. Changes since then are mentioned.
func commit(dir string) string {
	hash, err := output(dir, "git", "rev-parse", "--short=12", "HEAD")
	if err != nil {
		return "unknown"
	}
	changes, err := output(dir, "git", "status", "--porcelain", "--untracked-files=no", "--", "..",
		":!report.md", ":!report.svg", ":!../README.md")
	if err != nil || strings.TrimSpace(changes) != "" {
		return strings.TrimSpace(hash) + " with changes"
	}
	return strings.TrimSpace(hash)
}

// output returns what a command in dir prints.
func output(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, args[0], err)
	}
	return string(text), nil
}
