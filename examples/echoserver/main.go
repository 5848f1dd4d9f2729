// Command echoserver returns every WebSocket message to its sender. On every path it serves WebSockets, and for other
// requests a page that opens one. It speaks HTTP/1.1 and HTTP/2 on one port, with TLS or without.
//
//	go run ./examples/echoserver -addr localhost:9001
//
// It is made to be copied. Clients that send nothing, or a byte now and then, or do not read what they get, are dropped; how
// long each of these may take is a flag, and so is how many clients there may be.
//
// SIGINT and SIGTERM close all connections with 1001 and wait for the closing handshakes; a second signal ends the program
// at once.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	_ "github.com/mintws/mintws/mintws/wshttp/xconnect" // WebSockets on HTTP/2
)

// grace is how long the connections have to finish after a signal: less than the 10 s after which container runtimes kill.
const grace = 8 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // back to the default, which is to die of the next one
	os.Exit(run(ctx, os.Args[1:], os.Stderr))
}

// run serves until ctx is done, and returns the exit status: 0 after a clean end, 1 after an error, 2 for wrong arguments.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	cfg, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2 // parse has said why
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	if err = serve(ctx, cfg, log); err != nil {
		log.Error("echoserver", "error", err)
		return 1
	}
	return 0
}

// serve listens and serves until ctx is done.
func serve(ctx context.Context, cfg config, log *slog.Logger) error {
	if !cfg.quiet {
		cfg.echo.Done = logSummaries(log)
	}
	tlsConfig, err := cfg.tlsConfig()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cfg.addr)
	if err != nil {
		return err
	}
	listener = limit(listener.(*net.TCPListener), cfg.maxConns, cfg.readTimeout)
	body := newEchoServer(cfg.echo)
	var protocols http.Protocols // without TLS, HTTP/2 is for clients that know beforehand
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{
		Handler:   body,
		Protocols: &protocols,
		TLSConfig: tlsConfig,
		ErrorLog:  slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		// These are for requests, with content that may never come and answers that nobody reads. WebSockets have those of
		// the session in their place.
		ReadTimeout:    cfg.readTimeout,
		WriteTimeout:   cfg.echo.WriteTimeout,
		IdleTimeout:    cfg.keepAlive,
		MaxHeaderBytes: 64 << 10,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: cfg.maxStreams,
			WriteByteTimeout:     cfg.echo.WriteTimeout, // a connection on which nothing can be written holds all of its streams
		},
	}
	scheme, start := "ws", server.Serve
	if tlsConfig != nil {
		scheme, start = "wss", func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	log.Info("listening", "url", fmt.Sprintf("%s://%s/", scheme, listener.Addr()))
	served := make(chan error, 1)
	go func() { served <- start(listener) }()
	select {
	case err = <-served:
		return err
	case <-ctx.Done():
	}

	log.Info("shutting down", "grace", grace)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	closed := make(chan error, 1)
	go func() { closed <- server.Shutdown(ctx) }() // no new connections; it does not know those that are WebSockets
	err = errors.Join(body.Shutdown(ctx), <-closed)
	if err != nil {
		server.Close()
		return fmt.Errorf("shutting down: %w", err)
	}
	log.Info("stopped")
	return nil
}
