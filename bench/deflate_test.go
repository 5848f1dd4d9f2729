package bench

import (
	"bytes"
	"fmt"
	"testing"
)

// TestDeflatePeers: what each library sends with permessage-deflate, each of them reads.
func TestDeflatePeers(t *testing.T) {
	for _, s := range []deflateSetting{{takeover: true, bits: 15}, {takeover: true, bits: 12}, {bits: 15}} {
		libs := []deflateLib{libMintws, libGws}
		if s.bits == 15 {
			libs = append(libs, libCoder)
		}
		if !s.takeover {
			libs = append(libs, libGorilla)
		}
		for _, size := range []int{1, 128, 1 << 10, 16 << 10} {
			messages := jsonMessages(size, 40)
			for _, from := range append(libs, libMintws32) {
				wire := sentBy(t, from, s, messages)
				for _, to := range libs {
					t.Run(fmt.Sprintf("%s, %dB, %s to %s", s.answer(), size, from.name, to.name), func(t *testing.T) {
						receivedBy(t, to, s, wire, messages)
					})
				}
			}
		}
	}
}

// sentBy returns what a library makes of the messages.
func sentBy(t *testing.T, lib deflateLib, s deflateSetting, messages [][]byte) (wire [][]byte) {
	t.Helper()
	var out bytes.Buffer
	c := lib.open(t, s, &out)
	for _, m := range messages {
		out.Reset()
		if err := c.send(m); err != nil {
			t.Fatal(err)
		}
		wire = append(wire, bytes.Join(unmasked(t, out.Bytes()), nil))
	}
	return wire
}

// receivedBy fails the test unless the library reads the messages from wire.
func receivedBy(t *testing.T, lib deflateLib, s deflateSetting, wire, messages [][]byte) {
	t.Helper()
	c, i := lib.open(t, s, &bytes.Buffer{}), 0
	err := c.receive(func() []byte {
		if i == len(wire) {
			return nil
		}
		return wire[i]
	}, func(p []byte) {
		if i < len(messages) && !bytes.Equal(p, messages[i]) {
			t.Errorf("message %d is %q, want %q", i, p, messages[i])
		}
		i++
	})
	if err != nil || i != len(messages) {
		t.Fatalf("%v after %d messages, want %d", err, i, len(messages))
	}
}
