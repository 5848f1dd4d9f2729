package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/mintws/mintws/internal/echo"
)

// config is what the flags say.
type config struct {
	addr       string
	cert, key  string
	selfSigned bool
	quiet      bool
	maxStreams int
	echo       echo.Options
}

// parse reads the flags. An error has been reported on stderr already.
func parse(args []string, stderr io.Writer) (config, error) {
	var cfg config
	accept := &cfg.echo.Accept
	fs := flag.NewFlagSet("echoserver", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&cfg.addr, "addr", "localhost:9001", "`address` to listen on; port 0 chooses one, and the log says which")
	fs.StringVar(&cfg.cert, "cert", "", "`file` with the certificate chain, for TLS")
	fs.StringVar(&cfg.key, "key", "", "`file` with the certificate's key")
	fs.BoolVar(&cfg.selfSigned, "tls", false, "TLS with a certificate made at the start, for localhost")
	fs.Int64Var(&accept.Limits.MaxFrame, "max-frame", 0, "largest payload of a frame in `bytes`; 0 is 16 MiB, negative no limit")
	fs.Int64Var(&accept.Limits.MaxMessage, "max-message", 0, "largest message in `bytes`; 0 is 16 MiB, negative no limit")
	fs.DurationVar(&cfg.echo.Idle, "idle", 0, "close connections silent for this long; 0 is 1m, negative never")
	fs.IntVar(&cfg.maxStreams, "max-streams", 0, "`number` of WebSockets on one HTTP/2 connection; 0 is 250")
	fs.BoolVar(&cfg.echo.NoDeflate, "no-deflate", false, "do not agree to permessage-deflate")
	fs.BoolVar(&accept.SkipUTF8, "skip-utf8", false, "do not validate text")
	fs.Func("subprotocols", "comma-separated `list` of subprotocols, the preferred one first", list(&accept.Subprotocols))
	fs.Func("origins", "comma-separated `list` of the origins that may connect, * for all; the server's own if not given",
		list(&accept.AllowedOrigins))
	fs.BoolVar(&cfg.quiet, "quiet", false, "no line in the log for each connection")
	if err := fs.Parse(args); err != nil {
		return cfg, err
	}
	if err := cfg.check(fs.Args()); err != nil {
		fmt.Fprintln(stderr, "echoserver:", err)
		fs.Usage()
		return cfg, err
	}
	return cfg, nil
}

// check reports what does not fit together.
func (cfg config) check(rest []string) error {
	switch {
	case cfg.maxStreams < 0:
		return errors.New("-max-streams must not be negative")
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case (cfg.cert == "") != (cfg.key == ""):
		return errors.New("-cert and -key belong together")
	case cfg.cert != "" && cfg.selfSigned:
		return errors.New("either -tls or -cert and -key")
	}
	return cfg.echo.Accept.Check()
}

// tlsConfig returns nil where TLS was not asked for.
func (cfg config) tlsConfig() (*tls.Config, error) {
	var cert tls.Certificate
	var err error
	switch {
	case cfg.selfSigned:
		cert, err = echo.SelfSigned()
	case cfg.cert != "":
		cert, err = tls.LoadX509KeyPair(cfg.cert, cfg.key)
	default:
		return nil, nil
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}}, err
}

// list returns a function that reads a comma-separated list.
func list(dst *[]string) func(string) error {
	return func(s string) error {
		for element := range strings.SplitSeq(s, ",") {
			if element = strings.TrimSpace(element); element != "" {
				*dst = append(*dst, element)
			}
		}
		return nil
	}
}
