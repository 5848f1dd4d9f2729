package mintws_test

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/httpconn/httpdial"
	"github.com/mintws/mintws/internal/test/echo"
	"github.com/mintws/mintws/mintws"
	_ "github.com/mintws/mintws/mintws/wshttp/xconnect"
)

// pump is an event loop over one socket, as the package documentation describes it. A goroutine for each direction stands for
// what epoll would do: the loop itself never waits for one of them alone.
type pump struct {
	t      *testing.T
	sock   net.Conn
	conn   httpconn.Conn
	ws     mintws.WebSocket
	out    httpconn.Output
	in     mintws.Inbox
	reads  chan []byte // what was read; closed at the end
	used   chan bool   // what was read may be overwritten
	writes chan []byte // what is to be written
	wrote  chan int

	memory    []byte // the end of it is unwritten
	unwritten []byte
	writing   bool
	caused    int // of unwritten, what reading has caused
	peak      int // the most that was unwritten
}

const pumpBound = 64 << 10

func newPump(t *testing.T, url string, v httpconn.Version) *pump {
	p := &pump{t: t, reads: make(chan []byte), used: make(chan bool), writes: make(chan []byte), wrote: make(chan int)}
	var err error
	p.sock, p.conn, err = httpdial.Dial(t.Context(), url, &p.out, httpdial.Options{Protocols: []httpconn.Version{v}})
	if err != nil {
		t.Fatal(err)
	}
	smallBuffers(t, p.sock)
	if err = p.sock.SetDeadline(time.Now().Add(time.Minute)); err != nil { // passes only where the test has failed
		t.Fatal(err)
	}
	go func() {
		defer close(p.reads)
		buf := make([]byte, 16<<10)
		for {
			n, readErr := p.sock.Read(buf)
			if readErr != nil {
				return
			}
			p.reads <- buf[:n]
			<-p.used
		}
	}()
	go func() {
		for b := range p.writes {
			n, _ := p.sock.Write(b) // the reader sees the end
			p.wrote <- n
		}
	}()
	t.Cleanup(func() {
		p.sock.Close()
		for p.writing {
			<-p.wrote
			p.writing = false
		}
		close(p.writes)
		for range p.reads {
			p.used <- true
		}
	})
	p.conn, p.ws, err = mintws.Upgrade(p.conn, &p.out, url, mintws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// smallBuffers makes the system buffer little, but more than a segment of the loopback interface, as TCP crawls with less.
func smallBuffers(t *testing.T, sock net.Conn) {
	tcp := sock.(*net.TCPConn)
	if err := tcp.SetReadBuffer(128 << 10); err != nil {
		t.Fatal(err)
	}
	if err := tcp.SetWriteBuffer(128 << 10); err != nil {
		t.Fatal(err)
	}
}

// run goes on until done, or the end. More, if it is not nil, is called to produce while the bound allows it, and returns
// false once it has said all; got is called for each frame.
func (p *pump) run(more func() bool, got func(f mintws.Frame), done func() bool) {
	for !done() {
		p.take()
		for more != nil && p.ws.State() == mintws.Open && len(p.unwritten)+p.conn.Buffered(0) < pumpBound {
			if !more() {
				more = nil
			}
			p.take()
		}
		p.peak = max(p.peak, len(p.unwritten)+p.conn.Buffered(0))
		reads := p.reads
		if p.caused >= pumpBound {
			reads = nil
		}
		writes := p.writes
		if p.writing || len(p.unwritten) == 0 {
			writes = nil
		}
		select {
		case data, ok := <-reads:
			if !ok {
				return
			}
			p.out.Reset()
			before, queued := len(p.out.Send), p.conn.Buffered(0)
			p.conn, _ = p.conn.Stream(&p.out, data)
			for _, ev := range p.out.Events {
				p.in.Reset()
				var err error
				if p.conn, p.ws, err = mintws.Receive(p.conn, &p.out, p.ws, &p.in, ev); err != nil {
					p.t.Error(err)
				}
				for _, f := range p.in.Frames {
					got(f)
				}
			}
			p.caused += len(p.out.Send) - before - (queued - p.conn.Buffered(0))
			p.used <- true
		case writes <- p.unwritten[:min(len(p.unwritten), 32<<10)]:
			p.writing = true
		case n := <-p.wrote:
			p.writing = false
			p.unwritten = p.unwritten[n:]
			p.caused = max(0, p.caused-n)
		}
	}
}

// take makes what is to be written unwritten. When nothing is, the memory is used again.
func (p *pump) take() {
	if len(p.unwritten) == 0 && !p.writing {
		p.unwritten = p.memory[:0]
	}
	if p.unwritten = p.out.Take(p.unwritten); cap(p.unwritten) > cap(p.memory) {
		p.memory = p.unwritten
	}
}

// TestMuchToAPeerThatAnswersWhileItReads: 50 messages of 4 MiB to an echo server that takes no more while its echoes are
// not read. A loop that stopped reading while much of its own is unwritten would wait for ever.
func TestMuchToAPeerThatAnswersWhileItReads(t *testing.T) {
	messages, size := 50, 4<<20
	if testing.Short() {
		messages = 10
	}
	for _, v := range []httpconn.Version{httpconn.HTTP1, httpconn.HTTP2} {
		t.Run(v.String(), func(t *testing.T) {
			server := httptest.NewUnstartedServer(echo.New(echo.Options{}))
			server.Config.Protocols = new(http.Protocols)
			server.Config.Protocols.SetHTTP1(true)
			server.Config.Protocols.SetUnencryptedHTTP2(true)
			server.Config.ConnState = func(sock net.Conn, state http.ConnState) {
				if state == http.StateNew {
					smallBuffers(t, sock)
				}
			}
			server.Start()
			defer server.Close()
			p := newPump(t, "ws"+server.URL[len("http"):], v)
			content := bytes.Repeat([]byte("0123456789abcdef"), size/16)
			sent, back := 0, 0
			p.run(func() bool {
				var err error
				if p.conn, p.ws, err = mintws.Send(p.conn, &p.out, p.ws, mintws.Binary(content)); err != nil {
					t.Fatal(err)
				}
				sent++
				return sent < messages
			}, func(f mintws.Frame) {
				if !bytes.Equal(f.Payload, content) {
					t.Errorf("message %d came back changed", back)
				}
				back++
			}, func() bool { return back == messages })
			p.sock.Close()
			if back != messages {
				t.Errorf("%d of %d messages came back", back, messages)
			}
			if bound := pumpBound + size + 1<<10; p.peak > bound {
				t.Errorf("%d bytes were unwritten at once, want at most %d", p.peak, bound)
			}
		})
	}
}

// TestPeerThatAsksAndNeverListens: Pings without end from a peer that reads none of the Pongs. What the loop holds for it
// stays bounded, because it stops reading.
func TestPeerThatAsksAndNeverListens(t *testing.T) {
	stuck := make(chan bool)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, status, header, err := mintws.Accept(r, mintws.AcceptOptions{})
		if err != nil {
			t.Error(err)
			return
		}
		sock, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer sock.Close()
		defer close(stuck)
		smallBuffers(t, sock)
		if err = sock.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Error(err)
		}
		answer := http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: header}
		if err = answer.Write(buffered); err != nil {
			t.Error(err)
		}
		ping := append([]byte{0x89, 125}, make([]byte, 125)...)
		many := bytes.Repeat(ping, 512)
		for range 1024 { // 64 MiB, of which the client must not take more than it may
			if _, err = buffered.Write(many); err != nil {
				return // the client has seen enough
			}
		}
		t.Error("the client took 64 MiB of Pings")
	}))
	defer server.Close()
	p := newPump(t, "ws"+server.URL[len("http"):], httpconn.HTTP1)
	p.run(nil, func(mintws.Frame) {}, func() bool { return p.caused >= pumpBound })
	if p.caused < pumpBound {
		t.Errorf("%d bytes of Pongs are unwritten, want the bound reached", p.caused)
	}
	if bound := pumpBound + 2*16<<10; len(p.unwritten) > bound {
		t.Errorf("%d bytes are unwritten, want at most %d", len(p.unwritten), bound)
	}
	p.sock.Close()
	<-stuck
}
