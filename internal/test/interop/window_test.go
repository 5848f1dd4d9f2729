package interop

import (
	"fmt"
	"testing"
)

// TestWindowUnasked: a server may say in its answer how small a window it compresses with although the client has not asked
// (RFC 7692 section 7.1.2.1), and every client tried here accepts that; those written in Go are in the module bench. It
// is sent unasked with DeflateOptions.AnnounceSendWindow. That of 9 bits is among the agreements.
func TestWindowUnasked(t *testing.T) {
	var list []agreement
	for _, bits := range []int{8, 10, 12, 14} {
		param := []string{fmt.Sprintf("server_max_window_bits=%d", bits)}
		list = append(list, agreement{name: fmt.Sprintf("%d bits", bits), server: param, want: param})
	}
	for _, peer := range deflatePeers {
		t.Run(peer.name, func(t *testing.T) {
			command := peer.command(t)
			for _, a := range list {
				t.Run(a.name, func(t *testing.T) { deflateClient(t, command, a.client, a.server, a.want, deflateCount(1)) })
			}
		})
	}
	t.Run("chromium", func(t *testing.T) { deflateBrowser(t, list) })
}
