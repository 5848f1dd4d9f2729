package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestPlain has what a browser and curl see without a WebSocket, or with a broken handshake.
func TestPlain(t *testing.T) {
	_, addr, done := startEcho(t, options{})
	upgrade := map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
	tests := []struct {
		name   string
		method string
		path   string
		field  string // the one of upgrade that is different; "" is a request without these
		value  string
		status int
		body   string
	}{
		{"page", "GET", "/", "", "", 200, `new WebSocket(url)`},
		{"any path", "GET", "/any/path?x=1", "", "", 200, "<title>WebSocket echo</title>"},
		{"HEAD", "HEAD", "/", "", "", 200, ""},
		{"POST", "POST", "/", "", "", 405, "405 Method Not Allowed"},
		{"no Upgrade", "GET", "/", "Upgrade", "", 426, `426 Upgrade Required: Upgrade is missing, want "websocket".`},
		{"no Connection", "GET", "/", "Connection", "", 400, `400 Bad Request: Connection is missing, want "Upgrade"`},
		{"old version", "GET", "/", "Sec-WebSocket-Version", "8", 426, `426 Upgrade Required: Sec-WebSocket-Version is "8", want "13".`},
		{"bad key", "GET", "/", "Sec-WebSocket-Key", "x", 400, `400 Bad Request: Sec-WebSocket-Key is not the base64 of 16 bytes.`},
		{"POST upgrade", "POST", "/", "Upgrade", "websocket", 405, `405 Method Not Allowed: method is not "GET".`},
		{"foreign page", "GET", "/", "Origin", "https://evil.example", 403, "403 Forbidden: Origin is"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequest(tt.method, "http://"+addr+tt.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if tt.field != "" {
				for name, value := range upgrade {
					r.Header.Set(name, value)
				}
				r.Header.Set(tt.field, tt.value)
				if tt.value == "" {
					r.Header.Del(tt.field)
				}
			}
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != tt.status || !strings.Contains(string(body), tt.body) {
				t.Errorf("got %s, %q, %v; want %d with %q", resp.Status, body, err, tt.status, tt.body)
			}
			if tt.field == "" {
				return
			}
			if sum := <-done; sum.Status != tt.status || sum.Err == nil {
				t.Errorf("summary %+v", sum)
			}
		})
	}
}
