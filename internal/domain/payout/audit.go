package payout

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/invoice"
	"github.com/subspace-live/subspace/internal/domain/ledger"
)

// auditTx is what looking at the books needs inside one transaction.
type auditTx interface {
	// PayoutsAfter returns all payouts by their name, after one.
	PayoutsAfter(ctx context.Context, after ident.Payout, limit int) ([]Payout, error)
	// Postings returns the transfers of the transactions that stand under keys.
	Postings(ctx context.Context, keys []string) (map[string][]ledger.Transfer, error)
	// PostedKeys returns the keys of the transactions of a kind, in some order that
	// does not change, after one.
	PostedKeys(ctx context.Context, kind, after string, limit int) ([]string, error)
	// PostedSums adds up the transfers of transactions of some kinds, by account.
	PostedSums(ctx context.Context, kinds ...string) (map[ledger.Account]ledger.Balance, error)
	// Statements returns those of keys, by key.
	Statements(ctx context.Context, keys []string) (map[string]invoice.Statement, error)
}

// Finding is what the books and the payouts do not agree on.
type Finding struct {
	Provider string
	Payout   ident.Payout // empty when it is about sums
	Detail   string       // a sentence, without names of people
}

func (f Finding) String() string { return f.Detail }

// auditPage is how many rows are looked at together.
const auditPage = 500

// Audit compares payouts with the books and with their statements: each for
// itself, all together, and postings that belong to none. It looks at one moment
// and writes nothing.
func (s *Service) Audit(ctx context.Context) (found []Finding, err error) {
	err = s.Store.Snapshot(ctx, func(tx Tx) error {
		found, err = Audit(ctx, tx)
		return err
	})
	return found, err
}

// Audit is Service.Audit inside a transaction of the caller's.
func Audit(ctx context.Context, tx auditTx) ([]Finding, error) {
	a := audit{tx: tx, known: map[string]bool{}, transit: map[ledger.Account]int64{}, reversed: map[string]Payout{}}
	for _, step := range []func(context.Context) error{a.payouts, a.reversals, a.strays, a.sums} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return a.found, nil
}

type audit struct {
	tx       auditTx
	found    []Finding
	known    map[string]bool          // keys of postings that a payout has
	transit  map[ledger.Account]int64 // what payouts say is on its way
	reversed map[string]Payout        // those of which something was taken back, by key
}

func (a *audit) say(provider string, id ident.Payout, format string, args ...any) {
	a.found = append(a.found, Finding{provider, id, fmt.Sprintf(format, args...)})
}

// payouts looks at each with its postings and its statement.
func (a *audit) payouts(ctx context.Context) error {
	for after := ident.Payout(""); ; {
		page, err := a.tx.PayoutsAfter(ctx, after, auditPage)
		if err != nil || len(page) == 0 {
			return err
		}
		var keys, own []string
		for _, p := range page {
			own = append(own, p.key())
			for _, to := range []State{Decided, Paid, Refused} {
				keys = append(keys, p.posting(to, p.Decided).Key)
			}
		}
		posted, err := a.tx.Postings(ctx, keys)
		if err != nil {
			return err
		}
		statements, err := a.tx.Statements(ctx, own)
		if err != nil {
			return err
		}
		for _, p := range page {
			a.payout(p, posted)
			a.statement(p, statements)
		}
		after = page[len(page)-1].ID
	}
}

func (a *audit) payout(p Payout, posted map[string][]ledger.Transfer) {
	for _, to := range []State{Decided, Paid, Refused} {
		t := p.posting(to, p.Decided)
		var want []ledger.Transfer
		if to == Decided || to == p.State {
			want = t.Legs
			a.known[t.Key] = true
		}
		if !slices.Equal(posted[t.Key], want) {
			a.say(p.Till.Provider, p.ID, "Payout %s is %s, and the books do not hold that under %s.", p.ID, p.State, t.Key)
		}
	}
	if p.Reversed > 0 {
		a.reversed[p.key()] = p
	}
	if p.State == Decided {
		a.transit[ledger.Of(p.Channel, ledger.PayoutTransit, p.Amount.Currency)] += p.Amount.Minor
	}
}

