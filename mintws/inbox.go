package mintws

// Inbox is the caller's scratch space that received frames are appended to: dst, as in append. It is not a value and
// not safe for use from several goroutines at once. The zero Inbox is ready for use.
//
// The payload of a frame points to one of three places, and is never written by this package wherever that is: into the data
// passed in, which is valid until the caller reuses it; into Buf, valid until the caller calls Reset; or into memory
// of its own. [Frame.Clone] makes any of them last.
type Inbox struct {
	Frames []Frame // in the order in which they were received
	Buf    []byte  // holds payloads that had to be unmasked or joined
}

// Reset empties in and keeps its memory for reuse.
func (in *Inbox) Reset() {
	for i := range in.Frames { // let go of the payloads; the rest is overwritten
		in.Frames[i].Payload = nil
	}
	in.Frames = in.Frames[:0]
	in.Buf = in.Buf[:0]
}
