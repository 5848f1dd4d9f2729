package httpconn

import (
	"bytes"
	"maps"
	"math"
	"slices"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/internal/hpack"
	"github.com/mintws/mintws/internal/pbuf"
)

// h2 is the state of an HTTP/2 connection. It is part of a Conn and copied with it. What changes with every frame is here;
// what changes rarely is behind pointers, to structs that are never written once a call has returned.
type h2 struct {
	streams ledger
	rare    *h2rare   // nil on other connections
	queues  *h2queues // bytes that wait for a window, or nil

	recvUncredited int32    // bytes received for which the server was not given credit
	recvConsumed   int32    // of them, bytes that the caller is done with or never sees
	sendWindow     int32    // what the connection's window still allows us
	dataID         StreamID // the stream of the DATA frame under way
	work           int32    // done without content to pay for it, see h2_work.go
	dataPadding    uint8    // padding still to come of the DATA frame under way, once its length is known
	flags          h2flags

	sentResets uint8 // RST_STREAM that Finish sent, less those that the server sent
}

type h2flags uint8

const (
	h2DataPadded  h2flags = 1 << iota // the DATA frame under way begins with the length of its padding
	h2DataEnd                         // it ends the stream
	h2DataDiscard                     // its payload is discarded
	h2DataCounted                     // its payload counts against the content-length
	h2InData                          // a DATA frame is under way
	h2GotSettings                     // the server's first SETTINGS have come
	h2GoneAway                        // the server sent GOAWAY
	h2Closed                          // the connection is over

	h2DataFlags = h2DataPadded | h2DataEnd | h2DataDiscard | h2DataCounted | h2InData
)

// h2rare is what changes rarely. To change it, copy it: see editRare.
type h2rare struct {
	peerSettings      map[http2.SettingID]uint32 // what the server set; to change it, copy it
	peerInitialWindow int32                      // its SETTINGS_INITIAL_WINDOW_SIZE
	peerMaxFrame      int32                      // its SETTINGS_MAX_FRAME_SIZE
	recvTable         hpack.Table                // HPACK's table for the header blocks that we receive
	sendTableUpdate   int64                      // the table size update with which our next block begins; -1: none
	sendTableSize     uint32                     // the smallest table size that the server has set for us
	recvFrame         pbuf.Buf                   // the beginning of a frame that is not DATA

	lastID          StreamID    // of our latest request
	liveStreams     int32       // streams that count against the server's limit
	unackedPings    int32       // our PINGs without an answer
	unackedSettings []allowance // for each of our SETTINGS without acknowledgement, what held before it; never written
	goAwayLast      StreamID    // the last stream of the server's GOAWAY

	block       pbuf.Buf // a header block that CONTINUATION frames will complete
	blockID     StreamID // its stream; 0: there is none
	blockEnd    bool     // it ends the stream
	blockFrames int      // frames of it so far
}

// What a connection begins with, before any SETTINGS (RFC 9113 section 6.5.2).
const (
	initialWindow   = 65535
	initialMaxFrame = 16384
	largestMaxFrame = 1<<24 - 1
	maxWindow       = math.MaxInt32
)

// h2New begins an HTTP/2 connection: the preface and our SETTINGS (RFC 9113 section 3.4).
func h2New(set *settings, out *Output) Conn {
	c := Conn{set: set}
	c.h2.sendWindow = initialWindow
	c.h2.rare = &h2rare{
		peerInitialWindow: initialWindow, peerMaxFrame: initialMaxFrame, sendTableUpdate: -1, sendTableSize: hpack.DefaultMaxSize,
		unackedSettings: beforeSettings}
	out.Send = append(out.Send, http2.ClientPreface...)
	out.Send = appendSettings(out.Send,
		http2.Setting{ID: http2.SettingEnablePush, Val: 0},
		http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(set.streamWindow)},
		set.headerListSize())
	if more := set.connWindow - initialWindow; more > 0 { // section 6.9.2: only WINDOW_UPDATE changes the connection's
		out.Send = appendWord(out.Send, http2.FrameWindowUpdate, 0, uint32(more))
	}
	return c
}

// editRare gives c a copy of its rare part, and returns it to be written to.
func (c *Conn) editRare() *h2rare {
	r := *c.h2.rare
	c.h2.rare = &r
	return &r
}

// slots returns how many requests may start now.
func (h *h2) slots() int {
	if h.flags&(h2GotSettings|h2GoneAway|h2Closed) != h2GotSettings {
		return 0
	}
	return int(max(0, min(h.room(), h.ids())))
}

// room returns how many more streams the server accepts.
func (h *h2) room() int64 {
	limit := int64(math.MaxInt32) // RFC 9113 section 6.5.2: initially there is no limit
	if v, ok := h.rare.peerSettings[http2.SettingMaxConcurrentStreams]; ok {
		limit = min(limit, int64(v))
	}
	return limit - int64(h.rare.liveStreams)
}

// ids returns for how many requests there are identifiers, whichever places in the ledger's table are taken. A request
// skips the identifiers whose place is taken, and the table grows. k requests and n streams use up less than twice the
// places of a table for k+n, so less than eight identifiers each. The very last ones are not worth a closer count.
func (h *h2) ids() int64 { return int64(maxStreamID-h.rare.lastID)/2/8 - int64(h.streams.size()) }

const maxStreamID StreamID = 1<<31 - 1 // RFC 9113 section 5.1.1

// h2Usable returns the error of every call on a connection that is over, or nil.
func (c *Conn) h2Usable() error {
	if c.fail != nil {
		return c.fail
	}
	if c.h2.flags&h2Closed != 0 {
		return ErrClosed
	}
	return nil
}

func (h h2) equal(x h2) bool {
	if (h.rare == nil) != (x.rare == nil) || !h.queues.equal(x.queues) {
		return false
	}
	if h.rare == nil {
		return true
	}
	if !h.streams.equal(x.streams) || !h.rare.equal(x.rare) {
		return false
	}
	h.streams, h.rare, h.queues = x.streams, x.rare, x.queues
	return h == x
}

func (r *h2rare) equal(x *h2rare) bool {
	return maps.Equal(r.peerSettings, x.peerSettings) && r.recvTable.Equal(x.recvTable) &&
		slices.Equal(r.unackedSettings, x.unackedSettings) && r.recvFrame.Equal(x.recvFrame) && bytes.Equal(r.block.Bytes(), x.block.Bytes()) &&
		r.peerInitialWindow == x.peerInitialWindow && r.peerMaxFrame == x.peerMaxFrame &&
		r.sendTableUpdate == x.sendTableUpdate && r.sendTableSize == x.sendTableSize &&
		r.lastID == x.lastID && r.goAwayLast == x.goAwayLast && r.liveStreams == x.liveStreams &&
		r.unackedPings == x.unackedPings && r.blockID == x.blockID && r.blockEnd == x.blockEnd && r.blockFrames == x.blockFrames
}
