// Command h2get gets one resource over HTTP/2 and writes its content to stdout. It is the client that h2spec tests.
// All that it knows of HTTP/2 is package httpconn.
//
//	go run ./autobahn/h2get http://127.0.0.1:8080/
//
// For http URLs the server must be known to speak HTTP/2 (RFC 9113 section 3.3). Whatever the server does, the program ends
// after -limit. The exit code is 0 only after a whole response with a 2xx status, 1 for any other end, 2 for a usage error.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings as arguments. It returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("h2get", flag.ContinueOnError)
	flags.SetOutput(stderr)
	limit := flags.Duration("limit", 2500*time.Millisecond, "the longest that all of it may take")
	linger := flags.Duration("linger", 0, "stay for so `long` after the response, like a client with more to ask")
	err := flags.Parse(args)
	if err == flag.ErrHelp {
		return 0
	}
	var target *url.URL
	if err == nil && flags.NArg() != 1 {
		err = fmt.Errorf("give one URL, not %d", flags.NArg())
	} else if err == nil {
		target, err = url.Parse(flags.Arg(0))
	}
	if err == nil && target.Scheme != "http" && target.Scheme != "https" {
		err = fmt.Errorf("the scheme of %q is neither http nor https", flags.Arg(0))
	}
	if err != nil {
		fmt.Fprintf(stderr, "h2get: %v\n", err)
		return 2
	}

	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	defer cancel()
	if err = fetch(ctx, target, *linger, stdout); err != nil {
		fmt.Fprintf(stderr, "h2get: %v\n", err)
		return 1
	}
	return 0
}
