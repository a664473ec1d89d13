// Package config gathers the settings of one server.
//
// Owns: one struct with its defaults, and the three ways to set it: file,
// environment, flags, the later winning. Promises: the same setting has the
// same name everywhere (listen, SUBSPACE_LISTEN, --listen); an unknown key is
// refused with its line; everything is checked once, at the start. Does not do:
// settings of channels, which live in the database.
package config

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Config is every setting of a server.
type Config struct {
	Data       string // folder of everything the server keeps
	Listen     string // address of HTTP
	RTMPListen string // address of RTMP
	// RTMPSListen is the address of RTMPS, with the certificate of HTTPS; empty: none.
	RTMPSListen string
	RTCListen   string // address of WebRTC, UDP and TCP; 'off': none
	RTCAddress  string // see RTCAddresses; empty: those of this machine
	RTCViewers  int
	Database    string // empty: SQLite in the data folder
	NATS        string // empty: inside the process
	PublicURL   string // as browsers reach the server; empty: as they say
	TLSCert     string
	TLSKey      string

	ACME          string // 'I-agree': a certificate for PublicURL from an authority
	ACMEDirectory string // of the authority; empty: Let's Encrypt
	ACMERoot      string // file that certifies a private authority; empty: as the system says
	HTTPListen    string // plain HTTP, which sends everybody to PublicURL; empty: none

	Proxies string // networks whose forwarded headers count, with commas
	Node    string // this server's name among several; empty: made once and kept

	SMTPURL  string // mail server that takes letters; 'catch:' keeps them in memory; empty: no letters
	MailFrom string // whom letters come from

	MetricsToken        string // lets others than loopback read /metrics
	SandboxPayments     string // 'I-know' runs the sandbox beyond loopback
	SandboxPeriod       time.Duration
	SandboxDisputeAfter time.Duration
	SandboxLateAfter    time.Duration
	PaymentGrace        time.Duration
	OperatorShare       string
	PayoutHoldback      time.Duration
	PayoutInterval      string
	PayoutMinimum       string // see PayoutMinor; empty: as it says
	PayoutSince         string // a day, see PayoutFrom; empty: none
	SellerName          string
	SellerAddress       string
	SellerTaxID         string
	StripeKey           string // empty: no payments by Stripe
	StripeWebhookSecret string // see StripeSecrets; empty: kept in the data folder
	StripeTax           string // 'on' or 'off'
	Recordings          string // 'on' or 'off'
	StripeAPI           string // empty: where Stripe is
	Patrons             string // file that lists who pays elsewhere; empty: none
	LinkPreviews        string // 'on' or 'off', see LooksUpLinks
	LinkRehearsal       string // an address on this machine that is looked up too; see RehearsedLinks
	MessagePace         time.Duration
	MessageBurst        int
	ReadableRate        int
	LogLevel            string
	File                string // where settings were read from
	proxies             []netip.Prefix
	addresses           []netip.Addr
}

// setting describes one key.
type setting struct {
	name, usage string
	text        func(*Config) *string
	span        func(*Config) *time.Duration
	count       func(*Config) *int
}

