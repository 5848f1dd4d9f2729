package mintws

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/mintws/mintws/internal/badbyte"
)

// Params is one element of a Sec-WebSocket-Extensions field (RFC 6455 section 9.1): the name of an extension and its
// parameters.
type Params struct {
	Name   string  // of the extension, a token
	Params []Param // its parameters, in order
}

// Param is one parameter.
type Param struct {
	Name  string // a token
	Value string // a token, or "" if it has none
}

// String returns p as it stands in the field.
func (p Params) String() string {
	var b strings.Builder
	b.WriteString(p.Name)
	for _, x := range p.Params {
		b.WriteString("; ")
		b.WriteString(x.Name)
		if x.Value != "" {
			b.WriteString("=")
			b.WriteString(x.Value)
		}
	}
	return b.String()
}

// check reports what in p could not stand in the field, where everything is a token (RFC 6455 section 9.1).
func (p Params) check() error {
	if fault := badbyte.InToken(p.Name); fault != "" {
		return fmt.Errorf("the name of an extension %s, want a token", fault)
	}
	for _, x := range p.Params {
		if fault := badbyte.InToken(x.Name); fault != "" {
			return fmt.Errorf("the name of a parameter of %s %s, want a token", p.Name, fault)
		}
		if fault := badbyte.InToken(x.Value); fault != "" && x.Value != "" {
			return fmt.Errorf("the value of parameter %s of %s %s, want a token", x.Name, p.Name, fault)
		}
	}
	return nil
}

// isToken reports whether s is a token of RFC 9110 section 5.6.2, which is what a field's name is too.
func isToken(s string) bool { return httpguts.ValidHeaderFieldName(s) }

// parseExtensions parses the values of Sec-WebSocket-Extensions, which may appear several times (RFC 6455 section 9.1):
//
//	extension-list  = 1#( token *( ";" extension-param ) )
//	extension-param = token [ "=" ( token | quoted-string ) ]
//
// What a quoted string holds must be a token as well.
func parseExtensions(values []string) ([]Params, error) {
	var list []Params
	for _, v := range values {
		p := fieldParser{rest: v}
		for p.skip(); p.rest != ""; p.skip() {
			if p.take(',') { // RFC 9110 section 5.6.1: empty elements do not count
				continue
			}
			e, err := p.extension()
			if err != nil {
				return nil, fmt.Errorf("%w, at %s", err, quote(p.rest))
			}
			list = append(list, e)
			if p.skip(); p.rest != "" && !p.take(',') {
				return nil, fmt.Errorf("want a comma, at %s", quote(p.rest))
			}
		}
	}
	if len(values) > 0 && len(list) == 0 {
		return nil, errors.New("no extension is named")
	}
	return list, nil
}

// fieldParser parses a field's value from left to right.
type fieldParser struct{ rest string }

func (p *fieldParser) skip() { p.rest = strings.TrimLeft(p.rest, " \t") }

func (p *fieldParser) take(b byte) bool {
	if p.rest == "" || p.rest[0] != b {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *fieldParser) extension() (e Params, err error) {
	if e.Name, err = p.token(); err != nil {
		return e, err
	}
	for p.skip(); p.take(';'); p.skip() {
		var x Param
		p.skip()
		if x.Name, err = p.token(); err != nil {
			return e, err
		}
		p.skip()
		if p.take('=') {
			p.skip()
			if x.Value, err = p.value(); err != nil {
				return e, err
			}
		}
		e.Params = append(e.Params, x)
	}
	return e, nil
}

func (p *fieldParser) token() (string, error) {
	n := 0
	for n < len(p.rest) && httpguts.IsTokenRune(rune(p.rest[n])) {
		n++
	}
	if n == 0 {
		return "", errors.New("want a token")
	}
	t := p.rest[:n]
	p.rest = p.rest[n:]
	return t, nil
}

// value parses a token, or a quoted string that holds one (RFC 9110 section 5.6.4).
func (p *fieldParser) value() (string, error) {
	if !p.take('"') {
		return p.token()
	}
	var b strings.Builder
	for p.rest != "" {
		c := p.rest[0]
		p.rest = p.rest[1:]
		switch {
		case c == '"':
			if !isToken(b.String()) {
				return "", fmt.Errorf("quoted string holds %s, want a token", quote(b.String()))
			}
			return b.String(), nil
		case c == '\\' && p.rest != "":
			c = p.rest[0]
			p.rest = p.rest[1:]
		}
		b.WriteByte(c)
	}
	return "", errors.New("quoted string that does not end")
}
