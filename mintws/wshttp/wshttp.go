// Package wshttp puts WebSockets on net/http: it answers the request that [mintws.Accept] judged and hands over the
// bytes below. Package [handshake] does so without net/http's server.
//
// A handler takes these steps; the loop is left out:
//
//	ws, status, header, err := mintws.Accept(r, mintws.AcceptOptions{})
//	if err != nil {
//		wshttp.Refuse(w, err)
//		return
//	}
//	stream, err := wshttp.Answer(w, r, status, header)
//	if err != nil {
//		return
//	}
//	defer stream.Close()
//	// SetReadDeadline and Read, ws.AppendDecode, ws.AppendEncode, SetWriteDeadline and Write.
//
// # Who owns what
//
// After Answer the stream belongs to the handler: nobody else reads, writes or closes it, no deadline is set on it, and
// w and r's body may not be used any more; r's other fields may.
//
// One goroutine may read while another writes; the other methods may be called at any time, so that a deadline in the
// past interrupts a Read or a Write under way. After a Read was interrupted, reading can go on. After a Write was, the
// peer has got some part of it, and the stream can only be closed.
//
// On HTTP/1.1 the stream is a connection of its own, which http.Server has let go of: its Shutdown neither waits for it nor
// closes it, and it may outlive the handler. Whoever has it must close it.
//
// On HTTP/2 the stream is the exchange of the request and its response, and shares its connection with others. The
// handler must close it before it returns, and no Write may be under way then. The stream ends with the handler, whether
// that returns or panics, and nothing is left of it even if nobody called Close. For net/http to accept such requests
// import package [github.com/mintws/mintws/mintws/wshttp/xconnect].
//
// # Ending
//
// Close on an HTTP/1.1 connection with unread input makes the peer's system throw away what it has not read yet, our Close
// frame perhaps. [Linger] is for that.
package wshttp

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/mintws/mintws/internal/respond"
	"github.com/mintws/mintws/mintws/handshake"
)

// Stream is the bytes below one WebSocket, in both directions. On HTTP/1.1 it is a [net.Conn] too.
type Stream interface {
	io.ReadWriteCloser
	// CloseWrite ends our direction and leaves the other open. The error is [errors.ErrUnsupported] on HTTP/2, and where a
	// connection cannot do that.
	CloseWrite() error
	// SetReadDeadline makes Read fail with [os.ErrDeadlineExceeded] from then on; the zero time means never.
	SetReadDeadline(t time.Time) error
	// SetWriteDeadline does the same for Write. On HTTP/2 the stream is reset if a Write is under way when the time comes.
	SetWriteDeadline(t time.Time) error
}

// Answer sends the head that opens the WebSocket, with the status and header from [mintws.Accept], and returns the stream
// below it. Bytes that the client sent after its request come first. Fields that others have put into w.Header(), such as
// cookies, are sent too, except those that are in header, those that frame a message, and Sec-WebSocket-* that Accept did
// not set.
//
// Answer clears the deadlines that [http.Server] has set for the request: its ReadTimeout and its WriteTimeout do not count
// for the stream. From then on a client that sends nothing blocks a Read for ever, and one that does not read blocks a
// Write: the handler has to set deadlines for both.
//
// After an error the handler can only return: the client has got a 500, or the connection is gone. The reason is a
// ResponseWriter without [http.Hijacker], made by a middleware that does not have Unwrap either, or a header or status
// that cannot be sent, or that the client is gone or does not read.
func Answer(w http.ResponseWriter, r *http.Request, status int, header http.Header) (Stream, error) {
	s, err := answer(w, r, status, header)
	if err != nil {
		return nil, fmt.Errorf("wshttp: %w", err)
	}
	return s, nil
}

func answer(w http.ResponseWriter, r *http.Request, status int, header http.Header) (Stream, error) {
	fail := func(err error) (Stream, error) {
		Refuse(w, err)
		return nil, err
	}
	want := http.StatusSwitchingProtocols // RFC 6455 section 4.2.2, item 5.1
	if r.ProtoMajor >= 2 {
		want = http.StatusOK // RFC 8441 section 5
	}
	if status != want {
		return fail(fmt.Errorf("status %d does not open a WebSocket on HTTP/%d, want %d", status, r.ProtoMajor, want))
	}
	header = merged(w.Header(), header)
	if err := respond.Check(header); err != nil {
		return fail(err)
	}
	if r.ProtoMajor >= 2 {
		s, err := newTunnel(w, r, status, header)
		if err != nil {
			return fail(err)
		}
		return s, nil
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return fail(err)
	}
	s, err := hijacked(conn, buffered.Reader, respond.Append(nil, status, header), headTimeout(r))
	if err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

// headTimeout is how long the head may take on HTTP/1.1: as long as any response. A client that has sent many requests and
// reads no answer keeps it from being sent.
func headTimeout(r *http.Request) time.Duration {
	if server, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && server.WriteTimeout > 0 {
		return server.WriteTimeout
	}
	return defaultHeadTimeout
}

// defaultHeadTimeout is for servers without a timeout.
const defaultHeadTimeout = 30 * time.Second

// Refuse answers a request that cannot become a WebSocket with what [handshake.Refusal] makes of err: the status and the fields of
// a [mintws.HandshakeError] of the server's side, as Accept returns it, with its Detail as a sentence, and for any other error
// less. Plain requests on the connection may follow.
func Refuse(w http.ResponseWriter, err error) {
	status, header, text := handshake.Refusal(err)
	for name, values := range header {
		w.Header()[name] = values
	}
	http.Error(w, text, status)
}

// Linger closes s so that the peer gets everything that was written: it ends our direction first, as a server does
// (RFC 6455 section 7.1.1), then reads and drops what still comes, until the peer ends its own or the timeout has passed. On
// HTTP/2 nothing is thrown away, and Linger is Close.
func Linger(s Stream, timeout time.Duration) error {
	if s.SetReadDeadline(time.Now().Add(timeout)) == nil && s.SetWriteDeadline(time.Now().Add(timeout)) == nil &&
		s.CloseWrite() == nil {
		var drop [4096]byte
		for {
			if _, err := s.Read(drop[:]); err != nil {
				break
			}
		}
	}
	return s.Close()
}
