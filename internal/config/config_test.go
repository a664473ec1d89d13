package config_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/config"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// load reads settings from a file's text, an environment and arguments.
func load(file string, env map[string]string, args ...string) (config.Config, error) {
	if file != "" {
		args = append([]string{"--config", "subspace.conf"}, args...)
	}
	return config.Load(args,
		func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		func(name string) ([]byte, error) {
			if name != "subspace.conf" {
				return nil, os.ErrNotExist
			}
			return []byte(file), nil
		}, &bytes.Buffer{})
}

// every is a value for each setting there is.
func every() map[string]string {
	return map[string]string{
		"data": "/srv/subspace", "listen": "0.0.0.0:9000", "rtmp-listen": "[::1]:1936", "rtmps-listen": "[::1]:1937", "rtc-listen": "[::1]:8190", "rtc-address": "192.0.2.7, 2001:db8::7", "rtc-viewers": "50", "database": "postgres://db/x", "nats": "nats://n:4222",
		"acme": "off", "acme-directory": "https://ca.example.org/directory", "acme-root": "root.pem", "http-listen": "0.0.0.0:80",
		"public-url": "https://live.example.org", "tls-cert": "c.pem", "tls-key": "k.pem", "proxies": "10.0.0.0/8,192.168.0.0/16",
		"node": "a", "metrics-token": "secret", "sandbox-payments": "I-know", "sandbox-period": "90s", "sandbox-dispute-after": "5s", "sandbox-late-after": "3s",
		"payment-grace": "1h0m0s", "operator-share": "12.5", "payout-interval": "monthly", "payout-holdback": "24h0m0s", "payout-minimum": "EUR 25", "payout-since": "2026-01-31", "patrons": "patrons.csv", "seller-name": "Atelier SARL", "seller-address": "1 rue de la Paix, 75002 Paris", "seller-tax-id": "FR00123456789", "log-level": "debug",
		"smtp-url": "smtps://mail.example.org", "mail-from": "Studio <hello@example.org>",
		"stripe-key": "sk_test_1", "stripe-webhook-secret": "whsec_1,whsec_2", "stripe-tax": "on", "stripe-api": "http://127.0.0.1:12111",
		"recordings":    "off",
		"link-previews": "off", "link-rehearsal": "127.0.0.1:9000",
		"message-pace": "200ms", "message-burst": "20", "readable-rate": "60",
	}
}

