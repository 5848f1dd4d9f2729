package main

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	base := options{role: "client", cases: []string{"*"}, exclude: []string{"12.*", "13.*"},
		out: "autobahn/reports/client-http1", limit: 15 * time.Minute}
	with := func(change func(*options)) options {
		o := base
		change(&o)
		return o
	}
	for args, want := range map[string]options{
		"client":          base,
		"server":          with(func(o *options) { o.role, o.out = "server", "autobahn/reports/server-http1" }),
		"client --h2":     with(func(o *options) { o.h2, o.out = true, "autobahn/reports/client-http2" }),
		"client --wsconn": with(func(o *options) { o.wsconn, o.out = true, "autobahn/reports/client-http1-wsconn" }),
		"--h2 server --strict": with(func(o *options) {
			o.role, o.h2, o.strict, o.out = "server", true, true, "autobahn/reports/server-http2"
		}),
		"client --h2spec": with(func(o *options) { o.h2spec, o.out, o.limit = true, "autobahn/reports/client-h2spec", 5*time.Minute }),
		"--h2spec server --out x --timeout 7": with(func(o *options) {
			o.role, o.h2spec, o.out, o.limit = "server", true, "x", 7*time.Second
		}),
		"client --out x --timeout 7": with(func(o *options) { o.out, o.limit = "x", 7*time.Second }),
		"client --cases 1.*,,7.1.2":  with(func(o *options) { o.cases = []string{"1.*", "7.1.2"} }),
		"client --exclude 6.4.1":     with(func(o *options) { o.exclude = []string{"6.4.1", "12.*", "13.*"} }),
		"client --all":               with(func(o *options) { o.exclude, o.limit = nil, time.Hour }),
		"client --all --timeout 5":   with(func(o *options) { o.exclude, o.limit = nil, 5*time.Second }),
		"client --cases 12.*": with(func(o *options) {
			o.cases, o.exclude, o.limit = []string{"12.*"}, []string{"13.*"}, time.Hour
		}),
		"client --cases 13.7.1,12.1.1 --exclude 12.1.*": with(func(o *options) {
			o.cases, o.exclude, o.limit = []string{"13.7.1", "12.1.1"}, []string{"12.1.*"}, time.Hour
		}),
		"client --cases 1*,*": with(func(o *options) { o.cases = []string{"1*", "*"} }),
	} {
		got, err := parse(strings.Fields(args))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v\nwant %+v", args, got, err, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for args, want := range map[string]string{
		"":                             "client or server?",
		"--h2":                         "client or server?",
		"client server":                "one role at a time",
		"client --h3":                  "unknown argument: --h3",
		"client 12.*":                  "unknown argument: 12.*",
		"client --h2 --h2spec":         "--h2 does not go with --h2spec",
		"client --h2spec --wsconn":     "--wsconn does not go with --h2spec",
		"client --h2spec --cases 1.*":  "--cases does not go with --h2spec",
		"client --h2spec --exclude 1":  "--exclude does not go with --h2spec",
		"client --h2spec --all":        "--all does not go with --h2spec",
		"client --strict --h2spec":     "--strict does not go with --h2spec",
		"client --cases":               "--cases needs a value",
		"client --timeout":             "--timeout needs a value",
		"client --timeout 1m":          "--timeout: 1m is not a number of seconds",
		"client --timeout -1":          "--timeout: -1 is not a number of seconds",
		"client --timeout 99999999999": "--timeout: 99999999999 is not a number of seconds",
	} {
		if _, err := parse(strings.Fields(args)); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", args, err, want)
		}
	}
	for _, help := range []string{"-h", "--help", "client -help"} {
		if _, err := parse(strings.Fields(help)); !errors.Is(err, errHelp) {
			t.Errorf("%s: error %v", help, err)
		}
	}
}

func TestNames(t *testing.T) {
	for pattern, want := range map[string]bool{
		"12.*": true, "12*": true, "12.1.1": true, "12": true, "*": false, "1*": false, "1.*": false, "1.12.*": false, "120.*": false,
	} {
		if got := names([]string{"3.*", pattern}, "12"); got != want {
			t.Errorf("%s is for section 12: %t, want %t", pattern, got, want)
		}
	}
}
