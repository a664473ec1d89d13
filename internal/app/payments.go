package app

import (
	"context"
	"net/http"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// payments is the sandbox provider and the route its events come in by.
type payments struct {
	webhook http.Handler
}

// Pay implements api.Sandbox.
func (p *payments) Pay(ctx context.Context, by ident.Account, id ident.Checkout, card string) (subscription.Checkout, error) {
	return subscription.Checkout{}, nil
}

func (p *parts) money(ctx context.Context, s *Server) error {
	ids := ident.NewSource(s.sur.Now, s.sur.Random)
	p.subscriptions = subscription.NewService(subscription.Config{
		Store: store.UnitOf(s.db, as[subscription.Tx]), IDs: ids, Now: s.sur.Now, Grace: s.cfg.PaymentGrace,
	})
	return nil
}
