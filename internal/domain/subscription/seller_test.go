package subscription_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// limited is a provider that sells no gifts.
type limited struct{ subscription.Provider }

func (limited) Name() string { return "limited" }

func (l limited) OpenCheckout(ctx context.Context, o subscription.Order) (subscription.Session, error) {
	if o.Purpose == subscription.ForGift {
		return subscription.Session{}, fault.New(fault.Conflict, "provider_cannot", "no gifts here")
	}
	return l.Provider.OpenCheckout(ctx, o)
}

// The first provider sells unless the buyer names another one.
func TestABuyerChoosesAmongTheProvidersThatSell(t *testing.T) {
	w := newWorld(t)
	w.service.Providers = append(w.service.Providers, limited{w.provider})
	if got := w.service.Sellers(); !slices.Equal(got, []string{"fake", "limited"}) {
		t.Errorf("got %v", got)
	}
	open := func(by ident.Account, key, provider string) (subscription.Checkout, error) {
		return w.service.OpenCheckout(t.Context(), by, w.channel, subscription.Purchase{Key: key, Provider: provider})
	}
	buyer := w.person(true)
	first, err := open(buyer, "a", "")
	if err != nil || first.Provider != "fake" {
		t.Fatalf("got %+v, %v", first, err)
	}
	other, err := open(buyer, "b", "limited")
	if err != nil || other.Provider != "limited" || other.ID == first.ID {
		t.Fatalf("the same plan at another provider: %+v, %v", other, err)
	}
	if was, err := w.service.CheckoutByID(t.Context(), buyer, first.ID); err != nil || was.State != subscription.CheckoutExpired {
		t.Errorf("two checkouts may be paid: %+v, %v", was, err)
	}
	if again, err := open(buyer, "c", "limited"); err != nil || again.ID != other.ID {
		t.Errorf("got %+v, %v", again, err)
	}
	_, err = open(w.person(true), "k", "elsewhere")
	wantReason(t, err, "provider_unknown")
}

// What a provider can never do leaves no purchase behind that waits for it.
func TestWhatAProviderCannotSellIsOver(t *testing.T) {
	w := newWorld(t)
	w.service.Providers = []subscription.Provider{limited{w.provider}}
	giver := w.person(true)
	_, err := w.service.OpenGift(t.Context(), giver, w.channel, subscription.GiftWish{Key: "k", People: 1})
	wantReason(t, err, "provider_cannot")
	w.update(func(tx *store.Tx) error {
		c, found, err := tx.CheckoutByKey(t.Context(), giver, w.channel, "k")
		if !found || c.State != subscription.CheckoutExpired {
			return fmt.Errorf("left as %+v", c)
		}
		return err
	})
}
