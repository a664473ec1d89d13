package subscription

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/ledger"
)

// auditTx is what looking at the books needs inside one transaction.
type auditTx interface {
	// SalesAfter returns all sales, by provider and charge, after one.
	SalesAfter(ctx context.Context, provider, charge string, limit int) ([]Sale, error)
	SalesOfCheckout(ctx context.Context, id ident.Checkout) ([]Sale, error)
	// Postings returns the transfers of the transactions that stand under keys.
	Postings(ctx context.Context, keys []string) (map[string][]ledger.Transfer, error)
	// PostedKeys returns the keys of the transactions of a kind, in some order that
	// does not change, after one.
	PostedKeys(ctx context.Context, kind, after string, limit int) ([]string, error)
	// PostedSums adds up the transfers of transactions of some kinds, by account.
	PostedSums(ctx context.Context, kinds ...string) (map[ledger.Account]ledger.Balance, error)
}

// auditPage is how many rows are looked at together.
const auditPage = 500

// Audit compares the postings of sales with the sales: each payment, fee and
// refund for itself, and all of them together, by provider and currency, so that
// a posting without a sale is found too. It looks at one moment and writes
// nothing.
func (s *Service) Audit(ctx context.Context) (found []Difference, err error) {
	err = s.Store.Snapshot(ctx, func(tx Tx) error {
		found, err = Audit(ctx, tx)
		return err
	})
	return found, err
}

// books looks at all books.
func (s *Service) books(ctx context.Context) ([]Difference, error) {
	found, err := s.Audit(ctx)
	troubles := []error{err}
	for _, look := range s.Audits {
		more, err := look(ctx)
		found, troubles = append(found, more...), append(troubles, err)
	}
	return found, errors.Join(troubles...)
}

// Audit is Service.Audit inside a transaction of the caller's.
func Audit(ctx context.Context, tx auditTx) ([]Difference, error) {
	a := audit{tx: tx, wrong: map[named][]string{}, refunded: map[named]Sale{}, sums: map[ledger.Account]total{}}
	for _, step := range []func(context.Context) error{a.sales, a.refunds, a.tell, a.totals} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return a.found, nil
}

// audit is one look at the books.
type audit struct {
	tx       auditTx
	found    []Difference
	wrong    map[named][]string // what the books do not hold of a sale
	refunded map[named]Sale
	sums     map[ledger.Account]total
}

// named is a charge by the names of its provider.
type named struct{ provider, charge string }

// total is what sales say about an account.
type total struct{ paid, fee, refunded, held int64 }

func (a *audit) say(what, provider, charge, format string, args ...any) {
	a.found = append(a.found, Difference{Provider: provider, Charge: charge, What: what, Detail: fmt.Sprintf(format, args...)})
}

// net is what transfers moved into each account.
func net(legs []ledger.Transfer) map[ledger.Account]int64 {
	moved := map[ledger.Account]int64{}
	for _, l := range legs {
		moved[l.Debit] -= l.Amount
		moved[l.Credit] += l.Amount
	}
	maps.DeleteFunc(moved, func(_ ledger.Account, n int64) bool { return n == 0 })
	return moved
}

// sales compares payments and fees, each under its own key.
func (a *audit) sales(ctx context.Context) error {
	for provider, charge := "", ""; ; {
		page, err := a.tx.SalesAfter(ctx, provider, charge, auditPage)
		if err != nil || len(page) == 0 {
			return err
		}
		var keys []string
		for _, s := range page {
			keys = append(keys, s.Provider+":charge:"+s.Charge, s.Provider+":fee:"+s.Charge)
		}
		posted, err := a.tx.Postings(ctx, keys)
		if err != nil {
			return err
		}
		for i, s := range page {
			a.add(s)
			if !maps.Equal(net(posted[keys[2*i]]), s.moves(s.Tax.Minor, s.Creator(), s.Share)) {
				a.miss(s, "its price")
			}
			if !maps.Equal(net(posted[keys[2*i+1]]), s.feeMoves()) {
				a.miss(s, "its fee")
			}
		}
		last := page[len(page)-1]
		provider, charge = last.Provider, last.Charge
	}
}

func (a *audit) miss(s Sale, what string) {
	of := named{s.Provider, s.Charge}
	a.wrong[of] = append(a.wrong[of], what)
}

// tell says what the books do not hold, one sentence for each sale.
func (a *audit) tell(context.Context) error {
	for _, of := range slices.SortedFunc(maps.Keys(a.wrong), named.compare) {
		a.say(BooksDiffer, of.provider, of.charge, "The books do not hold of payment %s what the sale says: %s.", of.charge, strings.Join(a.wrong[of], ", "))
	}
	return nil
}

func (n named) compare(o named) int {
	return cmp.Or(strings.Compare(n.provider, o.provider), strings.Compare(n.charge, o.charge))
}

