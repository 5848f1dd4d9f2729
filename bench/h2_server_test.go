package bench

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/mintws/mintws/httpconn"
)

const (
	// h2ServerWindow is what the server lets a client send, on a stream and on the connection: at 50 ms more than the link of
	// these rows takes.
	h2ServerWindow = 4 << 20
	// h2SmallWindow is what a server has that says nothing (RFC 9113 section 6.9.2).
	h2SmallWindow = 65535
)

// h2MaxFrame is how long a frame may be where nothing else was said (RFC 9113 section 6.5.2).
const h2MaxFrame = 16 << 10

// h2Server is the one server of all the rows about HTTP/2 over sockets. It is no library: frames are read and written by hand,
// so that what differs between two clients is the clients. To a request for /down?SIZE&COUNT, with whatever method, it answers
// with so many messages, as fast as the windows allow. To one for /up it answers with nothing and drains what comes, and gives
// credit when there is nothing more to read, or after 64 KiB.
type h2Server struct {
	loopServer
	window int // for what comes, of a stream and of the connection

	wires sync.Map // by the length of a message, some of them one behind the other

	// got, if it is set, is given the content of /up; for tests.
	got func(p []byte)
}

func newH2Server(t testing.TB, window int) *h2Server {
	s := &h2Server{window: window}
	s.open = map[net.Conn]bool{}
	s.begin = s.serve
	s.start(t)
	return s
}

// h2Session is one connection.
type h2Session struct {
	s    *h2Server
	sock net.Conn
	r    *bufio.Reader
	ends sync.WaitGroup

	writing sync.Mutex

	mu      sync.Mutex
	opened  sync.Cond // a window has opened, or the connection is over
	over    bool
	initial int64            // the window of a new stream
	window  int64            // of the connection
	streams map[uint32]int64 // the windows of those that go down
}

// serve serves a client that knows that this is HTTP/2 (RFC 9113 section 3.3).
func (s *h2Server) serve(sock net.Conn) {
	c := &h2Session{s: s, sock: sock, r: bufio.NewReaderSize(sock, 64<<10), initial: h2SmallWindow, window: h2SmallWindow,
		streams: map[uint32]int64{}}
	c.opened.L = &c.mu
	c.run()
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	c.opened.Broadcast()
	sock.Close()
	c.ends.Wait()
}

// write writes frames.
func (c *h2Session) write(frames []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_, err := c.sock.Write(frames)
	return err
}

// run reads until the connection is over, or the client does what is not foreseen here.
func (c *h2Session) run() {
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(c.r, preface); err != nil || string(preface) != http2.ClientPreface {
		return
	}
	var settings []byte
	for _, s := range []http2.Setting{{ID: http2.SettingEnableConnectProtocol, Val: 1},
		{ID: http2.SettingInitialWindowSize, Val: uint32(c.s.window)}} {
		settings = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(settings, uint16(s.ID)), s.Val)
	}
	hello := h2Frame(http2.FrameSettings, 0, 0, settings)
	if more := c.s.window - h2SmallWindow; more > 0 {
		hello = append(hello, h2Credit(0, more)...)
	}
	if c.write(hello) != nil {
		return
	}
	fields := hpack.NewDecoder(4096, nil)
	var head [9]byte
	payload := make([]byte, h2MaxFrame)
	credit := append(h2Credit(0, 0), h2Credit(0, 0)...)
	for up := 0; ; { // bytes since the last credit
		if _, err := io.ReadFull(c.r, head[:]); err != nil {
			return
		}
		n := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
		kind, flags, id := http2.FrameType(head[3]), http2.Flags(head[4]), binary.BigEndian.Uint32(head[5:])
		if n > len(payload) {
			return
		}
		p := payload[:n]
		if _, err := io.ReadFull(c.r, p); err != nil {
			return
		}
		switch kind {
		case http2.FrameData:
			if c.s.got != nil {
				c.s.got(p)
			}
			if up += n; c.r.Buffered() < len(head) && up > 0 || up >= c.r.Size() {
				binary.BigEndian.PutUint32(credit[9:], uint32(up))
				binary.BigEndian.PutUint32(credit[13+5:], id)
				binary.BigEndian.PutUint32(credit[13+9:], uint32(up))
				if c.write(credit) != nil {
					return
				}
				c.s.drainedMore(up)
				up = 0
			}
		case http2.FrameHeaders:
			if flags&http2.FlagHeadersEndHeaders == 0 || flags&(http2.FlagHeadersPadded|http2.FlagHeadersPriority) != 0 {
				return
			}
			list, err := fields.DecodeFull(p)
			if err != nil || c.write(h2Frame(http2.FrameHeaders, http2.FlagHeadersEndHeaders, httpconn.StreamID(id), []byte{0x88})) != nil {
				return
			}
			c.request(id, list)
		case http2.FrameSettings:
			if flags&http2.FlagSettingsAck == 0 && !c.settings(p) {
				return
			}
		case http2.FrameWindowUpdate:
			c.opens(id, int64(binary.BigEndian.Uint32(p)))
		case http2.FramePing:
			if flags&http2.FlagPingAck == 0 && c.write(h2Frame(http2.FramePing, http2.FlagPingAck, 0, p)) != nil {
				return
			}
		}
	}
}

