package site

import (
	"net/netip"
	"syscall"
)

// control is asked before each connection, with the address that is dialled: after
// names were resolved, and at every redirect anew.
func (f *Fetcher) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return errPrivate
	}
	if f.Permit.IsValid() && netip.AddrPortFrom(to.Addr().Unmap(), to.Port()) == f.Permit {
		return nil
	}
	if (to.Port() != 80 && to.Port() != 443) || !public(to.Addr()) {
		return errPrivate
	}
	return nil
}

// public reports an address that anybody in the world may ask: by the registries of
// special addresses (RFC 6890 and what came after it), and nothing that stands for
// another address but the translation to IPv4 of networks that have none (RFC 6052),
// which is what it leads to.
func public(a netip.Addr) bool {
	if a.Zone() != "" {
		return false
	}
	if a = a.Unmap(); a.Is4() {
		return !within(a, special4())
	}
	if netip.MustParsePrefix("64:ff9b::/96").Contains(a) {
		b := a.As16()
		return public(netip.AddrFrom4([4]byte(b[12:])))
	}
	return netip.MustParsePrefix("2000::/3").Contains(a) && !within(a, special6())
}

func within(a netip.Addr, networks []string) bool {
	for _, n := range networks {
		if netip.MustParsePrefix(n).Contains(a) {
			return true
		}
	}
	return false
}

func special4() []string {
	return []string{
		"0.0.0.0/8",       // this network
		"10.0.0.0/8",      // private
		"100.64.0.0/10",   // behind a carrier's translation
		"127.0.0.0/8",     // this machine
		"169.254.0.0/16",  // this link, where clouds keep their keys
		"172.16.0.0/12",   // private
		"192.0.0.0/24",    // protocols
		"192.0.2.0/24",    // documentation
		"192.88.99.0/24",  // relays to IPv6
		"192.168.0.0/16",  // private
		"198.18.0.0/15",   // measuring
		"198.51.100.0/24", // documentation
		"203.0.113.0/24",  // documentation
		"224.0.0.0/4",     // many at once
		"240.0.0.0/4",     // reserved, and everybody at once
	}
}

// special6 lists what of 2000::/3 is not public; outside of it nothing is.
func special6() []string {
	return []string{
		"2001::/23",     // protocols, among them addresses that hold another (Teredo)
		"2001:db8::/32", // documentation
		"2002::/16",     // addresses that hold one of IPv4 (6to4)
		"3fff::/20",     // documentation
	}
}
