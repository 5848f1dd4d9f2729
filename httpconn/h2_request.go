package httpconn

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/internal/badbyte"
	"github.com/mintws/mintws/internal/hpack"
)

// h2Request is Conn.Request on HTTP/2. Everything is checked before anything is appended.
func (c *Conn) h2Request(out *Output, r Request) (StreamID, error) {
	if err := c.h2Usable(); err != nil {
		return 0, err
	}
	h := &c.h2
	switch {
	case h.flags&h2GotSettings == 0:
		return 0, ErrSettingsPending
	case h.flags&h2GoneAway != 0 || h.rare.lastID == maxStreamID:
		return 0, ErrGoingAway
	case h.room() <= 0:
		return 0, ErrTooManyStreams
	case r.Protocol != "" && h.rare.peerSettings[http2.SettingEnableConnectProtocol] != 1: // RFC 8441 section 3
		return 0, ErrExtendedConnectDisabled
	}
	pseudo, err := h2Target(&r)
	if err != nil {
		return 0, err
	}
	fields, err := h2Fields(r.Header)
	if err != nil {
		return 0, err
	}
	s := stream{tag: r.Tag, sendRemaining: -1}
	if fields, err = h2RequestContent(r, fields, &s); err != nil {
		return 0, err
	}
	fields = append(pseudo, fields...)
	if err = c.h2CheckListSize(fields); err != nil {
		return 0, err
	}
	if err = c.h2CheckBuffered(&s, len(r.Body)); err != nil {
		return 0, err
	}

	before := *h
	h.streams.claim()
	rare := c.editRare()
	h.streams.grow()
	// RFC 9113 section 5.1.1: identifiers increase, and some may be left out.
	for s.id = (rare.lastID + 1) | 1; !h.streams.free(s.id); s.id += 2 {
		if s.id == maxStreamID {
			h.streams.release()
			*h = before
			return 0, ErrGoingAway
		}
	}
	rare.lastID = s.id
	rare.liveStreams++

	end := s.flags&streamConnect == 0 && !r.HasBody && len(r.Body) == 0
	if end {
		s.flags |= streamSentEnd
	}
	c.h2SendBlock(out, encodeFields(fields), s.id, end)
	h.streams.put(s)
	if len(r.Body) > 0 {
		mark := len(out.Send)
		out.Send = append(out.Send, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		out.Send = append(out.Send, r.Body...)
		c.h2SendContent(out, s, mark, !r.HasBody)
	}
	h.streams.release()
	return s.id, nil
}

// h2Target checks what names the resource, and returns it as pseudo-header fields (RFC 9113 section 8.3.1).
func h2Target(r *Request) ([]field, error) {
	switch {
	case r.Protocol != "" && r.Method == "":
		r.Method = http.MethodConnect
	case r.Method == "":
		r.Method = http.MethodGet
	}
	alike := *r // the request of HTTP/1.1 that has the same target
	if r.Protocol != "" {
		if r.Method != http.MethodConnect { // RFC 8441 section 4
			return nil, invalid("Method is not CONNECT", "CONNECT, as Protocol is set")
		}
		if fault := badbyte.InToken(r.Protocol); fault != "" { // RFC 9110 section 7.8
			return nil, invalid("Protocol "+fault, "a token")
		}
		alike.Method = http.MethodGet
	}
	path, err := checkTarget(alike)
	if err != nil {
		return nil, err
	}
	if r.Method == http.MethodConnect && r.Protocol == "" { // section 8.5
		return []field{{":method", r.Method}, {":authority", r.Authority}}, nil
	}
	if r.Scheme != "http" && r.Scheme != "https" {
		return nil, invalid("Scheme cannot be used", "http or https")
	}
	if path[0] != '/' && path != "*" {
		return nil, invalid("Path is an absolute URL", `a path that starts with "/"`)
	}
	const most = 5 + 1 // pseudo-header fields, and a Content-Length of ours
	fields := make([]field, 0, most+len(r.Header))
	fields = append(fields, field{":method", r.Method})
	if r.Protocol != "" { // RFC 8441 section 4
		fields = append(fields, field{":protocol", r.Protocol})
	}
	return append(fields, field{":scheme", r.Scheme}, field{":authority", r.Authority}, field{":path", path}), nil
}

// h2Fields returns the fields of h with names in lower case, sorted (RFC 9113 section 8.2). It refuses fields that belong to
// HTTP/1 (section 8.2.2), and Host, which is in Authority (section 8.3.1).
func h2Fields(h http.Header) ([]field, error) {
	fields, err := checkFields(nil, h)
	if err != nil {
		return nil, err
	}
	for i := range fields {
		f := &fields[i]
		f.name = strings.ToLower(f.name)
		f.value = strings.Trim(f.value, " \t") // section 8.2.1; on HTTP/1.1 it is not part of the value either
		if f.name == "te" && f.value != "trailers" {
			return nil, invalid("field TE", `"trailers"`)
		}
		if f.name == "host" {
			return nil, invalid("field Host in Header", "the host in Authority")
		}
		if err = checkName(f.name); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalidRequest, err)
		}
	}
	sortFields(fields)
	return fields, nil
}

