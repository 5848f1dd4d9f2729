package bench

import (
	"bytes"
	"encoding/binary"
	"testing"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// tunnels is an HTTP connection with open WebSockets, and a server that exists only as the bytes that it would send.
type tunnels struct {
	t    testing.TB
	conn httpconn.Conn
	ws   []mintws.WebSocket
	out  httpconn.Output
	in   mintws.Inbox

	sent int // messages
}

const (
	h2Size      = 128
	h2Sent      = 2 + 2 + 4 + h2Size // RFC 6455 section 5.2: what the windows lose
	creditEvery = 1_000_000          // messages; a multiple of how many streams there are
)

// h2Frame returns an HTTP/2 frame (RFC 9113 section 4.1).
func h2Frame(kind http2.FrameType, flags http2.Flags, id httpconn.StreamID, payload []byte) []byte {
	n := len(payload)
	f := []byte{byte(n >> 16), byte(n >> 8), byte(n), byte(kind), byte(flags)}
	return append(binary.BigEndian.AppendUint32(f, uint32(id)), payload...)
}

// h2Credit returns a WINDOW_UPDATE (RFC 9113 section 6.9).
func h2Credit(id httpconn.StreamID, n int) []byte {
	return h2Frame(http2.FrameWindowUpdate, 0, id, binary.BigEndian.AppendUint32(nil, uint32(n)))
}

// openTunnels opens n WebSockets on one connection, on HTTP/2 with windows as large as there are. HTTP/1.1 has one WebSocket.
func openTunnels(t testing.TB, version httpconn.Version, n int, opt mintws.Options, extensions string) *tunnels {
	t.Helper()
	m := openTunnelsIn(t, version, n, opt, extensions)
	if version == httpconn.HTTP2 {
		m.stream(h2Credit(0, 1<<31-1-65535))
	}
	return m
}

// openTunnelsIn is openTunnels with the window that an HTTP/2 connection has by default (RFC 9113 section 6.9.2).
func openTunnelsIn(t testing.TB, version httpconn.Version, n int, opt mintws.Options, extensions string) *tunnels {
	t.Helper()
	m := &tunnels{t: t}
	var err error
	if m.conn, err = httpconn.New(version, httpconn.Config{}, &m.out); err != nil {
		t.Fatal(err)
	}
	if version == httpconn.HTTP2 {
		m.greet(n)
	}
	m.ws = make([]mintws.WebSocket, n)
	for i := range m.ws {
		m.out.Reset()
		if m.conn, m.ws[i], err = mintws.Upgrade(m.conn, &m.out, "ws://memory.invalid/", opt); err != nil {
			t.Fatal(err)
		}
		id := m.ws[i].StreamID()
		answer := h2Frame(http2.FrameHeaders, http2.FlagHeadersEndHeaders, id, []byte{0x88}) // :status 200
		if version == httpconn.HTTP1 {
			answer = append([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
				extensions+"Sec-WebSocket-Accept: "), acceptField(m.out.Send)...)
			answer = append(answer, "\r\n\r\n"...)
		}
		m.receive(i, answer)
	}
	m.in = mintws.Inbox{}
	return m
}

// greet has the server say what it allows: n streams, and windows for them as large as there are.
func (m *tunnels) greet(n int) {
	var settings []byte
	for _, s := range []http2.Setting{
		{ID: http2.SettingEnableConnectProtocol, Val: 1},
		{ID: http2.SettingMaxConcurrentStreams, Val: uint32(n)},
		{ID: http2.SettingInitialWindowSize, Val: 1<<31 - 1},
	} {
		settings = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(settings, uint16(s.ID)), s.Val)
	}
	m.stream(h2Frame(http2.FrameSettings, 0, 0, settings))
	m.stream(h2Frame(http2.FrameSettings, http2.FlagSettingsAck, 0, nil))
}

// stream feeds the connection.
func (m *tunnels) stream(b []byte) {
	var err error
	if m.conn, err = m.conn.Stream(&m.out, b); err != nil {
		m.t.Fatal(err)
	}
}

// receive feeds the connection, and WebSocket i with what came of that.
func (m *tunnels) receive(i int, b []byte) {
	m.out.Reset()
	m.in.Reset()
	m.stream(b)
	var err error
	for _, ev := range m.out.Events {
		if m.conn, m.ws[i], err = mintws.Receive(m.conn, &m.out, m.ws[i], &m.in, ev); err != nil {
			m.t.Fatal(err)
		}
	}
}

// send sends p on WebSocket i. When windows run low, the server opens them.
func (m *tunnels) send(i int, p []byte) {
	m.out.Reset()
	var err error
	if m.conn, m.ws[i], err = mintws.Send(m.conn, &m.out, m.ws[i], mintws.Binary(p)); err != nil {
		m.t.Fatal(err)
	}
	m.spent(h2Sent)
}

// spent counts a message that took size bytes from the server's windows. From time to time it gives them back.
func (m *tunnels) spent(size int) {
	if m.sent++; m.sent%creditEvery != 0 || m.conn.Version() != httpconn.HTTP2 {
		return
	}
	credit := h2Credit(0, creditEvery*size)
	for _, ws := range m.ws {
		credit = append(credit, h2Credit(ws.StreamID(), creditEvery/len(m.ws)*size)...)
	}
	m.stream(credit)
}

// messages returns one message of the server for each WebSocket, as it comes from the socket.
func (m *tunnels) messages(p []byte) (wire [][]byte) {
	for _, ws := range m.ws {
		f := floorEncode(make([]byte, 0, 14+len(p)), 2, p, 0)
		if m.conn.Version() == httpconn.HTTP2 {
			f = h2Frame(http2.FrameData, 0, ws.StreamID(), f)
		}
		wire = append(wire, f)
	}
	return wire
}

// acceptField returns what answers the key in a request.
func acceptField(request []byte) string {
	return mintws.AcceptKey(string(keyField(request)))
}

// TestTunnels: what is measured is a message each way, on HTTP/1.1 and in DATA frames, on every one of many WebSockets.
func TestTunnels(t *testing.T) {
	p := fill(h2Size)
	for version, n := range map[httpconn.Version]int{httpconn.HTTP1: 1, httpconn.HTTP2: 100} {
		m := openTunnels(t, version, n, mintws.Options{}, "")
		for i, wire := range m.messages(p) {
			m.send(i, p)
			sent := m.out.Send
			if version == httpconn.HTTP2 {
				f, err := http2.NewFramer(nil, bytes.NewReader(sent)).ReadFrame()
				data, ok := f.(*http2.DataFrame)
				if err != nil || !ok || httpconn.StreamID(data.StreamID) != m.ws[i].StreamID() {
					t.Fatalf("%v, stream %d: %v, %v", version, i, f, err)
				}
				sent = data.Data()
			}
			if _, payload, key, size := floorDecode(sent); size != h2Sent || len(payload) != h2Size || key == 0 {
				t.Fatalf("%v, stream %d: sent %x", version, i, sent)
			}
			if m.receive(i, wire); len(m.in.Frames) != 1 || !bytes.Equal(m.in.Frames[0].Payload, p) {
				t.Fatalf("%v, stream %d: received %v", version, i, m.in.Frames)
			}
		}
	}
}
