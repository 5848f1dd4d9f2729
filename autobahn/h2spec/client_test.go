package h2spec

import (
	"strings"
	"testing"
)

func TestClient(t *testing.T) {
	const (
		cases = "Generic tests for HTTP/2 client\n\r    ✔ 1: Sends a server connection preface\n"
		noise = "accept tcp 127.0.0.1:23408: use of closed network connection\n"
		fault = "Failures: \n\n      × 1: Sends a PING frame\n           Expected: PING Frame\n             Actual: Timeout\n\n"
		took  = "Finished in 11.9036 seconds\n"
	)
	for _, tt := range []struct {
		name, output string
		passed       bool
		err          string
		want         string
	}{
		{name: "passed", output: cases + noise + took + "57 tests, 57 passed, 0 skipped, 0 failed\n" + noise + noise, passed: true,
			want: "57 tests, 57 passed, 0 skipped, 0 failed\nh2spec client: 57 passed, 0 failed\n"},
		{name: "failed", output: cases + noise + "\n" + fault + noise + took + "57 tests, 56 passed, 0 skipped, 1 failed\n" + noise,
			want: fault + took + "57 tests, 56 passed, 0 skipped, 1 failed\nh2spec client: 56 passed, 1 failed\n"},
		{name: "skipped", output: took + "57 tests, 55 passed, 2 skipped, 0 failed\n",
			want: "57 tests, 55 passed, 2 skipped, 0 failed\nh2spec client: 55 passed, 2 failed\n"},
		{name: "too few", output: took + "3 tests, 3 passed, 0 skipped, 0 failed\n",
			want: "3 tests, 3 passed, 0 skipped, 0 failed\nh2spec client: 3 passed, 0 failed\n"},
		{name: "cut", output: cases + noise, err: "the run was not completed", want: cases + "h2spec client: 0 passed, 57 failed\n"},
		{name: "nothing", err: "the run was not completed", want: "h2spec client: 0 passed, 57 failed\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			passed, err := Client(&out, tt.output)
			if passed != tt.passed || err == nil && tt.err != "" || err != nil && err.Error() != tt.err {
				t.Errorf("passed %t, %v; want %t, %q", passed, err, tt.passed, tt.err)
			}
			if out.String() != tt.want {
				t.Errorf("says\n%swant\n%s", &out, tt.want)
			}
		})
	}
}
