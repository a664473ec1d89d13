package subscription_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/invoice"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func (w *world) papers(by ident.Account) []invoice.Paper {
	w.t.Helper()
	papers, err := w.service.Papers(w.t.Context(), by, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return papers
}

func TestEverySaleHasItsPapers(t *testing.T) {
	w := newWorld(t)
	w.service.Seller = invoice.Party{Code: "FR", Name: "Atelier", Address: "Paris", TaxID: "FR1"}
	buyer := w.person(true)
	_, ref := w.subscribe(buyer)
	w.refresh(ref)
	w.provider.renew(ref)
	w.refresh(ref)
	got := w.papers(buyer)
	if len(got) != 2 || got[1].Number != "FR-2026-000001" || got[0].Number != "FR-2026-000002" {
		t.Fatalf("got %+v", got)
	}
	first := got[1]
	if first.Gross != euros(499) || first.Tax != 83 || first.Net() != euros(416) || first.Country != "FR" || first.Rate != 2000 ||
		first.Seller.TaxID != "FR1" || first.Line != "Deep water" || first.BuyerName == "" || first.Sandbox {
		t.Errorf("got %+v", first)
	}
	charge := "ch_" + ref + "_1"
	for _, part := range []int64{100, 399} {
		if _, err := w.service.Refund(t.Context(), w.owner, w.channel, "fake", charge, subscription.RefundWish{Amount: part}); err != nil {
			t.Fatal(err)
		}
	}
	w.provider.change(ref, func(o *subscription.Object) {
		dispute(o, w.clock.Now())
		settle(o, subscription.DisputeLost, w.clock.Now())
	})
	w.refresh(ref)
	got = w.papers(buyer)
	var back, tax int64
	for _, p := range got[:3] {
		if p.Kind != invoice.CreditNote || p.Corrects == "" {
			t.Errorf("got %+v", p)
		}
		back, tax = back+p.Gross.Minor, tax+p.Tax
	}
	if len(got) != 5 || back != 2*499 || tax != 2*83 {
		t.Errorf("%d papers take back %d, of it tax %d", len(got), back, tax)
	}
	if n := len(w.papers(w.person(true))); n != 0 {
		t.Errorf("a stranger has %d papers", n)
	}
}

func TestAPaperIsOpenedByItsNumber(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	_, ref := w.subscribe(buyer)
	charge := "ch_" + ref + "_1"
	for _, part := range []int64{100, 399} {
		if _, err := w.service.Refund(t.Context(), w.owner, w.channel, "fake", charge, subscription.RefundWish{Amount: part}); err != nil {
			t.Fatal(err)
		}
	}
	all := w.papers(buyer) // two credit notes, and the invoice
	p, corrections, err := w.service.Paper(t.Context(), buyer, all[2].Number)
	if err != nil || p != all[2] || !slices.Equal(corrections, []string{all[1].Number, all[0].Number}) {
		t.Errorf("got %+v, %v, %v", p, corrections, err)
	}
	if p, corrections, err = w.service.Paper(t.Context(), buyer, all[0].Number); err != nil || p != all[0] || len(corrections) != 0 {
		t.Errorf("got %+v, %v, %v", p, corrections, err)
	}
	for by, number := range map[ident.Account]string{w.person(true): all[2].Number, "": all[2].Number, buyer: "INV-2026-999999"} {
		_, _, err := w.service.Paper(t.Context(), by, number)
		wantReason(t, err, "paper_missing")
		_, err = w.service.Papers(t.Context(), by, number)
		wantReason(t, err, "paper_missing")
	}
}

// Papers of one moment are all read, page by page.
func TestManyPapersAreReadByPages(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	const many = 250
	w.update(func(tx *store.Tx) error {
		for n := range many {
			if _, err := invoice.Issue(t.Context(), tx, invoice.Paper{
				Key: strconv.Itoa(n), Kind: invoice.Invoice, Seller: invoice.Party{Code: "X"}, Buyer: buyer, Channel: w.channel,
				Issued: w.clock.Now(), Line: "x", Gross: euros(100),
			}); err != nil {
				return err
			}
		}
		return nil
	})
	var numbers []string
	for after := ""; ; after = numbers[len(numbers)-1] {
		page, err := w.service.Papers(t.Context(), buyer, after)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, p := range page {
			numbers = append(numbers, p.Number)
		}
	}
	slices.Reverse(numbers)
	if len(slices.Compact(numbers)) != many || !slices.IsSorted(numbers) {
		t.Errorf("read %d of %d: %v", len(numbers), many, numbers)
	}
}

