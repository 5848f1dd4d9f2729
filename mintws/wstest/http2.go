package wstest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Sizes on HTTP/2 (RFC 9113 section 6.5.2).
const (
	defaultWindow = 65535
	maxFrame      = 16384
	maxBlock      = 64 << 10  // of a request's fields
	maxUnread     = 256 << 10 // of answers on a stream, above which the client gets no more credit for it
)

// h2 is the server's side of an HTTP/2 connection. It makes no promises about what it does not need: there are no
// priorities, no pushes, and no content of requests but the WebSocket's. It does not stand on the peer that this module's
// tests judge HTTP/2 with (internal/test/h2test), because that imports package testing and fails a test where the client
// errs, while a server answers every client.
type h2 struct {
	p      *Peer
	fr     *http2.Framer // reads feed, writes to p.out
	feed   []byte
	dec    *hpack.Decoder
	enc    *hpack.Encoder
	fields bytes.Buffer // of enc

	block   []byte // of the request that is still arriving
	headEnd bool   // and whether it has END_STREAM
	streams map[uint32]*stream
	last    uint32    // the newest stream
	ready   []*stream // with something to write, in the order of their turns
	blocked []*stream // the same, waiting for credit for the connection
	goaway  bool      // the client opens no more streams

	sendWindow, recvWindow int64 // of the connection: the client's, and ours
	owed                   int64 // credit for the connection that was not given yet
	theirInitial           int64 // the client's SETTINGS_INITIAL_WINDOW_SIZE
	ourInitial             int64 // and ours
	chunk                  int   // the client's SETTINGS_MAX_FRAME_SIZE
}

// Read and Write are the Framer's two sides.
func (h *h2) Read(b []byte) (int, error) {
	if len(h.feed) == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(b, h.feed)
	h.feed = h.feed[n:]
	return n, nil
}

func (h *h2) Write(b []byte) (int, error) {
	h.p.out = append(h.p.out, b...)
	return len(b), nil
}

// newH2 begins a connection with the server's SETTINGS.
func newH2(p *Peer) *h2 {
	h := &h2{p: p, streams: map[uint32]*stream{}, dec: hpack.NewDecoder(4096, nil), sendWindow: defaultWindow, recvWindow: defaultWindow,
		theirInitial: defaultWindow, ourInitial: defaultWindow, chunk: maxFrame}
	h.dec.SetMaxStringLength(maxBlock)
	h.enc = hpack.NewEncoder(&h.fields)
	h.fr = http2.NewFramer(h, h)
	own := []http2.Setting{{ID: http2.SettingEnableConnectProtocol, Val: 1}}
	if p.opt.MaxStreams > 0 {
		own = append(own, http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: uint32(p.opt.MaxStreams)})
	}
	settings := p.opt.Settings[:len(p.opt.Settings):len(p.opt.Settings)]
	for _, v := range own {
		if !has(p.opt.Settings, v.ID) {
			settings = append(settings, v)
		}
	}
	for _, v := range p.opt.Settings {
		if v.ID == http2.SettingInitialWindowSize {
			h.ourInitial = int64(v.Val)
		}
	}
	h.must(h.fr.WriteSettings(settings...))
	return h
}

func has(settings []http2.Setting, id http2.SettingID) bool {
	for _, v := range settings {
		if v.ID == id {
			return true
		}
	}
	return false
}

// must is for what the Framer refuses to write, which would be a mistake of this package.
func (h *h2) must(err error) {
	if err != nil {
		panic("wstest: " + err.Error())
	}
}

// fail ends the connection with a GOAWAY.
func (h *h2) fail(code http2.ErrCode) {
	h.must(h.fr.WriteGoAway(h.last, code, nil))
	h.eof()
	h.p.close(finished)
}

// eof ends all WebSockets.
func (h *h2) eof() {
	for _, st := range h.streams {
		st.lost()
	}
	clear(h.streams)
}

// frames handles the whole frames in p.in.
func (h *h2) frames() {
	for p := h.p; len(p.in) >= 9 && p.end == live; {
		n := int(p.in[0])<<16 | int(p.in[1])<<8 | int(p.in[2])
		if n > maxFrame {
			h.fail(http2.ErrCodeFrameSize)
			return
		}
		if len(p.in) < 9+n {
			return
		}
		h.feed, p.in = p.in[:9+n], p.in[9+n:]
		f, err := h.fr.ReadFrame()
		var of http2.StreamError
		var all http2.ConnectionError
		switch {
		case errors.As(err, &of):
			h.reset(of.StreamID, of.Code)
		case errors.As(err, &all):
			h.fail(http2.ErrCode(all))
		case err != nil:
			h.fail(http2.ErrCodeProtocol)
		default:
			h.frame(f)
		}
	}
}