// settings lists every key there is, in the order of the help text.
func settings() []setting {
	return []setting{
		{name: "data", usage: "folder of everything the server keeps", text: func(c *Config) *string { return &c.Data }},
		{name: "listen", usage: "address of HTTP", text: func(c *Config) *string { return &c.Listen }},
		{name: "rtmp-listen", usage: "address of RTMP, where OBS sends to", text: func(c *Config) *string { return &c.RTMPListen }},
		{name: "rtmps-listen", usage: "address of RTMPS, with the certificate of HTTPS; empty: none", text: func(c *Config) *string { return &c.RTMPSListen }},
		{name: "rtc-listen", usage: "address of WebRTC, UDP and TCP, where browsers send to and watch from; 'off' does without", text: func(c *Config) *string { return &c.RTCListen }},
		{name: "rtc-address", usage: "addresses (IP, with commas) at which others reach rtc-listen; empty: those of this machine", text: func(c *Config) *string { return &c.RTCAddress }},
		{name: "rtc-viewers", usage: "how many may watch by WebRTC at once; everybody else watches by HLS", count: func(c *Config) *int { return &c.RTCViewers }},
		{name: "database", usage: "postgres://… ; empty: SQLite in the data folder", text: func(c *Config) *string { return &c.Database }},
		{name: "nats", usage: "nats://… ; empty: inside the process", text: func(c *Config) *string { return &c.NATS }},
		{name: "public-url", usage: "address at which browsers reach the server", text: func(c *Config) *string { return &c.PublicURL }},
		{name: "tls-cert", usage: "certificate file (PEM)", text: func(c *Config) *string { return &c.TLSCert }},
		{name: "tls-key", usage: "key file (PEM)", text: func(c *Config) *string { return &c.TLSKey }},
		{name: "recordings", usage: "'off' keeps no live, whatever its creator wishes", text: func(c *Config) *string { return &c.Recordings }},
		{name: "acme", usage: "'I-agree' (to the authority's terms) gets a certificate for public-url and renews it", text: func(c *Config) *string { return &c.ACME }},
		{name: "acme-directory", usage: "address of the authority's directory (RFC 8555); empty: Let's Encrypt", text: func(c *Config) *string { return &c.ACMEDirectory }},
		{name: "acme-root", usage: "certificate file (PEM) that a private authority is known by", text: func(c *Config) *string { return &c.ACMERoot }},
		{name: "http-listen", usage: "address of plain HTTP, which leads to public-url; empty: none", text: func(c *Config) *string { return &c.HTTPListen }},
		{name: "proxies", usage: "networks whose forwarded headers count, e.g. 10.0.0.0/8", text: func(c *Config) *string { return &c.Proxies }},
		{name: "node", usage: "name of this server among several", text: func(c *Config) *string { return &c.Node }},
		{name: "smtp-url", usage: "mail server, smtp://user:password@host:587 or smtps://… ; 'catch:' shows letters to this machine instead", text: func(c *Config) *string { return &c.SMTPURL }},
		{name: "mail-from", usage: "whom letters come from: an address, or 'Name <address>'", text: func(c *Config) *string { return &c.MailFrom }},
		{name: "metrics-token", usage: "bearer token for /metrics from other machines", text: func(c *Config) *string { return &c.MetricsToken }},
		{name: "sandbox-payments", usage: "'I-know' runs rehearsal payments beyond this machine", text: func(c *Config) *string { return &c.SandboxPayments }},
		{name: "sandbox-period", usage: "length of a month in the sandbox; 0: a calendar month", span: func(c *Config) *time.Duration { return &c.SandboxPeriod }},
		{name: "sandbox-dispute-after", usage: "how long after it paid a card of the sandbox is disputed, and how long the dispute lasts", span: func(c *Config) *time.Duration { return &c.SandboxDisputeAfter }},
		{name: "sandbox-late-after", usage: "how long the money of the sandbox's late card is on its way", span: func(c *Config) *time.Duration { return &c.SandboxLateAfter }},
		{name: "operator-share", usage: "percent of a sale without its tax that the operator keeps; the creator has the rest", text: func(c *Config) *string { return &c.OperatorShare }},
		{name: "payout-interval", usage: "how often creators are paid their share at most: daily, weekly, monthly; off pays nobody", text: func(c *Config) *string { return &c.PayoutInterval }},
		{name: "payout-holdback", usage: "how long the share of a sale is held back before it is paid out; at most 2160h", span: func(c *Config) *time.Duration { return &c.PayoutHoldback }},
		{name: "payout-minimum", usage: "the least that is paid out, such as 'EUR 25, USD 30'; other currencies: 10", text: func(c *Config) *string { return &c.PayoutMinimum }},
		{name: "payout-since", usage: "day (2026-01-31) from which on sales in real money are paid out; empty: since the first start with a live key", text: func(c *Config) *string { return &c.PayoutSince }},
		{name: "seller-name", usage: "who sells, as it stands on invoices", text: func(c *Config) *string { return &c.SellerName }},
		{name: "seller-address", usage: "the seller's address on invoices", text: func(c *Config) *string { return &c.SellerAddress }},
		{name: "seller-tax-id", usage: "the seller's tax number on invoices", text: func(c *Config) *string { return &c.SellerTaxID }},
		{name: "patrons", usage: "file (CSV) that lists who pays elsewhere; docs/payments.md explains it", text: func(c *Config) *string { return &c.Patrons }},
		{name: "payment-grace", usage: "how long a right outlives a period that should be renewed; at most 336h", span: func(c *Config) *time.Duration { return &c.PaymentGrace }},
		{name: "stripe-key", usage: "secret key (sk_…, rk_…) of a Stripe account that takes the payments; better in the file or the environment than as a flag", text: func(c *Config) *string { return &c.StripeKey }},
		{name: "stripe-webhook-secret", usage: "secret (whsec_…) of the webhook at Stripe, and with a comma the one before; empty: as 'subspace stripe setup' kept it", text: func(c *Config) *string { return &c.StripeWebhookSecret }},
		{name: "stripe-tax", usage: "'on' lets Stripe Tax reckon the tax contained in prices", text: func(c *Config) *string { return &c.StripeTax }},
		{name: "stripe-api", usage: "address on this machine of a Stripe to rehearse with; empty: Stripe itself", text: func(c *Config) *string { return &c.StripeAPI }},
		{name: "link-previews", usage: "'off' forbids creators to have links in messages looked up by the server", text: func(c *Config) *string { return &c.LinkPreviews }},
		{name: "link-rehearsal", usage: "address on this machine, such as 127.0.0.1:9000, whose pages are looked up too, to rehearse with; empty: public ones only", text: func(c *Config) *string { return &c.LinkRehearsal }},
		{name: "message-pace", usage: "how often one person may write in a channel, in the long run", span: func(c *Config) *time.Duration { return &c.MessagePace }},
		{name: "message-burst", usage: "messages one person may write at once", count: func(c *Config) *int { return &c.MessageBurst }},
		{name: "readable-rate", usage: "messages a second a public room shows; of more, a fair sample", count: func(c *Config) *int { return &c.ReadableRate }},
		{name: "log-level", usage: "debug, info, warn or error", text: func(c *Config) *string { return &c.LogLevel }},
	}
}

