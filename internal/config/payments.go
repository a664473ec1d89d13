package config

import (
	"net"
	"net/url"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// StripeSecrets returns the secrets of Stripe's webhook: the one in use, and the
// one before it while it is being replaced.
func (c Config) StripeSecrets() []string {
	return strings.FieldsFunc(c.StripeWebhookSecret, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' })
}

// StripeLive reports whether real money moves.
func (c Config) StripeLive() bool { return strings.Contains(c.StripeKey, "_live_") }

// checkPayments refuses what could take no payment. No value of a secret is
// repeated.
func (c *Config) checkPayments() error {
	secrets := c.StripeSecrets()
	switch {
	case strings.HasPrefix(c.StripeKey, "pk_"):
		return fault.New(fault.Invalid, "config_invalid", "stripe-key: this is the publishable key. The server needs the secret one (sk_…) or a restricted one (rk_…).")
	case c.StripeKey != "" && !strings.HasPrefix(c.StripeKey, "sk_") && !strings.HasPrefix(c.StripeKey, "rk_"):
		return fault.New(fault.Invalid, "config_invalid", "stripe-key: a key of Stripe's begins with sk_ or rk_.")
	case len(secrets) > 2:
		return fault.New(fault.Invalid, "config_invalid", "stripe-webhook-secret: at most two, the one in use and the one before it, with a comma.")
	case c.StripeTax != "on" && c.StripeTax != "off":
		return fault.New(fault.Invalid, "config_invalid", "stripe-tax: the only values are on and off, not %q.", c.StripeTax)
	case c.StripeAPI != "" && !onThisMachine(c.StripeAPI):
		return fault.New(fault.Invalid, "config_invalid", "stripe-api: %q is not an address of this machine such as http://127.0.0.1:12111. Leave it empty for Stripe itself.", c.StripeAPI)
	}
	for _, s := range secrets {
		if !strings.HasPrefix(s, "whsec_") {
			return fault.New(fault.Invalid, "config_invalid", "stripe-webhook-secret: a webhook's secret begins with whsec_.")
		}
	}
	return nil
}

// onThisMachine reports an address to which a key can be sent without leaving
// the machine.
func onThisMachine(address string) bool {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || strings.Trim(u.Path, "/") != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return ip != nil && ip.IsLoopback()
}
