package ledger_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ledger"
)

func refusedWith(o ledger.Outcome, reason string) bool {
	return o.Refused != nil && o.Refused.Reason == reason && !o.Posted()
}

func TestAGiftMovesCoinsAndWhatTheyAreWorth(t *testing.T) {
	b := newBooks(t)
	for i, o := range b.post(bought("buy:1", "ana", 500), gift("gift:1", "ana", "kiln", 100)) {
		if !o.Posted() || o.Repeated {
			t.Errorf("transaction %d: %+v", i, o)
		}
	}
	for a, want := range map[ledger.Account]int64{
		wallet("ana"): 400, operators(ledger.Issued, ledger.Coin): -500, operators(ledger.Redeemed, ledger.Coin): 100,
		operators(ledger.CoinLiability, "EUR"): 400, ledger.Of("kiln", ledger.CreatorPayable, "EUR"): 80,
		operators(ledger.Revenue, "EUR"): 20, operators(ledger.Clearing, "EUR"): -500, wallet("ben"): 0,
	} {
		if got := b.net(a); got != want {
			t.Errorf("%v holds %d, want %d", a, got, want)
		}
	}
}

// A refusal is an answer: those beside it are posted, and nothing of it is.
func TestWhoHasTooLittleIsRefusedAlone(t *testing.T) {
	b := newBooks(t)
	out := b.post(bought("buy:1", "ana", 100), gift("gift:1", "ana", "kiln", 101), gift("gift:2", "ana", "kiln", 100), gift("gift:3", "ana", "kiln", 5))
	if !out[0].Posted() || !refusedWith(out[1], "balance_short") || !out[2].Posted() || !refusedWith(out[3], "balance_short") {
		t.Errorf("%+v", out)
	}
	if out[1].Hindrance != wallet("ana") {
		t.Errorf("the hindrance is %v", out[1].Hindrance)
	}
	if got := b.net(wallet("ana")); got != 0 {
		t.Errorf("the wallet holds %d", got)
	}
}

// What came first under a key is answered for ever, also a refusal that would be
// none now.
func TestAKeyIsSpentOnce(t *testing.T) {
	b := newBooks(t)
	b.post(gift("gift:1", "ana", "kiln", 100), bought("buy:1", "ana", 500))
	later := gift("gift:2", "ana", "kiln", 100)
	b.post(later)
	later.At = later.At.Add(time.Hour)
	for range 2 {
		out := b.post(gift("gift:1", "ana", "kiln", 100), bought("buy:1", "ana", 500), later, later)
		if !refusedWith(out[0], "balance_short") || out[0].Hindrance != wallet("ana") || !out[1].Posted() || !out[2].Posted() || !out[3].Posted() {
			t.Errorf("answered with %+v", out)
		}
		for i, o := range out {
			if !o.Repeated {
				t.Errorf("transaction %d is not called repeated", i)
			}
		}
	}
	if got := b.net(wallet("ana")); got != 400 {
		t.Errorf("the wallet holds %d", got)
	}
}

func TestAKeyIsNotUsedForSomethingElse(t *testing.T) {
	b := newBooks(t)
	b.post(bought("buy:1", "ana", 500))
	dearer, elsewhere, renamed, shorter := bought("buy:1", "ana", 501), bought("buy:1", "ben", 500), bought("buy:1", "ana", 500), bought("buy:1", "ana", 500)
	renamed.Kind = "gift"
	shorter.Legs = shorter.Legs[:1]
	for _, tx := range []ledger.Transaction{dearer, elsewhere, renamed, shorter} {
		if out := b.post(tx, bought("buy:2", "ana", 1)); !refusedWith(out[0], "key_reused") || out[0].Repeated || !out[1].Posted() {
			t.Errorf("%+v: %+v", tx, out)
		}
	}
	if out := b.post(bought("buy:3", "ana", 1), bought("buy:3", "ana", 2)); !out[0].Posted() || !refusedWith(out[1], "key_reused") {
		t.Errorf("in one call: %+v", out)
	}
	if got := b.net(wallet("ana")); got != 502 {
		t.Errorf("the wallet holds %d", got)
	}
}

