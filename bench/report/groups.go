package main

import (
	"cmp"
	"slices"
)

// titles say what the benchmark functions do, in the order in which they are shown. One that is not here goes by its own
// name, behind the others.
var titles = []struct{ group, title string }{
	{"Encode", "Encode one message as a client, into memory that is reused"},
	{"EncodeBatch", "Encode messages for one write"},
	{"EncodeFragments", "Encode a message in fragments"},
	{"EncodeNew", "Encode one message as a client, into new memory"},
	{"EncodeServer", "Encode one message as a server"},
	{"Key", "A masking key from crypto/rand"},
	{"Decode", "Decode one message as a client, that comes with one read"},
	{"DecodeBatch", "Decode messages that come with one read"},
	{"DecodeFragments", "Decode a message in fragments"},
	{"DecodeReads", "Decode a message that comes in several reads"},
	{"DecodeStream", "Decode a stream of messages that reads cut"},
	{"DecodeServer", "Decode one message as a server, that comes with one read"},
	{"Ratio", "Validation of text by itself, in the time of utf8.Valid"},
	{"PortableRatio", "The same in portable Go"},
	{"DecodeInPlace", "Decode one message that is in memory already, without a read"},
	{"RoundTrip", "Round trips over loopback, both ends on one core"},
	{"Pipelined", "Messages over loopback that nobody waits for, both ends on one core"},
	{"Handshake", "Handshakes over loopback, both ends on one core"},
	{"ConnTrip", "Package wsconn: round trips over loopback, both ends on one core"},
	{"ConnStream", "Package wsconn: messages of a server in bursts of 512 KiB, over loopback, both ends on one core"},
	{"Idle", "Idle client connections"},
	{"IdleState", "What the library alone holds of an idle WebSocket"},
	{"H2Message", "Messages of 128 B over HTTP/2, in memory"},
	{"H2Data", "DATA frames of 128 B by themselves, in memory"},
	{"H2Full", "Messages of 128 B over HTTP/2 while the connection's window is full, in memory"},
	{"H2Loopback", "Messages over HTTP/2 and loopback, both ends on one core"},
	{"H2Distance", "Messages over HTTP/2 and a distance, through a link of 50 MB/s"},
	{"DeflateEncode", "Encode JSON-like messages with permessage-deflate"},
	{"DeflateDecode", "Decode JSON-like messages with permessage-deflate"},
	{"DeflateIdle", "Idle connections with permessage-deflate"},
}

// title says what a benchmark function does.
func title(group string) string {
	if i := place(group); i < len(titles) {
		return titles[i].title
	}
	return group
}

// place is where a group is in titles, or behind them.
func place(group string) int {
	for i, t := range titles {
		if t.group == group {
			return i
		}
	}
	return len(titles)
}

// groups are the benchmark functions with their rows.
func (t *table) groups() (list [][]*row) {
	at := make(map[string]int)
	for _, r := range t.rows {
		i, ok := at[r.group]
		if !ok {
			i = len(list)
			at[r.group], list = i, append(list, nil)
		}
		list[i] = append(list[i], r)
	}
	slices.SortStableFunc(list, func(a, b []*row) int { return cmp.Compare(place(a[0].group), place(b[0].group)) })
	return list
}
