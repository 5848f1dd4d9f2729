package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// bridge puts haproxy before the server on port, and returns its port; without --h2 that is the server's.
func (r *runner) bridge(port int) (int, error) {
	if !r.opt.h2 {
		return port, nil
	}
	here, there := "H2_BIND=", "SUITE="
	if r.opt.role == roleServer {
		here, there = "H1_BIND=", "ECHO="
	}
	_, bridge, err := r.listen("bridge", r.log("haproxy"), func(own int) (*exec.Cmd, error) {
		cmd := r.command(r.haproxy, "-db", "-f", "autobahn/config/haproxy.cfg")
		cmd.Env = append(cmd.Environ(), here+loopback(own), there+loopback(port))
		return cmd, nil
	})
	return bridge, err
}

var errNoHAProxy = errors.New("--h2 needs haproxy: apt-get install haproxy, or what does it on this system")

// findHAProxy returns the file of haproxy, having installed it if need be.
func (r *runner) findHAProxy() (string, error) {
	if file, ok := lookHAProxy(); ok {
		return file, nil
	}
	aptGet, err := exec.LookPath("apt-get")
	if err != nil || os.Geteuid() != 0 {
		return "", errNoHAProxy
	}
	fmt.Fprintln(r.stderr, "installing haproxy")
	install := r.command(aptGet, "install", "-y", "--no-install-recommends", "haproxy")
	install.Env = append(install.Environ(), "DEBIAN_FRONTEND=noninteractive")
	for _, cmd := range []*exec.Cmd{r.command(aptGet, "update"), install} {
		if err = r.logged(cmd, r.log("apt-get"), "installing haproxy"); err != nil {
			return "", err
		}
	}
	file, ok := lookHAProxy()
	if !ok {
		return "", errNoHAProxy
	}
	return file, nil
}

// lookHAProxy looks for haproxy on PATH, and where the directories of servers are not on it.
func lookHAProxy() (string, bool) {
	for _, name := range []string{"haproxy", "/usr/sbin/haproxy", "/sbin/haproxy"} {
		if file, err := exec.LookPath(name); err == nil {
			return file, true
		}
	}
	return "", false
}
