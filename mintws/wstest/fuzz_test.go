package wstest_test

import (
	"bytes"
	"testing"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// FuzzPeer: no input makes a Peer panic, wherever it is cut, and the end of the bytes is the end of the Peer.
func FuzzPeer(f *testing.F) {
	ws := "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	f.Add([]byte(ws+string(wstest.MaskedFrames(mintws.Text("Hello"), mintws.Ping(nil), mintws.Close(1000, "")))), 7)
	f.Add([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 1)
	var b, fields bytes.Buffer
	b.WriteString(http2.ClientPreface)
	fr, enc := http2.NewFramer(&b, nil), hpack.NewEncoder(&fields)
	for _, p := range [][2]string{{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"},
		{"sec-websocket-version", "13"}} {
		if err := enc.WriteField(hpack.HeaderField{Name: p[0], Value: p[1]}); err != nil {
			f.Fatal(err)
		}
	}
	fr.AllowIllegalWrites = true
	fr.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 3})
	fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: fields.Bytes(), EndHeaders: true})
	fr.WriteData(1, false, wstest.MaskedFrames(mintws.Text("Hello"), mintws.Close(1000, "")))
	fr.WriteWindowUpdate(1, 1000)
	fr.WriteWindowUpdate(0, 0)
	fr.WriteData(1, true, nil)
	fr.WriteRSTStream(1, 0)
	f.Add(b.Bytes(), 5)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		receive := func(pieces ...[]byte) (over bool) {
			p := wstest.NewPeer(wstest.Options{NoDeflate: true, MaxStreams: 3, Behavior: wstest.Behavior{Fault: wstest.FaultClose, After: 2}})
			for _, piece := range pieces {
				p.Receive(bytes.Clone(piece))
			}
			p.EOF()
			return p.Over()
		}
		if !receive(data) {
			t.Error("not over after the end of the bytes")
		}
		if cut > 0 && cut < len(data) {
			receive(data[:cut], data[cut:])
		}
		if len(data) < 1000 {
			var pieces [][]byte
			for i := range data {
				pieces = append(pieces, data[i:i+1])
			}
			receive(pieces...)
		}
	})
}