func (a *audit) add(s Sale) {
	clearing, held := s.clearing(), ledger.Of(s.Channel, ledger.CreatorHeld, s.Total.Currency)
	c, h := a.sums[clearing], a.sums[held]
	c.paid += s.Total.Minor
	c.fee += s.Fee
	c.refunded += s.Refunded
	h.held += s.Held
	a.sums[clearing], a.sums[held] = c, h
	if s.Refunded > 0 {
		a.refunded[named{s.Provider, s.Charge}] = s
	}
}

func (s Sale) clearing() ledger.Account {
	return ledger.Of("provider:"+s.Provider, ledger.Clearing, s.Total.Currency)
}

// moves is what a payment of these parts moved into each account.
func (s Sale) moves(tax, creator, share int64) map[ledger.Account]int64 {
	m := map[ledger.Account]int64{
		s.clearing(): -(tax + creator + share),
		ledger.Of(ledger.Operator, ledger.VAT, s.Total.Currency):      tax,
		ledger.Of(s.Channel, ledger.CreatorPayable, s.Total.Currency): creator,
		ledger.Of(ledger.Operator, ledger.Revenue, s.Total.Currency):  share,
	}
	maps.DeleteFunc(m, func(_ ledger.Account, n int64) bool { return n == 0 })
	return m
}

func (s Sale) feeMoves() map[ledger.Account]int64 {
	m := map[ledger.Account]int64{s.clearing(): s.Fee, ledger.Of(ledger.Operator, ledger.FeeExpense, s.Total.Currency): -s.Fee}
	maps.DeleteFunc(m, func(_ ledger.Account, n int64) bool { return n == 0 })
	return m
}

// refunds adds up what was posted as paid back of each sale. The names of charges
// hold no colon, so that a key tells its charge.
func (a *audit) refunds(ctx context.Context) error {
	posted := map[named]map[ledger.Account]int64{}
	for after := ""; ; {
		keys, err := a.tx.PostedKeys(ctx, "subscription_refunded", after, auditPage)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			break
		}
		legs, err := a.tx.Postings(ctx, keys)
		if err != nil {
			return err
		}
		for _, key := range keys {
			parts := strings.SplitN(key, ":", 4)
			if len(parts) < 4 {
				continue // the sums tell of it
			}
			of := named{parts[0], parts[2]}
			if posted[of] == nil {
				posted[of] = map[ledger.Account]int64{}
			}
			for account, n := range net(legs[key]) {
				posted[of][account] -= n
			}
		}
		after = keys[len(keys)-1]
	}
	for of, s := range a.refunded {
		got := posted[of]
		maps.DeleteFunc(got, func(_ ledger.Account, n int64) bool { return n == 0 })
		if !maps.Equal(got, s.moves(s.parts(s.Refunded))) {
			a.miss(s, "what was paid back")
		}
	}
	return nil
}

// totals compares sums: what the books moved for sales, and what the sales say.
func (a *audit) totals(ctx context.Context) error {
	sum := func(kinds ...string) (map[ledger.Account]ledger.Balance, error) {
		return a.tx.PostedSums(ctx, kinds...)
	}
	paid, err := sum("subscription_paid")
	if err != nil {
		return err
	}
	fees, err := sum("provider_fee")
	if err != nil {
		return err
	}
	refunds, err := sum("subscription_refunded")
	if err != nil {
		return err
	}
	held, err := sum("dispute_opened", "dispute_won", "dispute_lost")
	if err != nil {
		return err
	}
	accounts := map[ledger.Account]bool{}
	for _, books := range []map[ledger.Account]ledger.Balance{paid, fees, refunds, held} {
		for account := range books {
			accounts[account] = true
		}
	}
	for account := range a.sums {
		accounts[account] = true
	}
	for _, account := range slices.SortedFunc(maps.Keys(accounts), func(x, y ledger.Account) int {
		return strings.Compare(x.Owner+string(x.Kind)+x.Asset, y.Owner+string(y.Kind)+y.Asset)
	}) {
		want := a.sums[account]
		compare := func(what string, booked, sold int64) {
			if booked != sold {
				provider := strings.TrimPrefix(account.Owner, "provider:")
				a.say(SumsDiffer, provider, what+" in "+account.Asset, "All %s in %s: the books hold %d, the sales say %d.", what, account.Asset, booked, sold)
			}
		}
		switch account.Kind {
		case ledger.Clearing:
			compare("payments", paid[account].Debits, want.paid)
			compare("fees", fees[account].Credits, want.fee)
			compare("refunds", refunds[account].Credits, want.refunded)
		case ledger.CreatorHeld:
			compare("disputed sums", held[account].Net(), want.held)
		}
	}
	return nil
}
