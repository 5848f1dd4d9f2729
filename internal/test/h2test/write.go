package h2test

import (
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Fields makes header fields of names and values in turn.
func Fields(pairs ...string) []hpack.HeaderField {
	var fields []hpack.HeaderField
	for i := 0; i+1 < len(pairs); i += 2 {
		fields = append(fields, hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]})
	}
	return fields
}

// Encoder returns the connection's HPACK encoder, of which scripts may change the table size.
func (s *Server) Encoder() *hpack.Encoder { return s.enc }

// Encode returns the header block of the given fields, as the encoder of x/net makes it: with its dynamic table, and Huffman
// coding where that is shorter.
func (s *Server) Encode(fields []hpack.HeaderField) []byte {
	s.block.Reset()
	for _, f := range fields {
		if err := s.enc.WriteField(f); err != nil {
			panic(err) // a bytes.Buffer takes everything
		}
	}
	return append([]byte(nil), s.block.Bytes()...)
}

// PlainBlock returns the header block of the given fields as literals without indexing and without Huffman coding (RFC 7541
// section 6.2.2), or never indexed (section 6.2.3).
func PlainBlock(fields []hpack.HeaderField, never bool) (block []byte) {
	for _, f := range fields {
		first := byte(0x00)
		if never {
			first = 0x10
		}
		block = appendString(append(block, first), f.Name)
		block = appendString(block, f.Value)
	}
	return block
}

// appendString appends a string literal (RFC 7541 section 5.2), its length as section 5.1 has it.
func appendString(b []byte, s string) []byte {
	if n := len(s); n < 127 {
		b = append(b, byte(n))
	} else {
		b = append(b, 127)
		for n -= 127; n >= 128; n >>= 7 {
			b = append(b, byte(n)|0x80)
		}
		b = append(b, byte(n))
	}
	return append(b, s...)
}

// Head is how a header block is put into frames.
type Head struct {
	Pad      int  // bytes of padding; -1 is the PADDED flag with a length of 0
	Priority bool // with the deprecated priority fields
	Split    int  // at most so many bytes of the block in one frame; 0: all in one
	Empty    int  // so many empty CONTINUATION frames after HEADERS
	End      bool // END_STREAM
}

// WriteBlock writes a header block as HEADERS and CONTINUATION frames (RFC 9113 sections 6.2 and 6.10).
func (s *Server) WriteBlock(id uint32, block []byte, h Head) {
	n := len(block)
	if h.Split > 0 {
		n = min(n, h.Split)
	}
	var flags http2.Flags
	var p []byte
	if h.Pad != 0 {
		flags |= http2.FlagHeadersPadded
		p = append(p, byte(max(0, h.Pad)))
	}
	if h.Priority {
		flags |= http2.FlagHeadersPriority
		p = append(p, 0x80, 0, 0, 0, 200) // exclusive, on the whole connection, weight 201
	}
	if h.End {
		flags |= http2.FlagHeadersEndStream
	}
	p = append(p, block[:n]...)
	p = append(p, make([]byte, max(0, h.Pad))...)
	block = block[n:]
	last := len(block) == 0 && h.Empty == 0
	if last {
		flags |= http2.FlagHeadersEndHeaders
	}
	s.write(s.WriteRawFrame(http2.FrameHeaders, flags, id, p))
	for i := 0; !last; i++ {
		if n = 0; i >= h.Empty {
			n = min(len(block), max(1, h.Split))
		}
		p, block = block[:n], block[n:]
		last = len(block) == 0 && i+1 >= h.Empty
		flags = 0
		if last {
			flags = http2.FlagContinuationEndHeaders
		}
		s.write(s.WriteRawFrame(http2.FrameContinuation, flags, id, p))
	}
}

// Respond writes the head of a response in one frame.
func (s *Server) Respond(id uint32, pairs ...string) {
	s.WriteBlock(id, s.Encode(Fields(pairs...)), Head{})
}

// write is for errors of the Framer, which writes to memory and checks nothing but the length.
func (*Server) write(err error) {
	if err != nil {
		panic(err)
	}
}
