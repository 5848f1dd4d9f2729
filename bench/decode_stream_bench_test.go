package bench

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/session"
)

// streamJobs are messages one after the other, cut wherever a read ends. There are so many that cuts fall everywhere.
var streamJobs = []struct {
	message, read size
	messages      int
}{
	{size{"1KiB", 1 << 10}, size{"4KiB", 4 << 10}, 64},
	{size{"16KiB", 16 << 10}, size{"64KiB", 64 << 10}, 32},
	{size{"64KiB", 64 << 10}, size{"64KiB", 64 << 10}, 16},
	{size{"1MiB", 1 << 20}, size{"16KiB", 16 << 10}, 4},
	{size{"1MiB", 1 << 20}, size{"64KiB", 64 << 10}, 4},
}

// BenchmarkDecodeStream decodes such a stream. ns/op and B/op are for all of it. What mintws hands over lasts while anybody
// has it, but for whole messages within a read, which are where they were read; gobwas+new makes a buffer for each message.
// mintws+joiner and all other peers use one memory again and again. heap says how much memory is in use otherwise, which
// decides how often garbage is collected and what that costs.
func BenchmarkDecodeStream(b *testing.B) {
	for _, heap := range []size{{"0", 0}, {"64MiB", 64 << 20}} {
		held := hold(heap.n)
		for _, s := range streamJobs {
			for _, role := range []mintws.Role{mintws.Client, mintws.Server} {
				j := newJob(role, mintws.OpBinary, fill(s.message.n), s.messages, 1, s.read.n)
				runs := []run{
					{"mintws", func(b *testing.B) { streamOurs(b, j) }},
					{"mintws+joiner", func(b *testing.B) { streamJoiner(b, j) }},
					{"gobwas", func(b *testing.B) { decodeGobwas(b, j, false) }},
					{"gobwas+new", func(b *testing.B) { decodeGobwas(b, j, true) }},
					{"gorilla", func(b *testing.B) { decodeGorilla(b, j) }},
				}
				if role == mintws.Client {
					runs = append(runs,
						run{"wsutil", func(b *testing.B) { decodeWsutil(b, j) }},
						run{"coder", func(b *testing.B) { decodeCoder(b, j) }},
						run{"gws", func(b *testing.B) { decodeGws(b, j) }},
						run{"nbio", func(b *testing.B) { decodeNbio(b, j) }})
				}
				name := fmt.Sprintf("%s/%s/%v/heap=%s", s.message.name, s.read.name, role, heap.name)
				versus(b, name, j.messages*j.size, runs...)
			}
		}
		runtime.KeepAlive(held)
	}
}

// node is a kilobyte in use, with something for the collector to follow.
type node struct {
	next *node
	_    [1016]byte
}

// hold returns n bytes of nodes.
func hold(n int) []*node {
	list := make([]*node, n/1024)
	for i := range list {
		list[i] = new(node)
		list[i].next = list[i/2]
	}
	return list
}

// streamOurs empties the Inbox after each read, as a program does.
func streamOurs(b *testing.B, j decodeJob) {
	endpoint, err := benchEndpoint(b, j.role), error(nil)
	var in mintws.Inbox
	buf := make([]byte, j.read)
	for b.Loop() {
		count := 0
		for wire := j.wire; len(wire) > 0; {
			n := received(buf, wire)
			in.Reset()
			if endpoint, err = endpoint.AppendDecode(&in, buf[:n]); err != nil {
				b.Fatal(err)
			}
			for _, f := range in.Frames {
				if len(f.Payload) != j.size {
					b.Fatalf("%d bytes of %d", len(f.Payload), j.size)
				}
				sink = f.Payload
				count++
			}
			wire = wire[n:]
		}
		if count != j.messages {
			b.Fatalf("%d messages of %d", count, j.messages)
		}
	}
}

// streamJoiner joins the pieces in memory that is kept.
func streamJoiner(b *testing.B, j decodeJob) {
	endpoint, err := mintws.NewWebSocket(j.role, mintws.Options{Delivery: mintws.DeliverPayload})
	if err != nil {
		b.Fatal(err)
	}
	var in mintws.Inbox
	join := session.Joiner{Keep: 1<<20 + j.read}
	buf := make([]byte, j.read)
	for b.Loop() {
		count := 0
		for wire := j.wire; len(wire) > 0; {
			to := buf
			if j.role == mintws.Client {
				to = join.Space(len(buf))
			}
			n := received(to, wire)
			in.Reset()
			if j.role == mintws.Server {
				in.Buf = join.Space(n)[:0]
			}
			if endpoint, err = endpoint.AppendDecode(&in, to[:n]); err != nil {
				b.Fatal(err)
			}
			for _, f := range in.Frames {
				msg, ok, addErr := join.Add(f)
				if addErr != nil || ok && len(msg.Payload) != j.size {
					b.Fatalf("%d bytes of %d, %v", len(msg.Payload), j.size, addErr)
				}
				if ok {
					sink = msg.Payload
					count++
				}
			}
			wire = wire[n:]
		}
		if count != j.messages {
			b.Fatalf("%d messages of %d", count, j.messages)
		}
	}
}
