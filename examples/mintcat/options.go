package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/mintws/mintws/mintws"
)

// help fits a screen of 24 lines and 80 columns.
const help = `Usage: mintcat [options] ws://host/path | wss://host/path
       mintcat [options] --listen [host]:port
Each line of input is sent as a message, each message received becomes a line.
 -b                   binary: input is sent as it is read, output is not touched
 -1                   end after the first message that comes
 -H 'Name: value'     a field of the handshake; may be repeated like --preamble
 --auth-command CMD   Authorization is what CMD prints; run for each connection
 --subprotocol A,B    --origin ORIGIN       what is offered, and for which page
 --http1  --http2     version of HTTP; with both HTTP/2 if the server can do it
 --proxy URL|none     --unix PATH           by way of a proxy, or a unix socket
 --ca FILE  --insecure  --cert FILE         trust these, or any; our own and key
 --compress           offer permessage-deflate; with --listen agree to it
 --ping 10s           a Ping after so much silence; who does not answer is gone
 --timeout 10s        for connecting, the handshake, a Pong, the peer's Close
 --wait 5s|forever    end of input: first wait until nothing came for so long
 --close-code CODE    in the Close that ends it, 1000 if not given
 --reconnect[=1s]     after a loss, and longer each time; --listen: next client
 --preamble TEXT      sent first on each connection
 --format text|hex|json  -t                 how messages are shown; with times
 -v  --secrets        show handshake and frames on stderr; credentials, too
On a terminal: /ping TEXT, /pong TEXT, /close CODE REASON, /hex BYTES; // for /.
Exit code: 0 closed well, 1 trouble here, 2 usage, 3 not connected, 4 refused,
 5 lost, 6 protocol error, 7 closed for a fault, 130 Ctrl-C.
`

// options are what the command line says.
type options struct {
	url, listen              string
	header                   http.Header
	authCommand              string
	subprotocols             []string
	origin                   string
	http1, http2             bool
	proxy, unix, ca, cert    string
	insecure, compress       bool
	ping, timeout            time.Duration
	wait                     time.Duration // negative: for ever
	closeCode                mintws.CloseCode
	one, binary              bool
	reconnect                time.Duration // before the second connection; 0: there is none
	preamble                 []string
	format                   string
	stamps, verbose, secrets bool
}

// errUsage is wrapped by what is wrong with the command line.
var errUsage = errors.New("see mintcat --help")

// parse reads the command line. Options may stand behind the URL.
func parse(args []string) (opt options, err error) {
	opt = options{header: http.Header{}, format: "text", timeout: 10 * time.Second, closeCode: mintws.CodeNormal}
	fs := flag.NewFlagSet("mintcat", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors and help are printed by run
	for name, b := range map[string]*bool{"1": &opt.one, "b": &opt.binary, "http1": &opt.http1, "http2": &opt.http2, "insecure": &opt.insecure,
		"compress": &opt.compress, "t": &opt.stamps, "v": &opt.verbose, "secrets": &opt.secrets} {
		fs.BoolVar(b, name, false, "")
	}
	for name, s := range map[string]*string{"auth-command": &opt.authCommand, "origin": &opt.origin, "proxy": &opt.proxy,
		"unix": &opt.unix, "ca": &opt.ca, "cert": &opt.cert, "listen": &opt.listen} {
		fs.StringVar(s, name, "", "")
	}
	fs.DurationVar(&opt.ping, "ping", 0, "")
	fs.DurationVar(&opt.timeout, "timeout", opt.timeout, "")
	fs.Func("H", "", func(s string) error {
		name, value, ok := strings.Cut(s, ":")
		if !ok {
			return errors.New("no colon in it")
		}
		opt.header.Add(name, strings.TrimSpace(value))
		return nil
	})
	fs.Func("subprotocol", "", func(s string) error {
		for name := range strings.SplitSeq(s, ",") {
			opt.subprotocols = append(opt.subprotocols, strings.TrimSpace(name))
		}
		return nil
	})
	fs.Func("preamble", "", func(s string) error { opt.preamble = append(opt.preamble, s); return nil })
	fs.Func("close-code", "", func(s string) (err error) { opt.closeCode, err = closeCode(s); return err })
	fs.Func("wait", "", func(s string) (err error) {
		if s == "forever" {
			opt.wait = -1
			return nil
		}
		if opt.wait, err = time.ParseDuration(s); err == nil && opt.wait < 0 {
			err = errors.New("a time, or forever")
		}
		return err
	})
	fs.Func("format", "", func(s string) error {
		if opt.format = s; s != "text" && s != "hex" && s != "json" {
			return errors.New("one of text, hex and json")
		}
		return nil
	})
	fs.Var((*optionalDuration)(&opt.reconnect), "reconnect", "")
	var places []string
	for err = fs.Parse(args); err == nil && fs.NArg() > 0; err = fs.Parse(fs.Args()[1:]) {
		places = append(places, fs.Arg(0))
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		return opt, err
	case err != nil:
	case opt.listen == "" && len(places) != 1:
		err = errors.New("one URL is needed, or --listen")
	case opt.listen != "" && len(places) != 0:
		err = errors.New("--listen and a URL")
	case opt.listen != "" && opt.closeCode == mintws.CodeMissingExt:
		err = errors.New("only a client sends 1010")
	case opt.timeout <= 0 || opt.ping < 0:
		err = errors.New("times are more than 0")
	case opt.unix != "" && opt.proxy != "":
		err = errors.New("--unix and --proxy")
	case opt.binary && opt.format != "text":
		err = errors.New("-b and --format")
	}
	if err != nil {
		return opt, fmt.Errorf("%w; %w", err, errUsage)
	}
	if len(places) == 1 {
		if opt.url = places[0]; !strings.Contains(opt.url, "://") {
			opt.url = "ws://" + opt.url
		}
	}
	return opt, nil
}

// closeCode reads a code that may stand in a Close (RFC 6455 section 7.4).
func closeCode(s string) (mintws.CloseCode, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || !mintws.CloseCode(n).Sendable() {
		return 0, errors.New("1000-1003, 1007-1014 or 3000-4999")
	}
	return mintws.CloseCode(n), nil
}

// optionalDuration is an option that means one second where it has no value.
type optionalDuration time.Duration

func (d *optionalDuration) String() string   { return time.Duration(*d).String() }
func (d *optionalDuration) IsBoolFlag() bool { return true }

func (d *optionalDuration) Set(s string) error {
	if s == "true" {
		s = "1s"
	}
	v, err := time.ParseDuration(s)
	if err == nil && v <= 0 {
		err = errors.New("a time above 0")
	}
	*d = optionalDuration(v)
	return err
}
