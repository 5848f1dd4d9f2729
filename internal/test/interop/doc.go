// Package interop has tests against other people's servers: haproxy, lighttpd and Apache in front of the echo server,
// libwebsockets, hypercorn, Node, and net/http. It has no code of its own. The programs come from Debian: see install.sh.
// With CI=true in the environment a missing program is a failure; on a developer's machine the tests that need it are
// left out, and say so.
package interop
