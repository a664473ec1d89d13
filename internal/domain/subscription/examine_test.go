package subscription_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/ledger"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func (w *world) examine() subscription.Findings {
	w.t.Helper()
	found, err := w.service.Examine(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

func whats(all []subscription.Difference) []string {
	out := []string{}
	for _, d := range all {
		out = append(out, d.What)
	}
	slices.Sort(out)
	return out
}

// What providers know better is written down, and then nothing differs.
func TestExamineMendsWhatProvidersKnowBetter(t *testing.T) {
	w := newWorld(t)
	same, renewed, ended := w.person(true), w.person(true), w.person(true)
	w.subscribe(same)
	_, ref := w.subscribe(renewed)
	w.provider.renew(ref)
	_, gone := w.subscribe(ended)
	w.provider.end(gone)
	w.clock.Advance(time.Minute)
	found := w.examine()
	if len(found.Left) > 0 {
		t.Errorf("left %v", found.Left)
	}
	want := []string{"right_differs", "right_differs", "sale_missing", "subscription_differs", "subscription_differs"}
	if got := whats(found.Mended); !slices.Equal(got, want) {
		t.Errorf("mended %v", found.Mended)
	}
	for _, d := range found.Mended {
		if d.Object == "" || d.Detail == "" || strings.Contains(d.Detail, "person") {
			t.Errorf("told as %+v", d)
		}
	}
	if w.inside(ended).Allowed || !w.inside(same).Allowed {
		t.Error("the rights are as they were")
	}
	before := w.provider.fetches
	if found := w.examine(); len(found.Mended)+len(found.Left) > 0 || w.provider.fetches != before+3 {
		t.Errorf("the second time it finds %+v with %d questions", found, w.provider.fetches-before)
	}
}

// What ended is asked for once, however often it was paid for.
func TestTheLastSaleStandsForItsCheckout(t *testing.T) {
	w := newWorld(t)
	_, ref := w.subscribe(w.person(true))
	for range 3 {
		w.provider.renew(ref)
		w.refresh(ref)
	}
	w.provider.end(ref)
	w.refresh(ref)
	w.update(func(tx *store.Tx) error {
		last, err := tx.Sold(t.Context(), time.Time{}, "", 10)
		if err != nil || len(last) != 1 || last[0].Charge != w.sales()[0].Charge {
			t.Errorf("last sold %+v, %v", last, err)
		}
		return nil
	})
}

// What refreshing does not explain is kept and told, until it is so no more.
func TestWhatRefreshingDoesNotExplainIsAnAlert(t *testing.T) {
	w := newWorld(t)
	w.crooked = true
	var alerts []subscription.Difference
	w.service.Differs = func(d subscription.Difference) { alerts = append(alerts, d) }
	lost := func(ref string) func() {
		o := w.provider.subs[ref]
		delete(w.provider.subs, ref)
		return func() { w.provider.subs[ref] = o }
	}
	changed := func(ref string, change func(*subscription.Object)) func() {
		was := copied(*w.provider.subs[ref])
		w.provider.change(ref, change)
		return func() { w.provider.subs[ref] = &was }
	}
	for name, spoil := range map[string]func(ref string) (mend func()){
		"object_missing": lost,
		"object_foreign": func(ref string) func() {
			return changed(ref, func(o *subscription.Object) { o.Checkout = "another" })
		},
		"charge_missing": func(ref string) func() {
			return changed(ref, func(o *subscription.Object) { o.Charges = nil })
		},
		"charge_differs": func(ref string) func() {
			return changed(ref, func(o *subscription.Object) { o.Charges[0].Total.Minor++ })
		},
	} {
		t.Run(name, func(t *testing.T) {
			buyer := w.person(true)
			_, ref := w.subscribe(buyer)
			mend := spoil(ref)
			alerts = nil
			found := w.examine()
			if !slices.Equal(whats(found.Left), []string{name}) || len(found.Mended) > 0 {
				t.Fatalf("found %+v", found)
			}
			if !slices.Equal(alerts, found.Left) {
				t.Errorf("told %+v", alerts)
			}
			if known, err := w.service.Differences(t.Context()); err != nil || len(known) != 1 || known[0].What != name || known[0].Found.IsZero() {
				t.Errorf("kept %+v, %v", known, err)
			}
			if !w.inside(buyer).Allowed {
				t.Error("a door closed because of a difference")
			}
			if left, err := w.service.Recheck(t.Context()); err != nil || len(left) != 1 {
				t.Errorf("looked at again: %+v, %v", left, err)
			}
			mend()
			if left, err := w.service.Recheck(t.Context()); err != nil || len(left) != 0 {
				t.Errorf("mended, and still there: %+v, %v", left, err)
			}
		})
	}
}

// The books are held to the sales one by one, and all together.
func TestBooksThatDifferFromTheSalesAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(w *world, sale subscription.Sale) error
		want  []string
	}{
		"a sale without its posting": {func(w *world, sale subscription.Sale) error {
			sale.Charge = "ch_forged"
			return w.put(sale)
		}, []string{"books_differ", "charge_missing", "sums_differ", "sums_differ"}},
		"another fee": {func(w *world, sale subscription.Sale) error {
			sale.Fee++
			return w.put(sale)
		}, []string{"books_differ", "sums_differ"}},
		"more paid back than posted": {func(w *world, sale subscription.Sale) error {
			w.provider.change("sub_"+string(sale.Checkout), func(o *subscription.Object) {
				o.Charges[0].Refunds = []subscription.Refund{{Ref: "re_1", Amount: 100, At: w.clock.Now()}}
			})
			sale.Refunded, sale.RefundedAt = 100, w.clock.Now()
			return w.put(sale)
		}, []string{"books_differ", "sums_differ"}},
		"a posting without a sale": {func(w *world, sale subscription.Sale) error {
			return w.posts(ledger.Transaction{Key: "fake:charge:ch_ghost", Kind: "subscription_paid", At: w.clock.Now(), Legs: []ledger.Transfer{
				{Debit: ledger.Of("provider:fake", ledger.Clearing, "EUR"), Credit: ledger.Of(sale.Channel, ledger.CreatorPayable, "EUR"), Amount: 499},
			}})
		}, []string{"sums_differ"}},
		"a refund without a sale": {func(w *world, sale subscription.Sale) error {
			return w.posts(ledger.Transaction{Key: "fake:refund:ch_ghost:re_1", Kind: "subscription_refunded", At: w.clock.Now(), Legs: []ledger.Transfer{
				{Debit: ledger.Of(sale.Channel, ledger.CreatorPayable, "EUR"), Credit: ledger.Of("provider:fake", ledger.Clearing, "EUR"), Amount: 499},
			}})
		}, []string{"sums_differ"}},
		"a sum that is held for nobody": {func(w *world, sale subscription.Sale) error {
			return w.posts(ledger.Transaction{Key: "fake:dispute:dp_ghost:open", Kind: "dispute_opened", At: w.clock.Now(), Legs: []ledger.Transfer{
				{Debit: ledger.Of(sale.Channel, ledger.CreatorPayable, "EUR"), Credit: ledger.Of(sale.Channel, ledger.CreatorHeld, "EUR"), Amount: 1},
			}})
		}, []string{"sums_differ"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.crooked = true
			w.subscribe(w.person(true))
			if found := w.examine(); len(found.Left) > 0 {
				t.Fatalf("before: %v", found.Left)
			}
			if err := c.spoil(w, w.sales()[0].Sale); err != nil {
				t.Fatal(err)
			}
			if found := w.examine(); !slices.Equal(whats(found.Left), c.want) {
				t.Errorf("left %v", found.Left)
			}
			if left, err := w.service.Recheck(t.Context()); err != nil || !slices.Equal(whats(left), c.want) {
				t.Errorf("looked at again: %v, %v", left, err)
			}
		})
	}
}

