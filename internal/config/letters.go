package config

import (
	"net"
	"net/netip"
	"net/url"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Catch is the value of smtp-url that keeps letters in memory.
const Catch = "catch:"

// checkLetters refuses what would send letters that lead nowhere, and a catcher
// that strangers could read. What smtp-url itself is worth the carrier says.
func (c *Config) checkLetters() error {
	switch {
	case c.SMTPURL == "":
		return nil
	case c.SMTPURL == Catch && !c.Alone():
		return fault.New(fault.Invalid, "config_invalid",
			"smtp-url: catch: shows everybody's letters to this machine. It needs a listen and a public-url of this machine, and no proxies.")
	case c.SMTPURL == Catch:
		return nil
	case c.MailFrom == "":
		return fault.New(fault.Invalid, "config_invalid", "smtp-url needs mail-from: whom letters come from.")
	case c.PublicURL == "" && !loopback(c.Listen):
		return fault.New(fault.Invalid, "config_invalid", "smtp-url needs public-url: the links in letters lead there.")
	}
	return nil
}

// Alone reports a server that only this machine can reach.
func (c Config) Alone() bool {
	if len(c.proxies) > 0 || !loopback(c.Listen) {
		return false
	}
	u, err := url.Parse(c.PublicURL)
	return c.PublicURL == "" || (err == nil && loopbackName(u.Hostname()))
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && loopbackName(host)
}

func loopbackName(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && a.Unmap().IsLoopback())
}