// Default returns the settings of a server that nobody configured.
func Default() Config {
	return Config{
		Data: "./data", Listen: "127.0.0.1:8080", RTMPListen: "127.0.0.1:1935", RTCListen: "127.0.0.1:8189", RTCViewers: 200,
		ACME: "off", Recordings: "on", StripeTax: "off", SandboxDisputeAfter: time.Minute, SandboxLateAfter: 10 * time.Second, PaymentGrace: 72 * time.Hour, OperatorShare: "0",
		PayoutInterval: "weekly", PayoutHoldback: 14 * 24 * time.Hour,
		LinkPreviews: "on", MessagePace: time.Second, MessageBurst: 8, ReadableRate: 40, LogLevel: "info",
	}
}

// Load reads file, environment and the arguments of 'subspace serve', in this
// order, and checks the result. environ returns the value of a variable and
// whether it is set; readFile the bytes of a file. help is where usage is printed.
func Load(args []string, environ func(string) (string, bool), readFile func(string) ([]byte, error), help io.Writer) (Config, error) {
	c, _, err := Serve().Load(args, environ, readFile, help)
	return c, err
}

// load sets what file, environment and the given flags say, and checks it.
func (c *Config) load(given map[string]string, environ func(string) (string, bool), readFile func(string) ([]byte, error)) error {
	file, named := given["config"]
	if v, ok := environ("SUBSPACE_CONFIG"); ok && !named {
		file = v
	}
	if c.File = file; file != "" {
		text, err := readFile(file)
		if err != nil {
			return fault.New(fault.Invalid, "config_unreadable", "The settings file %q cannot be read.", file).Because(err)
		}
		if err := c.parseFile(string(text)); err != nil {
			return err
		}
	}
	for _, s := range settings() {
		if v, ok := environ(variable(s.name)); ok {
			if err := c.set(s, v, "the environment variable "+variable(s.name)); err != nil {
				return err
			}
		}
		if v, ok := given[s.name]; ok {
			if err := c.set(s, v, "--"+s.name); err != nil {
				return err
			}
		}
	}
	return c.check()
}

// defaultOf names the default of a setting in the help text.
func defaultOf(s setting) string {
	c := Default()
	switch {
	case s.text != nil && *s.text(&c) != "":
		return "; default " + *s.text(&c)
	case s.count != nil:
		return "; default " + strconv.Itoa(*s.count(&c))
	case s.span != nil && *s.span(&c) != 0:
		return "; default " + s.span(&c).String()
	}
	return ""
}

func variable(name string) string {
	return "SUBSPACE_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// parseFile reads lines of 'name = value'. # begins a comment.
func (c *Config) parseFile(text string) error {
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		where := fmt.Sprintf("%s line %d", c.File, i+1)
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return fault.New(fault.Invalid, "config_invalid", "%s: %q is not of the form 'name = value'.", where, line)
		}
		name, value = strings.TrimSpace(name), strings.Trim(strings.TrimSpace(value), `"`)
		s, known := find(name)
		if !known {
			return fault.New(fault.Invalid, "config_key_unknown", "%s: there is no setting %q.%s", where, name, suggestion(name))
		}
		if err := c.set(s, value, where); err != nil {
			return err
		}
	}
	return nil
}

