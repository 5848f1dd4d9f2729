package bench

import (
	"bytes"
	"strconv"
	"testing"

	"github.com/mintws/mintws/mintws"
)

// connJob is what the rows about package wsconn send and receive.
type connJob struct {
	name string
	op   mintws.Opcode
	p    []byte
}

// connJobs are binary messages of these sizes, and the text.
func connJobs(text size, list ...size) (jobs []connJob) {
	for _, s := range list {
		jobs = append(jobs, connJob{s.name, mintws.OpBinary, fill(s.n)})
	}
	return append(jobs, connJob{text.name + "-json", mintws.OpText, sparse[0].make(text.n)})
}

// BenchmarkConnTrip is round trips with package wsconn, and with libraries that have its shape: Read and Write that block, or
// a callback. gobwas is here with its low-level functions, and the floor is the socket. Both ends are on one core. The server
// is the same for all and returns a message once it is whole. Every echo is compared with what was sent.
func BenchmarkConnTrip(b *testing.B) {
	onOneCore(b)
	s := newLoopServer(b)
	s.handle("/mirror", mirror)
	for _, j := range connJobs(sizes[3], sizes[1], sizes[3], sizes[4], sizes[5]) {
		connRuns(b, s, j, "/mirror", 2*len(j.p), connTrips)
	}
}

// BenchmarkConnStream is messages of a server that sends as fast as it can, and a client that reads. One operation is one
// message. Of each message the length and the last bytes are looked at, of the first ones everything.
func BenchmarkConnStream(b *testing.B) {
	onOneCore(b)
	s := newLoopServer(b)
	for _, j := range connJobs(sizes[4], sizes[3], sizes[4], sizes[5]) {
		s.handle("/source", source(byte(j.op), j.p))
		connRuns(b, s, j, "/source", len(j.p), connStream)
	}
}

// connRuns runs f with each library.
func connRuns(b *testing.B, s *loopServer, j connJob, path string, bytes int, f func(c connClient, n int, p []byte) error) {
	var runs []run
	for _, lib := range connLibs {
		runs = append(runs, run{lib.name, func(b *testing.B) {
			c, err := lib.open(s.addr(), path, j.op, len(j.p))
			if err != nil {
				b.Fatal(err)
			}
			defer c.close()
			if err = f(c, 20, j.p); err != nil { // buffers have grown
				b.Fatal(err)
			}
			b.ResetTimer()
			busy := cpuTime()
			if err = f(c, b.N, j.p); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			b.ReportMetric(float64(cpuTime()-busy)/float64(b.N), "cpu-ns/op")
		}})
	}
	versus(b, j.name, bytes, runs...)
}

// connTrips sends p and waits for its echo, n times.
func connTrips(c connClient, n int, p []byte) error {
	left := n
	return c.receive(n, func() error { return c.send(p) }, func(got []byte) error {
		if !bytes.Equal(got, p) {
			return errEcho
		}
		if left--; left == 0 {
			return nil
		}
		return c.send(p)
	})
}

// streamBurst is how many bytes of messages the client asks for at once: less than sockets take in. Without that, how much lies in
// them, and in which cache, differs from one connection to the next, and so does the time, by a quarter.
const streamBurst = 512 << 10

// connStream receives n messages, which should be p.
func connStream(c connClient, n int, p []byte) error {
	seen, asked, order := 0, 0, make([]byte, 0, 20)
	ask := func() error {
		more := min(n-asked, max(1, streamBurst/len(p)))
		asked += more
		order = strconv.AppendInt(order[:0], int64(more), 10)
		return c.send(order)
	}
	return c.receive(n, ask, func(got []byte) error {
		if seen++; len(got) != len(p) || !bytes.HasSuffix(got, p[len(p)-8:]) || seen < 5 && !bytes.Equal(got, p) {
			return errEcho
		}
		if seen < asked || seen == n {
			return nil
		}
		return ask()
	})
}

// TestConns: every client that is measured gets each echo, and all of a stream, text and binary.
func TestConns(t *testing.T) {
	s := newLoopServer(t)
	s.handle("/mirror", mirror)
	jobs := connJobs(sizes[3], size{"8B", 8}, size{"125B", 125}, size{"126B", 126}, size{"65535B", 65535}, sizes[4], sizes[5])
	for _, lib := range connLibs {
		for _, j := range jobs {
			s.handle("/source", source(byte(j.op), j.p))
			for path, f := range map[string]func(c connClient, n int, p []byte) error{"/mirror": connTrips, "/source": connStream} {
				c, err := lib.open(s.addr(), path, j.op, len(j.p))
				if err != nil {
					t.Fatal(err)
				}
				for _, n := range []int{1, 3} {
					if err = f(c, n, j.p); err != nil {
						t.Errorf("%s, %s, %s: %v", lib.name, j.name, path, err)
					}
				}
				c.close()
			}
		}
	}
}