// The same setting has the same name in a file, in the environment and as a flag.
func TestFileEnvironmentAndFlagsSayTheSame(t *testing.T) {
	var file strings.Builder
	file.WriteString("# settings of the test\n\n")
	env := map[string]string{}
	var args []string
	for name, value := range every() {
		fmt.Fprintf(&file, "%s = \"%s\"\n", name, value)
		env["SUBSPACE_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))] = value
		args = append(args, "--"+name, value)
	}
	byFile, err := load(file.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	byEnv, err := load("", env)
	if err != nil {
		t.Fatal(err)
	}
	byFlag, err := load("", nil, args...)
	if err != nil {
		t.Fatal(err)
	}
	if byFile.File != "subspace.conf" {
		t.Errorf("read from %q", byFile.File)
	}
	byFile.File = ""
	if !reflect.DeepEqual(byFile, byEnv) || !reflect.DeepEqual(byEnv, byFlag) {
		t.Errorf("by file %+v\nby environment %+v\nby flag %+v", byFile, byEnv, byFlag)
	}
	if byFlag.SandboxPeriod != 90*time.Second || byFlag.Listen != "0.0.0.0:9000" || len(byFlag.TrustedProxies()) != 2 {
		t.Errorf("read as %+v", byFlag)
	}
	left := reflect.ValueOf(byFlag)
	for i := range left.NumField() {
		if f := left.Type().Field(i); f.IsExported() && f.Name != "File" && left.Field(i).IsZero() {
			t.Errorf("%s cannot be set by a flag, or every() misses it", f.Name)
		}
	}
}

// A flag beats the environment, and that the file.
func TestLaterWinsOverEarlier(t *testing.T) {
	env := map[string]string{"SUBSPACE_DATA": "by-env", "SUBSPACE_NODE": "by-env"}
	c, err := load("data = by-file\nnode = by-file\nlog-level = warn\n", env, "--data", "by-flag")
	if err != nil {
		t.Fatal(err)
	}
	if c.Data != "by-flag" || c.Node != "by-env" || c.LogLevel != "warn" || c.RTMPListen != config.Default().RTMPListen {
		t.Errorf("%+v", c)
	}
	// An empty flag is a word too.
	if c, err = load("", env, "--node", ""); err != nil || c.Node != "" {
		t.Errorf("%q %v", c.Node, err)
	}
	// The file itself may be named by the environment.
	c, err = config.Load(nil, func(n string) (string, bool) { return "named-by-env", n == "SUBSPACE_CONFIG" },
		func(name string) ([]byte, error) { return []byte("node = " + name), nil }, &bytes.Buffer{})
	if err != nil || c.Node != "named-by-env" {
		t.Errorf("%q %v", c.Node, err)
	}
}

// What is wrong is named with its place and a sentence.
func TestWrongSettingsAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		file   string
		env    map[string]string
		args   []string
		reason string
		says   []string
	}{
		"unknown key":           {file: "data = x\n\n# more\nlisten_adress = y\n", reason: "config_key_unknown", says: []string{"subspace.conf line 4", `"listen_adress"`}},
		"no number":             {file: "message-burst = many\n", reason: "config_invalid", says: []string{"line 1", "message-burst", "whole number"}},
		"nothing at once":       {args: []string{"--message-burst", "0"}, reason: "config_invalid", says: []string{"--message-burst", "from 1 on"}},
		"no pause":              {args: []string{"--message-pace", "0s"}, reason: "config_invalid", says: []string{"message-pace"}},
		"underscores":           {file: "rtmp_listen = :1\n", reason: "config_key_unknown", says: []string{"line 1", "Did you mean rtmp-listen?"}},
		"capitals":              {file: "Data = x\n", reason: "config_key_unknown", says: []string{"Did you mean data?"}},
		"no value":              {file: "data = x\nlisten\n", reason: "config_invalid", says: []string{"subspace.conf line 2", "name = value"}},
		"no time":               {file: "payment-grace = soon\n", reason: "config_invalid", says: []string{"line 1", "payment-grace", "soon"}},
		"a month of grace":      {args: []string{"--payment-grace", "720h"}, reason: "config_invalid", says: []string{"payment-grace", "336h"}},
		"an unknown interval":   {args: []string{"--payout-interval", "hourly"}, reason: "config_invalid", says: []string{"payout-interval", "hourly"}},
		"a year's holdback":     {args: []string{"--payout-holdback", "8760h"}, reason: "config_invalid", says: []string{"payout-holdback"}},
		"a minimum of nothing":  {args: []string{"--payout-minimum", "EUR"}, reason: "config_invalid", says: []string{"payout-minimum"}},
		"a minimum too fine":    {args: []string{"--payout-minimum", "EUR 1.234"}, reason: "config_invalid", says: []string{"payout-minimum"}},
		"an unknown currency":   {args: []string{"--payout-minimum", "XXX 1"}, reason: "config_invalid", says: []string{"payout-minimum", "XXX"}},
		"no day":                {args: []string{"--payout-since", "2026-02-30"}, reason: "config_invalid", says: []string{"payout-since"}},
		"more than all":         {args: []string{"--operator-share", "100.01"}, reason: "config_invalid", says: []string{"operator-share", "100.01"}},
		"a fine share":          {args: []string{"--operator-share", "1.234"}, reason: "config_invalid", says: []string{"operator-share", "1.234"}},
		"a negative share":      {args: []string{"--operator-share", "-1"}, reason: "config_invalid", says: []string{"operator-share"}},
		"negative time":         {args: []string{"--payment-grace", "-1h"}, reason: "config_invalid", says: []string{"--payment-grace"}},
		"time in env":           {env: map[string]string{"SUBSPACE_SANDBOX_PERIOD": "x"}, reason: "config_invalid", says: []string{"SUBSPACE_SANDBOX_PERIOD"}},
		"no port":               {args: []string{"--listen", "localhost"}, reason: "config_invalid", says: []string{"listen", "localhost"}},
		"no rtmp port":          {args: []string{"--rtmp-listen", "localhost"}, reason: "config_invalid", says: []string{"rtmp-listen"}},
		"no rtc port":           {args: []string{"--rtc-listen", "localhost"}, reason: "config_invalid", says: []string{"rtc-listen", "off"}},
		"rtc under a name":      {args: []string{"--rtc-address", "live.example.org"}, reason: "config_invalid", says: []string{"rtc-address", "live.example.org"}},
		"rtc under any address": {args: []string{"--rtc-address", "0.0.0.0"}, reason: "config_invalid", says: []string{"rtc-address", "0.0.0.0"}},
		"certificate alone":     {args: []string{"--tls-cert", "c.pem"}, reason: "config_invalid", says: []string{"tls-cert and tls-key"}},
		"key alone":             {args: []string{"--tls-key", "k.pem"}, reason: "config_invalid", says: []string{"tls-cert and tls-key"}},
		"acme, but agreed?":     {args: acme("--acme", "yes"), reason: "config_invalid", says: []string{"acme", "off", "I-agree", "yes"}},
		"acme and files":        {args: acme("--tls-cert", "c.pem", "--tls-key", "k.pem"), reason: "config_invalid", says: []string{"acme", "tls-cert", "exclude"}},
		"acme for nothing":      {args: []string{"--acme", "I-agree"}, reason: "config_invalid", says: []string{"acme", "public-url", "https://"}},
		"acme without https":    {args: acme("--public-url", "http://live.example.org"), reason: "config_invalid", says: []string{"acme", "public-url", "https://"}},
		"acme for an address":   {args: acme("--public-url", "https://192.0.2.7:8443"), reason: "config_invalid", says: []string{"192.0.2.7", "host name"}},
		"acme for [::1]":        {args: acme("--public-url", "https://[::1]"), reason: "config_invalid", says: []string{"::1", "host name"}},
		"acme with letters":     {args: acme("--public-url", "https://käse.example.org"), reason: "config_invalid", says: []string{"käse", "xn--"}},
		"directory, plain":      {args: acme("--acme-directory", "http://ca.example.org/"), reason: "config_invalid", says: []string{"acme-directory", "https://"}},
		"directory, no address": {args: acme("--acme-directory", "letsencrypt"), reason: "config_invalid", says: []string{"acme-directory", "letsencrypt"}},
		"http without port":     {args: acme("--http-listen", "localhost"), reason: "config_invalid", says: []string{"http-listen", "localhost"}},
		"http to nowhere":       {args: []string{"--http-listen", ":80"}, reason: "config_invalid", says: []string{"http-listen", "public-url"}},
		"http to http":          {args: []string{"--http-listen", ":80", "--public-url", "http://live.example.org"}, reason: "config_invalid", says: []string{"http-listen", "https://"}},
		"rtmps without port":    {args: acme("--rtmps-listen", "localhost"), reason: "config_invalid", says: []string{"rtmps-listen", "localhost"}},
		"rtmps by itself":       {args: []string{"--rtmps-listen", ":1936"}, reason: "config_invalid", says: []string{"rtmps-listen", "tls-cert", "acme"}},
		"public path":           {args: []string{"--public-url", "https://x/y"}, reason: "config_invalid", says: []string{"public-url"}},
		"public ftp":            {args: []string{"--public-url", "ftp://x"}, reason: "config_invalid", says: []string{"public-url"}},
		"public without scheme": {args: []string{"--public-url", "live.example.org"}, reason: "config_invalid", says: []string{"public-url"}},
		"a proxy's address":     {args: []string{"--proxies", "10.0.0.1"}, reason: "config_invalid", says: []string{"proxies", "10.0.0.1"}},
		"letters from nobody":   {args: []string{"--smtp-url", "smtp://u:secret@h"}, reason: "config_invalid", says: []string{"mail-from"}},
		"letters to nowhere":    {args: []string{"--smtp-url", "smtp://h", "--mail-from", "a@b.org", "--listen", "0.0.0.0:80"}, reason: "config_invalid", says: []string{"public-url"}},
		"caught for strangers":  {args: []string{"--smtp-url", "catch:", "--listen", "0.0.0.0:80"}, reason: "config_invalid", says: []string{"catch:", "this machine"}},
		"caught behind a proxy": {args: []string{"--smtp-url", "catch:", "--proxies", "127.0.0.0/8"}, reason: "config_invalid", says: []string{"catch:", "proxies"}},
		"caught under a name":   {args: []string{"--smtp-url", "catch:", "--public-url", "https://live.example.org"}, reason: "config_invalid", says: []string{"catch:", "public-url"}},
		"log level":             {args: []string{"--log-level", "loud"}, reason: "config_invalid", says: []string{"log-level", "loud"}},
		"the other key":         {args: []string{"--stripe-key", "pk_test_1"}, reason: "config_invalid", says: []string{"stripe-key", "publishable"}},
		"no key":                {args: []string{"--stripe-key", "secret"}, reason: "config_invalid", says: []string{"stripe-key", "sk_"}},
		"no secret":             {args: []string{"--stripe-webhook-secret", "we_1"}, reason: "config_invalid", says: []string{"stripe-webhook-secret", "whsec_"}},
		"three secrets":         {args: []string{"--stripe-webhook-secret", "whsec_1,whsec_2,whsec_3"}, reason: "config_invalid", says: []string{"stripe-webhook-secret", "two"}},
		"tax, perhaps":          {args: []string{"--stripe-tax", "yes"}, reason: "config_invalid", says: []string{"stripe-tax", "yes"}},
		"a Stripe elsewhere":    {args: []string{"--stripe-api", "https://stripe.example.org"}, reason: "config_invalid", says: []string{"stripe-api", "stripe.example.org"}},
		"a name for loopback":   {args: []string{"--stripe-api", "http://localhost:1"}, reason: "config_invalid", says: []string{"stripe-api"}},
		"previews, perhaps":     {args: []string{"--link-previews", "yes"}, reason: "config_invalid", says: []string{"link-previews", "yes"}},
		"rehearsed elsewhere":   {args: []string{"--link-rehearsal", "10.0.0.1:80"}, reason: "config_invalid", says: []string{"link-rehearsal", "10.0.0.1"}},
		"rehearsed by name":     {args: []string{"--link-rehearsal", "localhost:80"}, reason: "config_invalid", says: []string{"link-rehearsal", "localhost"}},
		"rehearsed everywhere":  {args: []string{"--link-rehearsal", "127.0.0.1:0"}, reason: "config_invalid", says: []string{"link-rehearsal"}},
		"a word too many":       {args: []string{"now"}, reason: "argument_unknown", says: []string{`"now"`, "--help"}},
		"no such file":          {args: []string{"--config", "elsewhere"}, reason: "config_unreadable", says: []string{"elsewhere"}},
	} {
		_, err := load(c.file, c.env, c.args...)
		f := fault.Of(err)
		if f == nil || f.Reason != c.reason || f.Kind != fault.Invalid {
			t.Errorf("%s: %v, want %s", name, err, c.reason)
			continue
		}
		for _, words := range c.says {
			if !strings.Contains(f.Detail, words) {
				t.Errorf("%s: %q does not say %q", name, f.Detail, words)
			}
		}
	}
}

