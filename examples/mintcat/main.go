// Command mintcat talks to a WebSocket from the command line: lines become messages, and messages lines.
//
//	mintcat wss://example.org/feed
//	mintcat --help
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run(os.Args[1:])) }

// run returns the exit code.
func run(args []string) int {
	opt, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Print(help)
		return 0
	}
	if err == nil {
		err = start(&opt)
	}
	var signaled interrupted
	if err != nil && !errors.As(err, &signaled) {
		fmt.Fprintln(os.Stderr, "mintcat:", describe(err))
	}
	return exitCode(err)
}

// start makes the parts and runs them.
func start(opt *options) error {
	caught, signals := make(chan os.Signal, 4), make(chan os.Signal, 1)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE} {
		if !signal.Ignored(s) { // nohup, and a shell for what runs in the background, have some ignored
			signal.Notify(caught, s)
		}
	}
	con, err := open(opt.binary, caught)
	if err != nil {
		return err
	}
	defer con.close()
	go func() {
		for s := range caught {
			if s == syscall.SIGPIPE {
				continue // the write has failed, and that is enough
			}
			select {
			case signals <- s:
			default: // nobody has taken the last one: something is stuck
				con.close()
				os.Exit(128 + int(s.(syscall.Signal)))
			}
		}
	}()
	connect := func(ctx context.Context) (*link, error) { return opt.dial(ctx, con) }
	if opt.listen != "" {
		if connect, err = opt.serve(con); err != nil {
			return err
		}
	}
	c := &cat{opt: opt, con: con, out: newPrinter(con.out), signals: signals, connect: connect}
	return c.run()
}