// h2RequestContent decides how the request's content is delimited, and sets the flags of its stream.
func h2RequestContent(r Request, fields []field, s *stream) ([]field, error) {
	expect := false
	for _, f := range fields {
		expect = expect || f.name == "expect"
		if f.name != "content-length" {
			continue
		}
		if err := parseLength(f.value, &s.sendRemaining); err != nil {
			return nil, err
		}
	}
	content := r.HasBody || len(r.Body) > 0
	switch {
	case r.Method == http.MethodConnect && (content || s.sendRemaining >= 0): // RFC 9110 section 9.3.6
		return nil, invalid("Method is CONNECT", "no content with it")
	case r.Method == http.MethodTrace && content: // RFC 9110 section 9.3.8
		return nil, invalid("Method is TRACE", "no content with it")
	case expect && !content: // RFC 9110 section 10.1.1
		return nil, invalid("field Expect without content", "both or neither")
	case !r.HasBody && s.sendRemaining >= 0 && s.sendRemaining != int64(len(r.Body)):
		return nil, invalid("field Content-Length differs from Body", fmt.Sprintf("%d", len(r.Body)))
	case s.sendRemaining >= 0 && int64(len(r.Body)) > s.sendRemaining:
		return nil, fmt.Errorf("%w: Body is longer, with %d bytes", ErrBodyLength, len(r.Body))
	case !r.HasBody && s.sendRemaining < 0 && // RFC 9110 section 8.6
		(content || r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch):
		s.sendRemaining = int64(len(r.Body))
		fields = append(fields, field{"content-length", strconv.Itoa(len(r.Body))})
		slices.SortStableFunc(fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
	}
	switch r.Method {
	case http.MethodHead:
		s.flags |= streamHead
	case http.MethodConnect:
		s.flags |= streamConnect
	}
	if content {
		s.flags |= streamBody
	}
	return fields, nil
}

// h2CheckListSize returns ErrHeaderTooLarge if fields are more than the server has said it accepts (RFC 9113 section 10.5.1).
func (c *Conn) h2CheckListSize(fields []field) error {
	limit, ok := c.h2.rare.peerSettings[http2.SettingMaxHeaderListSize]
	if size := listSize(fields); ok && size > int64(limit) {
		return fmt.Errorf("%w: the request has %d bytes of fields, the server accepts %d", ErrHeaderTooLarge, size, limit)
	}
	return nil
}

// encodeFields returns a header block. The block depends on no state, so it can be sent at any later time.
func encodeFields(fields []field) []byte {
	size := 0
	for _, f := range fields {
		size += 2 + len(f.name) + len(f.value) // more than it takes, as a rule: names stand in the table, values are Huffman's
	}
	block := make([]byte, 0, size)
	for _, f := range fields {
		// RFC 7541 section 7.1.3
		sensitive := f.name == "authorization" || f.name == "proxy-authorization" || f.name == "cookie"
		block = hpack.AppendField(block, f.name, f.value, sensitive)
	}
	return block
}

// h2SendBlock sends a header block on stream id. The first one after the server has lowered the table size begins with the
// update that the server then expects (RFC 7541 section 4.2).
func (c *Conn) h2SendBlock(out *Output, block []byte, id StreamID, end bool) {
	if resize := c.h2.rare.sendTableUpdate; resize >= 0 {
		block = append(hpack.AppendTableSizeUpdate(nil, uint32(resize)), block...)
		c.editRare().sendTableUpdate = -1
	}
	c.h2.repay(int32(len(block)))
	out.Send = appendBlock(out.Send, block, id, end, int(c.h2.rare.peerMaxFrame))
}

// listSize is the size of fields as SETTINGS_MAX_HEADER_LIST_SIZE counts it (RFC 9113 section 6.5.2).
func listSize(fields []field) (n int64) {
	for _, f := range fields {
		n += int64(len(f.name) + len(f.value) + 32)
	}
	return n
}