// frame handles one frame.
func (h *h2) frame(f http2.Frame) {
	switch f := f.(type) {
	case *http2.DataFrame:
		h.data(f)
	case *http2.HeadersFrame:
		h.headEnd, h.block = f.StreamEnded(), append(h.block[:0], f.HeaderBlockFragment()...)
		h.endHeaders(f.StreamID, f.HeadersEnded())
	case *http2.ContinuationFrame:
		if h.block = append(h.block, f.HeaderBlockFragment()...); len(h.block) > maxBlock {
			h.fail(http2.ErrCodeEnhanceYourCalm)
			return
		}
		h.endHeaders(f.StreamID, f.HeadersEnded())
	case *http2.SettingsFrame:
		h.settings(f)
	case *http2.WindowUpdateFrame:
		h.credit(f.StreamID, int64(f.Increment))
	case *http2.PingFrame:
		if !f.IsAck() {
			h.must(h.fr.WritePing(true, f.Data))
		}
	case *http2.RSTStreamFrame:
		switch {
		case f.StreamID > h.last: // RFC 9113 section 6.4: it is idle
			h.fail(http2.ErrCodeProtocol)
		case h.streams[f.StreamID] != nil:
			h.streams[f.StreamID].lost()
			h.forget(f.StreamID)
		}
	case *http2.GoAwayFrame:
		h.goaway = true
	case *http2.PushPromiseFrame: // RFC 9113 section 8.4
		h.fail(http2.ErrCodeProtocol)
	}
}

// endHeaders handles a request, once all its fields are there.
func (h *h2) endHeaders(id uint32, whole bool) {
	if !whole {
		return
	}
	fields, err := h.dec.DecodeFull(h.block) // whatever becomes of the request, as the table counts on it
	st := h.streams[id]
	switch {
	case err != nil:
		h.fail(http2.ErrCodeCompression)
	case st != nil && h.headEnd: // trailers
		st.halfClosed()
	case st != nil:
		h.reset(id, http2.ErrCodeProtocol)
	case id%2 == 0 || id <= h.last: // RFC 9113 section 5.1.1
		h.fail(http2.ErrCodeProtocol)
	case h.p.opt.MaxStreams > 0 && len(h.streams) >= h.p.opt.MaxStreams: // section 5.1.2
		h.last = id
		h.must(h.fr.WriteRSTStream(id, http2.ErrCodeRefusedStream))
	case !wellFormed(fields): // section 8.1.1
		h.last = id
		h.must(h.fr.WriteRSTStream(id, http2.ErrCodeProtocol))
	default:
		h.last = id
		h.open(id, fields, h.headEnd)
	}
}

// open begins a stream with the request that the fields are.
func (h *h2) open(id uint32, fields []hpack.HeaderField, end bool) {
	r := &http.Request{Proto: "HTTP/2.0", ProtoMajor: 2, Header: http.Header{}, Body: http.NoBody, ContentLength: -1}
	var path string
	for _, f := range fields {
		switch f.Name {
		case ":method":
			r.Method = f.Value
		case ":authority":
			r.Host = f.Value
		case ":path":
			path = f.Value
		case ":scheme":
		default:
			r.Header[http.CanonicalHeaderKey(f.Name)] = append(r.Header[http.CanonicalHeaderKey(f.Name)], f.Value)
		}
	}
	if end {
		r.ContentLength = 0
	}
	var err error
	if r.RequestURI = path; r.Method == http.MethodConnect && path == "" {
		r.URL = &url.URL{Host: r.Host} // a CONNECT for a proxy, which will be refused
	} else if r.URL, err = url.ParseRequestURI(path); err != nil {
		h.must(h.fr.WriteRSTStream(id, http2.ErrCodeProtocol))
		return
	}
	st := &stream{h: h, id: id, sendWindow: h.theirInitial, recvWindow: max(h.ourInitial, defaultWindow), closed: end}
	h.streams[id] = st
	how := h.p.behavior(r)
	h.p.answered(how, func() { st.respond(h.p.judge(r, how)) })
}

// settings takes the client's SETTINGS (RFC 9113 section 6.5).
func (h *h2) settings(f *http2.SettingsFrame) {
	if f.IsAck() {
		return
	}
	err := f.ForeachSetting(func(v http2.Setting) error {
		if err := v.Valid(); err != nil {
			return err
		}
		switch v.ID {
		case http2.SettingInitialWindowSize: // section 6.9.2
			for _, st := range h.streams {
				st.sendWindow += int64(v.Val) - h.theirInitial
				st.turn()
			}
			h.theirInitial = int64(v.Val)
		case http2.SettingMaxFrameSize:
			h.chunk = int(min(v.Val, 64<<10)) // less than it may be, so that streams take turns
		case http2.SettingHeaderTableSize:
			h.enc.SetMaxDynamicTableSizeLimit(min(v.Val, 4096))
		}
		return nil
	})
	var all http2.ConnectionError
	switch {
	case errors.As(err, &all):
		h.fail(http2.ErrCode(all))
	case err != nil:
		h.fail(http2.ErrCodeProtocol)
	default:
		h.must(h.fr.WriteSettingsAck())
	}
}
