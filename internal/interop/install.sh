#!/usr/bin/env bash
# Installs what the tests beside it run, unless it is there: haproxy, Node, Chromium and the Python library websockets
# from Debian, and the npm package ws, which is kept beside this file.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

ws=8.18.3 # pinned, so that the tests do not change by themselves

missing=()
command -v haproxy >/dev/null || missing+=(haproxy)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
command -v chromium >/dev/null || missing+=(chromium)
python3 -c 'import websockets' 2>/dev/null || /usr/bin/python3 -c 'import websockets' 2>/dev/null || missing+=(python3-websockets)
if ((${#missing[@]})); then
  sudo=()
  ((EUID == 0)) || sudo=(sudo)
  "${sudo[@]}" apt-get update
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
fi

have=$(node -p 'require(process.argv[1]).version' "$here/node_modules/ws/package.json" 2>/dev/null || true)
[[ $have == "$ws" ]] || npm install --prefix "$here" --no-save --no-package-lock --no-audit --no-fund "ws@$ws"
