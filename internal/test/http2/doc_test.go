// Package http2_test tries the client over HTTP/2 against servers that are legal and unusual, that break a rule, or that fall
// silent: internal/test/h2test has them.
package http2_test
