// Package xconnect, imported for its effect, makes the HTTP/2 servers of net/http and golang.org/x/net/http2 in this program
// accept extended CONNECT (RFC 8441), which WebSockets on HTTP/2 need:
//
//	import _ "github.com/mintws/mintws/mintws/wshttp/xconnect"
//
// They announce it only if the environment variable GODEBUG has http2xconnect=1 when they are initialised, because browsers
// then open WebSockets that way, and handlers that know HTTP/1.1 alone fail. So it is for programs whose WebSocket
// handlers all work on HTTP/2, and not for libraries. A setting of http2xconnect that is already in GODEBUG stays as it
// is.
//
// The package sets the variable, which child processes inherit. It imports so little that it is initialised before
// net/http: packages are initialised in the order of their import paths as soon as what they import is (Go
// specification, "Program initialization").
package xconnect

import "os"

func init() {
	if v := with(os.Getenv("GODEBUG")); v != "" {
		os.Setenv("GODEBUG", v) // cannot fail: both strings are without NUL
	}
}

// setting is what net/http looks for.
const setting = "http2xconnect"

// with returns v with the setting, or "" if v has it in one way or the other.
func with(v string) string {
	for i := 0; i+len(setting) <= len(v); i++ {
		if v[i:i+len(setting)] == setting {
			return ""
		}
	}
	if v != "" {
		v += ","
	}
	return v + setting + "=1"
}
