#!/usr/bin/env bash
# Runs h2specd, the HTTP/2 conformance test for clients, against autobahn/h2get, on loopback alone.
#
#   autobahn/h2spec.sh [--timeout SECS]     give up after this long (default: 300)
#
# Prints the failing cases with what was expected and what came, and closes with one line such as
#
#   h2spec client: 57 passed, 0 failed
#
# The exit code is 0 only if all the cases ran and passed, 1 if not, 2 for a usage error.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."
# shellcheck source=autobahn/processes.sh
source autobahn/processes.sh

suite=github.com/summerwind/h2spec/cmd/h2specd@v2.2.1+incompatible
want=57 # cases of that version
limit=300

prepare() {
  work=$(mktemp -d)
  GOBIN=$work start go install "$suite" >"$work/install.log" 2>&1
  await "installing h2specd" || { show_log "$work/install.log"; die "h2specd could not be installed"; }
  start go build -buildvcs=false -o "$work/" ./autobahn/h2get
  await "building"
}

clean_up() {
  stop_all
  if [[ -n ${work:-} ]]; then rm -rf "$work"; fi
}

# run_cases: runs h2specd, with its output in $work/log. It listens on a port for each case, in a row, on all at once; where
# one is taken, other ports are tried. They are below those that Linux hands out by itself.
#
# The client stays after the response, so that what the cases then send is judged, and not that it was gone already.
run_cases() {
  local first
  for _ in 1 2 3 4 5; do
    first=$((RANDOM % 10000 + 20000))
    # Every case takes at most 3 seconds; -o is how long h2specd itself waits for an answer.
    start "$work/h2specd" -h 127.0.0.1 -p "$first" -f "$first" -e "$work/h2get -linger 500ms" -o 2 >"$work/log" 2>&1
    await "the cases" || true # the output tells
    if ! grep -qi 'address already in use' "$work/log"; then return; fi
  done
}

# judge: shows what failed, and the closing line. h2specd tells by nothing but its output whether cases failed; it ends with
# the first that the client does not leave in time.
judge() {
  local summary='' passed=0 failed=$want
  # Lines that its listeners write while they are closed are not of interest.
  grep -v ': use of closed network connection$' "$work/log" >"$work/report" || true
  summary=$(grep -E '^[0-9]+ tests, [0-9]+ passed, [0-9]+ skipped, [0-9]+ failed$' "$work/report" || true)
  if [[ $summary =~ ^([0-9]+)' tests, '([0-9]+)' passed' ]]; then
    sed -n '/^Failures:/,/^Finished in/p' "$work/report"
    echo "$summary"
    passed=${BASH_REMATCH[2]}
    failed=$((BASH_REMATCH[1] - passed)) # a skipped case did not pass
  else
    cat "$work/report"
    echo "h2spec.sh: the run was not completed" >&2
  fi
  echo "h2spec client: $passed passed, $failed failed"
  ((passed == want && failed == 0))
}

usage_error() {
  echo "h2spec.sh: $*; usage: autobahn/h2spec.sh [--timeout SECS]" >&2
  exit 2
}

main() {
  case ${1:-} in
    '') (($# == 0)) || usage_error "an empty argument" ;;
    --timeout)
      [[ $# == 2 && $2 =~ ^[0-9]+$ ]] || usage_error "--timeout needs a number of seconds"
      limit=$2
      ;;
    *) usage_error "unknown argument: $1" ;;
  esac
  trap clean_up EXIT
  trap 'stopped INT 130' INT
  trap 'stopped TERM 143' TERM
  trap 'stopped HUP 129' HUP
  prepare
  run_cases
  judge
}

main "$@"
