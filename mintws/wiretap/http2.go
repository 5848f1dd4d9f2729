package wiretap

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// h2 cuts one direction of an HTTP/2 connection into frames (RFC 9113 section 4.1).
type h2 struct {
	skip   int // of the connection preface, which looks like a head up to there
	header [9]byte
	n      int    // how much of it has come
	kept   []byte // the beginning of the payload
	got    uint32 // how much of the payload has come
	pad    uint32 // at its end, of DATA
	block  []byte // the header block that is arriving
	stream uint32 // that it belongs to
	last   bool   // with it the sender's half of the stream ends
	hpack  *hpack.Decoder
	failed error // why header blocks cannot be read any more
}

// stream is one that carries a WebSocket, or may.
type stream struct {
	ws      [2]frames
	refused bool
	ended   [2]bool
	lost    [2]bool
}

const (
	maxStreams = 1 << 16
	maxTable   = 64 << 10 // of a header table; nobody is known to use one that is larger
	startTable = 4 << 10  // RFC 9113 section 6.5.2
	settings   = 512      // bytes of SETTINGS that are looked at: 85 of them
)

func (h *h2) length() uint32        { return binary.BigEndian.Uint32(h.header[:]) >> 8 }
func (h *h2) kind() http2.FrameType { return http2.FrameType(h.header[3]) }
func (h *h2) flags() http2.Flags    { return http2.Flags(h.header[4]) }
func (h *h2) id() uint32            { return binary.BigEndian.Uint32(h.header[5:]) & (1<<31 - 1) }

// hasBlock reports whether the frame has a part of a header block in it.
func (h *h2) hasBlock() bool {
	k := h.kind()
	return k == http2.FrameHeaders || k == http2.FramePushPromise || k == http2.FrameContinuation
}

// http2 reads frames, one in each call at most.
func (t *Tap) http2(s *side, data []byte, each func(Record)) []byte {
	h := &s.h2
	if h.skip > 0 {
		n := min(h.skip, len(data))
		h.skip -= n
		return data[n:]
	}
	if h.n < len(h.header) {
		n := copy(h.header[h.n:], data)
		h.n += n
		data = data[n:]
		if h.n < len(h.header) {
			return nil
		}
		if h.kind() == http2.FrameData { // what is in it follows
			each(h.record(s.from, false))
		}
		if h.hasBlock() && h.kind() != http2.FrameContinuation {
			h.block, h.stream = h.block[:0], h.id()
			h.last = h.kind() == http2.FrameHeaders && h.flags().Has(http2.FlagHeadersEndStream)
		}
	}
	p := data[:min(uint64(len(data)), uint64(h.length()-h.got))]
	if h.kind() == http2.FrameData {
		t.data(s, p, each)
	} else {
		t.other(s, p)
	}
	if h.got += uint32(len(p)); h.got == h.length() {
		t.whole(s, each)
		h.n, h.got, h.pad, h.kept = 0, 0, 0, h.kept[:0]
	}
	return data[len(p):]
}

// data passes on what DATA carries, without the padding.
func (t *Tap) data(s *side, p []byte, each func(Record)) {
	h := &s.h2
	at := h.got
	if h.flags().Has(http2.FlagDataPadded) && at == 0 && len(p) > 0 {
		h.pad = uint32(p[0])
		p, at = p[1:], 1
	}
	end := h.length() - min(h.length(), h.pad)
	p = p[:min(uint32(len(p)), end-min(end, at))]
	if len(p) == 0 {
		return
	}
	st := t.streams[h.id()]
	switch {
	case st == nil || st.refused:
		each(Record{From: s.from, Kind: Content, Stream: h.id(), Wire: int64(len(p)), Payload: p[:min(len(p), t.opt.MaxPayload):len(p)]})
	case st.lost[s.from]:
	case !st.ws[s.from].feed(s.from, h.id(), t.opt.MaxPayload, p, each):
		st.lost[s.from] = true
		each(Record{From: s.from, Kind: Lost, Stream: h.id(), Err: ErrMalformed})
	}
}

// other keeps what is shown of a frame that is not DATA, and header blocks whole, as far as they are read.
func (t *Tap) other(s *side, p []byte) {
	h := &s.h2
	h.kept = append(h.kept, p[:min(len(p), max(0, max(t.opt.MaxPayload, settings)-len(h.kept)))]...)
	if h.hasBlock() {
		if room := t.opt.MaxHead - len(h.block); len(p) > room {
			p, h.failed = p[:max(0, room)], ErrTooLong
		}
		h.block = append(h.block, p...)
	}
}

