package app

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/payment/patron"
	"github.com/subspace-live/subspace/internal/adapter/payment/sandbox"
	"github.com/subspace-live/subspace/internal/adapter/payment/stripe"
	"github.com/subspace-live/subspace/internal/adapter/payment/webhook"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/config"
	"github.com/subspace-live/subspace/internal/domain/buyer"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/invoice"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// reconcileEvery is how often providers are asked for events that never came.
const reconcileEvery = 5 * time.Minute

// webhookPath is where the sandbox posts its events.
const webhookPath = "/api/webhooks/sandbox"

// payments is the sandbox: a till for its cards, a bank for its accounts, and the route its events come by.
type payments struct {
	*sandbox.Till
	*sandbox.Bank
	webhook http.Handler
}

// money joins the subscriptions with who takes the payments: Stripe, when there
// is a key for it, and otherwise the sandbox.
func (p *parts) money(ctx context.Context, s *Server) error {
	if s.cfg.StripeKey != "" {
		return p.byStripe(ctx, s)
	}
	return p.bySandbox(ctx, s)
}

// bySandbox rehearses payments. Where strangers could reach it the sandbox stays
// shut, and nothing is sold but to patrons.
func (p *parts) bySandbox(ctx context.Context, s *Server) error {
	box, err := rehearsal(ctx, s.cfg, s.db, s.sur)
	if fault.Is(err, "sandbox_refused") {
		if s.cfg.Patrons == "" {
			s.sur.Log.Warn("payments are off", "why", err)
		}
		p.payOut(s, nil, true, time.Time{})
		p.sell(s)
		return nil
	}
	if err != nil {
		return err
	}
	p.payOut(s, box, true, time.Time{})
	inbox := p.sell(s, box)
	p.sandbox = &payments{Till: sandbox.NewTill(box, p.subscriptions), Bank: sandbox.NewBank(box, p.payouts), webhook: webhook.Route(box, inbox, s.sur.Log)}
	address, err := p.webhookAddress(s)
	if err != nil {
		return err
	}
	p.background = append(p.background, func(ctx context.Context) error { return box.Run(ctx, address+webhookPath) })
	return nil
}

// rehearsal is the sandbox, or the refusal to run it where strangers come.
func rehearsal(ctx context.Context, cfg config.Config, db *store.DB, sur Surroundings) (*sandbox.Sandbox, error) {
	listens := cfg.Listen
	if len(cfg.TrustedProxies()) > 0 {
		listens = ":0" // strangers come by way of a proxy, so loopback is no wall
	}
	if err := sandbox.Permit(listens, cfg.PublicURL, cfg.SandboxPayments); err != nil {
		return nil, err
	}
	return sandbox.New(ctx, sandbox.Config{
		Store: store.UnitOf(db, as[sandbox.Tx]), IDs: ident.NewSource(sur.Now, sur.Random), Now: sur.Now, Random: sur.Random, Log: sur.Log,
		Period: sandbox.Period(cfg.SandboxPeriod), DisputeAfter: cfg.SandboxDisputeAfter, LateAfter: cfg.SandboxLateAfter,
	})
}

// sell makes the service of subscriptions and the inbox of its providers. The
// list of patrons, if there is one, stands beside whoever takes money.
func (p *parts) sell(s *Server, providers ...subscription.Provider) *subscription.Inbox {
	var list *patron.Patrons
	if s.cfg.Patrons != "" {
		list = patrons(s.cfg, s.db, s.sur)
		providers = append(providers, list)
	}
	goods := shop(s.cfg, s.db, s.sur, providers)
	goods.Audits = append([]func(context.Context) ([]subscription.Difference, error){p.reversed}, goods.Audits...)
	goods.Differs = func(d subscription.Difference) {
		s.sur.Log.Error("payments differ", "provider", d.Provider, "object", d.Object, "charge", d.Charge, "what", d.What, "detail", d.Detail)
	}
	p.subscriptions = subscription.NewService(goods)
	p.buyers = buyer.NewService(store.UnitOf(s.db, as[buyer.Tx]), s.sur.Now)
	inbox := subscription.NewInbox(p.subscriptions, reconcileEvery, func(err error) {
		s.sur.Log.Warn("payments not brought up to date; will try again", "err", err)
	})
	p.differences = inbox.Differences
	p.background = append(p.background, inbox.Run)
	if list != nil {
		p.desk = patron.NewDesk(list, p.subscriptions, inbox)
		p.background = append(p.background, func(ctx context.Context) error { return list.Run(ctx, inbox) })
	}
	return inbox
}

// shop is what subscriptions are sold with.
func shop(cfg config.Config, db *store.DB, sur Surroundings, providers []subscription.Provider) subscription.Config {
	return subscription.Config{
		Store: store.UnitOf(db, as[subscription.Tx]), IDs: ident.NewSource(sur.Now, sur.Random), Now: sur.Now, Random: sur.Random,
		Grace: cfg.PaymentGrace, Share: cfg.OperatorBasisPoints(), Providers: providers, Rehearsal: rehearses(cfg),
		Seller: invoice.Party{Name: cfg.SellerName, Address: cfg.SellerAddress, TaxID: cfg.SellerTaxID},
		Audits: []func(context.Context) ([]subscription.Difference, error){payoutAudit(db)},
	}
}

// rehearses is the provider at which no real money moves; empty: there is none.
func rehearses(cfg config.Config) string {
	switch {
	case cfg.StripeKey == "":
		return sandbox.Name
	case !cfg.StripeLive():
		return stripe.Name
	}
	return ""
}

// patrons is the list of who pays elsewhere.
func patrons(cfg config.Config, db *store.DB, sur Surroundings) *patron.Patrons {
	return patron.New(patron.Config{
		Store: store.UnitOf(db, as[patron.Tx]), IDs: ident.NewSource(sur.Now, sur.Random), Now: sur.Now, Log: sur.Log, File: cfg.Patrons,
	})
}

// webhookAddress returns where the sandbox reaches the webhook route: the web's
// own listener, or, when that speaks TLS under a name that is not loopback's,
// one of its own on loopback.
func (p *parts) webhookAddress(s *Server) (string, error) {
	if s.secure.tls == nil {
		return "http://" + dialable(s.web.Addr()), nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	mux.Handle("POST "+webhookPath, p.sandbox.webhook)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	p.background = append(p.background, func(ctx context.Context) error {
		stop := context.AfterFunc(ctx, func() { server.Close() }) //nolint:errcheck // Serve reports it
		defer stop()
		if err := server.Serve(l); err != http.ErrServerClosed {
			return err
		}
		return nil
	})
	return "http://" + l.Addr().String(), nil
}
