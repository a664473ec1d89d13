package subscription_test

import (
	"context"
	"testing"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// renamed is the fake provider under another name.
type renamed struct{ *fakeProvider }

func (renamed) Name() string { return "gone" }

// strict is the fake provider as banks are: what is disputed cannot be paid back.
type strict struct{ *fakeProvider }

func (p strict) Refund(ctx context.Context, r subscription.Repayment) error {
	p.mu.Lock()
	for _, s := range p.sessions {
		if s.charge != nil && s.charge.Ref == r.Charge && s.charge.Dispute.State == subscription.DisputeOpen {
			p.mu.Unlock()
			return fault.New(fault.Conflict, "refund_too_large", "the bank has it")
		}
	}
	p.mu.Unlock()
	return p.fakeProvider.Refund(ctx, r)
}

// A gift whose rest cannot be paid back keeps no other waiting: not one whose
// provider is switched off by now, nor one whose payment is disputed.
func TestAGiftThatCannotBeSettledHoldsUpNoOther(t *testing.T) {
	for name, dispute := range map[string]bool{"disputed": true, "switched off": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			usual := []subscription.Provider{strict{w.provider}}
			if w.service.Providers = usual; !dispute {
				w.service.Providers = []subscription.Provider{renamed{w.provider}}
			}
			stuck := w.gift(w.person(true), subscription.GiftWish{People: 2})
			if _, err := w.service.Refresh(t.Context(), stuck.Provider, subscription.CheckoutObject(stuck.Ref)); err != nil {
				t.Fatal(err)
			}
			w.service.Providers = usual
			settle := func(state subscription.DisputeState) {
				t.Helper()
				if dispute {
					w.provider.mu.Lock()
					w.provider.sessions[stuck.ID].charge.Dispute = subscription.Dispute{Ref: "dp", State: state, At: w.clock.Now()}
					w.provider.mu.Unlock()
					w.applied(stuck)
				}
				if err := w.service.SettleGifts(t.Context()); err != nil {
					t.Error(err)
				}
			}
			fine := w.gift(w.person(true), subscription.GiftWish{People: 3})
			w.applied(fine)
			settle(subscription.DisputeOpen)
			back := map[ident.Checkout]int64{}
			for _, sale := range w.sales() {
				back[sale.Checkout] = sale.Refunded
			}
			if back[fine.ID] != 3*499 || back[stuck.ID] != 0 {
				t.Errorf("of the one %d went back, of the other %d", back[stuck.ID], back[fine.ID])
			}
			settle(subscription.DisputeLost) // and nothing is left to pay back
		})
	}
}
