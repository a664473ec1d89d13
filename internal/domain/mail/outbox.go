package mail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// How letters are tried. Eight tries, each waiting four times longer than the
// one before, up to twelve hours, span most of a day.
const (
	lookEvery  = time.Second
	batch      = 20
	sendLimit  = 30 * time.Second
	claimLasts = 2 * sendLimit // other nodes leave a letter to the one that sends it
	tries      = 8
	retryFirst = 15 * time.Second
	retryMax   = 12 * time.Hour
	restAfter  = 10 * time.Second   // a server that cannot be reached is left alone so long
	letterLife = 3 * 24 * time.Hour // a server may be away for a weekend
)

// How a letter ended, as the table keeps it.
const (
	sent      = "sent"
	refused   = "refused"    // the mail server will never take it
	givenUp   = "given_up"   // it was tried often enough
	outdated  = "outdated"   // it means nothing any more
	unwanted  = "unwanted"   // what it is about is over, or nobody is meant
	addressed = "no_address" // its person has no confirmed address
	off       = "off"        // this server sends no letters
)

// What a carrier answers with besides nil; any other error is tried again.
var (
	// ErrRefused is a letter that the mail server will never take.
	ErrRefused = errors.New("the mail server refuses the letter")
	// ErrUnreachable is a mail server that takes nothing right now.
	ErrUnreachable = errors.New("the mail server cannot be reached")
)

// Message is a letter with everything that is needed to write and carry it.
type Message struct {
	Letter
	Name     string // of the person; empty: of nobody in particular
	Language string
}

// Carrier writes a message and hands it to a mail server. Its errors hold
// neither address nor words.
type Carrier interface {
	Carry(ctx context.Context, m Message) error
}

// Enclosure completes a letter of one kind when it leaves: it adds what is kept
// nowhere else, such as the secret of a link, or finds out whom it concerns.
// False: the letter is not wanted any more.
type Enclosure func(ctx context.Context, l Letter) (Letter, bool, error)

// Queued is a letter that waits.
type Queued struct {
	Letter
	Tries int
	Due   time.Time
}

// Recipient is what a letter needs to know of an account.
type Recipient struct {
	Address  string // confirmed; empty: none
	Name     string
	Language string
}

// OutboxTx is what sending needs inside one transaction.
type OutboxTx interface {
	// DueLetters returns letters that wait to be sent at now, the oldest first.
	DueLetters(ctx context.Context, now time.Time, limit int) ([]Queued, error)
	// ClaimLetter leaves a letter to the caller until the given moment, and
	// counts a try. It reports false when somebody else has it.
	ClaimLetter(ctx context.Context, q Queued, until time.Time) (bool, error)
	// PostponeLetter makes a letter due again.
	PostponeLetter(ctx context.Context, key string, due time.Time) error
	// SettleLetter ends a letter and forgets its address and data.
	SettleLetter(ctx context.Context, key, outcome string, now time.Time) error
	// Recipient returns what is known of an account.
	Recipient(ctx context.Context, id ident.Account) (Recipient, error)
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(OutboxTx) error) error
	View(ctx context.Context, f func(OutboxTx) error) error
}

// Config is what an outbox needs from its surroundings.
type Config struct {
	Store   Store
	Now     func() time.Time
	Carrier Carrier // nil: this server sends no letters, and those queued end unsent
	Enclose map[Kind]Enclosure
	Failed  func(Kind, error) // hears of what was not sent, or could not be looked up
}

// Outbox sends what is queued, one letter after the other.
type Outbox struct{ Config }

// NewOutbox returns an outbox.
func NewOutbox(cfg Config) *Outbox { return &Outbox{cfg} }

// Run sends letters until ctx ends. Several nodes may run at once.
func (o *Outbox) Run(ctx context.Context) error {
	for {
		pause := lookEvery
		if err := o.Send(ctx); errors.Is(err, ErrUnreachable) {
			pause = restAfter
		}
		wait := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-wait.C:
		}
	}
}