// whole reports a frame that is complete, and takes from it what has to be known.
func (t *Tap) whole(s *side, each func(Record)) {
	h := &s.h2
	r := h.record(s.from, false)
	switch h.kind() {
	case http2.FrameData:
		if h.flags().Has(http2.FlagDataEndStream) {
			t.ended(s.from, h.id(), each)
		}
		return // it was reported
	case http2.FrameHeaders, http2.FramePushPromise:
		h.block = trimmed(h.block, h.kind(), h.flags())
	}
	complete := h.hasBlock() && h.flags().Has(http2.FlagHeadersEndHeaders) // for all three the same bit
	switch {
	case complete:
		r.Fields, r.Err = t.fields(h)
		t.begun(s.from, h.stream, &r)
		h.block = h.block[:0]
	case h.kind() == http2.FrameSettings:
		for p := h.kept; len(p) >= 6 && !h.flags().Has(http2.FlagSettingsAck); p = p[6:] {
			if http2.SettingID(binary.BigEndian.Uint16(p)) == http2.SettingHeaderTableSize { // it is about the other direction
				t.sides[1-s.from].h2.table(binary.BigEndian.Uint32(p[2:]))
			}
		}
	}
	each(t.shown(r))
	switch {
	case h.kind() == http2.FrameRSTStream:
		for from := range t.sides {
			t.ended(Direction(from), h.id(), each)
		}
	case complete && h.last:
		t.ended(s.from, h.stream, each)
	}
}

// shown leaves out what is not to be shown. A header block is coded and not encrypted: whoever has its bytes has the fields.
func (t *Tap) shown(r Record) Record {
	r.Payload = r.Payload[:min(len(r.Payload), t.opt.MaxPayload)]
	if !t.opt.Secrets {
		r.hide()
		switch r.Type {
		case http2.FrameHeaders, http2.FramePushPromise, http2.FrameContinuation:
			r.Payload = nil
		}
	}
	return r
}

// trimmed returns the fragment of a header block in the payload of HEADERS or PUSH_PROMISE (RFC 9113 sections 6.2 and 6.6).
func trimmed(p []byte, kind http2.FrameType, flags http2.Flags) []byte {
	pad := 0
	if flags.Has(http2.FlagHeadersPadded) && len(p) > 0 {
		pad = int(p[0])
		p = p[1:]
	}
	switch {
	case kind == http2.FramePushPromise:
		p = p[min(4, len(p)):]
	case flags.Has(http2.FlagHeadersPriority):
		p = p[min(5, len(p)):]
	}
	return p[:len(p)-min(len(p), pad)]
}

// fields decodes a header block. After one that could not be read the table is not known, and so none can be.
func (t *Tap) fields(h *h2) (fields []Field, err error) {
	if h.failed != nil {
		return nil, h.failed
	}
	h.table(startTable)
	room := 4 * t.opt.MaxHead // what is decoded can be longer than what came: an index is one byte
	h.hpack.SetEmitFunc(func(f hpack.HeaderField) {
		if room -= len(f.Name) + len(f.Value) + 32; room >= 0 {
			fields = append(fields, Field{f.Name, f.Value})
		}
	})
	if _, err = h.hpack.Write(h.block); err == nil {
		err = h.hpack.Close()
	}
	if err != nil {
		h.failed = fmt.Errorf("%w: %w", ErrMalformed, err)
		return fields, h.failed
	}
	if room < 0 {
		err = ErrTooLong
	}
	return fields, err
}

// table bounds the size of the header table that the sender may ask for.
func (h *h2) table(size uint32) {
	if h.hpack == nil {
		h.hpack = hpack.NewDecoder(startTable, nil)
		h.hpack.SetAllowedMaxDynamicTableSize(startTable)
	}
	if size > startTable {
		h.hpack.SetAllowedMaxDynamicTableSize(min(size, maxTable))
	}
}

// begun takes note of a request for a WebSocket, and of its answer (RFC 8441 section 5).
func (t *Tap) begun(from Direction, id uint32, r *Record) {
	var protocol, code string
	for _, f := range r.Fields {
		switch f.Name {
		case ":protocol":
			protocol = f.Value
		case ":status":
			code = f.Value
		}
	}
	st := t.streams[id]
	switch {
	case from == FromClient && protocol == "websocket" && st == nil:
		if len(t.streams) == maxStreams {
			r.Err = ErrStreams
			return
		}
		if t.streams == nil {
			t.streams = map[uint32]*stream{}
		}
		t.streams[id] = new(stream)
	case from == FromServer && st != nil && code != "" && code[0] != '1':
		st.refused = st.refused || code[0] != '2'
	}
}

// ended takes note that one direction of a stream is over, and forgets a stream of which both are.
func (t *Tap) ended(from Direction, id uint32, each func(Record)) {
	if st := t.streams[id]; st != nil {
		st.ws[from].cut(from, id, each)
		if st.ended[from] = true; st.ended[1-from] {
			delete(t.streams, id)
		}
	}
}

func (h *h2) record(from Direction, cut bool) Record {
	r := Record{From: from, Kind: HTTP2, Cut: cut, Wire: int64(h.n) + int64(h.got), Header: h.header[:h.n:h.n], Payload: h.kept[:len(h.kept):len(h.kept)]}
	if h.n == len(h.header) {
		r.Type, r.Flags, r.Stream, r.Length = h.kind(), h.flags(), h.id(), int64(h.length())
		if !cut {
			r.Wire = int64(h.n) + r.Length
		}
	}
	return r
}
