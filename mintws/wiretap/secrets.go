package wiretap

import "strings"

// hidden stands where a secret was.
const hidden = "…"

// secretParts are in the names of fields whose values let somebody in.
var secretParts = []string{"auth", "cookie", "token", "secret", "password", "passwd", "credential", "session", "signature", "api-key",
	"api_key", "apikey", "access-key", "access_key"}

// hide takes the secrets out of r.
func (r *Record) hide() {
	if first, last := strings.IndexByte(r.Start, ' '), strings.LastIndexByte(r.Start, ' '); r.From == FromClient && first < last {
		r.Start = r.Start[:first+1] + hideURL(r.Start[first+1:last]) + r.Start[last:]
	}
	for i := range r.Fields {
		f := &r.Fields[i]
		switch name := strings.ToLower(strings.Trim(f.Name, " \t")); name {
		case ":path", "location", "content-location", "referer", "refresh", "link":
			f.Value = hideURL(f.Value)
		case ":authority", ":status", ":method", ":scheme", ":protocol", "www-authenticate", "proxy-authenticate": // are for everybody
		case "sec-websocket-protocol":
			f.Value = hideTokens(f.Value)
		default:
			if secret(name) {
				f.Value = hidden
			}
		}
	}
}

// secret reports whether the value of a field with this name, in lower case, is one. What has no name may be anything.
func secret(name string) bool {
	for _, s := range secretParts {
		if strings.Contains(name, s) {
			return true
		}
	}
	return name == ""
}

// longest is what a subprotocol may have; pages that cannot send an Authorization send a token among the subprotocols.
const longest = 32

func hideTokens(s string) string {
	names := strings.Split(s, ",")
	for i, name := range names {
		if name = strings.TrimSpace(name); len(name) > longest || secret(strings.ToLower(name)) {
			names[i] = " " + hidden
		}
	}
	return strings.TrimPrefix(strings.Join(names, ","), " ")
}

// hideURL takes the userinfo and the values of the query out of a URL or the target of a request. Names are left, so that one can
// see what was sent.
func hideURL(s string) string {
	s, fragment, hasFragment := strings.Cut(s, "#")
	path, query, hasQuery := strings.Cut(s, "?")
	if before, after, ok := strings.Cut(path, "//"); ok {
		host, rest, _ := strings.Cut(after, "/")
		if at := strings.LastIndexByte(host, '@'); at >= 0 {
			path = strings.TrimSuffix(before+"//"+hidden+host[at:]+"/"+rest, "/")
		}
	}
	if hasQuery {
		parts := strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' })
		for i, p := range parts {
			if name, _, ok := strings.Cut(p, "="); ok {
				parts[i] = name + "=" + hidden
			} else {
				parts[i] = hidden // a token without a name
			}
		}
		path += "?" + strings.Join(parts, "&")
	}
	if hasFragment && fragment != "" {
		path += "#" + hidden
	}
	return path
}
