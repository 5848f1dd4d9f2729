package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mintws/mintws/mintws"
)

// config is what the flags say.
type config struct {
	addr       string
	cert, key  string
	selfSigned bool
	quiet      bool

	maxConns, maxStreams   int
	readTimeout, keepAlive time.Duration

	deflate mintws.DeflateOptions
	echo    options
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

	fs.IntVar(&cfg.maxConns, "max-connections", 10_000, "`number` of TCP connections at a time; further ones wait")
	fs.IntVar(&cfg.echo.MaxSessions, "max-websockets", 20_000, "`number` of WebSockets at a time, of which HTTP/2 has many on one "+
		"connection; further ones get 503")
	fs.IntVar(&cfg.maxStreams, "max-streams", 0, "`number` of WebSockets on one HTTP/2 connection; 0 is 250")
	fs.DurationVar(&cfg.readTimeout, "read-timeout", 10*time.Second, "how long a request may take to arrive, with its content")
	fs.DurationVar(&cfg.keepAlive, "keep-alive", time.Minute, "how long a connection may wait for its next request")
	fs.DurationVar(&cfg.echo.Idle, "idle", time.Minute, "close WebSockets silent for this long; negative never")
	fs.DurationVar(&cfg.echo.MessageTimeout, "message-timeout", 2*time.Minute, "how long one message may take to arrive; negative for ever")
	fs.DurationVar(&cfg.echo.WriteTimeout, "write-timeout", 30*time.Second, "how long a client may take to accept an answer")
	fs.DurationVar(&cfg.echo.CloseTimeout, "close-timeout", 5*time.Second, "how long to wait for a client's Close")

	fs.Int64Var(&accept.Limits.MaxFrame, "max-frame", 0, "largest payload of a frame in `bytes`; 0 is 16 MiB, negative no limit")
	fs.Int64Var(&accept.Limits.MaxMessage, "max-message", 0, "largest message in `bytes`; 0 is 16 MiB, negative no limit")
	fs.IntVar(&accept.Limits.MaxFragments, "max-fragments", 0, "largest `number` of fragments of a message; 0 is 262144, negative no limit")

	fs.BoolVar(&cfg.echo.NoDeflate, "no-deflate", false, "do not agree to permessage-deflate")
	fs.IntVar(&cfg.deflate.Level, "deflate-level", mintws.DefaultDeflateLevel, "how hard to compress, 1 (fastest) to 9")
	fs.IntVar(&cfg.deflate.SendWindow, "deflate-window", mintws.DefaultDeflateSendWindow, "`bytes` of earlier messages to refer to, "+
		"256 to 32768: memory of each WebSocket")
	fs.BoolVar(&cfg.deflate.AnnounceSendWindow, "deflate-announce", false, "tell the client of that window, so that it keeps no more either")
	fs.IntVar(&cfg.deflate.MaxRatio, "deflate-ratio", 0, "how many bytes one byte may inflate to; 0 is no limit but -max-message")

	fs.BoolVar(&accept.SkipUTF8, "skip-utf8", false, "do not validate text")
	fs.Func("subprotocols", "comma-separated `list` of subprotocols, the preferred one first", list(&accept.Subprotocols))
	fs.Func("origins", "comma-separated `list` of the origins that may connect, such as https://example.org,https://*.example.org; "+
		"* for all; the server's own if not given, which will not do behind a proxy that ends TLS", list(&accept.AllowedOrigins))
	fs.BoolVar(&cfg.quiet, "quiet", false, "no line in the log for each connection")
	if err := fs.Parse(args); err != nil {
		return cfg, err
	}
	err := cfg.check(fs.Args())
	if err == nil && !cfg.echo.NoDeflate {
		var deflate mintws.Extension
		deflate, err = mintws.NewDeflate(cfg.deflate)
		accept.Extensions = []mintws.Extension{deflate}
	}
	if err != nil {
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
	case cfg.maxConns < 1 || cfg.echo.MaxSessions < 1:
		return errors.New("-max-connections and -max-websockets must be 1 at least")
	case cfg.readTimeout <= 0 || cfg.keepAlive <= 0 || cfg.echo.WriteTimeout <= 0 || cfg.echo.CloseTimeout <= 0:
		return errors.New("-read-timeout, -keep-alive, -write-timeout and -close-timeout must be positive")
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
		cert, err = selfSigned()
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
