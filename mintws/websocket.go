package mintws

// WebSocket is an immutable WebSocket endpoint.
type WebSocket struct{ state State }

// State is where a WebSocket stands in its life.
type State uint8

// The states.
const (
	Invalid    State = iota // the zero WebSocket: it belongs to nothing
	Connecting              // the upgrade request is made, the answer has not come
	Open                    // messages flow both ways
	Closing                 // one Close frame was sent or received
	Closed                  // both were: the closing handshake is complete
	Failed                  // the peer broke the protocol; the one frame that may still be sent is the Close of CloseFrame
)
