// Command replay records what goes over a WebSocket's connection, and steps through it: forwards, back, and to what would have
// happened if something else had come.
//
//	go run ./examples/replay record -o talk.rec wss://example.org/feed   # lines of standard input become messages
//	go run ./examples/replay talk.rec                                    # n: next, p: back, g 7: to step 7, h: what else
//	printf 'g 5\np\n' | go run ./examples/replay talk.rec
//
// Stepping back costs nothing, as every step is a value that is kept. The file is text: see file.go. What lets somebody in is
// not in it, unless -secrets asks for it; the messages are.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "replay:", err)
		os.Exit(1)
	}
}

// run does what args say.
func run(args []string, stdin *os.File, stdout io.Writer) error {
	if len(args) > 0 && args[0] == "record" {
		fs := flag.NewFlagSet("replay record", flag.ContinueOnError)
		name := fs.String("o", "talk.rec", "`file` to write; it must not be there yet")
		secrets := fs.Bool("secrets", false, "record Authorization, cookies and the values in the URL's query, too")
		if err := fs.Parse(args[1:]); err != nil {
			return err
		}
		if fs.NArg() != 1 {
			return errors.New("usage: replay record [-o file] [-secrets] ws://host/path")
		}
		return recordTo(*name, *secrets, fs.Arg(0), stdin, stdout)
	}
	fs := flag.NewFlagSet("replay", flag.ContinueOnError)
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() != 1 {
		return errors.New("usage: replay file, or replay record -h")
	}
	f, err := os.Open(fs.Arg(0))
	if err != nil {
		return err
	}
	defer f.Close()
	pieces, err := readPieces(f)
	if err != nil {
		return fmt.Errorf("%s: %w", fs.Arg(0), err)
	}
	info, err := stdin.Stat()
	return play(pieces, stdin, stdout, err == nil && info.Mode()&os.ModeCharDevice != 0)
}

// recordTo talks to the server at url and records that in the file name. Ctrl-C closes the WebSocket; a second one ends the
// program, and what was recorded is in the file.
func recordTo(name string, secrets bool, url string, lines io.Reader, stdout io.Writer) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // messages may be nobody else's business
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	defer stop()
	r := newRecorder(f, secrets)
	err = talk(ctx, url, r, lines, stdout)
	return errors.Join(err, r.failed(), f.Close())
}
