#!/usr/bin/env bash
# Runs h2spec, the HTTP/2 conformance test for servers, against examples/echoserver, on loopback alone: without TLS and with it.
#
#   autobahn/h2spec_server.sh [--timeout SECS]     give up after this long (default: 300)
#
# Names the cases that did not pass: those of h2spec/nethttp.txt with the reason, others with what was expected and what came.
# Closes with a line for each of the two, such as
#
#   h2spec server clear: 140 passed, 0 failed, 5 by net/http
#
# The exit code is 0 only if all the cases ran and none failed but those of the list, 1 if not, 2 for a usage error.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."
# shellcheck source=autobahn/processes.sh
source autobahn/processes.sh

suite=github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible
want=145 # cases of that version
limit=300

prepare() {
  work=$(mktemp -d)
  mkdir "$work/ours"
  GOBIN=$work start go install "$suite" >"$work/install.log" 2>&1
  await "installing h2spec" || { show_log "$work/install.log"; die "h2spec could not be installed"; }
  start go build -buildvcs=false -o "$work/ours/" ./autobahn/h2spec ./examples/echoserver
  await "building"
}

clean_up() {
  stop_all
  if [[ -n ${work:-} ]]; then rm -rf "$work"; fi
}

# serve [-tls]: starts our server. Its port, which the system chooses, is in $port.
serve() {
  local log=$work/server.log
  start "$work/ours/echoserver" -addr 127.0.0.1:0 -quiet "$@" >"$log" 2>&1
  until [[ $(<"$log") =~ msg=listening\ url=wss?://127\.0\.0\.1:([0-9]+)/ ]]; do
    kill -0 "$started" 2>/dev/null || { show_log "$log"; die "the server ended instead of listening"; }
    in_time "waiting for the server to listen"
    sleep 0.1
  done
  port=${BASH_REMATCH[1]}
}

# run_cases TRANSPORT [FLAG...]: runs h2spec with the flags against our server and judges what it reports.
run_cases() {
  local transport=$1 done=0 shown=0
  shift
  # h2spec writes its lines as it goes, a mark in front of each case that is done.
  start "$work/h2spec" -h 127.0.0.1 -p "$port" -o 2 -j "$work/$transport.xml" "$@" >"$work/$transport.log" 2>&1
  while kill -0 "$started" 2>/dev/null; do
    in_time "the cases over $transport"
    sleep 0.2
    done=$(grep -cE '(✔|×) [0-9]+: ' "$work/$transport.log" || true)
    if ((done >= shown + 30)); then
      shown=$done
      echo "h2spec server $transport: $shown of $want cases run"
    fi
  done
  await "the cases over $transport" || true # the report tells
  if [[ ! -s $work/$transport.xml ]]; then
    show_log "$work/$transport.log"
    die "the run over $transport was not completed"
  fi
  "$work/ours/h2spec" -junit "$work/$transport.xml" -known autobahn/h2spec/nethttp.txt -transport "$transport" -want "$want"
}

usage_error() {
  echo "h2spec_server.sh: $*; usage: autobahn/h2spec_server.sh [--timeout SECS]" >&2
  exit 2
}

main() {
  local failed=0
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
  serve
  run_cases clear || failed=1
  serve -tls
  run_cases tls -t -k || failed=1
  return "$failed"
}

main "$@"
