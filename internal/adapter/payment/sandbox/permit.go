package sandbox

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Consent is the value of --sandbox-payments that lets the sandbox run where
// others can reach it.
const Consent = "I-know"

// Permit says whether the sandbox may start: on loopback always, elsewhere only
// with consent, because there anybody could subscribe without paying. listen is
// HOST:PORT; publicURL may be empty.
func Permit(listen, publicURL, consent string) error {
	if consent == Consent || (loopbackListen(listen) && loopbackURL(publicURL)) {
		return nil
	}
	return fault.New(fault.Denied, "sandbox_refused",
		"The sandbox takes no real money: whoever can reach this server could subscribe for nothing. "+
			"It starts by itself on a loopback address only. To run it here all the same, add --sandbox-payments=%s.", Consent)
}

func loopbackListen(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	return err == nil && loopbackHost(host)
}

func loopbackURL(public string) bool {
	if public == "" {
		return true
	}
	u, err := url.Parse(public)
	return err == nil && loopbackHost(u.Hostname())
}

// loopbackHost knows addresses, and the name that RFC 6761 keeps for loopback.
func loopbackHost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
