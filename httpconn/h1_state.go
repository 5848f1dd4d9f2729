package httpconn

// h1 is the state of an HTTP/1.1 connection. It is part of a Conn and copied with it. What it points to is never written
// once a call has returned.
type h1 struct {
	queue         *h1req     // requests whose response is incomplete, oldest first; that of a tunnel stays
	head          *h1head    // a head or trailer section that began in an earlier call, or nil
	sendRemaining int64      // content bytes that the request's Content-Length still asks for (sendCounted)
	offset        int64      // bytes received so far, for error messages
	lastID        StreamID   // of the latest request, the only one whose content may be unfinished
	count         uint32     // recvHead: 1xx responses to queue[0]; recvChunked: by how much extensions outweigh content
	recvState     recvState  // what the next byte from the server belongs to
	chunkState    chunkState // recvChunked: where in the chunk
	chunkDigits   uint8      // of the chunk size so far
	sendState     sendState  // of lastID
	lastResponse  bool       // the response under way is the last: a side said close, it is HTTP/1.0, or its end is not certain
	serverClose   bool       // the server said Connection: close
	requestClose  bool       // a request said Connection: close; no further one may follow
}

// h1req is what the response to a request depends on.
type h1req struct {
	tag   uint64
	id    StreamID
	flags reqFlags
	next  *h1req // the request after it
}

// upgrade is the queue of a connection whose first request asks for an upgrade and has no tag, as with most WebSockets. They
// all share it, and nobody writes it.
var upgrade = h1req{id: 1, flags: reqUpgrade}

// len returns how many requests are in the queue that begins with r.
func (r *h1req) len() (n int) {
	for ; r != nil; r = r.next {
		n++
	}
	return n
}

// with returns a queue that has last at its end.
func (r *h1req) with(last h1req) *h1req {
	queue := make([]h1req, 0, r.len()+1)
	for ; r != nil; r = r.next {
		queue = append(queue, *r)
	}
	queue = append(queue, last)
	for i := range queue[1:] {
		queue[i].next = &queue[i+1]
	}
	return &queue[0]
}

type reqFlags uint8

const (
	reqHead    reqFlags = 1 << iota // HEAD: the response has no content
	reqConnect                      // CONNECT: a 2xx makes a tunnel
	reqUpgrade                      // has an Upgrade field: a 101 makes a tunnel
	reqClose                        // has Connection: close
	reqBody                         // HasBody
)

// recvState is what the next byte from the server belongs to.
type recvState uint8

const (
	recvHead      recvState = iota // a response head; without a request under way nothing may come
	recvCounted                    // content of known length
	recvChunked                    // a chunk
	recvTrailers                   // the trailer section
	recvToEOF                      // content that ends with the connection
	recvTunnel                     // bytes of a tunnel
	recvTunnelEOF                  // a tunnel whose server side is closed
	recvClosed                     // nothing: the connection is over
)

// sendState is what lastID can still send.
type sendState uint8

const (
	sendNothing sendState = iota // nothing more
	sendCounted                  // content that must match a Content-Length
	sendChunked                  // content in chunks
	sendWaiting                  // nothing until the server agrees to the tunnel
	sendTunnel                   // bytes of a tunnel
)

// h1Usable returns the error of every call on a connection that is over, or nil.
func (c *Conn) h1Usable() error {
	if c.fail != nil {
		return c.fail
	}
	if c.h1.recvState == recvClosed || c.h1.over() {
		return ErrClosed
	}
	return nil
}

// openTunnel reports whether id is a tunnel with both sides open. That is the hot path: nothing is framed and nothing can fail.
func (h *h1) openTunnel(id StreamID) bool {
	return h.recvState == recvTunnel && h.sendState == sendTunnel && id == h.lastID
}

// over reports whether the last response of the connection is complete.
func (h *h1) over() bool { return h.lastResponse && h.recvState == recvHead && h.queue == nil }

// find returns the request of a stream that is not over: its response is incomplete or, if the server answered early, its
// content is.
func (h *h1) find(id StreamID) (h1req, bool) {
	for r := h.queue; r != nil; r = r.next {
		if r.id == id {
			return *r, true
		}
	}
	if id == h.lastID && (h.sendState == sendCounted || h.sendState == sendChunked) {
		return h1req{id: id, flags: reqBody}, true
	}
	return h1req{}, false
}

func (h *h1) slots(pipeline int) int {
	if h.goingAway() || h.recvState == recvClosed || h.sendState != sendNothing {
		return 0
	}
	return max(0, pipeline-h.queue.len())
}

// goingAway reports whether no further request can ever start.
func (h *h1) goingAway() bool {
	return h.lastResponse || h.requestClose ||
		h.recvState == recvToEOF || h.recvState == recvTunnel || h.recvState == recvTunnelEOF || h.lastID == ^StreamID(0)
}

func (h h1) equal(x h1) bool {
	return h.queue.equal(x.queue) && h.head.equal(x.head) && h.sendRemaining == x.sendRemaining &&
		h.offset == x.offset && h.lastID == x.lastID &&
		h.count == x.count && h.recvState == x.recvState && h.sendState == x.sendState &&
		h.chunkState == x.chunkState && h.chunkDigits == x.chunkDigits &&
		h.lastResponse == x.lastResponse && h.serverClose == x.serverClose && h.requestClose == x.requestClose
}

func (r *h1req) equal(x *h1req) bool {
	for ; r != nil && x != nil; r, x = r.next, x.next {
		if r.tag != x.tag || r.id != x.id || r.flags != x.flags {
			return false
		}
	}
	return r == x
}