// acme is what asks for a certificate, and more arguments.
func acme(more ...string) []string {
	return append([]string{"--public-url", "https://live.example.org", "--acme", "I-agree"}, more...)
}

func TestCertificateIsForTheNameOfThePublicAddress(t *testing.T) {
	c, err := load("", nil, acme("--public-url", "https://Live.Example.org:8443/")...)
	if err != nil || !c.Agreed() || c.PublicName() != "live.example.org" {
		t.Errorf("agreed %v for %q: %v", c.Agreed(), c.PublicName(), err)
	}
	for _, args := range [][]string{nil, {"--acme", ""}, {"--acme", "off"}} {
		if c, err := load("", nil, args...); err != nil || c.Agreed() {
			t.Errorf("%q: agreed without a word, %v", args, err)
		}
	}
}

func TestUnknownFlagAndHelp(t *testing.T) {
	var help bytes.Buffer
	none := func(string) (string, bool) { return "", false }
	if _, err := config.Load([]string{"--nonsense"}, none, os.ReadFile, &help); !fault.Is(err, "argument_unknown") || !strings.Contains(help.String(), "nonsense") {
		t.Errorf("an unknown flag: %v; %s", err, help.String())
	}
	help.Reset()
	if _, err := config.Load([]string{"--help"}, none, os.ReadFile, &help); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("--help: %v", err)
	}
	var named []string
	for _, line := range strings.Split(help.String(), "\n") {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "-"); ok {
			name, _, _ = strings.Cut(name, " ")
			named = append(named, name)
		}
	}
	known := append(slices.Collect(maps.Keys(every())), "config")
	slices.Sort(known)
	if slices.Sort(named); !slices.Equal(named, known) {
		t.Errorf("the help names %v, this test knows %v", named, known)
	}
}

