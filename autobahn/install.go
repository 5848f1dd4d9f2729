package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// virtualenv is the last to make environments for Python 2.7, which has no venv module.
const virtualenv = "virtualenv==20.15.1"

// What is to be installed is listed in these two, in this order.
var requirements = []string{"autobahn/requirements-env.txt", "autobahn/requirements.txt"}

var errNoPython = errors.New(`there is no wstest on PATH and no Python 2.7 to install it with.
The published image has both. From the top of the repository:
    docker compose run --rm app              # our client against the fuzzing server
    docker compose run --rm fuzzingclient    # the fuzzing client against our echo server`)

// findSuite returns the Python that has the test suite, having installed it if need be. It looks in this order: the interpreter
// behind a wstest on PATH; autobahn/.venv from an earlier run; a new autobahn/.venv made with any Python 2.7 of this machine.
func (r *runner) findSuite() (string, error) {
	if python, ok := r.pythonOfWstest(); ok {
		return python, nil
	}
	unlock, err := r.lock(requirements[1]) // one installation at a time: parallel runs share .venv
	if err != nil {
		return "", err
	}
	defer unlock()
	venv, err := filepath.Abs("autobahn/.venv")
	if err != nil {
		return "", err
	}
	python := filepath.Join(venv, "bin", "python")
	stamp := filepath.Join(venv, "complete") // written last: a .venv without it, or with that of other pins, is half an install
	pins, err := pinned()
	if err != nil {
		return "", err
	}
	old, _ := os.ReadFile(stamp) // without it nothing is installed
	if string(old) == pins && r.hasSuite(python) {
		return python, nil
	}
	python27, ok := r.findPython27()
	if !ok {
		return "", r.ended(errNoPython, "looking for Python 2.7")
	}
	if err = r.install(python27, venv, python); err != nil {
		return "", err
	}
	return python, os.WriteFile(stamp, []byte(pins), 0o666)
}

// pinned returns all that is installed, with the versions.
func pinned() (string, error) {
	pins := virtualenv + "\n"
	for _, name := range requirements {
		data, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		pins += string(data)
	}
	return pins, nil
}

// install makes venv from nothing. What pip says is shown only if it fails.
func (r *runner) install(python27, venv, python string) error {
	const what = "installing the test suite"
	fmt.Fprintf(r.stderr, "%s into autobahn/.venv (half a minute)\n", what)
	if err := os.RemoveAll(venv); err != nil {
		return err
	}
	if err := os.Mkdir(venv, 0o777); err != nil {
		return err
	}
	bootstrap := filepath.Join(venv, "bootstrap")
	makeVenv := r.command(python27, "-m", "virtualenv", venv)
	makeVenv.Env = append(makeVenv.Environ(), "PYTHONPATH="+bootstrap)
	for _, cmd := range []*exec.Cmd{
		r.command(python27, "-m", "pip", "install", "--target", bootstrap, virtualenv),
		makeVenv,
		r.command(python, "-m", "pip", "install", "-r", requirements[0]),
		r.command(python, "-m", "pip", "install", "--no-build-isolation", "--no-deps", "-r", requirements[1]),
		r.command(python, "-c", importSuite),
	} {
		if err := r.logged(cmd, filepath.Join(venv, "install.log"), what); err != nil {
			return err
		}
	}
	return os.RemoveAll(bootstrap)
}

// importSuite is a program that succeeds where all of the suite can be imported.
const importSuite = "import autobahntestsuite.wstest"

// hasSuite reports whether python has the suite.
func (r *runner) hasSuite(python string) bool {
	return r.command(python, "-c", importSuite).Run() == nil
}

// pythonOfWstest returns the interpreter in the first line of the wstest on PATH. There is none in wrappers that are not Python.
func (r *runner) pythonOfWstest() (string, bool) {
	wstest, err := exec.LookPath("wstest")
	if err != nil {
		return "", false
	}
	python, ok := interpreter(wstest)
	return python, ok && r.hasSuite(python)
}

// interpreter returns the program that a script names in its first line.
func interpreter(script string) (string, bool) {
	f, err := os.Open(script)
	if err != nil {
		return "", false
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Scan()
	line, ok := strings.CutPrefix(lines.Text(), "#!/")
	name, _, _ := strings.Cut("/"+line, " ")
	return name, ok
}

// findPython27 looks for one on PATH, else under pyenv.
func (r *runner) findPython27() (string, bool) {
	root := os.Getenv("PYENV_ROOT")
	if root == "" {
		home, _ := os.UserHomeDir() // without one there is nothing to be found
		root = filepath.Join(home, ".pyenv")
	}
	if out, err := r.command("pyenv", "root").Output(); err == nil {
		root = strings.TrimSpace(string(out))
	}
	candidates := []string{"python2.7", "python2", "python"}
	under, _ := filepath.Glob(filepath.Join(root, "versions", "2.7*", "bin", "python2.7")) // no name that is a bad pattern matters
	for _, python := range append(candidates, under...) {
		// It has to run: a shim of pyenv is on PATH for versions that are not selected, and fails.
		if r.command(python, "-c", "import sys; sys.exit(sys.version_info[:2] != (2, 7))").Run() == nil {
			return python, true
		}
	}
	return "", false
}