// TestNumbersHaveNoGap issues papers from several servers at once, while others
// take a number and fail.
func TestNumbersHaveNoGap(t *testing.T) {
	w := newWorld(t)
	buyers := w.persons(8, true)
	var wg sync.WaitGroup
	for i, by := range buyers {
		db, _ := w.node(nil)
		wg.Go(func() {
			for n := range 5 {
				err := db.Update(t.Context(), func(tx *store.Tx) error {
					_, err := invoice.Issue(t.Context(), tx, invoice.Paper{
						Key: fmt.Sprintf("%d-%d", i, n), Kind: invoice.Invoice, Seller: invoice.Party{Code: "X"}, Buyer: by, Channel: w.channel,
						Issued: w.clock.Now(), Line: "x", Gross: euros(100),
					})
					if err == nil && n == 2 {
						return errFailed
					}
					return err
				})
				if (err != nil) != (n == 2) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, by := range buyers {
		for _, p := range w.papers(by) {
			seen[p.Number] = true
		}
	}
	for n := range 4 * len(buyers) {
		if number := fmt.Sprintf("X-2026-%06d", n+1); !seen[number] {
			t.Errorf("%s is missing among %d", number, len(seen))
		}
	}
}

type failed struct{}

func (failed) Error() string { return "failed on purpose" }

var errFailed = failed{}

// letters returns the kinds of the letters that wait for somebody, in order.
func (w *world) letters(to ident.Account) string {
	w.t.Helper()
	var kinds []string
	w.update(func(tx *store.Tx) error {
		due, err := tx.DueLetters(w.t.Context(), w.clock.Now(), 1000)
		for _, l := range due {
			if l.To == to {
				kinds = append(kinds, string(l.Kind))
			}
			for _, place := range []string{"what"} {
				if l.Data[place] == "" {
					w.t.Errorf("%s says nothing of %s", l.Kind, place)
				}
			}
		}
		return err
	})
	return strings.Join(kinds, " ")
}

func TestWhatBuyersAreWrittenTo(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	sub, ref := w.subscribe(buyer)
	w.refresh(ref)
	step := func(want string) {
		t.Helper()
		if got := w.letters(buyer); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	step("sale.receipt")
	w.clock.Advance(day)
	if _, err := w.service.Cancel(t.Context(), buyer, sub.ID); err != nil {
		t.Fatal(err)
	}
	step("sale.receipt subscription.cancelled")
	if _, err := w.service.Resume(t.Context(), buyer, sub.ID); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(day)
	for range 2 {
		w.provider.change(ref, func(o *subscription.Object) { o.Status = subscription.StatusPastDue })
		w.refresh(ref)
	}
	step("sale.receipt subscription.cancelled subscription.payment_failed")
	w.clock.Advance(day)
	w.provider.renew(ref)
	w.refresh(ref)
	step("sale.receipt subscription.cancelled subscription.payment_failed sale.receipt")
	friend := w.person(false)
	w.applied(w.gift(w.person(true), subscription.GiftWish{Name: w.nameOf(friend), Months: 1}))
	if got := w.letters(friend); got != "gift.received" {
		t.Errorf("got %q", got)
	}
}

// Who cancels, thinks better of it and cancels again has it in writing both times.
func TestEveryCancellationIsConfirmed(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	sub, ref := w.subscribe(buyer)
	for range 2 {
		if _, err := w.service.Cancel(t.Context(), buyer, sub.ID); err != nil {
			t.Fatal(err)
		}
		w.refresh(ref)
		w.clock.Advance(day)
		if _, err := w.service.Resume(t.Context(), buyer, sub.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.letters(buyer); got != "sale.receipt subscription.cancelled subscription.cancelled" {
		t.Errorf("got %q", got)
	}
}

// Papers of rehearsals count for themselves: the numbers of real ones have no gap
// and begin with the first real sale. A rehearsal stays one.
func TestARehearsalTakesNoRealNumber(t *testing.T) {
	w := newWorld(t)
	w.service.Rehearsal = "fake"
	early, late := w.person(true), w.person(true)
	_, ref := w.subscribe(early)
	w.service.Rehearsal = ""
	w.subscribe(late)
	if _, err := w.service.Refund(t.Context(), w.owner, w.channel, "fake", "ch_"+ref+"_1", subscription.RefundWish{}); err != nil {
		t.Fatal(err)
	}
	if got := w.letters(early); got != "sale.receipt.rehearsed sale.refunded.rehearsed" {
		t.Errorf("whoever rehearsed is written %q", got)
	}
	for by, want := range map[ident.Account][]string{early: {"TEST-2026-000001", "TEST-2026-000002"}, late: {"INV-2026-000001"}} {
		var got []string
		for _, p := range w.papers(by) {
			got = append([]string{p.Number}, got...)
			if p.Sandbox != (by == early) {
				t.Errorf("%s is a rehearsal: %v", p.Number, p.Sandbox)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// outside is the fake provider as one that takes nothing here.
type outside struct{ *fakeProvider }

func (outside) PaidElsewhere() {}

// What is paid elsewhere cannot fail, be cancelled or be taken back here: letters
// that say so would be wrong.
func TestWhoPaysElsewhereIsNotWrittenToAboutIt(t *testing.T) {
	w := newWorld(t)
	w.service.Providers = []subscription.Provider{outside{w.provider}}
	buyer := w.person(true)
	_, ref := w.subscribe(buyer)
	before := w.letters(buyer)
	for _, change := range []func(*subscription.Object){
		func(o *subscription.Object) { o.CancelAtPeriodEnd = true },
		func(o *subscription.Object) { o.CancelAtPeriodEnd, o.Status = false, subscription.StatusPastDue },
	} {
		w.provider.change(ref, change)
		w.refresh(ref)
	}
	if got := w.letters(buyer); got != before {
		t.Errorf("got %q, before %q", got, before)
	}
}
