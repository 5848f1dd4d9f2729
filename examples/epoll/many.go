//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// many divides o.n connections among o.procs clients. Each is this program once more and starts a server of its own, at a loopback
// address of its own. So neither the limit on descriptors, which is one process's, nor the range of ports, which is that of two
// addresses, is the limit of the whole. All connections are open at the same time: a client holds its own until its standard input
// ends.
func many(w io.Writer, o options) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	type client struct {
		cmd    *exec.Cmd
		stdin  io.Closer
		stdout io.Reader
	}
	var clients []client
	for i := 0; i < o.procs && err == nil; i++ {
		c := client{cmd: exec.Command(self, "-hold", fmt.Sprint("-n=", (i+1)*o.n/o.procs-i*o.n/o.procs),
			fmt.Sprintf("-address=127.0.%d.%d", (i+1)>>8&255, (i+1)&255), fmt.Sprint("-buffer=", o.buffer), fmt.Sprint("-idle=", o.idle),
			fmt.Sprint("-open=", o.timing.Open), fmt.Sprint("-ping=", o.timing.Ping), fmt.Sprint("-pong=", o.timing.Pong),
			fmt.Sprint("-timeout=", o.timeout))}
		c.cmd.Stderr = os.Stderr
		if c.stdin, err = c.cmd.StdinPipe(); err == nil {
			if c.stdout, err = c.cmd.StdoutPipe(); err == nil {
				err = c.cmd.Start()
			}
		}
		if err == nil {
			clients = append(clients, c)
		}
	}
	open, resident := 0, 0
	for i, c := range clients {
		line, readErr := bufio.NewReader(c.stdout).ReadString('\n')
		var n, heap, own, server int
		if _, scanErr := fmt.Sscanf(line, heldLine, &n, &heap, &own, &server); readErr != nil || scanErr != nil {
			continue // it has failed, and says why on standard error
		}
		fmt.Fprintf(w, "client %d: %s", i+1, line)
		open += n
		resident += own + server
	}
	fmt.Fprintf(w, "%d connections are open at the same time, in %d processes with %d KiB of RSS: %d B for each, both ends together\n",
		open, 2*len(clients), resident, resident<<10/max(1, open))
	for _, c := range clients {
		c.stdin.Close()
	}
	for i, c := range clients {
		if waitErr := c.cmd.Wait(); waitErr != nil {
			err = errors.Join(err, fmt.Errorf("client %d: %w", i+1, waitErr))
		}
	}
	if err == nil {
		fmt.Fprintln(w, "all are closed, none was lost")
	}
	return err
}

// heldLine is what a client says when all its connections are open and were idle for a while.
const heldLine = "%d connections, %d B of heap for each; RSS %d KiB, the server's %d KiB\n"

// resident returns the resident set size of a process, in KiB (VmRSS, proc(5)); 0 if there is no such process.
func resident(pid int) (kib int) {
	status, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	defer status.Close()
	for lines := bufio.NewScanner(status); lines.Scan(); {
		fmt.Sscanf(lines.Text(), "VmRSS: %d kB", &kib) //nolint:errcheck // most lines are others
	}
	return kib
}
