package httpconn

import (
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
)

// TestH1RequestsReadByNetHTTP lets net/http's server side read every request of the table.
func TestH1RequestsReadByNetHTTP(t *testing.T) {
	for _, tc := range h1Requests {
		t.Run(tc.name, func(t *testing.T) {
			var out Output
			c, id, err := h1Begin(t, h1Case{}).Request(&out, tc.r)
			if err != nil {
				t.Fatal(err)
			}
			body := string(tc.r.Body)
			if tc.r.HasBody {
				if tc.r.Header.Get("Content-Length") != "" {
					_, err = c.SendData(&out, id, []byte("z"), true)
					body += "z"
				} else {
					if c, err = c.SendData(&out, id, []byte("more"), false); err == nil {
						_, err = c.SendTrailers(&out, id, http.Header{"X-Sum": {"1"}})
					}
					body += "more"
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			source := strings.NewReader(string(out.Send))
			br := h1Reader(source)
			r, err := http.ReadRequest(br)
			if err != nil {
				t.Fatal(err)
			}
			h1CheckRead(t, tc.r, r, body)
			if left := br.Buffered() + source.Len(); left > 0 {
				t.Errorf("%d bytes left", left)
			}
		})
	}
}

// h1CheckRead compares a request with what net/http read of it.
func h1CheckRead(t *testing.T, sent Request, r *http.Request, body string) {
	t.Helper()
	method, target := sent.Method, sent.Path
	switch {
	case method == http.MethodConnect:
		target = sent.Authority
	case target == "":
		target = "/"
	}
	if method == "" {
		method = http.MethodGet
	}
	if r.Method != method || r.RequestURI != target || r.Host != sent.Authority {
		t.Fatalf("net/http read %q %q %q, we sent %q %q %q", r.Method, r.RequestURI, r.Host, method, target, sent.Authority)
	}
	want := map[string]int{}
	for name, values := range sent.Header {
		for _, v := range values {
			want[fmt.Sprintf("%s: %s", textproto.CanonicalMIMEHeaderKey(name), strings.Trim(v, " \t"))]++
		}
	}
	for name, values := range r.Header {
		for _, v := range values {
			if line := fmt.Sprintf("%s: %s", name, v); want[line] > 0 {
				want[line]--
			} else if name != "Content-Length" && name != "Cache-Control" {
				t.Fatalf("net/http read a field %q that was not sent", line)
			}
		}
	}
	for line, n := range want {
		if n > 0 && !strings.HasPrefix(line, "Content-Length:") && !strings.HasPrefix(line, "Trailer:") {
			t.Fatalf("net/http did not read field %q", line)
		}
	}
	got, err := io.ReadAll(r.Body)
	if err != nil || string(got) != body {
		t.Fatalf("net/http read content %q (%v), we sent %q", got, err, body)
	}
}

// h1RequestStricter reports whether net/http refuses a request for reasons of its own.
func h1RequestStricter(err error, r Request) bool {
	text := err.Error()
	return strings.Contains(text, "bad trailer key") || // it looks at the announcement
		strings.Contains(text, "invalid URI") || strings.Contains(text, "parse ") ||
		// its URL is not RFC 3986: port 080, host with '%'
		strings.Contains(text, "malformed HTTP version") && r.Method == "PRI"
}
