package wstest

import (
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2/hpack"
)

// connectionFields have no meaning on HTTP/2 (RFC 9113 section 8.2.2).
var connectionFields = []string{"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}

// wellFormed reports whether fields are those of a request (RFC 9113 sections 8.2 and 8.3, and RFC 8441 section 4 for :protocol).
func wellFormed(fields []hpack.HeaderField) bool {
	pseudo := map[string]string{}
	regular := false
	for _, f := range fields {
		if !httpguts.ValidHeaderFieldValue(f.Value) {
			return false
		}
		if strings.HasPrefix(f.Name, ":") {
			_, again := pseudo[f.Name]
			known := slices.Contains([]string{":method", ":scheme", ":authority", ":path", ":protocol"}, f.Name)
			if again || !known || regular { // section 8.3: once each, and before all others
				return false
			}
			pseudo[f.Name] = f.Value
			continue
		}
		regular = true
		switch {
		case !httpguts.ValidHeaderFieldName(f.Name), strings.ToLower(f.Name) != f.Name, slices.Contains(connectionFields, f.Name),
			f.Name == "te" && f.Value != "trailers":
			return false
		}
	}
	protocol := pseudo[":protocol"] != ""
	switch {
	case pseudo[":method"] == "", protocol && pseudo[":method"] != "CONNECT":
		return false
	case pseudo[":method"] == "CONNECT" && !protocol: // section 8.5: no scheme, no path
		return pseudo[":scheme"] == "" && pseudo[":path"] == ""
	}
	return pseudo[":scheme"] != "" && pseudo[":path"] != ""
}
