#!/usr/bin/env bash
# Installs the programs that the tests beside it run, unless they are there: haproxy and Node, both from Debian.
set -euo pipefail

missing=()
command -v haproxy >/dev/null || missing+=(haproxy)
command -v node >/dev/null || missing+=(nodejs)
((${#missing[@]})) || exit 0

sudo=()
((EUID == 0)) || sudo=(sudo)
"${sudo[@]}" apt-get update
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
