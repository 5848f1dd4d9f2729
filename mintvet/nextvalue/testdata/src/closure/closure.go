package closure

import (
	"io"
	"net/http"
	"sync"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

func callback(ws mintws.WebSocket, data [][]byte) (frames []mintws.Frame) {
	feed := func(p []byte) {
		ws, more, err := ws.Decode(p) // want `ws: the closure captures ws and keeps the next WebSocket to itself, so that the old one is used again; write ws, more, err = ws.Decode\(p\)`
		if err == nil && !ws.Over() {
			frames = append(frames, more...)
		}
	}
	for _, p := range data {
		feed(p)
	}
	return frames
}

func passed(conn httpconn.Conn, out *httpconn.Output, every func(func())) {
	every(func() {
		next, err := conn.Ping(out, [8]byte{}) // want `conn: the closure captures conn and keeps the next Conn to itself`
		if err != nil && next.Slots() == 0 {
			panic(err)
		}
	})
}

func twoGoroutines(ws mintws.WebSocket, sock io.ReadWriter, buf []byte) error {
	go func() {
		for {
			var p []byte
			ws, p, _ = ws.Encode(mintws.Text("tick")) // want `ws: a goroutine advances the captured ws, and so does somebody else meanwhile`
			sock.Write(p)
		}
	}()
	for !ws.Over() {
		n, err := sock.Read(buf)
		if err != nil {
			return err
		}
		ws, _, _ = ws.Decode(buf[:n])
	}
	return ws.Err()
}

func inLoop(ws mintws.WebSocket, sock io.Writer) mintws.State {
	for range 3 {
		go func() {
			var p []byte
			ws, p, _ = ws.Encode(mintws.Text("tick")) // want `ws: a goroutine advances the captured ws`
			sock.Write(p)
		}()
	}
	return ws.State()
}

func readerAndWriter(ws mintws.WebSocket, wg *sync.WaitGroup, reads <-chan []byte, says <-chan mintws.Frame, w io.Writer) error {
	wg.Go(func() {
		for data := range reads {
			ws, _, _ = ws.Decode(data) // want `ws: a goroutine advances the captured ws`
		}
	})
	wg.Go(func() {
		for f := range says {
			var p []byte
			ws, p, _ = ws.Encode(f)
			w.Write(p)
		}
	})
	wg.Wait()
	return ws.Err()
}

// With plain = a closure advances the variable that it captures.
func plain(ws mintws.WebSocket, data [][]byte) (_ mintws.WebSocket, err error) {
	feed := func(p []byte) {
		ws, _, err = ws.Decode(p)
	}
	for _, p := range data {
		feed(p)
	}
	return ws, err
}

func returning(ws mintws.WebSocket) func([]byte) (mintws.WebSocket, error) {
	return func(p []byte) (mintws.WebSocket, error) {
		next, _, err := ws.Decode(p)
		return next, err
	}
}

// A goroutine that alone goes on, one that is waited for, and a lock.
func handedOver(ws mintws.WebSocket, data []byte) {
	ws, _, _ = ws.Decode(data)
	go func() {
		for !ws.Over() {
			ws, _, _ = ws.Decode(data)
		}
	}()
}

func waited(ws mintws.WebSocket, data []byte) mintws.WebSocket {
	done := make(chan bool)
	go func() {
		ws, _, _ = ws.Decode(data)
		close(done)
	}()
	<-done
	ws, _ = ws.EOF()
	return ws
}

func oneAfterTheOther(ws mintws.WebSocket, wg *sync.WaitGroup, data []byte) error {
	wg.Go(func() { ws, _, _ = ws.Decode(data) })
	wg.Wait()
	wg.Go(func() { ws, _, _ = ws.Decode(data) })
	wg.Wait()
	return ws.Err()
}

func locked(ws mintws.WebSocket, data []byte) mintws.WebSocket {
	var mu sync.Mutex
	go func() {
		mu.Lock()
		defer mu.Unlock()
		ws, _, _ = ws.Decode(data)
	}()
	mu.Lock()
	defer mu.Unlock()
	ws, _ = ws.EOF()
	return ws
}

// A handler has a value of its own each time.
func handler(data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ws, err := mintws.NewWebSocket()
		for err == nil && !ws.Over() {
			ws, _, err = ws.Decode(data)
		}
	}
}

// Called where it stands, and nobody uses the old one after that.
func once(ws mintws.WebSocket, data []byte) {
	func() {
		if ws, _, err := ws.Decode(data); err != nil || ws.Over() {
			return
		}
	}()
}
