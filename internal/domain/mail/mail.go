// Package mail owns letters: which person gets one, and their way out.
//
// Owns: letters and their queue, what an address may be, how often a letter is
// tried. Promises: a letter is queued in the transaction that causes it, and
// each key once; whoever waits for a request never waits for a mail server; a
// letter that was sent or given up leaves neither address nor words behind. Does
// not do: what letters say and how they travel (adapter/notify), accounts.
package mail

import (
	"context"
	"strconv"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// Kind says what a letter is about, such as 'password.forgotten'. The noun that
// queues letters names its kinds; adapter/notify has the words of each.
type Kind string

// Letter is what a person is to be told.
type Letter struct {
	// Key makes queueing idempotent: the same key is queued once. It begins with
	// the kind, and holds no address: it outlives the letter.
	Key  string
	Kind Kind
	// To is whose confirmed address it goes to, as it is when the letter leaves.
	// Without one there is no letter.
	To ident.Account
	// Address is where it goes instead, for an address that nobody has confirmed
	// yet, or any more.
	Address string
	// Data fills the places in the words of the kind. It holds no secrets: what
	// opens something is made when the letter leaves (see Enclosure).
	Data map[string]string
	// After is before when the letter does not leave; zero: at once. What has
	// changed by then is found out by an Enclosure of its kind.
	After time.Time
	// Until is when the letter means nothing any more; zero: three days after it
	// might have left.
	Until time.Time
}

// Tx is what queueing a letter needs inside the transaction that causes it. A
// noun that writes letters embeds it in its own Tx.
type Tx interface {
	// QueueLetter keeps a letter that is to be sent, unless one of its key was
	// queued before.
	QueueLetter(ctx context.Context, l Letter) error
}

// Money writes an amount for Data; the words of a letter show it by {name|money}.
func Money(a money.Amount) string { return strconv.FormatInt(a.Minor, 10) + " " + a.Currency }

// Day writes a moment for Data; the words of a letter show it by {name|day}.
func Day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// Languages lists those that letters are written in, the default first.
func Languages() []string { return []string{"en", "fr"} }

// Language returns the one of Languages that is meant, or the default.
func Language(wanted string) string {
	for _, l := range Languages() {
		if l == wanted {
			return l
		}
	}
	return Languages()[0]
}
