package subscription

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// withdrawal is how long a consumer in the EU, the EEA or the United Kingdom may
// withdraw from a contract made at a distance (Directive 2011/83/EU, article 9).
const withdrawal = 14 * 24 * time.Hour

// Refund pays a sale of the channel back: the given sum, or with 0 all that is
// left of it. End also ends the subscription that it paid for; a full refund of
// the period that runs closes the door in any case. Only the owner may. Asking
// twice for the same sum while as much is left pays twice; asking again after
// the answer was lost does not, because the key says how much was paid back
// before. Refusals: sale_missing, refund_too_large, provider_off.
func (s *Service) Refund(ctx context.Context, by ident.Account, channel ident.Channel, provider, charge string, amount int64, end bool) (Sale, error) {
	var sale Sale
	err := s.Store.Update(ctx, func(tx Tx) error {
		if err := s.allowed(ctx, tx, by, channel, access.RunChannel); err != nil {
			return err
		}
		found, ok, err := tx.SaleByCharge(ctx, provider, charge)
		if err == nil && (!ok || found.Channel != channel) {
			err = fault.New(fault.Missing, "sale_missing", "The channel has no such sale.")
		}
		sale = found
		return err
	})
	if err != nil {
		return sale, err
	}
	return s.payBack(ctx, sale, amount, end)
}

// Withdraw ends a subscription that its buyer made less than fourteen days ago
// and pays back all that was paid for it, where the law of the buyer's country
// gives that right. Refusals: subscription_missing, subscription_ended,
// withdrawal_over, withdrawal_elsewhere.
func (s *Service) Withdraw(ctx context.Context, by ident.Account, id ident.Subscription) (Owned, error) {
	sub, _, err := s.running(ctx, by, id)
	if err != nil {
		return Owned{}, err
	}
	var sales []Sale
	if err := s.Store.View(ctx, func(tx Tx) error {
		sales, err = tx.SalesOfSubscription(ctx, id)
		return err
	}); err != nil {
		return Owned{}, err
	}
	if !s.Now().Before(sub.Started.Add(withdrawal)) {
		return Owned{}, fault.New(fault.Conflict, "withdrawal_over", "The fourteen days to withdraw are over. You can cancel: what is paid stays yours to its end.")
	}
	if !slices.ContainsFunc(sales, func(x Sale) bool { return withdrawable(x.Tax.Country) }) {
		return Owned{}, fault.New(fault.Conflict, "withdrawal_elsewhere", "Your country's law gives no right to withdraw. You can cancel: what is paid stays yours to its end.")
	}
	for _, sale := range sales {
		if sale.Refundable() > 0 {
			if _, err := s.payBack(ctx, sale, 0, true); err != nil {
				return Owned{}, err
			}
		}
	}
	return s.owned(ctx, by, id)
}

// payBack asks the provider, and writes down what it then says.
func (s *Service) payBack(ctx context.Context, sale Sale, amount int64, end bool) (Sale, error) {
	left := sale.Refundable()
	if amount == 0 {
		amount = left
	}
	if amount < 0 || amount > left || left == 0 {
		return sale, fault.New(fault.Conflict, "refund_too_large", "This is more than what is left of the payment.")
	}
	p, err := s.provider(sale.Provider)
	if err != nil {
		return sale, err
	}
	back := sale.Total
	back.Minor = amount
	key := sale.Charge + ":" + strconv.FormatInt(sale.Refunded, 10) + "+" + strconv.FormatInt(amount, 10)
	if err := p.Refund(ctx, Repayment{Charge: sale.Charge, Amount: back, Key: key}); err != nil {
		return sale, fmt.Errorf("refund %s at %s: %w", sale.Charge, sale.Provider, err)
	}
	if err := s.settleSale(ctx, p, sale, end); err != nil {
		return sale, err
	}
	err = s.Store.View(ctx, func(tx Tx) error {
		sale, _, err = tx.SaleByCharge(ctx, sale.Provider, sale.Charge)
		return err
	})
	return sale, err
}

// settleSale reads again what a sale's provider says of it.
func (s *Service) settleSale(ctx context.Context, p Provider, sale Sale, end bool) error {
	var sub Subscription
	var c Checkout
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		if sub, _, err = tx.SubscriptionByID(ctx, sale.Subscription); err == nil {
			c, _, err = tx.CheckoutByID(ctx, sale.Checkout)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case sale.Subscription == "":
		_, err = s.Refresh(ctx, sale.Provider, CheckoutObject(c.Ref))
		return err
	case end && sub.State != Ended:
		if err := p.End(ctx, sub.Ref); err != nil {
			return err
		}
	}
	_, err = s.Refresh(ctx, sub.Provider, sub.Ref)
	return err
}

// withdrawable reports whether consumers of a country may withdraw.
func withdrawable(country string) bool {
	switch country {
	case "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL",
		"PL", "PT", "RO", "SE", "SI", "SK", "IS", "LI", "NO", "GB":
		return true
	}
	return false
}
