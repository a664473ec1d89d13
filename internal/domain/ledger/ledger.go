// Package ledger keeps the books: who holds and who is owed how much.
//
// Owns: accounts with their rules, transfers, transactions with their keys.
// Promises: a transfer debits one account and credits another of the same asset,
// so that every asset sums to zero by its shape; a key posts once, and whoever
// repeats it is answered as the first time; what would break an account's rule
// is refused whole, and the refusal is an answer and not an error; all of it is
// part of the caller's own database transaction. Does not do: prices and shares
// (package money splits them), and moving real money (payment providers do).
package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Transaction is transfers that are posted together or not at all.
type Transaction struct {
	// Key is the caller's choice, 1 to 200 printable ASCII characters without
	// spaces, such as stripe:in_123. It is spent once: choose it from what happened
	// in the world, not from when it was heard of.
	Key  string
	Kind string // what it is for: subscription, refund, gift, …
	Legs []Transfer
	At   time.Time
}

// Transfer moves an amount of minor units from one account to another of the
// same asset.
type Transfer struct {
	Debit, Credit Account
	Amount        int64 // above zero: what moves nothing is no transfer
}

// Outcome is what became of a transaction.
type Outcome struct {
	// Refused says why nothing was posted: balance_short, amount_too_large or
	// key_reused; nil when it was posted. But for key_reused the refusal stands
	// under the key and will be given again.
	Refused *fault.Fault
	// Hindrance is the account whose rule a short balance would have broken.
	Hindrance Account
	// Repeated says that the key was known, and that this is its first outcome.
	Repeated bool
}

// Posted reports whether the transaction stands in the books.
func (o Outcome) Posted() bool { return o.Refused == nil }

// The bounds of what callers write.
const (
	keyMax  = 200
	nameMax = 100
)

// Check refuses what could never be posted with 'transaction_invalid'. Post asks
// it of all before it does anything.
func (t Transaction) Check() error {
	if !plain(t.Key, keyMax) {
		return invalid("The key of a transaction has 1 to %d printable ASCII characters without spaces.", keyMax)
	}
	if !plain(t.Kind, nameMax) || len(t.Legs) == 0 || t.At.IsZero() {
		return invalid("Transaction %s needs a kind, a time and at least one transfer.", t.Key)
	}
	for i, l := range t.Legs {
		switch {
		case l.Amount <= 0:
			return invalid("Transfer %d of %s moves %d.", i+1, t.Key, l.Amount)
		case l.Debit == l.Credit:
			return invalid("Transfer %d of %s moves from an account to itself.", i+1, t.Key)
		case l.Debit.Asset != l.Credit.Asset:
			return invalid("Transfer %d of %s turns %q into %q.", i+1, t.Key, l.Debit.Asset, l.Credit.Asset)
		case !l.Debit.sound() || !l.Credit.sound():
			return invalid("Transfer %d of %s names no account.", i+1, t.Key)
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return fault.New(fault.Invalid, "transaction_invalid", format, args...)
}

func (a Account) sound() bool {
	_, known := a.Kind.Rule()
	return known && plain(a.Owner, nameMax) && plain(a.Asset, nameMax)
}

// plain reports whether s can be stored and read out anywhere.
func plain(s string, most int) bool {
	return s != "" && len(s) <= most && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// digest tells transactions apart that come with the same key: what they are
// for, and every transfer in its order, each word after its length. When it was
// posted is left out, because a retry comes later. Digests are stored, so this
// encoding does not change.
func (t Transaction) digest() string {
	b := make([]byte, 0, 64+128*len(t.Legs))
	word := func(s string) {
		b = strconv.AppendInt(b, int64(len(s)), 10)
		b = append(append(append(b, ':'), s...), ',')
	}
	word(t.Kind)
	for _, l := range t.Legs {
		word(l.Debit.Owner)
		word(string(l.Debit.Kind))
		word(l.Credit.Owner)
		word(string(l.Credit.Kind))
		word(l.Debit.Asset)
		word(strconv.FormatInt(l.Amount, 10))
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// Reader reads balances.
type Reader interface {
	// Balances returns what stands on accounts, also zero where nothing ever did.
	Balances(ctx context.Context, accounts []Account) (map[Account]Balance, error)
}
