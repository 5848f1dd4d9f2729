package httpconn_test

import (
	"bytes"
	"fmt"
	"log"

	"golang.org/x/net/http2"

	"github.com/mintws/mintws/httpconn"
)

// Larger windows on a connection in use. Both count from the server's next frame on; of the stream's window it says when.
func ExampleConn_Settings() {
	var out httpconn.Output
	conn, err := httpconn.New(httpconn.HTTP2, httpconn.Config{}, &out)
	if err != nil {
		log.Fatal(err)
	}
	conn, err = conn.Stream(&out, fromServer(func(fr *http2.Framer) error { return fr.WriteSettings() }))
	if err != nil {
		log.Fatal(err)
	}
	out.Reset() // as if all had been written

	conn, err = conn.Settings(&out, httpconn.Settings{StreamWindow: 32 << 20, ConnWindow: 128 << 20})
	if err != nil {
		log.Fatal(err)
	}
	fr := http2.NewFramer(nil, bytes.NewReader(out.Send))
	for range 2 {
		f, readErr := fr.ReadFrame()
		if readErr != nil {
			log.Fatal(readErr)
		}
		switch f := f.(type) {
		case *http2.SettingsFrame:
			fmt.Println("SETTINGS", f.Setting(0))
		case *http2.WindowUpdateFrame:
			fmt.Println("WINDOW_UPDATE", f.Increment, "to be", httpconn.DefaultConnWindow+f.Increment)
		}
	}
	out.Reset()

	// The server acknowledges the SETTINGS of New, and these.
	conn, err = conn.Stream(&out, fromServer((*http2.Framer).WriteSettingsAck, (*http2.Framer).WriteSettingsAck))
	for _, ev := range out.Events {
		fmt.Println(ev.Kind)
	}
	fmt.Println(err, conn.Next())
	// Output:
	// SETTINGS [INITIAL_WINDOW_SIZE = 33554432]
	// WINDOW_UPDATE 67108864 to be 134217728
	// SettingsAcked
	// SettingsAcked
	// <nil> Read
}

// fromServer returns the frames that a server writes.
func fromServer(write ...func(*http2.Framer) error) []byte {
	var b bytes.Buffer
	fr := http2.NewFramer(&b, nil)
	for _, w := range write {
		if err := w(fr); err != nil {
			log.Fatal(err)
		}
	}
	return b.Bytes()
}
