package config

import (
	"net"
	"net/url"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// agreed is the value of acme that consents to the authority's terms.
const agreed = "I-agree"

// Agreed reports whether the server gets a certificate from an authority.
func (c Config) Agreed() bool { return c.ACME == agreed }

// PublicName is the host name of the public address, without a port.
func (c Config) PublicName() string {
	u, err := url.Parse(c.PublicURL)
	if err != nil {
		return "" // check has refused it
	}
	return strings.ToLower(u.Hostname())
}

// checkCertificates refuses what cannot lead to HTTPS.
func (c *Config) checkCertificates() error {
	https := strings.HasPrefix(c.PublicURL, "https://")
	_, _, badAddress := net.SplitHostPort(c.HTTPListen)
	_, _, badRTMPS := net.SplitHostPort(c.RTMPSListen)
	directory, badURL := url.Parse(c.ACMEDirectory)
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return fault.New(fault.Invalid, "config_invalid", "tls-cert and tls-key go together.")
	case c.RTMPSListen != "" && badRTMPS != nil:
		return fault.New(fault.Invalid, "config_invalid", "rtmps-listen: %q is not an address such as 0.0.0.0:1936.", c.RTMPSListen)
	case c.RTMPSListen != "" && c.TLSCert == "" && !c.Agreed():
		return fault.New(fault.Invalid, "config_invalid", "rtmps-listen needs a certificate: set tls-cert and tls-key, or acme.")
	case c.HTTPListen != "" && badAddress != nil:
		return fault.New(fault.Invalid, "config_invalid", "http-listen: %q is not an address such as 0.0.0.0:80.", c.HTTPListen)
	case c.HTTPListen != "" && !https:
		return fault.New(fault.Invalid, "config_invalid", "http-listen leads to public-url, which must begin with https://.")
	case c.ACMEDirectory != "" && (badURL != nil || directory.Scheme != "https" || directory.Host == ""):
		return fault.New(fault.Invalid, "config_invalid", "acme-directory: %q is not an address that begins with https://.", c.ACMEDirectory)
	case c.ACME == "" || c.ACME == "off":
		return nil
	case c.ACME != agreed:
		return fault.New(fault.Invalid, "config_invalid", "acme: the only values are off and %s, not %q.", agreed, c.ACME)
	case c.TLSCert != "":
		return fault.New(fault.Invalid, "config_invalid", "acme and tls-cert exclude each other: a certificate comes from an authority or from files.")
	case !https:
		return fault.New(fault.Invalid, "config_invalid", "acme needs a public-url that begins with https://: the certificate is for its name.")
	case !certifiable(c.PublicName()):
		return fault.New(fault.Invalid, "config_invalid",
			"acme: no certificate can be had for %q. public-url needs a host name in plain letters; others are written in their form that begins with xn--.", c.PublicName())
	}
	return nil
}

// certifiable reports whether an authority can certify the name: a host name in
// the form that DNS knows, and no address.
func certifiable(name string) bool {
	if net.ParseIP(name) != nil {
		return false
	}
	plain := func(r rune) bool {
		return r == '.' || r == '-' || (r >= '0' && r <= '9') || (r >= 'a' && r <= 'z')
	}
	return strings.IndexFunc(name, func(r rune) bool { return !plain(r) }) < 0
}
