package wiretap

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mintws/mintws/httpconn"
	"github.com/mintws/mintws/mintws"
)

// FuzzTap: nothing upsets it, it shows no more than it is asked for, and how the bytes are cut makes no difference.
func FuzzTap(f *testing.F) {
	f.Add([]byte(request), []byte(answer+hello), false, 3)
	f.Add([]byte(hello), []byte(hello), true, 1)
	f.Add([]byte(request+request), []byte("HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nno!\r\n0\r\n\r\n"+answer), false, 2)
	f.Add([]byte("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"), []byte("HTTP/1.1 503 No\r\n\r\nno"), false, 5)
	seed := conversation(&testing.T{}, httpconn.HTTP2, mintws.Options{}, mintws.Text("Hello"), mintws.Close(1000, ""))
	var both [2]string
	for _, s := range seed {
		both[s.from] += s.data
	}
	f.Add([]byte(both[0]), []byte(both[1]), false, 7)
	f.Fuzz(func(t *testing.T, client, server []byte, frames bool, size int) {
		opt := Options{Frames: frames, MaxHead: 500, MaxPayload: 20}
		talk := []said{{FromClient, string(client)}, {FromServer, string(server)}, {FromClient, string(client)}}
		if diff := cmp.Diff(read(opt, talk, 0), read(opt, talk, 1+size&63)); diff != "" {
			t.Errorf("(-whole +cut)\n%s", diff)
		}
		tap := New(opt)
		for _, s := range talk {
			tap.Feed(s.from, []byte(s.data), func(r Record) {
				if len(r.Payload) > 20 || r.Wire < int64(len(r.Header)) {
					t.Errorf("%v", r)
				}
			})
		}
	})
}
