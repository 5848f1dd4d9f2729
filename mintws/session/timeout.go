package session

import (
	"fmt"
	"time"
)

// Wait says what was waited for.
type Wait uint8

// What a WebSocket waits for, each with the field of [Timing] that bounds it.
const (
	ForAnswer Wait = iota + 1 // the answer to the opening handshake: Open
	ForPong                   // a sign of life, after a Ping: Pong
	ForClose                  // the peer's Close, after ours: Close
	ForEnd                    // the end of the stream, after both: Close
)

// String returns what is waited for, in words.
func (w Wait) String() string {
	switch w {
	case ForAnswer:
		return "the answer to the opening handshake"
	case ForPong:
		return "a sign of life after a Ping"
	case ForClose:
		return "the peer's Close"
	case ForEnd:
		return "the end of the stream"
	}
	return fmt.Sprintf("Wait(%d)", uint8(w))
}

// TimeoutError says that something did not come in time. It is a net.Error.
type TimeoutError struct {
	For   Wait          // what did not come
	After time.Duration // how long it had
}

// Error returns what did not come, and how long it had.
func (e *TimeoutError) Error() string {
	return fmt.Sprintf("session: %v has not come after %v", e.For, e.After)
}

// Timeout returns true.
func (e *TimeoutError) Timeout() bool { return true }

// Temporary returns false: a peer that says nothing is gone.
func (e *TimeoutError) Temporary() bool { return false }
