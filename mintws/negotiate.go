package mintws

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// offerExtensions returns the value of Sec-WebSocket-Extensions in a request, "" for none (RFC 6455 section 9.1).
func offerExtensions(list []Extension) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	var offers []string
	seen := map[string]bool{}
	if err := checkEntries(list); err != nil {
		return "", err
	}
	for _, e := range list {
		name := ""
		for _, p := range e.Offers() {
			if err := p.check(); err != nil {
				return "", fmt.Errorf("%w: Extensions: %w", ErrInvalidOptions, err)
			}
			if name == "" && seen[p.Name] || name != "" && name != p.Name {
				return "", fmt.Errorf("%w: Extensions: %s is offered by two of them", ErrInvalidOptions, p.Name)
			}
			name = p.Name
			seen[name] = true
			offers = append(offers, p.String())
		}
	}
	return strings.Join(offers, ", "), nil
}

// agree takes what the server chose from our offers (RFC 6455 sections 4.1, item 5, and 9.1). Frames that are sent pass
// through the extensions in the server's order.
func (c *config) agree(values []string) error {
	answers, err := parseExtensions(values)
	if err != nil {
		return err
	}
	for _, a := range answers {
		e := extensionNamed(c.asked, a.Name)
		if e == nil {
			return fmt.Errorf("%s was not offered", a)
		}
		if c.negotiated(a.Name) {
			return fmt.Errorf("%s appears twice", a.Name)
		}
		t, err := e.Check(a)
		if err == nil {
			err = c.add(a, t)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", a, err)
		}
	}
	return nil
}

// choose answers the offers of a client, in the client's order (RFC 6455 section 9.1). It leaves out what cannot be used.
// The first extension that agrees to an offer wins.
func (c *config) choose(list []Extension, offers []Params) {
	for _, o := range offers {
		for _, e := range list {
			if c.negotiated(o.Name) {
				break
			}
			if a, t, ok := e.Answer(o); ok && a.Name == o.Name && a.check() == nil {
				_ = c.add(a, t) // what cannot be added is declined
			}
		}
	}
}

// add makes t the next transform, unless it shares a reserved bit with an earlier one.
func (c *config) add(p Params, t Transform) error {
	if t == nil {
		return errors.New("Transform is nil")
	}
	rsv := t.RSV()
	if byte(rsv)&^bitsRSV != 0 {
		return fmt.Errorf("0x%02x are not reserved bits", byte(rsv))
	}
	if rsv&c.rsv != 0 {
		return fmt.Errorf("another extension uses some of the reserved bits 0x%02x", byte(rsv))
	}
	c.rsv |= rsv
	c.always = c.always || rsv == 0
	c.transforms = append(c.transforms, t)
	c.extensions = append(c.extensions, p.String())
	return nil
}

// checkEntries reports which extension is nil.
func checkEntries(list []Extension) error {
	for i, e := range list {
		if e == nil {
			return fmt.Errorf("%w: Extensions: entry %d is nil", ErrInvalidOptions, i)
		}
	}
	return nil
}

func (c *config) negotiated(name string) bool {
	for _, e := range c.extensions {
		if have, _, _ := strings.Cut(e, ";"); have == name {
			return true
		}
	}
	return false
}

// extensionNamed returns the extension that offers the given name.
func extensionNamed(list []Extension, name string) Extension {
	for _, e := range list {
		for _, p := range e.Offers() {
			if p.Name == name {
				return e
			}
		}
	}
	return nil
}

// offeredExtensions parses a request's offers.
func offeredExtensions(r *http.Request) ([]Params, *HandshakeError) {
	const name = "Sec-WebSocket-Extensions"
	offers, err := parseExtensions(r.Header.Values(name))
	if err != nil { // RFC 6455 section 9.1: what does not conform fails the handshake
		return nil, refuse(http.StatusBadRequest, ErrBadRequest, holds(r.Header, name)+": "+err.Error())
	}
	return offers, nil
}
