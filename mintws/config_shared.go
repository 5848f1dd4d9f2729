package mintws

import "github.com/mintws/mintws/httpconn"

// defaultConfigs are the configurations of open endpoints that have the default Options, but for Delivery, and negotiated nothing.
// They are never written. Most WebSockets of a program point to the same one, instead of to 192 bytes of their own.
var defaultConfigs = func() (all [Server + 1][httpconn.HTTP2 + 1][DeliverPayload + 1]config) {
	for role := range all {
		for version := range all[role] {
			for delivery := range all[role][version] {
				cfg, err := newConfig(Role(role), Options{Delivery: Delivery(delivery)})
				if err != nil {
					panic(err) // every Delivery is a valid one
				}
				cfg.version = httpconn.Version(version)
				all[role][version][delivery] = *cfg
			}
		}
	}
	return all
}()

// shared returns a configuration that is the same as c and that others point to as well, or else a copy of c. That is one of
// defaultConfigs, or the first one that was made with the same Transform, if that is permessage-deflate and the only
// Transform. c must hold nothing that counts only while Connecting.
func (c *config) shared() *config {
	if p := &defaultConfigs[c.role][c.version][c.delivery]; c.rand == nil && c.equal(p) {
		return p
	}
	kept := new(config)
	*kept = *c
	if len(c.transforms) == 1 && c.rand == nil {
		if t, ok := c.transforms[0].(*deflateTransform); ok {
			slot := &t.configs[c.role][c.version]
			slot.CompareAndSwap(nil, kept)
			if p := slot.Load(); kept.equal(p) {
				return p
			}
		}
	}
	return kept
}
