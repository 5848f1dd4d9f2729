package httpconn

import (
	"encoding/binary"

	"golang.org/x/net/http2"
)

// This is the straight path for what most frames of a connection with WebSockets are: whole DATA frames, on open tunnels,
// that the windows allow. It does just what the general path does. Whatever is special in any way goes there.
// TestH2TunnelPaths holds the two equal.

// h2HandleTunnels takes such DATA frames from the start of data, and returns how many bytes they are. It needs the claim,
// and must not be called inside a frame.
func (c *Conn) h2HandleTunnels(out *Output, data []byte) (used int) {
	h := &c.h2
	if h.rare.blockID != 0 { // RFC 9113 section 6.10: only CONTINUATION may come
		return 0
	}
	allowed := c.h2Allowed()
	table := h.streams.r.table
	connCredit, streamCredit := c.set.connWindow/creditShare, c.set.streamWindow/creditShare
	for len(data) > frameHeadLen {
		head := binary.BigEndian.Uint64(data)
		n := int(head >> 40)
		id := StreamID(head<<8|uint64(data[8])) & maxStreamID
		// The type of DATA is 0. Frames with flags, without content or cut off are not for here (sections 4.1, 4.2, 6.1).
		if head>>24&0xffff != 0 || uint(n-1) >= uint(allowed.maxFrame) || len(data)-frameHeadLen < n {
			break
		}
		s := &table[slotOf(id, len(table))]
		if s.id != id || s.flags&streamRecvMask != streamTunnel {
			break
		}
		// Section 6.9.1; both sums are below 2^32.
		if int64(s.recvUncredited)+int64(n) > int64(allowed.streamWindow) ||
			int64(h.recvUncredited)+int64(n) > int64(c.set.connWindow) {
			break
		}
		end := frameHeadLen + n
		out.addData(s.id, s.tag, data[frameHeadLen:end:end])
		data, used = data[end:], used+end
		h.repay(int32(n))
		h.recvUncredited += int32(n)
		s.recvUncredited += int32(n)
		h.streams.received(s, int32(n))
		if !c.set.manualCredit {
			if h.recvConsumed += int32(n); h.recvConsumed >= connCredit {
				c.h2SendConnCredit(out)
			}
			if s.recvUncredited >= streamCredit {
				c.h2SendStreamCredit(out, s)
			}
		}
	}
	return used
}

// h2SendTunnel sends p as one DATA frame, if id is an open tunnel and nothing holds it up, and reports whether it did.
func (c *Conn) h2SendTunnel(out *Output, id StreamID, p []byte) bool {
	h := &c.h2
	if h.flags&h2Closed != 0 {
		return false
	}
	h.streams.claim()
	sent := c.h2SpendTunnel(id, len(p))
	if sent {
		out.Send = append(appendFrameHead(out.Send, len(p), http2.FrameData, 0, id), p...)
	}
	h.streams.release()
	return sent
}

// h2SpendTunnel takes n bytes, of one DATA frame, from the windows, if id is an open tunnel and nothing holds them up, and
// reports whether it did. It needs the claim.
func (c *Conn) h2SpendTunnel(id StreamID, n int) bool {
	h := &c.h2
	s := h.streams.at(id)
	if s == nil || s.flags&(streamSendMask|streamQueued) != streamTunnel || n == 0 || n > int(h.rare.peerMaxFrame) ||
		n > int(h.sendWindow) || int64(n) > c.h2StreamSendWindow(s) {
		return false
	}
	h.repay(int32(n))
	h.sendWindow -= int32(n)
	s.sendCredit -= int32(n)
	h.streams.sent(s, int32(n))
	return true
}
