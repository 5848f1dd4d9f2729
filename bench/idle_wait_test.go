package bench

import (
	"net"
	"syscall"
)

// awaitReadable waits until there is something to read, or the connection is closed. It needs no buffer meanwhile.
func awaitReadable(sock net.Conn) {
	raw, err := sock.(syscall.Conn).SyscallConn()
	if err != nil {
		return
	}
	asked := false
	raw.Read(func(uintptr) bool {
		before := asked
		asked = true
		return before
	})
}
