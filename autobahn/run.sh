#!/usr/bin/env bash
# Runs the Autobahn cases against this library on this machine, on loopback alone. See --help.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."
# shellcheck source=autobahn/processes.sh
source autobahn/processes.sh

usage() {
  cat <<'EOF'
usage: autobahn/run.sh client|server [options]

  client           our client driver against the suite's fuzzing server
  server           the suite's fuzzing client against our echo server

  --h2             over HTTP/2, with haproxy between our side and the suite, which speaks HTTP/1.1 alone
  --cases LIST     cases to run, comma separated, * allowed: '1.*,7.1.2' (default: all)
  --exclude LIST   cases to leave out of them, besides 12.* and 13.* (permessage-deflate)
  --all            do not leave out 12.* and 13.*
  --strict         fail on non-strict cases too
  --out DIR        where the report goes (default: autobahn/reports/ROLE-http1 or -http2)
  --timeout SECS   give up after this long (default: 900, with --all 3600)

The exit code is 0 when every case that was asked for ran and none failed, 1 when not, 2 for a usage error.
The test suite, wstest, is taken from PATH, else installed into autobahn/.venv: see autobahn/install.sh. haproxy is installed
by apt-get if it is not there and this is root.
EOF
}

usage_error() {
  echo "run.sh: $*" >&2
  usage >&2
  exit 2
}

agent=mintws       # our name in the reports
transport=http/1.1 # the HTTP version under the WebSockets
role='' h2='' cases='*' exclude='' all='' strict='' out='' limit=''

parse_arguments() {
  while (($#)); do
    case $1 in
      client | server)
        [[ -z $role ]] || usage_error "one role at a time"
        role=$1
        ;;
      --h2) h2=1 transport=http/2 ;;
      --all) all=1 ;;
      --strict) strict=-strict ;;
      -h | --help)
        usage
        exit 0
        ;;
      --cases | --exclude | --out | --timeout)
        (($# >= 2)) || usage_error "$1 needs a value"
        case $1 in
          --cases) cases=$2 ;;
          --exclude) exclude=$2 ;;
          --out) out=$2 ;;
          --timeout) limit=$2 ;;
        esac
        shift
        ;;
      *) usage_error "unknown argument: $1" ;;
    esac
    shift
  done
  [[ -n $role ]] || usage_error "client or server?"
  [[ -n $all ]] || exclude+=',12.*,13.*'
  [[ -n $limit ]] || limit=$((${all:-0} ? 3600 : 900))
  [[ $limit =~ ^[0-9]+$ ]] || usage_error "--timeout: $limit is not a number of seconds"
  [[ -n $out ]] || out=autobahn/reports/$role-http$((${h2:-0} + 1))
}

# prepare PACKAGE: the test suite, the report's directory without an older report, our programs.
prepare() {
  work=$(mktemp -d)
  start autobahn/install.sh >"$work/python"
  await "installing the test suite"
  python=$(<"$work/python")
  write_spec # without a port yet: the lists of cases are looked at before anything is done
  mkdir -p "$out"
  rm -f "$out"/*.html "$out"/*.json
  out=$(cd "$out" && pwd)
  if [[ -n $h2 ]]; then find_haproxy; fi
  start go build -buildvcs=false -o "$work/" ./autobahn/report "$@"
  await "building"
}

clean_up() {
  stop_all
  if [[ -n ${work:-} ]]; then rm -rf "$work"; fi
}

# write_spec: the suite's specification for a server on $port. Sets $want, the number of cases.
write_spec() {
  want=$("$python" autobahn/wstest_spec.py "$role" "$work/spec.json" "ws://127.0.0.1:$port" "$out" "$agent" \
    "$cases" "$exclude")
}

# wstest MODE: starts the suite. Its second web server, for browsers, is switched off by -u 0.
wstest() {
  start "$python" -u autobahn/wstest_loopback.py -m "$1" -s "$work/spec.json" -u 0
}

fuzzing_server() {
  write_spec
  wstest fuzzingserver
}

echo_server() {
  start "$work/echoserver" -addr "127.0.0.1:$port" -quiet
}

# bridge: haproxy on $port, in the direction of the role, to or from the port in $other.
bridge() {
  local here=127.0.0.1:$port there=127.0.0.1:$other
  case $role in
    client) H2_BIND=$here SUITE=$there start "$haproxy" -db -f autobahn/config/haproxy.cfg ;;
    server) H1_BIND=$here ECHO=$there start "$haproxy" -db -f autobahn/config/haproxy.cfg ;;
  esac
}

# start_bridge: with --h2, puts the bridge before what listens on $port. $port is then the bridge's.
start_bridge() {
  [[ -n $h2 ]] || return 0
  other=$port
  start_listener "$out/haproxy.log" bridge
}

# find_haproxy: sets $haproxy, having installed it if need be. Not every PATH has the directories of servers.
find_haproxy() {
  haproxy=$(PATH=$PATH:/usr/sbin:/sbin command -v haproxy) && return
  if ((EUID != 0)) || ! command -v apt-get >/dev/null; then die "--h2 needs haproxy: apt-get install haproxy"; fi
  echo "installing haproxy" >&2
  start apt_get_install haproxy >"$out/apt-get.log" 2>&1
  await "installing haproxy" || { show_log "$out/apt-get.log"; die "haproxy could not be installed"; }
  haproxy=$(PATH=$PATH:/usr/sbin:/sbin command -v haproxy)
}

apt_get_install() {
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

run_client() {
  prepare ./autobahn/client
  start_listener "$out/wstest.log" fuzzing_server
  start_bridge
  echo "$want cases against our client, over $transport"
  start "$work/client" -url "ws://127.0.0.1:$port" -agent "$agent" -want "$want" ${h2:+-http2}
  await "the cases" || { show_logs; die "the run was not completed"; }
}

run_server() {
  prepare ./examples/echoserver
  start_listener "$out/echoserver.log" echo_server
  server=$started
  start_bridge
  write_spec
  echo "$want cases against our server, over $transport"
  wstest fuzzingclient >"$out/wstest.log" 2>&1
  await "the cases" || { show_logs; die "the run was not completed"; }
  kill -0 "$server" 2>/dev/null || show_log "$out/echoserver.log" # it crashed
}

# show_logs: what the suite and the bridge said at the end.
show_logs() {
  show_log "$out/wstest.log"
  if [[ -n $h2 ]]; then show_log "$out/haproxy.log"; fi
}

main() {
  parse_arguments "$@"
  trap clean_up EXIT
  trap 'stopped INT 130' INT
  trap 'stopped TERM 143' TERM
  trap 'stopped HUP 129' HUP
  "run_$role"
  echo "report: $out/index.html"
  "$work/report" -dir "$out" -agent "$agent" -role "$role" -transport "$transport" -want "$want" $strict
}

main "$@"
