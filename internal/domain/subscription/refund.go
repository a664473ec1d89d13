package subscription

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// withdrawal is how long a consumer in the EU, the EEA or the United Kingdom may
// withdraw from a contract made at a distance (Directive 2011/83/EU, article 9).
const withdrawal = 14 * 24 * time.Hour

// RefundWish is what is to be paid back of a sale.
type RefundWish struct {
	Amount int64 // in minor units; 0: all that is left
	End    bool  // also end the subscription that it paid for
	// Key is chosen by the caller; the same key pays back once, whatever happens
	// between two tries. Without one, asking again pays once until the first answer
	// is written down, and then pays again if as much is left.
	Key string
}

// Refund pays a sale of the channel back. A full refund of the period that runs
// closes the door in any case. Only the owner may. Refusals: key_invalid,
// sale_missing, refund_too_large, provider_off, provider_unavailable.
func (s *Service) Refund(ctx context.Context, by ident.Account, channel ident.Channel, provider, charge string, want RefundWish) (Sale, error) {
	if len(want.Key) > keyMax || strings.ContainsFunc(want.Key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return Sale{}, fault.New(fault.Invalid, "key_invalid", "A key has at most %d printable ASCII characters without spaces.", keyMax)
	}
	var sale Sale
	err := s.Store.Update(ctx, func(tx Tx) (err error) {
		if err := s.allowed(ctx, tx, by, channel, access.RunChannel); err != nil {
			return err
		}
		sale, err = saleOf(ctx, tx, channel, provider, charge)
		return err
	})
	if err != nil {
		return sale, err
	}
	return s.payBack(ctx, sale, want)
}

// Withdraw ends a subscription that its buyer made less than fourteen days ago
// and pays back all that was paid for it, where the law of the buyer's country
// gives that right. Refusals: subscription_missing, subscription_ended,
// withdrawal_over, withdrawal_elsewhere.
func (s *Service) Withdraw(ctx context.Context, by ident.Account, id ident.Subscription) (Owned, error) {
	sub, p, err := s.running(ctx, by, id)
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
			if _, err := s.payBack(ctx, sale, RefundWish{End: true}); err != nil {
				return Owned{}, err
			}
		}
	}
	if sub, err = s.owned(ctx, by, id); err != nil || sub.State == Ended {
		return sub, err
	}
	// All was paid back before, and whoever did it came no further.
	if err := ask(ctx, askTimeout, func(ctx context.Context) error { return p.End(ctx, sub.Ref) }); err != nil {
		return Owned{}, err
	}
	return s.asked(ctx, by, sub)
}

// payBack asks the provider, and writes down what it then says. With a key, what
// is left is the provider's to say: we may have written down the first try.
func (s *Service) payBack(ctx context.Context, sale Sale, want RefundWish) (Sale, error) {
	left := sale.Refundable()
	back := sale.Total
	if back.Minor = want.Amount; want.Amount == 0 {
		back.Minor = left
	}
	disputed := left == 0 && sale.Refunded < sale.Total.Minor
	if back.Minor < 0 || disputed || (want.Key == "" && (back.Minor > left || left == 0)) {
		return sale, fault.New(fault.Conflict, "refund_too_large", "This is more than what is left of the payment.")
	}
	p, err := s.provider(sale.Provider)
	if err != nil {
		return sale, err
	}
	key := want.Key
	if key == "" {
		key = strconv.FormatInt(sale.Refunded, 10) + "+" + strconv.FormatInt(back.Minor, 10)
	}
	if r := (Repayment{Charge: sale.Charge, Amount: back, Key: sale.Charge + ":" + key}); back.Minor > 0 {
		if err := ask(ctx, askTimeout, func(ctx context.Context) error { return p.Refund(ctx, r) }); err != nil {
			return sale, fmt.Errorf("refund %s at %s: %w", sale.Charge, sale.Provider, err)
		}
	}
	if err := s.settleSale(ctx, p, sale, want.End); err != nil {
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
		if err := ask(ctx, askTimeout, func(ctx context.Context) error { return p.End(ctx, sub.Ref) }); err != nil {
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