func (a *audit) statement(p Payout, statements map[string]invoice.Statement) {
	s, found := statements[p.key()]
	if found != (p.State == Paid) {
		a.say(p.Till.Provider, p.ID, "Payout %s is %s; it has a statement: %v.", p.ID, p.State, found)
	}
	if !found {
		return
	}
	var sum, paid int64
	for _, l := range s.Lines {
		if l.What == LinePaid {
			paid += l.Minor
		} else {
			sum += l.Minor
		}
	}
	if sum != paid || paid != p.Amount.Minor || s.Currency != p.Amount.Currency || s.Channel != p.Channel {
		a.say(p.Till.Provider, p.ID, "Statement %s adds up to %d and says that %d %s were paid; the payout is of %s.", s.Number, sum, paid, s.Currency, p.Amount)
	}
}

// reversals adds up what was posted as taken back of each payout.
func (a *audit) reversals(ctx context.Context) error {
	posted := map[string]int64{}
	for after := ""; ; {
		keys, err := a.tx.PostedKeys(ctx, kindReversed, after, auditPage)
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
			own, _, _ := strings.Cut(key, reversedMark)
			p, known := a.reversed[own]
			want := p.reversal(0, p.Decided).Legs
			for _, leg := range legs[key] {
				if known && leg.Debit == want[0].Debit && leg.Credit == want[0].Credit {
					posted[own] += leg.Amount
				} else {
					a.say(p.Till.Provider, ident.Payout(strings.TrimPrefix(own, keyPrefix)), "The books hold %s (%s), and no payout says so.", key, kindReversed)
				}
			}
		}
		after = keys[len(keys)-1]
	}
	for _, own := range slices.Sorted(maps.Keys(a.reversed)) {
		if p := a.reversed[own]; posted[own] != p.Reversed || p.State != Paid || p.Reversed > p.Amount.Minor {
			a.say(p.Till.Provider, p.ID, "Payout %s is %s, and %d of it was taken back; the books hold %d.", p.ID, p.State, p.Reversed, posted[own])
		}
	}
	return nil
}

// strays looks for postings that no payout has.
func (a *audit) strays(ctx context.Context) error {
	for _, kind := range []string{kindDecided, kindPaid, kindReturned} {
		for after := ""; ; {
			keys, err := a.tx.PostedKeys(ctx, kind, after, auditPage)
			if err != nil {
				return err
			}
			if len(keys) == 0 {
				break
			}
			for _, key := range keys {
				if !a.known[key] {
					id, _, _ := strings.Cut(strings.TrimPrefix(key, "payout:"), ":")
					a.say("", ident.Payout(id), "The books hold %s (%s), and no payout says so.", key, kind)
				}
			}
			after = keys[len(keys)-1]
		}
	}
	return nil
}

// sums compares what is on its way, by channel and currency.
func (a *audit) sums(ctx context.Context) error {
	books, err := a.tx.PostedSums(ctx, kindDecided, kindPaid, kindReturned)
	if err != nil {
		return err
	}
	accounts := map[ledger.Account]bool{}
	for account := range books {
		if account.Kind == ledger.PayoutTransit {
			accounts[account] = true
		}
	}
	for account := range a.transit {
		accounts[account] = true
	}
	for _, account := range slices.SortedFunc(maps.Keys(accounts), func(x, y ledger.Account) int {
		return strings.Compare(x.Owner+" "+x.Asset, y.Owner+" "+y.Asset)
	}) {
		if is, want := books[account].Net(), a.transit[account]; is != want {
			a.say("", "", "On its way to channel %s in %s: the books hold %d, the payouts say %d.", account.Owner, account.Asset, is, want)
		}
	}
	return nil
}
