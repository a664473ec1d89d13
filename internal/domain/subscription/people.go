package subscription

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// Subscriber is somebody with a right to a channel's Sub Space, as its owner
// sees them.
type Subscriber struct {
	Account  ident.Account
	Name     string
	Grant    ident.Grant
	Source   string
	Tier     ident.Tier
	TierName string
	Since    time.Time
	Ends     time.Time
	Revoked  time.Time
	Paid     time.Time
	Months   int
	// What follows is of subscriptions only.
	State             State
	CancelAtPeriodEnd bool
	Interval          Interval
	Price             money.Amount
	Note              string // of rights that were given
}

// Tenure is how many months the person has had at now.
func (s Subscriber) Tenure(now time.Time) int {
	return access.Facts{Grants: []access.Grant{{Paid: s.Paid, Months: s.Months}}}.Tenure(now)
}

// peoplePage bounds one page of subscribers and of sales.
const peoplePage = 100

// Subscribers returns a page of those whose right holds now, by the name of
// their grant after the given one. Only the owner may ask.
func (s *Service) Subscribers(ctx context.Context, by ident.Account, channel ident.Channel, after ident.Grant) (out []Subscriber, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		if err := s.allowed(ctx, tx, by, channel, access.RunChannel); err != nil {
			return err
		}
		out, err = tx.SubscribersOf(ctx, channel, s.Now(), after, peoplePage)
		return err
	})
	return out, err
}

// Sales returns a page of the channel's sales, newest first: those after the
// provider's charge that ended the page before, both empty for the newest; only
// those to one account when it is named. Only the owner may ask. Refusals:
// sale_missing.
func (s *Service) Sales(
	ctx context.Context, by ident.Account, channel ident.Channel, to ident.Account, provider, charge string,
) (out []NamedSale, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		if err := s.allowed(ctx, tx, by, channel, access.RunChannel); err != nil {
			return err
		}
		var last *Sale
		if provider != "" || charge != "" {
			sale, err := saleOf(ctx, tx, channel, provider, charge)
			if err != nil {
				return err
			}
			last = &sale
		}
		out, err = tx.SalesOfChannel(ctx, channel, to, last, peoplePage)
		return err
	})
	return out, err
}

// NamedSale is a sale with the names that its reader is shown.
type NamedSale struct {
	Sale
	BuyerName string
	TierName  string
	Handle    string
}

// Payments returns a page of what an account paid, newest first: after the
// provider's charge that ended the page before, both empty for the newest. Refusals:
// sale_missing, also of one that somebody else paid.
func (s *Service) Payments(ctx context.Context, by ident.Account, provider, charge string) (out []NamedSale, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		var last *Sale
		if provider != "" || charge != "" {
			sale, found, err := tx.SaleByCharge(ctx, provider, charge)
			if err != nil || !found || sale.Buyer != by {
				return orElse(err, fault.New(fault.Missing, "sale_missing", "There is no such sale."))
			}
			last = &sale
		}
		out, err = tx.SalesToBuyer(ctx, by, last, peoplePage)
		return err
	})
	return out, err
}
