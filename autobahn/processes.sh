# shellcheck shell=bash
# Processes that a script starts and is sure to stop. Sourced by h2spec.sh and h2spec_server.sh; needs bash with set -e.
#
# Everything runs in the background and is waited for in small steps, so that signals and the time limit are heeded
# meanwhile. The script calls stop_all from its EXIT trap and sets limit (seconds since it started).

declare -A running=() # process ids of what was started and not yet waited for

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# stopped SIGNAL CODE: for a trap, so that a run that somebody ended says so.
stopped() {
  echo "${0##*/}: stopped by $1" >&2
  exit "$2"
}

# in_time WHAT: fails when the limit has passed.
in_time() {
  # shellcheck disable=SC2154
  ((SECONDS < limit)) || die "not done after $limit s: $*"
}

# start COMMAND...: runs it in the background, in a process group of its own so that its children can be stopped with it.
# Its process id is then in $started.
start() {
  set -m
  "$@" </dev/null &
  set +m
  started=$!
  running[$started]=1
}

# await WHAT: waits until the process started last has ended, and returns its exit code.
await() {
  while kill -0 "$started" 2>/dev/null; do
    in_time "$1"
    sleep 0.1
  done
  unset "running[$started]"
  wait "$started"
}

# stop_all: ends what is still running, at first politely.
stop_all() {
  local pid tries=50
  trap '' INT TERM HUP
  for pid in "${!running[@]}"; do kill -TERM -- "-$pid" 2>/dev/null || true; done
  for pid in "${!running[@]}"; do
    while kill -0 -- "-$pid" 2>/dev/null && ((tries-- > 0)); do sleep 0.1; done
    kill -KILL -- "-$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  running=()
}

# show_log FILE: shows the end of it, for when something went wrong.
show_log() {
  echo "--- end of ${1##*/}" >&2
  tail -n 20 "$1" >&2
}