// Several transfers of one transaction count together: what passes through an
// account and leaves it again breaks no rule.
func TestARuleIsAskedOfTheWholeTransaction(t *testing.T) {
	b := newBooks(t)
	through := ledger.Transaction{Key: "swap:1", Kind: "swap", At: evening(), Legs: []ledger.Transfer{
		{wallet("ana"), wallet("ben"), 10},
		{operators(ledger.Issued, ledger.Coin), wallet("ana"), 10},
	}}
	if out := b.post(through); !out[0].Posted() {
		t.Errorf("%+v", out)
	}
	if ana, ben := b.balance(wallet("ana")), b.net(wallet("ben")); ana != (ledger.Balance{Debits: 10, Credits: 10}) || ben != 10 {
		t.Errorf("ana %+v, ben %d", ana, ben)
	}
}

func TestEachKindKeepsItsRule(t *testing.T) {
	b := newBooks(t)
	for i, kind := range ledger.Kinds() {
		rule, known := kind.Rule()
		if !known {
			t.Fatalf("%s is no kind", kind)
		}
		a, other := operators(kind, "EUR"), ledger.Of("test", ledger.Clearing, "EUR")
		move := func(way string, from, to ledger.Account) ledger.Outcome {
			return b.post(ledger.Transaction{Key: key("%s:%d", way, i), Kind: "test", At: evening(), Legs: []ledger.Transfer{{from, to, 1}}})[0]
		}
		if out, may := move("debit", a, other).Posted(), rule != ledger.DebitsWithinCredits; out != may {
			t.Errorf("an empty %s is debited: %v", kind, out)
		}
		// Back to where it began, and then once more into the other direction.
		if rule != ledger.DebitsWithinCredits {
			move("back", other, a)
		}
		if in, may := move("credit", other, a).Posted(), rule != ledger.CreditsWithinDebits; in != may {
			t.Errorf("an empty %s is credited: %v", kind, in)
		}
	}
	if _, known := ledger.Kind("mattress").Rule(); known {
		t.Error("there is a kind that nobody named")
	}
}

func TestSumsThatDoNotFitAreRefused(t *testing.T) {
	b := newBooks(t)
	move := func(name string, from, to ledger.Account, amount int64) ledger.Outcome {
		return b.post(ledger.Transaction{Key: name, Kind: "test", At: evening(), Legs: []ledger.Transfer{{from, to, amount}}})[0]
	}
	x, y := operators(ledger.Clearing, "HUGE"), operators(ledger.VAT, "HUGE")
	if o := move("all", x, y, math.MaxInt64); !o.Posted() {
		t.Fatalf("the largest amount: %+v", o)
	}
	if o := move("one-more", x, y, 1); !refusedWith(o, "amount_too_large") {
		t.Errorf("one more: %+v", o)
	}
	if o := move("one-more", x, y, 1); !refusedWith(o, "amount_too_large") || !o.Repeated {
		t.Errorf("one more, again: %+v", o)
	}
	if o := move("back", y, x, math.MaxInt64); !o.Posted() {
		t.Errorf("all of it back: %+v", o)
	}
	if got, want := b.balance(x), (ledger.Balance{Debits: math.MaxInt64, Credits: math.MaxInt64}); got != want {
		t.Errorf("it holds %+v", got)
	}
	twice := ledger.Transaction{Key: "twice", Kind: "test", At: evening(), Legs: []ledger.Transfer{
		{operators(ledger.VAT, "HUGER"), operators(ledger.Clearing, "HUGER"), math.MaxInt64},
		{operators(ledger.VAT, "HUGER"), operators(ledger.Clearing, "HUGER"), math.MaxInt64},
	}}
	if o := b.post(twice)[0]; !refusedWith(o, "amount_too_large") || b.balance(operators(ledger.VAT, "HUGER")) != (ledger.Balance{}) {
		t.Errorf("twice the largest in one: %+v", o)
	}
}

