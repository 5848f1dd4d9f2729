package mintws

import (
	"crypto/sha1"
	"encoding/base64"
)

// acceptGUID is what RFC 6455 section 1.3 appends to the key.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// AcceptKey returns the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC 6455 section 4.2.2, item 5.4). SHA-1
// protects nothing here. It only proves that the server has read the key.
func AcceptKey(key string) string {
	var buf [128]byte
	sum := sha1.Sum(append(append(buf[:0], key...), acceptGUID...))
	return toBase64(sum[:])
}

// toBase64 returns b, which is short, in base64, with no allocation but that of the string.
func toBase64(b []byte) string {
	var buf [64]byte
	return string(base64.StdEncoding.AppendEncode(buf[:0], b))
}
