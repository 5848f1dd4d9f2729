package handshake_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/handshake"
)

// The grammar of what is read, written a second time, as regular expressions: RFC 9112 sections 3 and 5, RFC 3986 section 3,
// with what the package documentation adds for targets.
const (
	token  = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
	path   = `(?:[A-Za-z0-9._~!$&'()*+,;=:@/\[\]|^-]|%[0-9A-Fa-f]{2})*`
	query  = `(?:\?[!$-;=?-~]*)?`
	host   = `((?:[A-Za-z0-9._~!$&'()*+,;=-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?)`
	target = `(?:/` + path + query + `|(?i:https?)://` + host + `(?:/` + path + `)?` + query + `|\*)`
	value  = `[^\x00-\x08\x0a-\x1f\x7f]*`
)

var (
	wholeHead = regexp.MustCompile(`^(?:\r\n)?(` + token + `) (` + target + `) HTTP/1\.([0-9])\r\n((?:` + token + `:` + value + `\r\n)*)\r\n`)
	hostValue = regexp.MustCompile(`^` + host + `$`)
)

// legal reports whether text begins with a head that Feed is to read.
func legal(text string) bool {
	m := wholeHead.FindStringSubmatch(text)
	if m == nil || len(m[0]) > handshake.DefaultMaxHeaderBytes || m[1] == "CONNECT" || m[2] == "*" && m[1] != "OPTIONS" {
		return false
	}
	values := map[string][]string{}
	lines := strings.SplitAfter(m[5], "\r\n")
	lines = lines[:len(lines)-1]
	for _, line := range lines {
		name, v, _ := strings.Cut(line, ":")
		name = strings.ToLower(name)
		values[name] = append(values[name], strings.Trim(v, " \t\r\n"))
	}
	hosts, lengths := values["host"], values["content-length"]
	switch {
	case len(lines) > handshake.DefaultMaxHeaderFields, m[3] != "" && !legalHost(m[3]):
		return false
	case len(hosts) > 1 || len(hosts) == 1 && !legalHost(hosts[0]) || len(hosts) == 0 && m[4] != "0":
		return false
	}
	return len(values["transfer-encoding"]) == 0 && (len(lengths) == 0 || len(lengths) == 1 && lengths[0] != "" && strings.Trim(lengths[0], "0") == "")
}

func legalHost(s string) bool {
	if !hostValue.MatchString(s) {
		return false
	}
	inside, literal := strings.CutPrefix(s, "[")
	inside, _, _ = strings.Cut(inside, "]")
	return !literal || strings.Contains(inside, ":") && net.ParseIP(inside) != nil
}

// difference is what one of Feed and ReadRequest takes and the other does not.
type difference struct {
	name  string
	found func(text string) bool // whether text may have it
	head  string                 // that has it
}

// having is a difference that text has where the expression matches.
func having(expression string) func(string) bool { return regexp.MustCompile(expression).MatchString }

var (
	hostLine  = regexp.MustCompile(`\n(?i:host):([^\r\n]*)`)
	emptyLine = regexp.MustCompile(`\n\r?\n`)
)

