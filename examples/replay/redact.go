package main

import (
	"bytes"
	"slices"
)

// private is what the names of fields have in them whose values let somebody in: Authorization, Set-Cookie, X-Api-Key.
var private = []string{"auth", "cookie", "token", "secret", "api-key"}

// redact overwrites what lets somebody in with "*", in a head of HTTP/1.1: the values of those fields, and in the first line the
// values of a query. The length stays as it is.
func redact(head []byte) {
	line, head, _ := bytes.Cut(head, []byte("\r\n"))
	redactQuery(line)
	for hide := false; len(head) > 0; {
		line, head, _ = bytes.Cut(head, []byte("\r\n"))
		name, value, _ := bytes.Cut(line, []byte(":"))
		if folded := bytes.HasPrefix(line, []byte(" ")) || bytes.HasPrefix(line, []byte("\t")); folded {
			value = line // it belongs to the field before
		} else {
			hide = slices.ContainsFunc(private, func(p string) bool { return bytes.Contains(bytes.ToLower(name), []byte(p)) })
		}
		if hide {
			stars(bytes.TrimLeft(value, " \t"))
		}
	}
}

// redactQuery overwrites what stands behind each "=" of the request line's query, or all of it where there is none.
func redactQuery(line []byte) {
	_, query, ok := bytes.Cut(line, []byte("?"))
	if !ok {
		return
	}
	query, _, _ = bytes.Cut(query, []byte(" "))
	for len(query) > 0 {
		var one []byte
		one, query, _ = bytes.Cut(query, []byte("&"))
		if _, value, found := bytes.Cut(one, []byte("=")); found {
			one = value
		}
		stars(one)
	}
}

func stars(p []byte) {
	for i := range p {
		p[i] = '*'
	}
}
