package readme

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wshttp"
)

// snippet: behind
// behindProxy serves pages of the allowed origins, whatever a proxy has made of host and scheme.
func behindProxy(allowed []string) (http.Handler, error) {
	opt := mintws.AcceptOptions{AllowedOrigins: allowed}
	if err := opt.Check(); err != nil { // now, and not with the first request
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !mintws.IsUpgrade(r) {
			http.NotFound(w, r)
			return
		}
		ws, status, header, err := mintws.Accept(r, opt)
		if err != nil {
			log.Print(err) // names what the proxy has left out
			wshttp.Refuse(w, err)
			return
		}
		sock, err := wshttp.Answer(w, r, status, header)
		if err != nil {
			return
		}
		defer wshttp.Linger(sock, time.Second)
		deadline := time.Now().Add(time.Minute)
		sock.SetReadDeadline(deadline)
		sock.SetWriteDeadline(deadline)
		exchange(sock, ws, io.Discard)
	}), nil
}

// end

func TestBehindProxy(t *testing.T) {
	defer log.SetOutput(log.Writer())
	log.SetOutput(io.Discard)
	if _, err := behindProxy([]string{"wss://example.org"}); err == nil {
		t.Error("no page has the scheme wss")
	}
	handler, err := behindProxy([]string{"https://example.org", "https://*.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		origin, upgrade string
		minor, want     int
		text            string
	}{
		{"http://example.org", "websocket", 1, 403, "Origin"}, // a forged page
		{"https://elsewhere.test", "websocket", 1, 403, "Origin"},
		{"https://app.example.org", "", 1, 426, "Upgrade is missing"}, // the proxy did not pass it on
		{"https://app.example.org", "websocket", 0, 426, "HTTP/1.0"},  // the proxy speaks HTTP/1.0
		{"https://app.example.org", "websocket", 1, 500, ""},          // allowed: what a recorder cannot do is to be hijacked
	} {
		r := httptest.NewRequest("GET", "http://10.0.0.7:8080/", nil)
		r.ProtoMinor = tt.minor
		r.Header = http.Header{"Origin": {tt.origin}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"},
			"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
		if tt.upgrade != "" {
			r.Header.Set("Upgrade", tt.upgrade)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != tt.want || !strings.Contains(w.Body.String(), tt.text) {
			t.Errorf("%+v: %d %s", tt, w.Code, w.Body)
		}
	}
}
