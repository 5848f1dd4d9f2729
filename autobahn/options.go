package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const usage = `usage: go run ./autobahn client|server [options]

  client           our client against the suite's server
  server           the suite's client against our echo server

  --h2spec         the suite is h2spec, for HTTP/2 itself, and not Autobahn; of the other options only the last two go with it
  --wsconn         our side is made with package wsconn, in place of the values below it
  --h2             over HTTP/2, with haproxy between our side and Autobahn, which speaks HTTP/1.1 alone
  --cases LIST     cases to run, comma separated, * allowed: '1.*,7.1.2' (default: all)
  --exclude LIST   cases to leave out of them, besides 12.* and 13.* (permessage-deflate)
  --all            do not leave out 12.* and 13.*; nor is the one left out that --cases names, as '12.*' does
  --strict         fail on non-strict cases too
  --out DIR        where the report goes (default: autobahn/reports/ROLE-http1, -http2 or -h2spec;
                   with --wsconn, -wsconn after that)
  --timeout SECS   give up after this long (default: 900, with cases of 12.* and 13.* 3600, with --h2spec 300)

autobahn/run.sh does the same. The exit code is 0 when every case that was asked for ran and none failed, 1 when not, 2 for a
usage error. A client's case of Autobahn that is not over after a minute is named, and the run goes on with the next.
Autobahn's wstest is taken from PATH, else installed into autobahn/.venv, which needs Python 2.7. h2spec is installed by go, for
the run alone. haproxy is installed by apt-get if it is not there and this is root.
`

// The two roles that we can have.
const (
	roleClient = "client"
	roleServer = "server"
)

// compression are the sections on permessage-deflate. They take half an hour, so they are run only when asked for.
var compression = []string{"12", "13"}

// errHelp is the error of parse when the usage was asked for.
var errHelp = errors.New("help")

// options are what a run was asked to be.
type options struct {
	role    string
	h2spec  bool
	h2      bool
	wsconn  bool
	cases   []string // patterns
	exclude []string // patterns, those of compression included
	strict  bool
	out     string // the report's directory
	limit   time.Duration
}

// parse returns the options that args ask for. An error is one of usage, or errHelp.
func parse(args []string) (options, error) {
	var opt options
	var all bool
	var only string // an option that is for Autobahn alone
	values := map[string]string{"--cases": "*"}
	for ; len(args) > 0; args = args[1:] {
		arg := args[0]
		switch arg {
		case "--h2", "--wsconn", "--cases", "--exclude", "--all", "--strict":
			only = arg
		}
		switch arg {
		case roleClient, roleServer:
			if opt.role != "" {
				return opt, errors.New("one role at a time")
			}
			opt.role = arg
		case "--h2spec":
			opt.h2spec = true
		case "--h2":
			opt.h2 = true
		case "--wsconn":
			opt.wsconn = true
		case "--all":
			all = true
		case "--strict":
			opt.strict = true
		case "-h", "-help", "--help":
			return opt, errHelp
		case "--cases", "--exclude", "--out", "--timeout":
			if len(args) < 2 {
				return opt, fmt.Errorf("%s needs a value", arg)
			}
			values[arg] = args[1]
			args = args[1:]
		default:
			return opt, fmt.Errorf("unknown argument: %s", arg)
		}
	}
	if opt.role == "" {
		return opt, errors.New("client or server?")
	}
	if opt.h2spec && only != "" {
		return opt, fmt.Errorf("%s does not go with --h2spec", only)
	}

	opt.cases = patterns(values["--cases"])
	opt.exclude = patterns(values["--exclude"])
	opt.limit = 15 * time.Minute
	if opt.h2spec {
		opt.limit = 5 * time.Minute
	}
	for _, section := range compression {
		if all || names(opt.cases, section) {
			opt.limit = time.Hour
		} else {
			opt.exclude = append(opt.exclude, section+".*")
		}
	}
	if text, ok := values["--timeout"]; ok {
		seconds, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return opt, fmt.Errorf("--timeout: %s is not a number of seconds", text)
		}
		opt.limit = time.Duration(seconds) * time.Second
	}
	opt.out = values["--out"]
	if opt.out == "" {
		opt.out = "autobahn/reports/" + opt.role + "-" + opt.kind()
	}
	return opt, nil
}

// transport returns the HTTP version under the WebSockets.
func (o options) transport() string {
	if o.h2 {
		return "http/2"
	}
	return "http/1.1"
}

// kind returns what the run's report is called, besides its role.
func (o options) kind() string {
	kind := "http1"
	switch {
	case o.h2spec:
		return "h2spec"
	case o.h2:
		kind = "http2"
	}
	if o.wsconn {
		kind += "-wsconn"
	}
	return kind
}

// patterns splits a comma separated list.
func patterns(list string) []string {
	var all []string
	for p := range strings.SplitSeq(list, ",") {
		if p = strings.TrimSpace(p); p != "" {
			all = append(all, p)
		}
	}
	return all
}

// names reports whether one of the patterns is for cases of the section by its number: "12.*", "12.1.1" and "12*" are for
// section 12, "*" and "1*" for none.
func names(patterns []string, section string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		rest, found := strings.CutPrefix(p, section)
		return found && (rest == "" || rest[0] == '.' || rest[0] == '*')
	})
}
