package ledger

import (
	"context"
	"maps"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Tx is what posting needs inside one database transaction. Both questions are
// asked for a set, so that many transactions cost a handful of statements.
type Tx interface {
	Reader
	// OpenBooks takes the keys for this database transaction and locks the
	// accounts until it ends, new ones among them, all in one order.
	OpenBooks(ctx context.Context, claims []Claim, accounts []Account) (Books, error)
	// WriteBooks writes what was decided on the books that are open.
	WriteBooks(ctx context.Context, e Entries) error
}

// Claim is the wish to post under a key.
type Claim struct {
	Transaction
	Digest string
}

// Stored is what stands under a key.
type Stored struct {
	Digest    string
	Reason    string // why it was refused; empty: it was posted
	Hindrance Account
}

// Books is what transactions are decided on.
type Books struct {
	// Taken holds the keys among those claimed that were spent before.
	Taken map[string]Stored
	// Balances of all accounts that were asked for. Nobody else can change them.
	Balances map[Account]Balance
}

// Entries is what to write.
type Entries struct {
	Posted  []Transaction
	Moved   map[Account]Balance // what is added to each account, all transfers together
	Refused map[string]Stored   // by key
}

// Post posts transactions inside the caller's database transaction, one after
// the other, and returns what became of each. An error means that nothing may be
// kept: a transaction no caller should have made ('transaction_invalid'), or an
// accident.
//
// Call it once in a database transaction, with everything there is to post, and
// after locking logs (and see Lock): two calls lock in two orders, and may wait for
// each other with somebody else until the database ends one of them.
func Post(ctx context.Context, tx Tx, transactions ...Transaction) ([]Outcome, error) {
	for _, t := range transactions {
		if err := t.Check(); err != nil {
			return nil, err
		}
	}
	if len(transactions) == 0 {
		return nil, nil
	}
	claims := make([]Claim, len(transactions))
	for i, t := range transactions {
		claims[i] = Claim{t, t.digest()}
	}
	books, err := tx.OpenBooks(ctx, firsts(claims), named(transactions))
	if err != nil {
		return nil, err
	}
	d := newDesk(books)
	out := make([]Outcome, len(claims))
	for i, c := range claims {
		out[i] = d.post(c)
	}
	return out, tx.WriteBooks(ctx, d.written())
}

// Lock locks accounts until the database transaction ends and returns what stands
// on them, for who decides an amount by it. Post may follow, with transactions
// that name only these accounts, under keys that nobody else can claim: then
// nobody is waited for any more.
func Lock(ctx context.Context, tx Tx, accounts ...Account) (map[Account]Balance, error) {
	books, err := tx.OpenBooks(ctx, nil, accounts)
	return books.Balances, err
}

// firsts returns the claims without those whose key an earlier one has.
func firsts(claims []Claim) []Claim {
	seen := make(map[string]bool, len(claims))
	out := make([]Claim, 0, len(claims))
	for _, c := range claims {
		if !seen[c.Key] {
			seen[c.Key] = true
			out = append(out, c)
		}
	}
	return out
}

// named returns the accounts that transactions name, each once.
func named(transactions []Transaction) []Account {
	seen := map[Account]bool{}
	var out []Account
	for _, t := range transactions {
		for _, l := range t.Legs {
			for _, a := range [...]Account{l.Debit, l.Credit} {
				if !seen[a] {
					seen[a] = true
					out = append(out, a)
				}
			}
		}
	}
	return out
}

// desk decides on open books.
type desk struct {
	taken   map[string]Stored
	was     map[Account]Balance
	stands  map[Account]*Balance
	entries Entries
}

func newDesk(b Books) *desk {
	d := &desk{taken: map[string]Stored{}, was: b.Balances, stands: make(map[Account]*Balance, len(b.Balances))}
	maps.Copy(d.taken, b.Taken)
	for a, balance := range b.Balances {
		d.stands[a] = &balance
	}
	d.entries.Refused = map[string]Stored{}
	return d
}

// post decides one transaction. Those after it find the accounts as it leaves
// them, and its key taken.
func (d *desk) post(c Claim) Outcome {
	if first, ok := d.taken[c.Key]; ok {
		if first.Digest != c.Digest {
			return Outcome{Refused: fault.New(fault.Conflict, "key_reused", "This key was used before, for something else.")}
		}
		return Outcome{Refused: refusal(first.Reason), Hindrance: first.Hindrance, Repeated: true}
	}
	reason, hindrance := d.apply(c.Legs)
	s := Stored{c.Digest, reason, hindrance}
	d.taken[c.Key] = s
	if reason != "" {
		d.entries.Refused[c.Key] = s
	} else {
		d.entries.Posted = append(d.entries.Posted, c.Transaction)
	}
	return Outcome{Refused: refusal(reason), Hindrance: hindrance}
}

// Why transactions are refused, as it is stored.
const (
	short    = "balance_short"
	tooLarge = "amount_too_large"
)

func refusal(reason string) *fault.Fault {
	switch reason {
	case "":
		return nil
	case tooLarge:
		return fault.New(fault.Invalid, "amount_too_large", "The amount is larger than anything that can be counted.")
	}
	return fault.New(fault.Conflict, "balance_short", "There is not enough on the account.")
}

// apply moves all legs, or none and says why. A rule is asked when all have
// moved: what passes through an account within a transaction breaks nothing.
func (d *desk) apply(legs []Transfer) (reason string, hindrance Account) {
	moved := 0
	for _, l := range legs {
		if !move(d.stands[l.Debit], d.stands[l.Credit], l.Amount) {
			reason = tooLarge
			break
		}
		moved++
	}
	for i := 0; i < len(legs) && reason == ""; i++ {
		for _, a := range [...]Account{legs[i].Debit, legs[i].Credit} {
			if reason == "" && !a.Kind.permits(*d.stands[a]) {
				reason, hindrance = short, a
			}
		}
	}
	if reason != "" {
		for _, l := range legs[:moved] {
			d.stands[l.Debit].Debits -= l.Amount
			d.stands[l.Credit].Credits -= l.Amount
		}
	}
	return reason, hindrance
}

// written returns what is to be written.
func (d *desk) written() Entries {
	d.entries.Moved = make(map[Account]Balance, len(d.was))
	for a, was := range d.was {
		now := *d.stands[a]
		if now != was {
			d.entries.Moved[a] = Balance{now.Debits - was.Debits, now.Credits - was.Credits}
		}
	}
	return d.entries
}
