#!/usr/bin/env bash
# Installs what the tests beside it run, unless it is there: haproxy, lighttpd, Apache httpd, the test server of
# libwebsockets, Node, Chromium, curl, script and the Python libraries hypercorn and websockets from Debian, and the npm package ws, which
# is kept beside this file.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

ws=8.18.3 # pinned, so that the tests do not change by themselves

missing=()
command_from() { PATH=$PATH:/usr/sbin command -v "$1" >/dev/null || missing+=("$2"); }
module_from() { python3 -c "import $1" 2>/dev/null || /usr/bin/python3 -c "import $1" 2>/dev/null || missing+=("$2"); }
command_from haproxy haproxy
command_from lighttpd lighttpd
command_from apache2 apache2-bin
command_from libwebsockets-test-server libwebsockets-test-server
command_from node nodejs
command_from npm npm
command_from chromium chromium
command_from curl curl
command_from script bsdutils
module_from hypercorn python3-hypercorn
module_from websockets python3-websockets
if ((${#missing[@]})); then
  sudo=()
  ((EUID == 0)) || sudo=(sudo)
  "${sudo[@]}" apt-get update
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
fi

have=$(node -p 'require(process.argv[1]).version' "$here/node_modules/ws/package.json" 2>/dev/null || true)
[[ $have == "$ws" ]] || npm install --prefix "$here" --no-save --no-package-lock --no-audit --no-fund "ws@$ws"