// What no caller should have made is a fault before anything is written, also for
// those beside it.
func TestWhatCanNeverBePostedIsAFault(t *testing.T) {
	b := newBooks(t)
	one := func(spoil func(*ledger.Transaction)) ledger.Transaction {
		tx := bought("buy:2", "ana", 5)
		spoil(&tx)
		return tx
	}
	leg := func(spoil func(*ledger.Transfer)) func(*ledger.Transaction) {
		return func(tx *ledger.Transaction) { spoil(&tx.Legs[1]) }
	}
	for name, spoil := range map[string]func(*ledger.Transaction){
		"no key":            func(tx *ledger.Transaction) { tx.Key = "" },
		"a key with spaces": func(tx *ledger.Transaction) { tx.Key = "a b" },
		"a long key":        func(tx *ledger.Transaction) { tx.Key = strings.Repeat("k", 201) },
		"a zero byte":       func(tx *ledger.Transaction) { tx.Key = "a\x00b" },
		"no kind":           func(tx *ledger.Transaction) { tx.Kind = "" },
		"no time":           func(tx *ledger.Transaction) { tx.At = time.Time{} },
		"no legs":           func(tx *ledger.Transaction) { tx.Legs = nil },
		"nothing":           leg(func(l *ledger.Transfer) { l.Amount = 0 }),
		"less than nothing": leg(func(l *ledger.Transfer) { l.Amount = -5 }),
		"the least":         leg(func(l *ledger.Transfer) { l.Amount = math.MinInt64 }),
		"to itself":         leg(func(l *ledger.Transfer) { l.Debit = l.Credit }),
		"another asset":     leg(func(l *ledger.Transfer) { l.Credit.Asset = "EUR" }),
		"no asset":          leg(func(l *ledger.Transfer) { l.Credit.Asset, l.Debit.Asset = "", "" }),
		"no owner":          leg(func(l *ledger.Transfer) { l.Credit.Owner = "" }),
		"an odd owner":      leg(func(l *ledger.Transfer) { l.Debit.Owner = "Inès" }),
		"an unknown kind":   leg(func(l *ledger.Transfer) { l.Debit.Kind = "mattress" }),
	} {
		out, err := post(t.Context(), b.db, bought("buy:1", "ana", 5), one(spoil))
		if !fault.Is(err, "transaction_invalid") || out != nil {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
	if out := b.post(bought("buy:1", "ana", 5)); !out[0].Posted() || out[0].Repeated {
		t.Errorf("the one beside them: %+v", out)
	}
	if out := b.post(); len(out) != 0 {
		t.Errorf("nothing at all: %+v", out)
	}
}

// Posting is part of what the caller does: both are kept, or neither.
func TestWhatIsRolledBackWasNeverPosted(t *testing.T) {
	b := newBooks(t)
	second := fault.New(fault.Conflict, "second_thoughts", "No.")
	err := b.db.Update(t.Context(), func(tx *store.Tx) error {
		if _, err := ledger.Post(t.Context(), tx, bought("buy:1", "ana", 5)); err != nil {
			return err
		}
		if now, err := tx.Balances(t.Context(), []ledger.Account{wallet("ana")}); err != nil || now[wallet("ana")].Net() != 5 {
			t.Errorf("inside of it the wallet holds %+v, %v", now, err)
		}
		return second
	})
	if !fault.Is(err, "second_thoughts") {
		t.Fatal(err)
	}
	if got := b.net(wallet("ana")); got != 0 {
		t.Errorf("the wallet holds %d", got)
	}
	if out := b.post(bought("buy:1", "ana", 5)); !out[0].Posted() || out[0].Repeated {
		t.Errorf("posted for good: %+v", out)
	}
}

// More than a statement takes, and more than any batch.
func TestAThousandInOneCall(t *testing.T) {
	b := newBooks(t)
	var all []ledger.Transaction
	for i := range 1000 {
		all = append(all, bought(key("buy:%d", i), key("person-%d", i%333), 10))
	}
	for range 2 {
		for i, o := range b.post(all...) {
			if !o.Posted() {
				t.Fatalf("transaction %d: %+v", i, o)
			}
		}
	}
	if got := b.net(operators(ledger.CoinLiability, "EUR")); got != 10_000 {
		t.Errorf("taken for coins: %d", got)
	}
}
