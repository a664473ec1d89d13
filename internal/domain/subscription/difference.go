package subscription

import (
	"context"
	"fmt"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Difference is something that a provider, our rights and sales, and the books do
// not agree on, after the provider was asked again. Somebody has to look at it.
type Difference struct {
	Provider string
	Object   string // the subscription, or CheckoutObject of a checkout; empty for the books
	Charge   string // empty when it is not about one
	What     string
	Detail   string // a sentence, without names of people
	Found    time.Time
}

// What can differ.
const (
	ObjectMissing       = "object_missing"       // the provider does not know what it sold
	ObjectForeign       = "object_foreign"       // it says that it sold it to somebody else
	SubscriptionDiffers = "subscription_differs" // state, plan or period
	RightDiffers        = "right_differs"
	CheckoutDiffers     = "checkout_differs" // what was paid still waits
	SaleMissing         = "sale_missing"     // a charge was never kept
	SaleDiffers         = "sale_differs"     // what was paid back or disputed
	ChargeMissing       = "charge_missing"   // the provider does not know what we keep as sold
	ChargeDiffers       = "charge_differs"   // the sum of a charge is another than it was
	BooksDiffer         = "books_differ"     // the postings of a sale
	SumsDiffer          = "sums_differ"      // the postings of all sales together
	PayoutDiffers       = "payout_differs"   // a payout, its postings and its statement
)

// same reports whether both are about one thing.
func (d Difference) same(o Difference) bool {
	return d.Provider == o.Provider && d.Object == o.Object && d.Charge == o.Charge && d.What == o.What
}

func (d Difference) String() string {
	of := d.Object
	if d.Charge != "" {
		of = d.Charge
	}
	return fmt.Sprintf("%s %s: %s (%s)", d.Provider, of, d.Detail, d.What)
}

// differenceTx is what comparing needs inside one transaction.
type differenceTx interface {
	// Sold returns what is sold since the moment, or disputed still: one sale for
	// each checkout, by checkout, after one.
	Sold(ctx context.Context, since time.Time, after ident.Checkout, limit int) ([]Sale, error)
	// Differences returns those that were found and not solved, the oldest first.
	Differences(ctx context.Context) ([]Difference, error)
	// PutDifference keeps when it was first found.
	PutDifference(ctx context.Context, d Difference) error
	DropDifference(ctx context.Context, d Difference) error

	auditTx
}

// keep replaces the differences that were known, of whatever the filter speaks
// of, by those that are left.
func (s *Service) keep(ctx context.Context, left []Difference, about func(Difference) bool) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		known, err := tx.Differences(ctx)
		if err != nil {
			return err
		}
		for _, d := range known {
			if about(d) && !contains(left, d) {
				if err := tx.DropDifference(ctx, d); err != nil {
					return err
				}
			}
		}
		for _, d := range left {
			if d.Found = s.Now(); contains(known, d) {
				continue
			}
			if err := tx.PutDifference(ctx, d); err != nil {
				return err
			}
		}
		return nil
	})
}

func contains(all []Difference, d Difference) bool {
	for _, o := range all {
		if d.same(o) {
			return true
		}
	}
	return false
}

// Differences returns what is known to differ, the oldest first.
func (s *Service) Differences(ctx context.Context) (found []Difference, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		found, err = tx.Differences(ctx)
		return err
	})
	return found, err
}
