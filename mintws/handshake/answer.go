package handshake

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/mintws/mintws/internal/respond"
	"github.com/mintws/mintws/mintws"
)

// AppendAnswer appends the head that opens the WebSocket, with the status and header from [mintws.Accept]. Frames may stand
// right behind it. The error, which wraps [mintws.ErrInvalidOptions], is for a status that is not 101 and for a field that cannot
// be sent; then nothing is appended. Those that Accept returned for a request of HTTP/1.1 give none.
func AppendAnswer(dst []byte, status int, header http.Header) ([]byte, error) {
	if status != http.StatusSwitchingProtocols { // RFC 6455 section 4.2.2, item 5.1
		return dst, invalid("status %d does not open a WebSocket, want 101", status)
	}
	if err := respond.Check(header); err != nil {
		return dst, invalid("%w", err)
	}
	return respond.Append(dst, status, header), nil
}

// AppendRefusal appends the answer to a request that opens no WebSocket: what [Refusal] makes of err, as text. r is that request,
// or nil if the error is that of [Head.Feed] and there is none.
//
// It reports whether another request may follow on the connection. Else the answer says that the connection is closed (RFC 9112
// section 9.6), and the caller closes it: r is nil, or asked for that itself, or is of HTTP/1.0, or the error's Header has
// "Connection: close".
func AppendRefusal(dst []byte, r *http.Request, err error) (_ []byte, again bool) {
	status, header, text := Refusal(err)
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff") // the text quotes what the client sent
	refused, again, unsendable := AppendResponse(dst, r, status, header, text+"\n")
	if unsendable != nil { // a HandshakeError that somebody made
		return AppendRefusal(dst, r, unsendable) // which is none
	}
	return refused, again
}

// AppendResponse appends a whole response that opens no WebSocket, such as a redirect or a page, to r, which is nil where there is
// no request that could be read. It sets the fields that frame a message by itself. A Connection field of the header is kept, and
// "close" in it is obeyed. To a HEAD request content is not sent (RFC 9110 section 9.3.2).
//
// Again is as for [AppendRefusal]. The error, which wraps [mintws.ErrInvalidOptions], is for a field that cannot be sent, for a
// status that is not one of 200 to 599, and for content with 204 or 304, which have none; then nothing is appended.
func AppendResponse(dst []byte, r *http.Request, status int, header http.Header, content string) (_ []byte, again bool, err error) {
	bare := status == http.StatusNoContent || status == http.StatusNotModified // RFC 9110 sections 15.3.5 and 15.4.5
	if status < 200 || status > 599 || bare && content != "" {
		return dst, false, invalid("status %d with %d bytes of content", status, len(content))
	}
	if err = respond.Check(header); err != nil {
		return dst, false, invalid("%w", err)
	}
	header = respond.Canonical(header)
	for _, name := range []string{"Content-Length", "Transfer-Encoding", "Trailer", "Keep-Alive"} {
		delete(header, name)
	}
	if !bare {
		header.Set("Content-Length", strconv.Itoa(len(content)))
	}
	asked := httpguts.HeaderValuesContainsToken(header["Connection"], "close")
	again = r != nil && !r.Close && !asked
	if !again && !asked {
		header["Connection"] = []string{strings.Join(append(header["Connection"], "close"), ", ")}
	}
	dst = respond.Append(dst, status, header)
	if r == nil || r.Method != http.MethodHead {
		dst = append(dst, content...)
	}
	return dst, again, nil
}

// Refusal says how to refuse a request: with which status and fields, and a sentence for whoever looks at the answer with curl.
// It is what [AppendRefusal] and wshttp.Refuse send, for servers that write their answers in another way. The fields are a copy.
//
// For a [mintws.HandshakeError] of the server's side, as Accept and Feed return it, the answer has the error's status and fields,
// and its Detail. One of the client's side, from a server that was asked on behalf of this client, gives the answer no more than
// that server's status and its Allow, Retry-After and WWW-Authenticate: its cookies are not meant for this client. Other errors,
// and those whose status is not one of 400 to 599, become a 500 that says nothing.
func Refusal(err error) (status int, header http.Header, text string) {
	status, header = http.StatusInternalServerError, http.Header{}
	var he *mintws.HandshakeError
	detail := ""
	if errors.As(err, &he) && he.Status >= 400 && he.Status < 600 {
		status = he.Status
		if he.Server {
			detail = ": " + he.Detail
		}
		for name, values := range respond.Canonical(he.Header) {
			if he.Server || slices.Contains(upstream, name) {
				header[name] = values
			}
		}
	}
	return status, header, fmt.Sprintf("%d %s%s.", status, http.StatusText(status), detail)
}

// upstream are the fields that a refusal takes from another server's answer.
var upstream = []string{"Allow", "Retry-After", "Www-Authenticate"}

// invalid is the error for what the caller cannot send.
func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{mintws.ErrInvalidOptions}, args...)...)
}
