package mintws

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/mintws/mintws/internal/badbyte"
)

// chooseSubprotocol returns the subprotocol to speak, "" for none (RFC 6455 section 4.2.2, item 4, /subprotocol/).
func chooseSubprotocol(r *http.Request, opt AcceptOptions) (string, *HandshakeError) {
	offered, refusal := offeredSubprotocols(r)
	if refusal != nil || len(offered) == 0 {
		return "", refusal
	}
	if opt.Choose != nil {
		chosen := opt.Choose(slices.Clone(offered))
		// A subprotocol that was not offered makes the client fail the connection (section 4.1), so it is refused here.
		if chosen != "" && !slices.Contains(offered, chosen) {
			return "", refuse(http.StatusInternalServerError, ErrBadSubprotocol, "the server chose a subprotocol that was not offered")
		}
		return chosen, nil
	}
	for _, s := range opt.Subprotocols {
		if slices.Contains(offered, s) {
			return s, nil
		}
	}
	return "", nil
}

// offeredSubprotocols returns the elements of Sec-WebSocket-Protocol: at least one, all of them tokens, no two the same
// (RFC 6455 sections 4.1 item 10 and 4.3). Empty elements do not count (RFC 9110 section 5.6.1.2). The field may appear
// several times (section 11.3.4).
func offeredSubprotocols(r *http.Request) ([]string, *HandshakeError) {
	const name = "Sec-WebSocket-Protocol"
	values := r.Header.Values(name)
	if len(values) == 0 {
		return nil, nil
	}
	var offered []string
	seen := make(map[string]bool)
	for _, v := range values {
		for element := range strings.SplitSeq(v, ",") {
			element = strings.Trim(element, " \t")
			switch {
			case element == "":
				continue
			case badbyte.InToken(element) != "":
				return nil, refuse(http.StatusBadRequest, ErrBadRequest,
					name+": element "+strconv.Itoa(len(offered)+1)+" "+badbyte.InToken(element)+", want tokens")
			case seen[element]:
				return nil, refuse(http.StatusBadRequest, ErrBadRequest,
					name+": element "+strconv.Itoa(len(offered)+1)+" appears twice")
			}
			seen[element] = true
			offered = append(offered, element)
		}
	}
	if len(offered) == 0 {
		return nil, refuse(http.StatusBadRequest, ErrBadRequest, name+" is empty, want at least one token")
	}
	return offered, nil
}