// strict is what net/http's ReadRequest takes and Feed refuses; net/http's server refuses some of it later.
var strict = []difference{
	{"lines that end with a bare LF", having(`(^|[^\r])\n`), "GET / HTTP/1.1\nHost: a\n\n"},
	{"lines that are folded", having(`\n[ \t]`), start + "x: 1\r\n 2\r\n\r\n"},
	{"space in a field name", having(`\n[^:\n]* [^:\n]*:`), start + "x y : 1\r\n\r\n"},
	{"no Host, an empty one, or one that no name or address can be", func(text string) bool {
		hosts := hostLine.FindAllStringSubmatch(emptyLine.Split(text, 2)[0], -1)
		return len(hosts) != 1 || !legalHost(strings.Trim(hosts[0][1], " \t"))
	}, "GET / HTTP/1.1\r\nHost: u:p@a/%61\r\n\r\n"},
	{"content", having(`\n(?i:content-length|transfer-encoding):`), start + "Content-Length: 5\r\n\r\nhello"},
	{"a Content-Length that appears twice", having(`\n(?i:content-length):`), start + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n"},
	{"major versions other than 1", having(` HTTP/[02-9]`), "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
	{"CONNECT", having(`^CONNECT `), "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"},
	{"schemes other than http and https", func(text string) bool {
		return having(`^[^ ]+ [A-Za-z]`)(text) && !having(`^[^ ]+ (?i:https?)://`)(text)
	}, "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
	{"user information and percent-encoding in the target's host", having(`^[^ ]+ (?i:https?)://[^/? ]*[@%]`), "GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
	{"a zone in the target's host", having(`^[^ ]+ (?i:https?)://\[[^/? ]*%`), "GET http://[fe80::1%25a]/ HTTP/1.1\r\nHost: a\r\n\r\n"},
	{"brackets in the target's host around no address", having(`^[^ ]+ (?i:https?)://[^/? ]*[\[\]]`), "GET http://a]/ HTTP/1.1\r\nHost: a\r\n\r\n"},
	{"a target with an empty host", having(`^[^ ]+ (?i:https?)://[/? :]`), "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n"},
	{`"*" for other methods than OPTIONS`, having(`^[^ ]+ \* `), "GET * HTTP/1.1\r\nHost: a\r\n\r\n"},
	{"fragments, and bytes that may not stand in a target", having("^[^ ]+ [^ ]*[\"#<>\\\\^`{}\\x80-\\x{10ffff}]"), "GET /a#b\"\xc3 HTTP/1.1\r\nHost: a\r\n\r\n"},
	{"more than the limits", func(text string) bool {
		return len(text) > handshake.DefaultMaxHeaderBytes || strings.Count(text, ":") > handshake.DefaultMaxHeaderFields
	}, start + "x: " + strings.Repeat("y", handshake.DefaultMaxHeaderBytes) + "\r\n\r\n"},
}

// lenient is what Feed takes and ReadRequest does not, as RFC 9112 asks for it.
var lenient = []difference{
	{"an empty line before the request line (section 2.2)", having(`^\r\n`), "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
}

// named reports whether one of the differences may be in text.
func named(differences []difference, text string) bool {
	return slices.ContainsFunc(differences, func(d difference) bool { return d.found(text) })
}

func readRequest(text string) (*http.Request, error) {
	return http.ReadRequest(bufio.NewReaderSize(strings.NewReader(text), 16+len(text)))
}

// TestDifferences: each difference by its name, shown with a head that has it.
func TestDifferences(t *testing.T) {
	for _, d := range strict {
		_, theirs := readRequest(d.head)
		_, ours := feed(t, handshake.Head{}, d.head)
		if theirs != nil || ours.Refused == "" || !d.found(d.head) {
			t.Errorf("%s: net/http %v, ours %+v", d.name, theirs, ours)
		}
	}
	for _, d := range lenient {
		_, theirs := readRequest(d.head)
		_, ours := feed(t, handshake.Head{}, d.head)
		if theirs == nil || ours.Refused != "" || !d.found(d.head) {
			t.Errorf("%s: net/http %v, ours %+v", d.name, theirs, ours)
		}
	}
}

// same compares what Feed and ReadRequest make of text, as far as a request is concerned, and Feed with the grammar.
func same(t *testing.T, text string) {
	t.Helper()
	_, r, rest, err := handshake.Head{}.Feed([]byte(text))
	if want := legal(text); (r != nil) != want {
		t.Fatalf("%q: read %v, %v; the grammar says %v", text, r != nil, err, want)
	}
	theirs, theirErr := readRequest(text)
	switch {
	case r == nil && err == nil:
		if theirErr == nil {
			t.Fatalf("%q: net/http has a request, we wait", text)
		}
	case err != nil && theirErr == nil:
		if !named(strict, text) {
			t.Fatalf("%q: %v, and net/http reads it", text, err)
		}
	case err == nil && theirErr != nil:
		if !named(lenient, text) {
			t.Fatalf("%q: read, and net/http says %v", text, theirErr)
		}
	case err == nil:
		want := theirs.Header.Clone()
		if len(r.Header["Cache-Control"]) == 0 && r.Header.Get("Pragma") == "no-cache" {
			delete(want, "Cache-Control") // net/http adds it
		}
		theirs.Header = want
		theirs.Close = theirs.Close || r.ProtoMinor == 0 // we keep no connection of HTTP/1.0
		if got, wanted := describe(r), describe(theirs); got != wanted {
			t.Fatalf("%q:\n%s, net/http\n%s", text, got, wanted)
		}
		if !strings.HasSuffix(text, string(rest)) || !strings.HasSuffix(text[:len(text)-len(rest)], "\r\n\r\n") {
			t.Fatalf("%q: rest is %q", text, rest)
		}
	}
}

// TestSame compares all heads of the tables, and the good ones with one byte more, less or another.
func TestSame(t *testing.T) {
	for _, tt := range bad {
		same(t, tt.head+"x / HTTP/1.1\r\nHost: b\r\n\r\n")
		same(t, tt.head+"\r\n\r\n")
	}
	for _, d := range strict {
		same(t, d.head)
	}
	same(t, browser)
	for _, tt := range good {
		for i := range len(tt.head) + 1 {
			same(t, tt.head[:i])
			for _, b := range []string{"", " ", "\n", "\r", "\r\n", ":", "0", "1", "/", "%", "[", "\x00", "\xff", "a", "@", "?", "*"} {
				same(t, tt.head[:i]+b+tt.head[i:])
				if i < len(tt.head) {
					same(t, tt.head[:i]+b+tt.head[i+1:])
				}
			}
		}
	}
}

// FuzzFeed cuts any bytes anywhere: the outcome is that of the whole, that of the grammar, and net/http's but for what is named.
func FuzzFeed(f *testing.F) {
	for i, tt := range good {
		f.Add(tt.head, uint16(i), uint16(2*i))
	}
	for i, tt := range bad {
		f.Add(tt.head+"\r\n\r\n", uint16(i), uint16(3))
	}
	for _, d := range strict {
		if len(d.head) < 1000 { // longer ones take minutes to be made shorter
			f.Add(d.head, uint16(9), uint16(11))
		}
	}
	f.Add(upgrade+"\r\n\x81\x80\x00\x00\x00\x00", uint16(100), uint16(1))
	f.Add(browser+browser, uint16(700), uint16(30))
	f.Fuzz(func(t *testing.T, text string, at, size uint16) {
		same(t, text)
		_, want := feed(t, handshake.Head{}, text)
		i := int(at) % (len(text) + 1)
		pieces := []string{text[:i]}
		for piece := range slices.Chunk([]byte(text[i:]), 1+int(size)%64) {
			pieces = append(pieces, string(piece))
		}
		if _, got := feed(t, handshake.Head{}, pieces...); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("in pieces %q\n%+v, whole\n%+v", pieces, got, want)
		}
		// Whatever it was, the answers can be read.
		out, _, _, _ := respond(t, mintws.AcceptOptions{}, text)
		answers := bufio.NewReader(bytes.NewReader(out))
		for i := 0; ; i++ {
			if _, err := answers.Peek(1); err == io.EOF {
				break
			}
			method := "GET"
			if i < len(want.Requests) {
				method, _, _ = strings.Cut(want.Requests[i], " ")
			}
			resp, err := http.ReadResponse(answers, &http.Request{Method: method})
			if err == nil {
				_, err = io.Copy(io.Discard, resp.Body)
			}
			if err != nil {
				t.Fatalf("%v: answer %d in %q", err, i, out)
			}
		}
	})
}