func (w *world) put(sale subscription.Sale) error {
	return w.db.Update(w.t.Context(), func(tx *store.Tx) error { return tx.PutSale(w.t.Context(), sale) })
}

func (w *world) posts(txns ...ledger.Transaction) error {
	return w.db.Update(w.t.Context(), func(tx *store.Tx) error {
		_, err := ledger.Post(w.t.Context(), tx, txns...)
		return err
	})
}

// What has ended, and gifts, are looked at as long as cards can be disputed.
func TestWhatWasSoldOfLateIsComparedToo(t *testing.T) {
	w := newWorld(t)
	buyer, giver, friend := w.person(true), w.person(true), w.person(true)
	_, ref := w.subscribe(buyer)
	w.provider.end(ref)
	w.refresh(ref)
	c := w.gift(giver, subscription.GiftWish{Name: w.nameOf(friend), Months: 12})
	w.applied(c)
	w.clock.Advance(119 * day)
	back := func() {
		w.provider.change(ref, func(o *subscription.Object) {
			o.Charges[0].Refunds = append(o.Charges[0].Refunds, subscription.Refund{Ref: "re_" + ident.Make[string](w.ids), Amount: 100, At: w.clock.Now()})
		})
	}
	back()
	w.provider.sessions[c.ID].charge.Dispute = subscription.Dispute{Ref: "dp_1", State: subscription.DisputeOpen, At: w.clock.Now()}
	if found := w.examine(); !slices.Equal(whats(found.Mended), []string{"right_differs", "sale_differs", "sale_differs"}) || len(found.Left) > 0 {
		t.Errorf("found %+v", found)
	}
	if w.inside(friend).Allowed {
		t.Error("a disputed gift still opens the door")
	}
	w.clock.Advance(2 * day)
	back()
	w.provider.sessions[c.ID].charge.Dispute.State = subscription.DisputeWon
	if found := w.examine(); !slices.Equal(whats(found.Mended), []string{"sale_differs"}) || len(found.Left) > 0 {
		t.Errorf("later: %+v", found) // the dispute is still open, and looked at; the old sale is not
	}
	if !w.inside(friend).Allowed {
		t.Error("a dispute that was won opens nothing")
	}
}