func find(name string) (setting, bool) {
	for _, s := range settings() {
		if s.name == name {
			return s, true
		}
	}
	return setting{}, false
}

// suggestion names the setting that an unknown one was probably meant to be.
func suggestion(name string) string {
	name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	for _, s := range settings() {
		if s.name == name || strings.HasPrefix(s.name, name) || strings.HasPrefix(name, s.name) {
			return " Did you mean " + s.name + "?"
		}
	}
	return ""
}

func (c *Config) set(s setting, value, where string) error {
	if s.text != nil {
		*s.text(c) = value
		return nil
	}
	if s.count != nil {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return fault.New(fault.Invalid, "config_invalid", "%s: %s is a whole number from 1 on, not %q.", where, s.name, value)
		}
		*s.count(c) = n
		return nil
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		return fault.New(fault.Invalid, "config_invalid", "%s: %s is a length of time such as 72h or 30s, not %q.", where, s.name, value)
	}
	*s.span(c) = d
	return nil
}

// check refuses what cannot work, before anything is opened.
func (c *Config) check() error {
	for name, addr := range map[string]string{"listen": c.Listen, "rtmp-listen": c.RTMPListen} {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return fault.New(fault.Invalid, "config_invalid", "%s: %q is not an address such as 127.0.0.1:8080.", name, addr)
		}
	}
	if err := c.checkRTC(); err != nil {
		return err
	}
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return fault.New(fault.Invalid, "config_invalid", "public-url: %q is not an address such as https://live.example.org.", c.PublicURL)
		}
		c.PublicURL = u.Scheme + "://" + u.Host
	}
	if err := c.checkCertificates(); err != nil {
		return err
	}
	if err := c.checkPayments(); err != nil {
		return err
	}
	if err := c.checkPayouts(); err != nil {
		return err
	}
	for _, p := range strings.FieldsFunc(c.Proxies, func(r rune) bool { return r == ',' || r == ' ' }) {
		prefix, err := netip.ParsePrefix(p)
		if err != nil {
			return fault.New(fault.Invalid, "config_invalid", "proxies: %q is not a network such as 10.0.0.0/8.", p)
		}
		c.proxies = append(c.proxies, prefix)
	}
	if err := c.checkLetters(); err != nil {
		return err
	}
	if c.Recordings != "on" && c.Recordings != "off" {
		return fault.New(fault.Invalid, "config_invalid", "recordings: on or off, not %q.", c.Recordings)
	}
	if err := c.checkLinks(); err != nil {
		return err
	}
	if c.SandboxPayments != "" && c.SandboxPayments != "I-know" {
		return fault.New(fault.Invalid, "config_invalid", "sandbox-payments: the only value is I-know, not %q.", c.SandboxPayments)
	}
	if c.PaymentGrace > graceMax {
		return fault.New(fault.Invalid, "config_invalid", "payment-grace: at most 336h, fourteen days, not %s.", c.PaymentGrace)
	}
	if _, err := basisPoints(c.OperatorShare); err != nil {
		return fault.New(fault.Invalid, "config_invalid", "operator-share: %q is not a percentage from 0 to 100 such as 12.5.", c.OperatorShare)
	}
	if c.MessagePace <= 0 {
		return fault.New(fault.Invalid, "config_invalid", "message-pace: a person must wait between messages, however shortly: 1s, 200ms.")
	}
	switch c.LogLevel {
	case "debug", "info", "warn", "error":
	default:
		return fault.New(fault.Invalid, "config_invalid", "log-level: %q is none of debug, info, warn, error.", c.LogLevel)
	}
	return nil
}

// graceMax is the longest grace: who has not paid for a fortnight does not pay.
const graceMax = 14 * 24 * time.Hour

// OperatorBasisPoints is what the operator keeps of a sale, in hundredths of a percent.
func (c Config) OperatorBasisPoints() int64 {
	n, err := basisPoints(c.OperatorShare)
	if err != nil {
		return 0 // check has refused it
	}
	return n
}

// basisPoints reads a percentage with at most two digits behind the point.
func basisPoints(percent string) (int64, error) {
	n, ok := minor(percent, 2)
	if !ok || n > 10_000 {
		return 0, fmt.Errorf("%q is no percentage", percent)
	}
	return n, nil
}

// TrustedProxies returns the networks whose forwarded headers count.
func (c Config) TrustedProxies() []netip.Prefix { return c.proxies }

// DatabaseURL returns where the data is kept.
func (c Config) DatabaseURL() string {
	if c.Database != "" {
		return c.Database
	}
	return "sqlite:" + filepath.Join(c.Data, "subspace.db")
}