func TestDefaultsStandAlone(t *testing.T) {
	c, err := load("", nil)
	if err != nil || c.DatabaseURL() != "sqlite:data/subspace.db" || c.Listen != "127.0.0.1:8080" {
		t.Errorf("%+v %v", c, err)
	}
	if c, err = load("", nil, "--database", "postgres://x/y"); err != nil || c.DatabaseURL() != "postgres://x/y" {
		t.Errorf("%+v %v", c, err)
	}
	if c, err = load("", nil, "--public-url", "https://x.example/"); err != nil || c.PublicURL != "https://x.example" {
		t.Errorf("%q %v", c.PublicURL, err)
	}
}

func TestTheOperatorsShareIsRead(t *testing.T) {
	for percent, want := range map[string]int64{"0": 0, "12.5": 1250, "20": 2000, "0.01": 1, "100": 10_000, "7.25": 725} {
		c, err := load("", nil, "--operator-share", percent)
		if err != nil || c.OperatorBasisPoints() != want {
			t.Errorf("%s %%: %d, %v", percent, c.OperatorBasisPoints(), err)
		}
	}
}

// What a command works on stands before or behind its flags, and a setting that is
// no flag of it may still stand in the file.
func TestCommandTakesItsOperandsAndItsOwnFlags(t *testing.T) {
	cmd := config.Command{Name: "copy", Purpose: "Copies.", Operands: []string{"FROM", "TO"}, Only: []string{"data", "node"}, Without: []string{"node"}}
	read := func(string) ([]byte, error) { return []byte("listen = 127.0.0.1:99\ndata = by-file\n"), nil }
	for _, c := range []struct {
		args   string
		reason string
	}{
		{"a b --data x --config f", ""},
		{"--data x a --config f b", ""},
		{"--data=x --config=f -- a b", ""},
		{"a --data x", "argument_missing"},
		{"", "argument_missing"},
		{"a b c", "argument_unknown"},
		{"a b --node n", "argument_unknown"},
		{"a b --listen x:1", "argument_unknown"},
	} {
		got, operands, err := cmd.Load(strings.Fields(c.args), func(string) (string, bool) { return "", false }, read, &bytes.Buffer{})
		switch {
		case c.reason != "":
			if !fault.Is(err, c.reason) {
				t.Errorf("%q: %v, want %s", c.args, err, c.reason)
			}
		case err != nil || !slices.Equal(operands, []string{"a", "b"}) || got.Data != "x" || got.Listen != "127.0.0.1:99":
			t.Errorf("%q: %v of %+v, %v", c.args, operands, got, err)
		}
	}
}