// Send tries every letter that is due, once. It stops early, with
// ErrUnreachable, when the mail server takes nothing. Run calls it; tests that
// move the clock themselves may too.
func (o *Outbox) Send(ctx context.Context) error {
	for ctx.Err() == nil {
		var due []Queued
		err := o.Store.View(ctx, func(tx OutboxTx) (err error) {
			due, err = tx.DueLetters(ctx, o.Now(), batch)
			return err
		})
		if err != nil {
			o.complain(ctx, "", err)
			return err
		}
		for _, q := range due {
			if err := o.try(ctx, q); err != nil {
				o.complain(ctx, q.Kind, err)
				if errors.Is(err, ErrUnreachable) {
					return ErrUnreachable
				}
			}
		}
		if len(due) < batch {
			return nil
		}
	}
	return nil
}

// complain reports what went wrong, unless it is only that ctx ended.
func (o *Outbox) complain(ctx context.Context, k Kind, err error) {
	if ctx.Err() == nil {
		o.Failed(k, err)
	}
}

// try claims a letter, sends it, and notes what became of it.
func (o *Outbox) try(ctx context.Context, q Queued) error {
	mine := false
	err := o.Store.Update(ctx, func(tx OutboxTx) (err error) {
		mine, err = tx.ClaimLetter(ctx, q, o.Now().Add(claimLasts))
		return err
	})
	if err != nil || !mine {
		return err
	}
	q.Tries++
	outcome, err := o.send(ctx, q.Letter)
	switch {
	case err == nil:
	case errors.Is(err, ErrRefused):
		outcome = refused
	case q.Tries >= tries:
		outcome = givenUp
	default:
		return errors.Join(err, o.Store.Update(ctx, func(tx OutboxTx) error {
			return tx.PostponeLetter(ctx, q.Key, o.Now().Add(retryIn(q.Tries)))
		}))
	}
	// The letter may have left: what became of it is noted even while the server stops.
	ctx = context.WithoutCancel(ctx)
	return errors.Join(err, o.Store.Update(ctx, func(tx OutboxTx) error {
		return tx.SettleLetter(ctx, q.Key, outcome, o.Now())
	}))
}

// send returns how the letter ended, or an error after which it may be tried again.
func (o *Outbox) send(ctx context.Context, l Letter) (outcome string, err error) {
	switch {
	case o.Carrier == nil:
		return off, nil
	case !o.Now().Before(l.Until):
		return outdated, nil
	}
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	if enclose := o.Enclose[l.Kind]; enclose != nil {
		wanted := false
		if l, wanted, err = enclose(ctx, l); err != nil {
			return "", fmt.Errorf("enclose: %w", err)
		}
		if !wanted {
			return unwanted, nil
		}
	}
	m, err := o.message(ctx, l)
	if err != nil {
		return "", err
	}
	if m.Address == "" {
		return addressed, nil
	}
	return sent, o.Carrier.Carry(ctx, m)
}

// message addresses a letter.
func (o *Outbox) message(ctx context.Context, l Letter) (Message, error) {
	m := Message{Letter: l, Language: Language("")}
	if l.To == "" {
		return m, nil
	}
	err := o.Store.View(ctx, func(tx OutboxTx) error {
		r, err := tx.Recipient(ctx, l.To)
		m.Name, m.Language = r.Name, Language(r.Language)
		if m.Address = l.Address; m.Address == "" {
			m.Address = r.Address
		}
		return err
	})
	return m, err
}

// Leaves returns when a letter that is queued now is first tried.
func (l Letter) Leaves(now time.Time) time.Time {
	if l.After.After(now) {
		return l.After
	}
	return now
}

// Lasts returns when a letter that is queued now ends by itself.
func (l Letter) Lasts(now time.Time) time.Time {
	if l.Until.IsZero() {
		return l.Leaves(now).Add(letterLife)
	}
	return l.Until
}

// retryIn grows from a quarter of a minute to half a day.
func retryIn(tried int) time.Duration {
	d := retryFirst
	for i := 1; i < tried && d < retryMax; i++ {
		d *= 4
	}
	return min(d, retryMax)
}
