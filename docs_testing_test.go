package readme

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// snippet: faults
func TestGreetCopes(t *testing.T) {
	for name, tt := range map[string]struct {
		server wstest.Behavior
		want   string // in the error; none if empty
	}{
		"an echo":            {wstest.Behavior{}, ""},
		"a refusal":          {wstest.Behavior{Refuse: http.StatusServiceUnavailable}, "503"},
		"a server's error":   {wstest.Behavior{Fault: wstest.FaultClose, Code: mintws.CodeInternalError}, "1011"},
		"a server that dies": {wstest.Behavior{Fault: wstest.FaultVanish}, "1006"},
		"what is no frame":   {wstest.Behavior{Fault: wstest.FaultBytes, Bytes: []byte{0x83, 0}}, "reserved opcode"},
	} {
		t.Run(name, func(t *testing.T) {
			server := wstest.NewServer(wstest.Options{Behavior: tt.server})
			defer server.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			err := greet(ctx, server.URL, io.Discard)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// end

// snippet: cut
// TestAnyRead: the server's bytes mean the same, however they are cut into reads. There is no network in it.
func TestAnyRead(t *testing.T) {
	for _, size := range []int{1, 2, 7, 1 << 20} {
		peer := wstest.NewPeer(wstest.Options{Behavior: wstest.Behavior{Greeting: []mintws.Frame{mintws.Text("welcome")}}})
		var out httpconn.Output
		var in mintws.Inbox
		conn, err := httpconn.New(httpconn.HTTP1, httpconn.Config{}, &out)
		if err != nil {
			t.Fatal(err)
		}
		conn, ws, err := mintws.Upgrade(conn, &out, "ws://example.org/", mintws.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for data := peer.Receive(out.Take(nil)); len(data) > 0; data = data[min(size, len(data)):] {
			out.Reset()
			if conn, err = conn.Stream(&out, data[:min(size, len(data))]); err != nil {
				t.Fatal(err)
			}
			for _, ev := range out.Events {
				in.Reset()
				conn, ws, err = mintws.Receive(conn, &out, ws, &in, ev)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range in.Frames {
					got = append(got, f.String())
				}
			}
		}
		if diff := cmp.Diff([]string{`Text "welcome"`}, got); diff != "" {
			t.Errorf("reads of %d bytes: %s", size, diff)
		}
	}
}

// end

// snippet: replay
// TestOneFrame: a WebSocket without a handshake, and a value that is used twice.
func TestOneFrame(t *testing.T) {
	ws, err := mintws.NewWebSocket(mintws.Client, mintws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	data := wstest.Frames(mintws.Text("one"), mintws.Ping([]byte("?")))
	first, frames, err := ws.Decode(data)
	again, same, _ := ws.Decode(data) // ws is what it was
	if err != nil || len(frames) != 2 || !cmp.Equal(frames, same) || !cmp.Equal(first, again) {
		t.Errorf("%v, %v, %v", frames, same, err)
	}
}

// end
