module github.com/mintws/mintws/examples/eventloop

go 1.26.0

require (
	github.com/lesismal/nbio v1.6.8
	github.com/mintws/mintws v0.0.0
)

require (
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/mintws/mintws => ../../
