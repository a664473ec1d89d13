package app

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/payment/sandbox"
	"github.com/subspace-live/subspace/internal/adapter/payment/webhook"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/buyer"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/invoice"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// reconcileEvery is how often all running subscriptions are compared with their
// providers, for events that never came.
const reconcileEvery = 5 * time.Minute

// webhookPath is where the sandbox posts its events.
const webhookPath = "/api/webhooks/sandbox"

// payments is the sandbox: a till for its cards, and the route its events come by.
type payments struct {
	*sandbox.Till
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

// sell makes the service of subscriptions and the inbox of its providers.
func (p *parts) sell(s *Server, providers ...subscription.Provider) *subscription.Inbox {
	p.subscriptions = subscription.NewService(subscription.Config{
		Store: store.UnitOf(s.db, as[subscription.Tx]), IDs: ident.NewSource(s.sur.Now, s.sur.Random), Now: s.sur.Now,
		Random: s.sur.Random, Grace: s.cfg.PaymentGrace, Share: s.cfg.OperatorBasisPoints(), Providers: providers, Rehearsal: sandbox.Name,
		Seller: invoice.Party{Name: s.cfg.SellerName, Address: s.cfg.SellerAddress, TaxID: s.cfg.SellerTaxID},
	})
	p.buyers = buyer.NewService(store.UnitOf(s.db, as[buyer.Tx]), s.sur.Now)
	inbox := subscription.NewInbox(p.subscriptions, reconcileEvery, func(err error) {
		s.sur.Log.Warn("payment event not applied; will try again", "err", err)
	})
	p.background = append(p.background, inbox.Run)
	return inbox
}

// bySandbox rehearses payments. Where strangers could reach it the sandbox stays
// shut, and nothing is sold.
func (p *parts) bySandbox(ctx context.Context, s *Server) error {
	listens := s.cfg.Listen
	if len(s.cfg.TrustedProxies()) > 0 {
		listens = ":0" // strangers come by way of a proxy, so loopback is no wall
	}
	if refused := sandbox.Permit(listens, s.cfg.PublicURL, s.cfg.SandboxPayments); refused != nil {
		p.sell(s)
		s.sur.Log.Warn("payments are off", "why", refused)
		return nil
	}
	box, err := sandbox.New(ctx, sandbox.Config{
		Store: store.UnitOf(s.db, as[sandbox.Tx]), IDs: ident.NewSource(s.sur.Now, s.sur.Random), Now: s.sur.Now, Random: s.sur.Random, Log: s.sur.Log,
		Period: sandbox.Period(s.cfg.SandboxPeriod), DisputeAfter: s.cfg.SandboxDisputeAfter,
	})
	if err != nil {
		return err
	}
	inbox := p.sell(s, box)
	p.sandbox = &payments{Till: sandbox.NewTill(box, p.subscriptions), webhook: webhook.Route(box, inbox, s.sur.Log)}
	address, err := p.webhookAddress(s)
	if err != nil {
		return err
	}
	p.background = append(p.background, func(ctx context.Context) error { return box.Run(ctx, address+webhookPath) })
	return nil
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
