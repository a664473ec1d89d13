package ledger_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/ledger"
)

// TestTheLedgerIsTheModel posts random batches, with keys used again, rules at
// their edge and sums that do not fit, and compares every answer and every
// balance with a model that is too simple to be wrong.
func TestTheLedgerIsTheModel(t *testing.T) {
	b := newBooks(t)
	rapid.Check(t, func(r *rapid.T) {
		if err := b.play(stories().Draw(r, "story"), nil); err != nil {
			r.Fatal(err)
		}
	})
}

// TestEveryMutantIsCaught plays the same stories with a ledger that has lost one
// guard. If the model did not notice, it would prove nothing.
func TestEveryMutantIsCaught(t *testing.T) {
	for name, m := range map[string]mutant{
		"rules are not asked": {read: func(b *ledger.Books) {
			for a, balance := range b.Balances {
				if rule, _ := a.Kind.Rule(); rule == ledger.DebitsWithinCredits {
					b.Balances[a] = ledger.Balance{Debits: balance.Debits, Credits: balance.Credits + 1000}
				}
			}
		}},
		"keys are forgotten":   {read: func(b *ledger.Books) { b.Taken = nil }},
		"digests are not kept": {claim: func(c *ledger.Claim) { c.Digest = "the same" }},
		"a balance is left behind": {write: func(e *ledger.Entries) {
			for a := range e.Moved {
				delete(e.Moved, a)
				break
			}
		}},
		"a transaction is written without its transfers": {write: func(e *ledger.Entries) {
			e.Posted = e.Posted[min(1, len(e.Posted)):]
		}},
		"a refusal is written as posted": {write: func(e *ledger.Entries) { e.Refused = nil }},
		"balances are those of another time": {read: func(b *ledger.Books) {
			for a := range b.Balances {
				b.Balances[a] = ledger.Balance{}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := &books{t: t, url: storetest.URL(t)}
			b.db = storetest.Open(t, b.url, time.Now, nil)
			const most = 40
			for seed := range most {
				err := b.play(stories().Example(seed), &m)
				if err == nil {
					err = b.audit()
				}
				if err != nil {
					t.Logf("caught by story %d: %v", seed, err)
					return
				}
			}
			t.Errorf("%d stories found nothing wrong with it", most)
		})
	}
}

// mutant stands between the rules and the store, and spoils what passes.
type mutant struct {
	ledger.Tx
	claim func(*ledger.Claim)
	read  func(*ledger.Books)
	write func(*ledger.Entries)
}

func (m mutant) OpenBooks(ctx context.Context, claims []ledger.Claim, accounts []ledger.Account) (ledger.Books, error) {
	if m.claim != nil {
		for i := range claims {
			m.claim(&claims[i])
		}
	}
	books, err := m.Tx.OpenBooks(ctx, claims, accounts)
	if m.read != nil {
		m.read(&books)
	}
	return books, err
}

func (m mutant) WriteBooks(ctx context.Context, e ledger.Entries) error {
	if m.write != nil {
		m.write(&e)
	}
	return m.Tx.WriteBooks(ctx, e)
}

// story is batches of transactions, one after the other.
type story [][]ledger.Transaction

// stories draws them. Owners, keys and the asset of huge amounts get the number
// of the play, so that one database serves many.
func stories() *rapid.Generator[story] {
	return rapid.Custom(func(r *rapid.T) story {
		var s story
		var made []ledger.Transaction
		for range rapid.IntRange(2, 8).Draw(r, "batches") {
			var batch []ledger.Transaction
			for range rapid.IntRange(1, 5).Draw(r, "size") {
				t := ledger.Transaction{
					Key:  fmt.Sprint("key-", rapid.IntRange(1, 25).Draw(r, "key")),
					Kind: rapid.SampledFrom([]string{"gift", "refund"}).Draw(r, "kind"),
					Legs: rapid.SliceOfN(legs(), 1, 4).Draw(r, "legs"),
				}
				if len(made) > 0 && rapid.IntRange(0, 3).Draw(r, "again") == 0 {
					t = rapid.SampledFrom(made).Draw(r, "which")
				}
				t.At = evening().Add(time.Duration(len(made)) * time.Second)
				made, batch = append(made, t), append(batch, t)
			}
			s = append(s, batch)
		}
		return s
	})
}

func legs() *rapid.Generator[ledger.Transfer] {
	ana, ben, op := "ana", "ben", ledger.Operator
	coins := []ledger.Account{
		ledger.Of(ana, ledger.Wallet, ledger.Coin), ledger.Of(ben, ledger.Wallet, ledger.Coin),
		ledger.Of(op, ledger.Issued, ledger.Coin), ledger.Of(op, ledger.Redeemed, ledger.Coin),
	}
	euros := []ledger.Account{
		ledger.Of(op, ledger.Clearing, "EUR"), ledger.Of(op, ledger.CoinLiability, "EUR"),
		ledger.Of(ben, ledger.CreatorPayable, "EUR"), ledger.Of(ana, ledger.Receivable, "EUR"),
	}
	huge := []ledger.Account{ledger.Of(op, ledger.Clearing, "HUGE"), ledger.Of(op, ledger.VAT, "HUGE")}
	return rapid.Custom(func(r *rapid.T) ledger.Transfer {
		among := rapid.SampledFrom([][]ledger.Account{coins, coins, euros, huge}).Draw(r, "asset")
		n := len(among)
		from := rapid.IntRange(0, n-1).Draw(r, "from")
		to := (from + rapid.IntRange(1, n-1).Draw(r, "to")) % n
		amount := rapid.Int64Range(1, 30)
		if n == len(huge) {
			amount = rapid.SampledFrom([]int64{1, 1 << 62, math.MaxInt64 - 1, math.MaxInt64})
		}
		return ledger.Transfer{Debit: among[from], Credit: among[to], Amount: amount.Draw(r, "amount")}
	})
}

// play posts a story and compares. The error is the first difference.
func (b *books) play(s story, through *mutant) error {
	b.plays++
	m := newModel()
	for _, batch := range s {
		batch = numbered(batch, b.plays)
		var got []ledger.Outcome
		if err := b.db.Update(b.t.Context(), func(tx *store.Tx) (err error) {
			var asked ledger.Tx = tx
			if through != nil {
				spoiled := *through
				spoiled.Tx = tx
				asked = spoiled
			}
			got, err = ledger.Post(b.t.Context(), asked, batch...)
			return err
		}); err != nil {
			return fmt.Errorf("post %+v: %w", batch, err)
		}
		for i, t := range batch {
			if want, is := m.post(t), answered(got[i]); is != want {
				return fmt.Errorf("%+v was answered %+v; the model says %+v", t, is, want)
			}
		}
		if err := b.compare(m); err != nil {
			return err
		}
	}
	return nil
}

func (b *books) compare(m *model) error {
	accounts := slices.Collect(maps.Keys(m.stands))
	var found map[ledger.Account]ledger.Balance
	if err := b.db.View(b.t.Context(), func(tx *store.Tx) (err error) {
		found, err = tx.Balances(b.t.Context(), accounts)
		return err
	}); err != nil {
		return err
	}
	if !maps.Equal(found, m.stands) {
		return fmt.Errorf("the accounts hold %v, in the model %v", found, m.stands)
	}
	return nil
}

func (b *books) audit() error {
	return b.db.View(b.t.Context(), func(tx *store.Tx) error {
		found, err := ledger.Check(b.t.Context(), tx)
		if err == nil && len(found) > 0 {
			err = fmt.Errorf("the books are broken: %v", found)
		}
		return err
	})
}

// numbered gives a batch the owners, keys and assets of one play.
func numbered(batch []ledger.Transaction, play int) []ledger.Transaction {
	out := slices.Clone(batch)
	for i := range out {
		out[i].Key = fmt.Sprint(out[i].Key, "/", play)
		out[i].Legs = slices.Clone(out[i].Legs)
		for j := range out[i].Legs {
			for _, a := range []*ledger.Account{&out[i].Legs[j].Debit, &out[i].Legs[j].Credit} {
				a.Owner = fmt.Sprint(a.Owner, play)
				if a.Asset == "HUGE" {
					a.Asset = fmt.Sprint(a.Asset, play)
				}
			}
		}
	}
	return out
}

// model is the books as one would keep them in a notebook.
type model struct {
	stands map[ledger.Account]ledger.Balance
	spent  map[string]ledger.Transaction
	reason map[string]string // by key
}

func newModel() *model {
	return &model{stands: map[ledger.Account]ledger.Balance{}, spent: map[string]ledger.Transaction{}, reason: map[string]string{}}
}

// reply is what an outcome tells.
type reply struct {
	reason   string // empty: posted
	repeated bool
}

func answered(o ledger.Outcome) reply {
	r := reply{repeated: o.Repeated}
	if !o.Posted() {
		r.reason = o.Refused.Reason
	}
	return r
}

func (m *model) post(t ledger.Transaction) reply {
	if first, ok := m.spent[t.Key]; ok {
		if first.Kind != t.Kind || !slices.Equal(first.Legs, t.Legs) {
			return reply{reason: "key_reused"}
		}
		return reply{m.reason[t.Key], true}
	}
	m.spent[t.Key] = t
	next, reason := m.after(t)
	m.reason[t.Key] = reason
	if reason == "" {
		m.stands = next
	}
	return reply{reason: reason}
}

func (m *model) after(t ledger.Transaction) (map[ledger.Account]ledger.Balance, string) {
	next := maps.Clone(m.stands)
	for _, l := range t.Legs {
		from, to := next[l.Debit], next[l.Credit]
		from.Debits += l.Amount
		to.Credits += l.Amount
		if from.Debits < 0 || to.Credits < 0 { // it ran over
			return nil, "amount_too_large"
		}
		next[l.Debit], next[l.Credit] = from, to
	}
	for a, b := range next {
		switch a.Kind {
		case "wallet", "redeemed", "coin_liability", "creator_held":
			if b.Debits > b.Credits {
				return nil, "balance_short"
			}
		case "issued", "receivable":
			if b.Credits > b.Debits {
				return nil, "balance_short"
			}
		}
	}
	return next, ""
}