// settings applies the client's SETTINGS, and acknowledges them.
func (c *h2Session) settings(p []byte) bool {
	for ; len(p) >= 6; p = p[6:] {
		if http2.SettingID(binary.BigEndian.Uint16(p)) == http2.SettingInitialWindowSize {
			c.mu.Lock()
			more := int64(binary.BigEndian.Uint32(p[2:])) - c.initial
			c.initial += more
			for id := range c.streams {
				c.streams[id] += more
			}
			c.mu.Unlock()
			c.opened.Broadcast()
		}
	}
	return c.write(h2Frame(http2.FrameSettings, http2.FlagSettingsAck, 0, nil)) == nil
}

// opens counts credit.
func (c *h2Session) opens(id uint32, n int64) {
	c.mu.Lock()
	if id == 0 {
		c.window += n
	} else if _, ok := c.streams[id]; ok {
		c.streams[id] += n
	}
	c.mu.Unlock()
	c.opened.Broadcast()
}

// request begins to answer, if there is anything to be sent.
func (c *h2Session) request(id uint32, fields []hpack.HeaderField) {
	for _, f := range fields {
		_, query, down := strings.Cut(f.Value, "/down?")
		if f.Name != ":path" || !down {
			continue
		}
		n, count, _ := strings.Cut(query, "&")
		each, err := strconv.Atoi(n)
		messages, err2 := strconv.Atoi(count)
		if err != nil || err2 != nil {
			return
		}
		c.mu.Lock()
		c.streams[id] = c.initial
		c.mu.Unlock()
		c.ends.Go(func() { c.down(id, each, messages) })
	}
}

// wire returns messages of n bytes, so many that from anywhere in the first one there is enough for a frame.
func (s *h2Server) wire(n int) []byte {
	if wire, ok := s.wires.Load(n); ok {
		return wire.([]byte)
	}
	wire := slices.Repeat(append(floorHeader(nil, 2, n), fill(n)...), max(2, 2*h2MaxFrame/n+2))
	s.wires.Store(n, wire)
	return wire
}

// down sends messages of n bytes, up to four DATA frames with one write.
func (c *h2Session) down(id uint32, n, messages int) {
	size := len(floorHeader(nil, 2, n)) + n
	wire := c.s.wire(n)
	buf := make([]byte, 0, 4*(9+h2MaxFrame))
	at := 0
	for left := int64(messages) * int64(size); left > 0; {
		c.mu.Lock()
		for c.window <= 0 || c.streams[id] <= 0 {
			if c.over {
				c.mu.Unlock()
				return
			}
			c.opened.Wait()
		}
		may := min(c.window, c.streams[id], left, 4*h2MaxFrame)
		c.window -= may
		c.streams[id] -= may
		c.mu.Unlock()
		left -= may
		for buf = buf[:0]; may > 0; {
			k := int(min(may, h2MaxFrame, int64(len(wire)-at)))
			buf = append(buf, byte(k>>16), byte(k>>8), byte(k), byte(http2.FrameData), 0)
			buf = append(binary.BigEndian.AppendUint32(buf, id), wire[at:at+k]...)
			at = (at + k) % size
			may -= int64(k)
		}
		if c.write(buf) != nil {
			return
		}
	}
}
