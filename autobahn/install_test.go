package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fakePython is an interpreter. It keeps what it was asked for in calls, beside the directory of the test.
func fakePython(args []string, all string) int {
	if strings.HasPrefix(all, "-c import sys") {
		if mode("old") || filepath.Base(os.Args[0]) == "python2.7" { // a shim of pyenv
			return 1
		}
		return 0
	}
	f, err := os.OpenFile(os.Getenv("CALLS"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		return 0 // nobody asks
	}
	defer f.Close()
	fmt.Fprintln(f, filepath.Base(os.Args[0]), all)
	fmt.Println("said by", all)
	if mode("nopip") && strings.Contains(all, "pip install -r") {
		return 1
	}
	if strings.HasPrefix(all, "-m virtualenv ") {
		fmt.Fprintln(f, "with", os.Getenv("PYTHONPATH"))
		bin := filepath.Join(args[2], "bin")
		self, err := os.Executable()
		if err != nil || os.MkdirAll(bin, 0o777) != nil || os.Symlink(self, filepath.Join(bin, "python")) != nil {
			return 1
		}
	}
	return 0
}

// installation is a place where the suite can be installed by fake programs.
type installation struct {
	t      *testing.T
	dir    string
	stderr bytes.Buffer
}

func newInstallation(t *testing.T, mode string) *installation {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	bin := filepath.Join(dir, "programs")
	if err = os.MkdirAll(filepath.Join(dir, "autobahn"), 0o777); err == nil {
		err = os.Mkdir(bin, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	in := &installation{t: t, dir: dir}
	in.write(requirements[0], "pip==1\n")
	in.write(requirements[1], "suite==1\n")
	fakeProgram(t, filepath.Join(bin, "python2.7"))
	fakeProgram(t, filepath.Join(bin, "python2"))
	t.Setenv("PATH", bin)
	t.Setenv("PYENV_ROOT", dir)
	t.Setenv("CALLS", filepath.Join(dir, "calls"))
	t.Setenv(fakeMode, "fake "+mode)
	return in
}

func (in *installation) write(name, text string) {
	in.t.Helper()
	if err := os.WriteFile(filepath.Join(in.dir, name), []byte(text), 0o666); err != nil {
		in.t.Fatal(err)
	}
}

// find looks for the suite, and returns what the interpreters were asked for meanwhile.
func (in *installation) find() (python, calls string, err error) {
	in.t.Helper()
	in.stderr.Reset()
	in.write("calls", "")
	r := newRunner(context.Background(), options{limit: time.Minute}, nil, &in.stderr)
	defer r.close()
	python, err = r.findSuite()
	data, failure := os.ReadFile("calls")
	if failure != nil {
		in.t.Fatal(failure)
	}
	return python, strings.ReplaceAll(string(data), in.dir, "DIR"), err
}

const installed = `python2 -m pip install --target DIR/autobahn/.venv/bootstrap virtualenv==20.15.1
python2 -m virtualenv DIR/autobahn/.venv
with DIR/autobahn/.venv/bootstrap
python -m pip install -r autobahn/requirements-env.txt
python -m pip install --no-build-isolation --no-deps -r autobahn/requirements.txt
python -c import autobahntestsuite.wstest
`

// TestInstall: the suite is installed once, and again when other versions are wanted.
func TestInstall(t *testing.T) {
	in := newInstallation(t, "")
	want := filepath.Join(in.dir, "autobahn", ".venv", "bin", "python")
	const looked = "python -c import autobahntestsuite.wstest\n"
	for i, calls := range []string{installed, looked, installed, looked} {
		if i == 2 {
			in.write(requirements[1], "suite==2\n")
		}
		python, got, err := in.find()
		if err != nil || python != want || got != calls {
			t.Errorf("search %d: %s, %v\n%swant\n%s", i, python, err, got, calls)
		}
		if (in.stderr.Len() > 0) != (calls == installed) {
			t.Errorf("search %d says %q", i, &in.stderr)
		}
	}
}

// TestInstallFails: what pip said is shown, and half an install does not count.
func TestInstallFails(t *testing.T) {
	in := newInstallation(t, "nopip")
	for range 2 {
		_, calls, err := in.find()
		if err == nil || !strings.Contains(err.Error(), "pip install -r "+requirements[0]) {
			t.Errorf("error %v", err)
		}
		if !strings.HasPrefix(calls, "python2 -m pip") || strings.Contains(calls, requirements[1]) {
			t.Errorf("calls %s", calls)
		}
		if !strings.Contains(in.stderr.String(), "said by -m pip install -r") {
			t.Errorf("says %s", &in.stderr)
		}
	}
}

func TestInstallWithoutPython(t *testing.T) {
	in := newInstallation(t, "old")
	if _, calls, err := in.find(); err == nil || calls != "" || !strings.Contains(err.Error(), "docker compose run") {
		t.Errorf("error %v, calls %s", err, calls)
	}
}

// TestInterpreter: which first lines name one.
func TestInterpreter(t *testing.T) {
	for text, want := range map[string]string{
		"#!/usr/bin/python2.7\nimport x\n": "/usr/bin/python2.7",
		"#!/usr/bin/python2.7 -u\n":        "/usr/bin/python2.7",
		"#! python\n":                      "",
		"\x7fELF":                          "",
		"":                                 "",
	} {
		name := filepath.Join(t.TempDir(), "wstest")
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if got, ok := interpreter(name); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q, %t", text, got, ok)
		}
	}
}
