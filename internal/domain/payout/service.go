package payout

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/invoice"
	"github.com/subspace-live/subspace/internal/domain/ledger"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

// Tx is what paying out needs inside one transaction. A lookup that finds nothing
// returns false.
type Tx interface {
	access.Tx
	ledger.Tx
	mail.Tx
	invoice.StatementTx

	PayeeOf(ctx context.Context, channel ident.Channel) (Payee, bool, error)
	// PutPayee keeps the code that the channel has; false: another one has p's.
	PutPayee(ctx context.Context, p Payee) (bool, error)
	// HandleOf returns the channel's name in addresses.
	HandleOf(ctx context.Context, channel ident.Channel) (string, error)
	// CreatorOf returns whose channel it is, and its title.
	CreatorOf(ctx context.Context, channel ident.Channel) (owner ident.Account, title string, err error)

	// AccountAt returns where a channel is paid, and, in a transaction that
	// writes, makes others who ask for it wait until it ends.
	AccountAt(ctx context.Context, channel ident.Channel, till Till) (Account, bool, error)
	PutAccount(ctx context.Context, a Account) error
	// DueAccounts returns those that have a payee and are due at now, the longest due
	// first.
	DueAccounts(ctx context.Context, till Till, now time.Time, limit int) ([]Account, error)

	// Owed lists the currencies in which a channel was ever owed something.
	Owed(ctx context.Context, channel ident.Channel) ([]string, error)
	// TotalsOf adds up what was sold of a channel, by currency: what the till took
	// from the moment on, and what everybody else did or the till before it.
	TotalsOf(ctx context.Context, channel ident.Channel, till Till, from time.Time) (ours, others map[string]Totals, err error)
	// WaitingOf adds up, by currency and day, the creator's part of what the till
	// sold after the moment and neither went back nor is disputed. Until is the
	// last sale of each day.
	WaitingOf(ctx context.Context, channel ident.Channel, till Till, after time.Time) (map[string][]Waiting, error)
	// GoneOf adds up a channel's payouts, less what was taken back, by currency.
	GoneOf(ctx context.Context, channel ident.Channel, till Till) (map[string]Gone, error)

	// PayoutOf returns a payout, and, in a transaction that writes, makes others who
	// ask for it wait until it ends.
	PayoutOf(ctx context.Context, id ident.Payout) (Payout, bool, error)
	InsertPayout(ctx context.Context, p Payout) error
	// SetPayout writes state, reason, reference, outcome, what was taken back,
	// attempts and when it is due.
	SetPayout(ctx context.Context, p Payout) error
	// LastPayouts returns the newest of each currency.
	LastPayouts(ctx context.Context, channel ident.Channel, till Till) (map[string]Payout, error)
	// PaidBefore returns the last one in its currency and till that was paid and
	// decided before it.
	PaidBefore(ctx context.Context, p Payout) (Payout, bool, error)
	// DuePayouts returns those on their way that are due at now.
	DuePayouts(ctx context.Context, till Till, now time.Time, limit int) ([]ident.Payout, error)
	// PayoutsOf returns a channel's, newest first, those after one; empty: from the
	// newest.
	PayoutsOf(ctx context.Context, channel ident.Channel, after ident.Payout, limit int) ([]Listed, error)

	auditTx
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
	// Snapshot is View for what reads whole tables: it may take long.
	Snapshot(ctx context.Context, f func(Tx) error) error
}

// Config is what a Service needs from its surroundings.
type Config struct {
	Store Store
	IDs   *ident.Source
	Now   func() time.Time
	// Payer pays; nil: nobody does here.
	Payer Payer
	// Test says that no real money moves.
	Test bool
	// Since is when real money began: what was sold before is not paid out.
	Since time.Time
	Rules Rules
	// Operator is who pays, as it stands on statements.
	Operator invoice.Party
}

// Service is what creators and the clock do with payouts.
type Service struct {
	Config
	wake chan struct{} // holds one: something became due
}

// NewService returns the service.
func NewService(c Config) *Service { return &Service{c, make(chan struct{}, 1)} }

// knock wakes Run; one knock waiting is enough.
func (s *Service) knock() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// till is who pays here.
func (s *Service) till() Till {
	if s.Payer == nil {
		return Till{}
	}
	return Till{s.Payer.Name(), s.Test}
}

// allowed asks the gate inside a transaction.
func (s *Service) allowed(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel) error {
	_, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, access.RunChannel, s.Now())
	return err
}

func orElse(err, refusal error) error {
	if err != nil {
		return err
	}
	return refusal
}
