package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/subspace-live/subspace/internal/adapter/payment/stripe"
	"github.com/subspace-live/subspace/internal/adapter/payment/webhook"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/config"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// stripePath is where Stripe posts its events.
const stripePath = "/api/webhooks/stripe"

// stripeSecretFile keeps the secrets of the webhook that StripeSetup made, the
// newest first, in the data folder.
const stripeSecretFile = "stripe-webhook-secret"

// byStripe lets Stripe take the payments.
func (p *parts) byStripe(ctx context.Context, s *Server) error {
	charges, err := charging(ctx, s.cfg, s.db, s.sur)
	if err != nil {
		return err
	}
	if len(charges.Secrets) == 0 {
		s.sur.Log.Warn("no secret for Stripe's webhook: its events are refused, and purchases open their door late; run 'subspace stripe setup'")
	}
	since, err := realSince(ctx, s)
	if err != nil {
		return err
	}
	p.payOut(s, charges, !s.cfg.StripeLive(), since)
	p.stripe = webhook.Route(charges, p.sell(s, charges), s.sur.Log)
	p.background = append(p.background, func(ctx context.Context) error {
		<-ctx.Done()
		charges.Close()
		return nil
	})
	return nil
}

// charging is Stripe, with the key and the secrets of the settings.
func charging(ctx context.Context, cfg config.Config, db *store.DB, sur Surroundings) (*stripe.Stripe, error) {
	secrets, err := stripeSecrets(cfg)
	if err != nil {
		return nil, err
	}
	return stripe.New(ctx, stripe.Config{
		Store: store.UnitOf(db, as[stripe.Tx]), Now: sur.Now, Random: sur.Random,
		Key: cfg.StripeKey, Secrets: secrets, Tax: cfg.StripeTax == "on", API: cfg.StripeAPI,
	})
}

// stripeSecrets are those of the settings, or else those that StripeSetup kept.
func stripeSecrets(cfg config.Config) ([]string, error) {
	if given := cfg.StripeSecrets(); len(given) > 0 {
		return given, nil
	}
	text, err := os.ReadFile(filepath.Join(cfg.Data, stripeSecretFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("secret of Stripe's webhook: %w", err)
	}
	return strings.Fields(string(text)), nil
}

// StripeSetup tells whose account the key of the settings opens, registers this
// server's webhook there, and keeps the webhook's secret in the data folder. It
// may be run again; renew makes the webhook and its secret anew. A server that
// runs meanwhile has to be started again.
func StripeSetup(ctx context.Context, cfg config.Config, renew bool, tell func(format string, args ...any)) error {
	if err := reachable(cfg); err != nil {
		return err
	}
	a, err := stripe.Look(ctx, cfg.StripeKey, cfg.StripeAPI)
	if err != nil {
		return err
	}
	mode := "test mode: no real money moves"
	if cfg.StripeLive() {
		mode = "live mode: real money moves"
	}
	tell("Stripe account: %s (%s), %s.\n", orElse(a.Name, "without a name"), orElse(a.Country, "no country yet"), mode)
	if !a.Charges {
		tell("  It cannot take payments yet: complete it at https://dashboard.stripe.com/account/onboarding\n")
	}
	if cfg.StripeTax == "on" && !a.Tax {
		tell("  stripe-tax is on, but Stripe Tax is not set up: https://dashboard.stripe.com/settings/tax\n")
	}
	e, err := stripe.Setup(ctx, cfg.StripeKey, cfg.StripeAPI, cfg.PublicURL+stripePath, renew)
	if e.Made { // also when the old one could not be deleted: its secret is told only once
		err = errors.Join(keepStripeSecret(cfg, e.Secret), err)
	}
	if err != nil {
		return err
	}
	return tellWebhook(cfg, e, tell)
}

// reachable refuses settings with which Stripe's events cannot come here.
func reachable(cfg config.Config) error {
	name := cfg.PublicName()
	ip := net.ParseIP(name)
	switch {
	case cfg.StripeKey == "":
		return fault.New(fault.Invalid, "config_invalid", "stripe-key is not set. Copy the secret key from https://dashboard.stripe.com/apikeys into the settings.")
	case cfg.PublicURL == "":
		return fault.New(fault.Invalid, "config_invalid", "public-url is not set: Stripe has to know where this server is.")
	case name == "localhost" || strings.HasSuffix(name, ".localhost") || (ip != nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsUnspecified())):
		return fault.New(fault.Invalid, "config_invalid", "public-url: Stripe cannot reach %s. To try it out on this machine, let Stripe's own tool carry the events; docs/payments.md says how.", cfg.PublicURL)
	case cfg.StripeLive() && !strings.HasPrefix(cfg.PublicURL, "https://"):
		return fault.New(fault.Invalid, "config_invalid", "public-url must begin with https:// before real money moves.")
	}
	return nil
}

func tellWebhook(cfg config.Config, e stripe.Endpoint, tell func(format string, args ...any)) error {
	file := filepath.Join(cfg.Data, stripeSecretFile)
	if e.Made {
		tell("Webhook: made for %s\n  Its secret is in %s, where 'subspace serve' finds it. Start the server again.\n", e.URL, file)
		if len(cfg.StripeSecrets()) > 0 {
			tell("  The setting stripe-webhook-secret goes before that file: put the new secret there, or remove the setting.\n")
		}
		return nil
	}
	tell("Webhook: is there for %s\n", e.URL)
	known, err := stripeSecrets(cfg)
	if err == nil && len(known) == 0 {
		err = fault.New(fault.Conflict, "stripe_secret_missing",
			"The webhook is registered, but this server does not have its secret, and Stripe tells it only once. Copy it from the dashboard into stripe-webhook-secret, or run 'subspace stripe setup --renew'.")
	}
	return err
}

// keepStripeSecret writes a secret before the newest of those that are kept, for
// events that are on their way.
func keepStripeSecret(cfg config.Config, secret string) error {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return fmt.Errorf("secret of Stripe's webhook: %w", err)
	}
	file := filepath.Join(cfg.Data, stripeSecretFile)
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("secret of Stripe's webhook: %w", err)
	}
	secrets := slices.Concat([]string{secret}, strings.Fields(string(old)))
	text := strings.Join(secrets[:min(len(secrets), 2)], "\n") + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return fmt.Errorf("secret of Stripe's webhook: %w", err)
	}
	return nil
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
