package mintws_test

import (
	"fmt"
	"strings"

	"github.com/mintws/mintws/mintws"
)

// One message for many WebSockets: it is validated once, and compressed once for all that agreed to the same.
func ExamplePrepare() {
	deflate, err := mintws.NewDeflate(mintws.DeflateOptions{})
	if err != nil {
		panic(err)
	}
	_, compressing, ok := deflate.Answer(deflate.Offers()[0]) // in a program Accept does this
	if !ok {
		panic("not agreed")
	}
	members := make([]mintws.WebSocket, 3)
	for i := range members {
		opt := mintws.Options{}
		if i > 0 { // the first of them does not compress
			opt.Transforms = []mintws.Transform{compressing}
		}
		if members[i], err = mintws.NewWebSocket(mintws.Server, opt); err != nil {
			panic(err)
		}
	}
	news, err := mintws.Prepare(mintws.Text(strings.Repeat("the same news for all of you. ", 20)))
	if err != nil {
		panic(err)
	}
	for i, ws := range members {
		next, send, err := ws.AppendPrepared(nil, news)
		if err != nil {
			panic(err)
		}
		members[i] = next // and write send
		fmt.Println(len(send) < 60, len(send) > 600)
	}
	// Output:
	// false true
	// true false
	// true false
}
