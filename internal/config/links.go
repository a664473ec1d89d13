package config

import (
	"net/netip"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// checkLinks refuses a rehearsal that is not on this machine.
func (c *Config) checkLinks() error {
	if c.LinkPreviews != "on" && c.LinkPreviews != "off" {
		return fault.New(fault.Invalid, "config_invalid", "link-previews is on or off, not %q.", c.LinkPreviews)
	}
	if c.LinkRehearsal == "" {
		return nil
	}
	a, err := netip.ParseAddrPort(c.LinkRehearsal)
	if err != nil || !a.Addr().IsLoopback() || a.Port() == 0 {
		return fault.New(fault.Invalid, "config_invalid", "link-rehearsal: %q is not an address on this machine such as 127.0.0.1:9000.", c.LinkRehearsal)
	}
	return nil
}

// LooksUpLinks reports whether creators may have links looked up.
func (c Config) LooksUpLinks() bool { return c.LinkPreviews == "on" }

// RehearsedLinks returns the address on this machine whose pages are looked up too;
// the zero value is none.
func (c Config) RehearsedLinks() netip.AddrPort {
	a, err := netip.ParseAddrPort(c.LinkRehearsal)
	if err != nil {
		return netip.AddrPort{}
	}
	return a
}
