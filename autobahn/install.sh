#!/usr/bin/env bash
# Prints the path of a Python that has the WebSocket test suite (wstest), installing it first if need be.
#
# Looked for in this order: the interpreter behind a wstest on PATH; autobahn/.venv from an earlier call; a new
# autobahn/.venv made with any Python 2.7 of this machine. What pip says goes to stderr, and only if it fails.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=$here/.venv
stamp=$venv/complete # written last: a .venv without it, or with that of other pins, is half an install
virtualenv=virtualenv==20.15.1 # the last to make Python 2.7 environments; Python 2.7 has no venv module

# has_suite PYTHON: whether the suite can be imported, all of it.
has_suite() {
  "$1" -c 'import autobahntestsuite.wstest' >/dev/null 2>&1
}

# python_of_wstest: the interpreter in the first line of the wstest on PATH. Fails for wrappers that are not Python.
python_of_wstest() {
  local wstest line
  wstest=$(command -v wstest) || return 1
  IFS= read -r line <"$wstest" || return 1
  [[ $line == '#!/'* ]] || return 1
  line=${line#'#!'}
  line=${line%% *}
  has_suite "$line" && echo "$line"
}

# is_27 PYTHON: whether it runs and is 2.7. A pyenv shim exists on PATH for versions that are not selected, and fails.
is_27() {
  "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (2, 7))' >/dev/null 2>&1
}

# find_python27: on PATH, else under pyenv.
find_python27() {
  local p root
  root=${PYENV_ROOT:-${HOME:-}/.pyenv}
  if command -v pyenv >/dev/null; then root=$(pyenv root); fi
  for p in python2.7 python2 python "$root"/versions/2.7*/bin/python2.7; do
    if is_27 "$p"; then
      echo "$p"
      return
    fi
  done
  return 1
}

# quietly LOG COMMAND...: adds its output to LOG, shows the end of LOG if it fails.
quietly() {
  local log=$1
  shift
  if ! "$@" >>"$log" 2>&1; then
    echo "install.sh: failed: $*" >&2
    tail -n 30 "$log" >&2
    return 1
  fi
}

pins() {
  echo "$virtualenv"
  cat "$here/requirements-env.txt" "$here/requirements.txt"
}

# install PYTHON27: makes .venv from nothing.
install() {
  local log
  echo "install.sh: installing the test suite into autobahn/.venv (half a minute)" >&2
  rm -rf "$venv"
  mkdir "$venv"
  log=$venv/install.log
  quietly "$log" "$1" -m pip install --target "$venv/bootstrap" "$virtualenv"
  PYTHONPATH=$venv/bootstrap quietly "$log" "$1" -m virtualenv "$venv"
  quietly "$log" "$venv/bin/python" -m pip install -r "$here/requirements-env.txt"
  quietly "$log" "$venv/bin/python" -m pip install --no-build-isolation --no-deps -r "$here/requirements.txt"
  has_suite "$venv/bin/python" || { quietly "$log" "$venv/bin/python" -c 'import autobahntestsuite.wstest'; return 1; }
  rm -rf "$venv/bootstrap"
  pins >"$stamp"
}

main() {
  local python
  if python_of_wstest; then return; fi
  exec 9<"$here/requirements.txt" # one installation at a time: parallel runs share .venv
  if command -v flock >/dev/null; then flock 9; fi
  if ! { [[ -f $stamp ]] && cmp -s "$stamp" <(pins) && has_suite "$venv/bin/python"; }; then
    if ! python=$(find_python27); then
      cat >&2 <<-'EOF'
	install.sh: there is no wstest on PATH and no Python 2.7 to install it with.
	The published image has both. From the top of the repository:
	    docker compose run --rm app              # our client against the fuzzing server
	    docker compose run --rm fuzzingclient    # the fuzzing client against our echo server
	EOF
      return 1
    fi
    install "$python"
  fi
  echo "$venv/bin/python"
}

main
