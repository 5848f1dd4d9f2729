// Package inplace has the key to the doors that packages of this module have for each other.
//
// An httpconn.Conn and a mintws.WebSocket are values: exported methods copy one in and the next one out. Between two packages
// of this module that would be done at each step, for copies that nobody keeps. So both types have one more door, InPlace,
// whose methods change the variable that they are called on. It takes a Key, which only packages below this module can
// import and thus name: to everybody else a Conn and a WebSocket are immutable.
package inplace

// Key opens InPlace. It has a field so that no struct{}{} of somebody else's is one.
type Key struct{ _ [0]byte }
