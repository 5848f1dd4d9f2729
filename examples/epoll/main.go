//go:build linux

// Command epoll is an event loop for WebSockets, made of nothing but package syscall: one goroutine, locked to its thread, that
// serves all connections, and a timer wheel for their deadlines. It opens many connections to an echo server, which is the same
// loop in another process, and prints what one of them costs; then it sends large messages through sockets with small buffers.
//
//	go run ./examples/epoll -n 10000                      # with a server of its own
//	go run ./examples/epoll -n 10000 ws://127.0.0.1:8080/ # with that echo server
//	go run ./examples/epoll -n 100000 -procs 6            # in twelve processes, as one may not have so many descriptors
//
// Begin to read with conn.go, which has what is done for a connection, and loop.go, which says when; timers.go has the deadlines.
// The client's part is in client.go and bulk.go, the server's in server.go.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

type options struct {
	n, procs, messages, size, buffer int
	idle, timeout                    time.Duration
	timing                           session.Timing
	serve, hold                      bool
	address, url                     string
	server                           int // its process, 0 if it is not ours
}

func main() {
	var o options
	flag.IntVar(&o.n, "n", 1000, "how many connections")
	flag.IntVar(&o.procs, "procs", 1, "how many clients share them, each with a server of its own; no large messages with more than one")
	flag.IntVar(&o.messages, "messages", 50, "how many large messages each way")
	flag.IntVar(&o.size, "size", 4<<20, "bytes of each")
	flag.IntVar(&o.buffer, "buffer", 16<<10, "bytes of the sockets' SO_SNDBUF and SO_RCVBUF; 0 is the system's default")
	flag.DurationVar(&o.idle, "idle", 3*time.Second, "how long all connections are idle")
	flag.DurationVar(&o.timing.Open, "open", 30*time.Second, "how long an opening handshake may take")
	flag.DurationVar(&o.timing.Ping, "ping", time.Second, "after how much silence the server is sent a Ping")
	flag.DurationVar(&o.timing.Pong, "pong", 15*time.Second, "how long it may be silent then")
	flag.DurationVar(&o.timeout, "timeout", 2*time.Minute, "for all of it")
	flag.BoolVar(&o.serve, "serve", false, "only be the echo server, until standard input ends")
	flag.BoolVar(&o.hold, "hold", false, "send no large messages, but hold the connections until standard input ends")
	flag.StringVar(&o.address, "address", "127.0.0.1", "where the server listens")
	flag.Parse()
	o.url = flag.Arg(0)
	runtime.LockOSThread() // not for epoll's sake: so that the thread can be given a processor of its own
	var err error
	if o.procs == 1 {
		err = raise(uint64(max(o.n, 0)) + 64)
	}
	switch {
	case err != nil:
	case o.n < 1:
		err = errors.New("-n is at least 1")
	case o.procs < 1 || o.procs > min(o.n, 1<<16-2) || o.procs > 1 && o.url != "":
		err = errors.New("-procs is at least 1 and at most -n, and has servers of its own")
	case o.serve:
		err = serve(os.Stdout, o.address, o.buffer)
	case o.procs > 1:
		err = many(os.Stdout, o)
	default:
		err = run(os.Stdout, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "epoll:", err)
		os.Exit(1)
	}
}

// run talks to the server that o names, or to one that it starts.
func run(w io.Writer, o options) error {
	if o.url != "" {
		return talk(w, o)
	}
	url, pid, stop, err := server(o)
	if err != nil {
		return err
	}
	defer stop()
	o.url, o.server = url, pid
	if err = talk(w, o); err == nil && !o.hold {
		fmt.Fprintf(w, "the server: %s\n", stop())
	}
	return err
}

// talk is the client's story.
func talk(w io.Writer, o options) (err error) {
	now := time.Now()
	p := &client{w: w, began: now, limit: now.Add(o.timeout), shown: now}
	if o.hold {
		p.w = io.Discard // there is one line to say
	}
	if p.l, err = newLoop(p, o.timing); err != nil {
		return err
	}

	before := heap()
	if err = p.dialMany(o.url, o.n, o.buffer); err != nil {
		return err
	}
	fmt.Fprintf(p.w, "%d connections are open, and their greetings came back: %.1f s\n", o.n, time.Since(now).Seconds())
	over := time.Now().Add(o.idle)
	if err = p.until("idle", func() bool { return p.l.now.After(over) }); err != nil {
		return err
	}
	each := (heap() - before) / o.n
	debug.FreeOSMemory() // RSS is that of what is held
	own, server := resident(os.Getpid()), resident(o.server)
	fmt.Fprintf(p.w, "idle for %v, %d pings were answered\n", o.idle, p.pongs)
	fmt.Fprintf(p.w, "%d B of heap for each, after a collection: with its deadlines, without what the kernel needs for a socket\n", each)
	fmt.Fprintf(p.w, "RSS %d KiB, the server's %d KiB\n", own, server)
	if o.hold {
		fmt.Fprintf(w, heldLine, o.n, each, own, server)
		err = p.hold()
	} else {
		err = p.bulk(w, o)
	}
	if err != nil {
		return err
	}
	if err = p.closeAll(); err != nil {
		return err
	}
	fmt.Fprintln(p.w, "all are closed, none was lost")
	return nil
}

// hold keeps the connections open, and answers what comes on them, until standard input ends.
func (p *client) hold() error {
	over, err := p.l.atEnd()
	if err != nil {
		return err
	}
	return p.until("holding", over)
}

// bulk sends the large messages, on one more connection.
func (p *client) bulk(w io.Writer, o options) error {
	b, now := newBulk(o.messages, o.size), time.Now()
	c, err := p.l.dial(o.url, o.buffer, mintws.Options{Delivery: mintws.DeliverPayload})
	if err != nil {
		return err
	}
	p.started++
	c.user = b
	if err = p.until("sending", b.done); err != nil {
		return err
	}
	if b.wrong {
		return errors.New("something else came back")
	}
	fmt.Fprintf(w, "%d messages of %d KiB each way: %.1f s, while at most %d KiB waited for the socket\n",
		b.count, b.size>>10, time.Since(now).Seconds(), b.waiting>>10)
	return nil
}

// server starts this program once more, to be the echo server. Stop ends that and returns the last line that it printed.
func server(o options) (url string, pid int, stop func() string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", 0, nil, err
	}
	cmd := exec.Command(self, "-serve", fmt.Sprint("-n=", o.n), fmt.Sprint("-buffer=", o.buffer), "-address="+o.address)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", 0, nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", 0, nil, err
	}
	if err = cmd.Start(); err != nil {
		return "", 0, nil, err
	}
	r := bufio.NewReader(stdout)
	stop = func() string {
		stdin.Close()
		line, _ := r.ReadString('\n')
		cmd.Wait() //nolint:errcheck // it has said on its standard error what went wrong
		return strings.TrimSpace(line)
	}
	if url, err = r.ReadString('\n'); err != nil {
		stop()
		return "", 0, nil, fmt.Errorf("the server did not start: %w", err)
	}
	return strings.TrimSpace(url), cmd.Process.Pid, stop, nil
}
