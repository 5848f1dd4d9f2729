// Package h2spec judges what the two programs of h2spec, the conformance test for HTTP/2, say about our client and about our
// server.
package h2spec

// Version is that of the programs. The number of cases belongs to it.
const Version = "v2.2.1+incompatible"

// How many cases there are for each side. A run with fewer was not completed.
const (
	ClientCases = 57
	ServerCases = 145
)
