package subscription_test

import (
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// The same key pays back once, also when the first try was written down.
func TestARefundWithAKeyPaysBackOnce(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	_, ref := w.subscribe(buyer)
	charge := w.sales()[0].Charge
	refund := func(want subscription.RefundWish) error {
		_, err := w.service.Refund(t.Context(), w.owner, w.channel, "fake", charge, want)
		return err
	}
	for range 3 {
		if err := refund(subscription.RefundWish{Amount: 300, Key: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.sales()[0].Refunded; got != 300 {
		t.Fatalf("%d went back", got)
	}
	for range 2 {
		if err := refund(subscription.RefundWish{Key: "b"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.sales()[0].Refunded; got != 499 {
		t.Fatalf("%d went back", got)
	}
	if o := w.provider.change(ref, func(*subscription.Object) {}); o.Status != subscription.StatusActive {
		t.Fatalf("it was ended: %+v", o)
	}
	if err := refund(subscription.RefundWish{Key: "b", End: true}); err != nil { // who came no further than the money
		t.Fatal(err)
	}
	if o := w.provider.change(ref, func(*subscription.Object) {}); o.Status != subscription.StatusEnded {
		t.Errorf("it goes on: %+v", o)
	}
	wantReason(t, refund(subscription.RefundWish{Key: "with a space"}), "key_invalid")
	wantReason(t, refund(subscription.RefundWish{Key: strings.Repeat("k", 65)}), "key_invalid")
	wantReason(t, refund(subscription.RefundWish{Amount: -1, Key: "c"}), "refund_too_large")
}

func TestADisputedPaymentIsNotPaidBackBesides(t *testing.T) {
	w := newWorld(t)
	_, ref := w.subscribe(w.person(true))
	charge := w.sales()[0].Charge
	if _, err := w.service.Refund(t.Context(), w.owner, w.channel, "fake", charge, subscription.RefundWish{Amount: 100, Key: "a"}); err != nil {
		t.Fatal(err)
	}
	w.provider.change(ref, func(o *subscription.Object) { dispute(o, w.clock.Now()) })
	w.refresh(ref)
	for _, want := range []subscription.RefundWish{{}, {Key: "b"}, {Amount: 1, Key: "c"}, {Amount: 1}} {
		_, err := w.service.Refund(t.Context(), w.owner, w.channel, "fake", charge, want)
		wantReason(t, err, "refund_too_large")
	}
}
