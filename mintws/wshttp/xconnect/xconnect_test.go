package xconnect

import (
	"os"
	"testing"
)

func TestWith(t *testing.T) {
	for v, want := range map[string]string{
		"":                            "http2xconnect=1",
		"http2debug=1":                "http2debug=1,http2xconnect=1",
		"http2xconnect=0":             "",
		"a=b,http2xconnect=1":         "",
		"http2xconnec":                "http2xconnec,http2xconnect=1",
		"http2debug=2,tlsmaxrsasize=": "http2debug=2,tlsmaxrsasize=,http2xconnect=1",
	} {
		if got := with(v); got != want {
			t.Errorf("with(%q) = %q, want %q", v, got, want)
		}
	}
	if with(os.Getenv("GODEBUG")) != "" {
		t.Error("the variable is not set")
	}
}
