package app

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/invoice"
	"github.com/subspace-live/subspace/internal/domain/payout"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// payOut makes the service of payouts and lets it run; without a payer it only
// tells what was.
func (p *parts) payOut(s *Server, payer payout.Payer, test bool, since time.Time) {
	p.payouts = payout.NewService(payout.Config{
		Store: store.UnitOf(s.db, as[payout.Tx]), IDs: ident.NewSource(s.sur.Now, s.sur.Random), Now: s.sur.Now,
		Payer: payer, Test: test, Since: since,
		Rules: payout.Rules{
			Holdback: s.cfg.PayoutHoldback, Interval: payout.Interval(s.cfg.PayoutInterval), Minimum: s.cfg.PayoutMinor,
		},
		Operator: invoice.Party{Name: s.cfg.SellerName, Address: s.cfg.SellerAddress, TaxID: s.cfg.SellerTaxID},
	})
	p.background = append(p.background, func(ctx context.Context) error {
		return p.payouts.Run(ctx, func(err error) { s.sur.Log.Warn("creators not paid out; will try again", "err", err) })
	})
}

// payoutAudit lets the examination of payments look at payouts too.
func payoutAudit(db *store.DB) func(context.Context) ([]subscription.Difference, error) {
	books := payout.NewService(payout.Config{Store: store.UnitOf(db, as[payout.Tx])})
	return func(ctx context.Context) ([]subscription.Difference, error) {
		found, err := books.Audit(ctx)
		return payoutsDiffer(found), err
	}
}

// reversed lets the examination of payments ask the provider what it took back of
// payouts, and books that.
func (p *parts) reversed(ctx context.Context) ([]subscription.Difference, error) {
	found, err := p.payouts.Follow(ctx)
	return payoutsDiffer(found), err
}

func payoutsDiffer(found []payout.Finding) []subscription.Difference {
	out := make([]subscription.Difference, len(found))
	for i, f := range found {
		out[i] = subscription.Difference{Provider: f.Provider, Charge: string(f.Payout), What: subscription.PayoutDiffers, Detail: f.Detail}
	}
	return out
}

// realSince is from when on sales are paid out with a live key: those in play
// money, and those from before there were payouts, are not. Zero in the test mode.
func realSince(ctx context.Context, s *Server) (time.Time, error) {
	if !s.cfg.StripeLive() {
		return time.Time{}, nil
	}
	if from := s.cfg.PayoutFrom(); !from.IsZero() {
		return from, nil
	}
	kept, err := s.db.SettingOnce(ctx, "payouts_since", strconv.FormatInt(s.sur.Now().UnixMilli(), 10))
	if err != nil {
		return time.Time{}, err
	}
	ms, err := strconv.ParseInt(kept, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("setting payouts_since: %w", err)
	}
	return time.UnixMilli(ms).UTC(), nil
}
