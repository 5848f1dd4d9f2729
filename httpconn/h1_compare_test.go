package httpconn

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// h1Seen is what a parser made of one response: a 1xx, a complete final one, or the head that opens a tunnel.
type h1Seen struct {
	status          int
	header, trailer http.Header
	body            string
}

func (s h1Seen) String() string {
	return fmt.Sprintf("%d %q %q %q", s.status, s.header, s.body, s.trailer)
}

func (s h1Seen) equal(x h1Seen) bool {
	return s.status == x.status && s.body == x.body && maps.EqualFunc(s.header, x.header, slices.Equal) &&
		maps.EqualFunc(s.trailer, x.trailer, slices.Equal)
}

// opens reports whether the response to r opens a tunnel, in which no response follows.
func (s h1Seen) opens(r Request) bool {
	return s.status == 101 || r.Method == http.MethodConnect && s.status/100 == 2
}

// h1Ours is what we made of a case, and the fault that we found.
func h1Ours(tc h1Case, events []Event, err error) (seen []h1Seen, refused string) {
	var e *ConnError
	if errors.As(err, &e) && e.Err != ErrUnexpectedEOF {
		refused = e.Reason
	}
	var now h1Seen
	for _, ev := range events {
		switch ev.Kind {
		case EventInformational:
			seen = append(seen, h1Seen{status: ev.Status, header: h1Comparable(ev.Header)})
		case EventHeaders:
			now = h1Seen{status: ev.Status, header: h1Comparable(ev.Header)}
			if now.opens(tc.reqs[ev.StreamID-1]) {
				return append(seen, now), refused
			}
		case EventData:
			now.body += string(ev.Data)
		case EventTrailers:
			now.trailer = ev.Header
		case EventDone:
			seen = append(seen, now)
		}
	}
	return seen, refused
}

// h1Theirs is what net/http makes of the same bytes, how it refuses them, and where each of the final responses ended. cut
// says that it came to the end of the input before it came to a judgement: it reads lines and heads whole.
func h1Theirs(tc h1Case) (seen []h1Seen, refused string, ends []int, cut bool) {
	source := strings.NewReader(tc.input)
	br := h1Reader(source)
	judgement := func(err error) string {
		line := source.Len()+br.Buffered() == 0 && !strings.HasSuffix(tc.input, "\n") // it judges half a line
		if cut = line || err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF); cut {
			return ""
		}
		return err.Error()
	}
	for _, r := range tc.reqs {
		for final := false; !final; {
			resp, err := http.ReadResponse(br, &http.Request{Method: r.Method})
			if err != nil {
				return seen, judgement(err), ends, cut
			}
			now := h1Seen{status: resp.StatusCode, header: h1Comparable(resp.Header)}
			if resp.StatusCode/100 == 1 && resp.StatusCode != 101 {
				seen = append(seen, now)
				continue
			}
			if now.opens(r) {
				return append(seen, now), "", ends, cut
			}
			final = true
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				return seen, judgement(err), ends, cut
			}
			toEOF := resp.ContentLength < 0 && len(resp.TransferEncoding) == 0 && r.Method != http.MethodHead
			if toEOF && !tc.eof {
				return seen, "", ends, cut
			}
			now.body = string(body)
			if r.Method != http.MethodHead {
				now.trailer = h1Sent(resp.Trailer)
			}
			seen, ends = append(seen, now), append(ends, len(tc.input)-source.Len()-br.Buffered())
			if resp.Close || toEOF {
				return seen, "", ends, cut
			}
		}
	}
	return seen, "", ends, cut
}

// h1Compare holds what we make of a case against net/http: all responses, their trailers, and where each ends. used counts
// the differences that were met.
func h1Compare(t *testing.T, tc h1Case, used map[string]int) {
	t.Helper()
	whole := h1Run(t, tc)
	ours, refused := h1Ours(tc, whole.events, whole.err)
	theirs, refusedToo, ends, cut := h1Theirs(tc)
	n := min(len(ours), len(theirs))
	alike := slices.EqualFunc(ours[:n], theirs[:n], h1Seen.equal)
	if !alike { // RFC 9112 5.1: net/http keeps the space of a fold that is the last
		for i := range theirs {
			trimValues(theirs[i].header)
			trimValues(theirs[i].trailer)
		}
		if alike = slices.EqualFunc(ours[:n], theirs[:n], h1Seen.equal); alike && used != nil {
			used[h1LastFold]++
		}
	}
	if !alike || (refused == "") != (refusedToo == "") || refused == "" && len(ours) != len(theirs) {
		more := len(theirs) - len(ours)
		for _, d := range h1Differences {
			if alike && d.is(tc, refused, refusedToo, more) {
				if used != nil {
					used[d.name]++
				}
				return
			}
		}
		if cut && alike {
			return
		}
		t.Fatalf("%q: a difference without a name\nwe:       %v %s\nnet/http: %v %s", tc.input, ours, refused, theirs, refusedToo)
	}
	for i, end := range ends { // the same byte ends the same response
		if i >= len(ours) || refused != "" || tc.eof && end == len(tc.input) {
			return
		}
		for _, part := range []struct{ end, done int }{{end, i + 1}, {end - 1, i}} {
			r := h1Feed(h1Begin(t, tc), false, tc.input[:part.end])
			done := 0
			for _, ev := range r.events {
				if ev.Kind == EventDone {
					done++
				}
			}
			if done != part.done {
				t.Fatalf("%q: net/http ends response %d at byte %d; we have %d complete of %d bytes", tc.input, i, end, done, part.end)
			}
		}
	}
}

// trimValues takes white space from the ends of h's values.
func trimValues(h http.Header) {
	for _, values := range h {
		for i := range values {
			values[i] = strings.Trim(values[i], " \t")
		}
	}
}

// h1Comparable leaves out what net/http takes away from a Header or adds to it.
func h1Comparable(h http.Header) http.Header {
	h = maps.Clone(h)
	for _, name := range []string{"Content-Length", "Transfer-Encoding", "Trailer", "Cache-Control", "Connection"} {
		delete(h, name)
	}
	return h
}

// h1Sent leaves out trailers that were announced and did not come.
func h1Sent(h http.Header) http.Header {
	h = maps.Clone(h)
	maps.DeleteFunc(h, func(_ string, v []string) bool { return v == nil })
	return h
}

// h1Reader reads with room for any head that the tests make.
func h1Reader(s *strings.Reader) *bufio.Reader { return bufio.NewReaderSize(s, 64<<10) }

// TestH1SameAsNetHTTP compares all cases with net/http. Where it decides otherwise there has to be a named difference, and
// each of these has to be met.
func TestH1SameAsNetHTTP(t *testing.T) {
	used := map[string]int{}
	for _, tc := range append(h1All(), h1Compared...) {
		t.Run(tc.name, func(t *testing.T) { h1Compare(t, tc, used) })
	}
	for _, d := range append(h1Differences, h1Difference{name: h1LastFold}) {
		if used[d.name] == 0 {
			t.Errorf("no case shows the difference %q", d.name)
		}
	}
}
