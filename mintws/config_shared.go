package mintws

import "github.com/mintws/mintws/httpconn"

// plain are the configurations of open endpoints with the default Options, of which nothing was negotiated. Nobody writes
// them, and most WebSockets of a program point to the same one, instead of 256 bytes of their own.
var plain = func() (all [Server + 1][httpconn.HTTP2 + 1]config) {
	for role := range all {
		for version := range all[role] {
			cfg, err := newConfig(Role(role), Options{})
			if err != nil {
				panic(err) // the zero Options is the default
			}
			cfg.version = httpconn.Version(version)
			all[role][version] = *cfg
		}
	}
	return all
}()

// shared returns the plain configuration that is the same as c, or else c. Nothing of what counts only while Connecting may
// be left in c.
func (c *config) shared() *config {
	if p := &plain[c.role][c.version]; c.rand == nil && c.equal(p) {
		return p
	}
	return c
}
