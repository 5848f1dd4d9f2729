package main

import "github.com/mintws/mintws/mintws"

// options returns how each WebSocket is opened. Answers are the driver's to send, because their order counts: what came
// before a Close is echoed before the Close is answered.
func options() (mintws.Options, error) {
	deflate, err := mintws.NewDeflate(mintws.DeflateOptions{})
	return mintws.Options{ManualReply: true, Extensions: []mintws.Extension{hinting{deflate}}}, err
}

// hinting is permessage-deflate with one more offer, which hints that client_no_context_takeover may be asked for (RFC
// 7692 section 7.1.1.2). A server may ask without that, but the suite's does not.
type hinting struct{ mintws.Extension }

// Offers returns the extension's own offers and then the hint.
func (h hinting) Offers() []mintws.Params {
	offers := h.Extension.Offers()
	for _, o := range offers {
		o.Params = append([]mintws.Param{{Name: "client_no_context_takeover"}}, o.Params...)
		offers = append(offers, o)
	}
	return offers
}
