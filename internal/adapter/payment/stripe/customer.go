package stripe

import (
	"context"
	"fmt"

	sdk "github.com/stripe/stripe-go/v85"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// The kinds of object that is kept.
const (
	kindCustomer = "customer" // by account and currency
	kindPortal   = "portal"   // the settings of the page on which cards are changed
	kindProduct  = "product"  // by tier; what is kept is its title
	kindResume   = "resume"   // by subscription; what is kept is what was paid until when, and how often Stripe refused to resume since
)

// customer returns what Stripe calls a buyer, and makes it there the first time.
// To Stripe whoever pays in two currencies is two: it lets no customer have
// subscriptions in more than one. stale is a name that Stripe did not know,
// because the key is of another Stripe account, or of the test mode, than
// before; empty when there is none.
func (s *Stripe) customer(ctx context.Context, account ident.Account, currency, stale string) (string, error) {
	return s.once(ctx, kindCustomer, string(account)+"/"+currency, stale, func(key *string) (string, error) {
		params := &sdk.CustomerCreateParams{Metadata: s.marked(metaAccount, string(account))}
		params.IdempotencyKey = key
		c, err := s.api.V1Customers.Create(ctx, params)
		if err != nil {
			return "", trouble("make a customer", err)
		}
		return c.ID, nil
	})
}

// once returns the kept name of an object, and otherwise makes it and keeps it.
// Search finds a new object only after a while, and an idempotency key is
// forgotten after a day; together with the table each object is made once.
func (s *Stripe) once(ctx context.Context, kind, name, stale string, make func(key *string) (string, error)) (string, error) {
	var ref string
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		ref, _, err = tx.StripeObject(ctx, kind, name)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("stripe %s: %w", kind, err)
	}
	if ref != "" && ref != stale {
		return ref, nil
	}
	if ref, err = make(s.key(kind, name, stale)); err != nil {
		return "", err
	}
	if err = s.Store.Update(ctx, func(tx Tx) error { return tx.PutStripeObject(ctx, kind, name, ref) }); err != nil {
		return "", fmt.Errorf("stripe %s: %w", kind, err)
	}
	return ref, nil
}

// product makes sure that Stripe has a product for a tier, under the title that
// its pages and receipts show, and returns its name there. The name is made of
// ours, so that a price tells its tier and moves with what is sold at it. The
// title that Stripe knows is kept: when a crowd buys at once, only the first
// writes to the one product, where Stripe would let one in after the other.
// With again it is made anew, whatever is kept.
func (s *Stripe) product(ctx context.Context, tier ident.Tier, title string, again bool) (string, error) {
	id := s.productID(tier)
	var known string
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		known, _, err = tx.StripeObject(ctx, kindProduct, string(tier))
		return err
	})
	if err != nil || (known == title && !again) {
		return id, err
	}
	_, err = s.api.V1Products.Update(ctx, id, &sdk.ProductUpdateParams{Name: &title})
	if missing(err) {
		_, err = s.api.V1Products.Create(ctx, &sdk.ProductCreateParams{
			ID: &id, Name: &title, Metadata: s.marked(metaTier, string(tier)),
		})
	}
	if code, _ := code(err); err != nil && code != string(sdk.ErrorCodeResourceAlreadyExists) { // another node was quicker
		return id, trouble("make a product", err)
	}
	return id, s.Store.Update(ctx, func(tx Tx) error { return tx.PutStripeObject(ctx, kindProduct, string(tier), title) })
}

func (s *Stripe) productID(tier ident.Tier) string { return s.productPrefix() + string(tier) }

func (s *Stripe) productPrefix() string { return "subspace_" + s.mark + "_" }

func missing(err error) bool {
	code, _ := code(err)
	return code == string(sdk.ErrorCodeResourceMissing)
}
