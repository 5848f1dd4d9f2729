// Command client drives this library's WebSocket client through the cases of an Autobahn fuzzing server: it asks how many
// there are, opens one connection for each and echoes what comes until that is closed, and at the end has the server
// write its reports. The server decides which cases there are.
//
//	go run ./autobahn/client -url ws://127.0.0.1:9001 -agent mintws
//
// With -http2 all of them are streams of one connection, by extended CONNECT (RFC 8441). The fuzzing server does not speak
// HTTP/2, so the URL is that of a proxy before it.
//
// The reports say how each case ended: in most cases one side fails the connection. A case that passes its deadline
// is named on stderr, and the run goes on with the next.
//
// The exit code is 0 if all the cases ran to their end, 3 if some of them passed their deadline, 1 if the run could not be
// completed: the server cannot be reached, or an opening handshake fails. It is 2 for a usage error.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mintws/mintws/autobahn/progress"
)

// exitLate is the exit code of a run that was completed but for cases that passed their deadline.
const exitLate = 3

func main() {
	var s session
	shared, end := visitShared()
	code := run(os.Args[1:], os.Stdout, os.Stderr, [2]visitor{visit, s.visit}, [2]visitor{visitConn, shared})
	s.close()
	_ = end() // it is nil
	os.Exit(code)
}

// run is main with its surroundings as arguments: the visitors over HTTP/1.1 and HTTP/2, with the values and with package wsconn. It
// returns the exit code.
func run(args []string, stdout, stderr io.Writer, values, conns [2]visitor) int {
	flags := flag.NewFlagSet("client", flag.ContinueOnError)
	flags.SetOutput(stderr)
	d := driver{progress: progress.New(stdout), log: stderr}
	flags.StringVar(&d.base, "url", "ws://127.0.0.1:9001", "the fuzzing `server`")
	flags.StringVar(&d.agent, "agent", "mintws", "the `name` that stands in the reports")
	flags.IntVar(&d.want, "want", 0, "fail unless the server has this many `cases` (0: any number)")
	flags.DurationVar(&d.limit, "limit", time.Minute, "the longest that one case may take")
	flags.DurationVar(&d.wait, "wait", 0, "keep trying this long until the server can be reached")
	overHTTP2 := flags.Bool("http2", false, "speak HTTP/2, to a server that is known to do so")
	overConn := flags.Bool("wsconn", false, "use package wsconn, in place of the values below it")
	report := flags.Bool("report", true, "have the server write its reports at the end")
	err := flags.Parse(args)
	if err == flag.ErrHelp {
		return 0
	}
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
		fmt.Fprintf(stderr, "client: %v\n", err)
	}
	if err != nil {
		return 2
	}
	visitors, version := values, 0
	if *overConn {
		visitors = conns
	}
	if *overHTTP2 {
		version = 1
	}
	d.visit = visitors[version]

	if err = d.cases(); err == nil && *report {
		err = d.report()
	}
	if err != nil {
		fmt.Fprintf(stderr, "client: %v\n", err)
		return 1
	}
	if err = d.lateError(); err != nil {
		fmt.Fprintf(stderr, "client: %v\n", err)
		return exitLate
	}
	return 0
}