// A provider that does not answer is left after some tries, and what is known to
// differ stays known.
func TestAnExaminationOfASilentProvider(t *testing.T) {
	w := newWorld(t)
	var refs []string
	for range 10 {
		_, ref := w.subscribe(w.person(true))
		refs = append(refs, ref)
	}
	o := w.provider.subs[refs[0]]
	delete(w.provider.subs, refs[0])
	if left := w.examine().Left; len(left) != 1 {
		t.Fatalf("left %v", left)
	}
	w.provider.down = errors.New("connection refused")
	before := w.provider.fetches
	_, err := w.service.Examine(t.Context())
	wantReason(t, err, "provider_unavailable")
	if asked := w.provider.fetches - before; asked > 3 {
		t.Errorf("asked %d times", asked)
	}
	if _, err := w.service.Recheck(t.Context()); err == nil {
		t.Error("nobody heard of it")
	}
	w.provider.down = nil
	if known, err := w.service.Differences(t.Context()); err != nil || len(known) != 1 {
		t.Errorf("known: %v, %v", known, err)
	}
	w.provider.subs[refs[0]] = o
	if left := w.examine().Left; len(left) != 0 {
		t.Errorf("left %v", left)
	}
	if known, err := w.service.Differences(t.Context()); err != nil || len(known) != 0 {
		t.Errorf("known: %v, %v", known, err)
	}
}

// TestTheInboxLooksAtEverythingAtItsStart uses the goroutines of a server.
func TestTheInboxLooksAtEverythingAtItsStart(t *testing.T) {
	w := newWorld(t)
	alert := make(chan subscription.Difference, 10)
	w.service.Differs = func(d subscription.Difference) { alert <- d }
	_, ref := w.subscribe(w.person(true))
	delete(w.provider.subs, ref)
	in := w.inbox()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = in.Run(ctx) }() // waited for below
	select {
	case d := <-alert:
		if d.Object != ref {
			t.Errorf("told %+v", d)
		}
	case <-time.After(30 * time.Second):
		t.Error("nothing was told")
	}
	for until := time.Now().Add(30 * time.Second); in.Differences() != 1; {
		if time.Now().After(until) {
			t.Fatalf("%d differences are counted", in.Differences())
		}
	}
	stop()
	<-ended
}
