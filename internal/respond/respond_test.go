package respond

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAppend(t *testing.T) {
	header := http.Header{"Sec-Websocket-Accept": {"x"}, "Set-Cookie": {"b", "a"}, "Connection": {"Upgrade"}, "None": nil}
	want := "dst HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\nSet-Cookie: b\r\nSet-Cookie: a\r\n\r\n"
	if got := string(Append([]byte("dst "), 101, header)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// RFC 9112 section 4: the space stays where there is no reason phrase.
	if got := string(Append(nil, 799, nil)); got != "HTTP/1.1 799 \r\n\r\n" {
		t.Errorf("got %q", got)
	}
}

func TestCanonical(t *testing.T) {
	h := http.Header{"set-cookie": {"c"}, "Set-Cookie": {"b"}, "SET-COOKIE": {"a"}, "x": {"1"}}
	c := Canonical(h)
	if diff := cmp.Diff(http.Header{"Set-Cookie": {"a", "b", "c"}, "X": {"1"}}, c); diff != "" {
		t.Error(diff)
	}
	c["X"][0] = "2"
	c["Set-Cookie"] = append(c["Set-Cookie"][:1], "3")
	if diff := cmp.Diff(http.Header{"set-cookie": {"c"}, "Set-Cookie": {"b"}, "SET-COOKIE": {"a"}, "x": {"1"}}, h); diff != "" {
		t.Error("a change of the copy changes what was copied:", diff)
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		header http.Header
		want   string
	}{
		{nil, ""},
		{http.Header{"A": {"", "b\t\xff"}}, ""},
		{http.Header{"": {"b"}}, "a field name is empty, want a token"},
		{http.Header{"A": {"b"}, "B ": {"b"}}, "a field name has byte 0x20 at index 1, want a token"},
		{http.Header{"A": {"b", "secret\n"}}, "value of field A has byte 0x0a at index 6"},
	} {
		switch err := Check(tt.header); {
		case err == nil && tt.want != "":
			t.Errorf("%q: no error, want %q", tt.header, tt.want)
		case err != nil && (err.Error() != tt.want || strings.Contains(err.Error(), "secret")):
			t.Errorf("%q: %v, want %q", tt.header, err, tt.want)
		}
	}
}
