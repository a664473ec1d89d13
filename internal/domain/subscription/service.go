package subscription

import (
	"context"
	"io"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/invoice"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Tx is what selling needs inside one transaction. A lookup that finds nothing
// returns false.
type Tx interface {
	room.Appender
	access.Tx

	// TiersOf returns all tiers of a channel, the lowest level first.
	TiersOf(ctx context.Context, channel ident.Channel) ([]Tier, error)
	PutTier(ctx context.Context, t Tier) error
	// PlanTitle names a tier and its channel, for a provider's page.
	PlanTitle(ctx context.Context, tier ident.Tier) (string, error)

	// InsertCheckout reports false when the account used the key before or has
	// another unfinished checkout for a subscription to the channel.
	InsertCheckout(ctx context.Context, c Checkout) (bool, error)
	CheckoutByID(ctx context.Context, id ident.Checkout) (Checkout, bool, error)
	CheckoutByRef(ctx context.Context, provider, ref string) (Checkout, bool, error)
	CheckoutByKey(ctx context.Context, account ident.Account, channel ident.Channel, key string) (Checkout, bool, error)
	UnfinishedCheckout(ctx context.Context, account ident.Account, channel ident.Channel) (Checkout, bool, error)
	// OverdueCheckouts returns unfinished ones that have expired at now, or that
	// were opened before the second moment and are pending or paid at a page of the
	// provider's, with an id above after, by id.
	OverdueCheckouts(ctx context.Context, now, openedBefore time.Time, after ident.Checkout, limit int) ([]Checkout, error)
	// DueCheckouts returns those of one provider that are unfinished, whose turn to
	// be asked about has come, and that have expired, are pending or are paid at a
	// page of the provider's, the longest due first.
	DueCheckouts(ctx context.Context, provider string, now time.Time, limit int) ([]Checkout, error)
	// AbandonedCheckouts returns unfinished ones that have expired at now and are of
	// none of the providers, the oldest first.
	AbandonedCheckouts(ctx context.Context, on []string, now time.Time, limit int) ([]Checkout, error)
	// TakeCheckout writes how often it was asked about and when it is next, unless
	// somebody did since c was read: then it reports false.
	TakeCheckout(ctx context.Context, c Checkout, asked int, next time.Time) (bool, error)
	// SetCheckout writes state, reason and the provider's answer, unless the
	// checkout is complete.
	SetCheckout(ctx context.Context, c Checkout) error

	SubscriptionByRef(ctx context.Context, provider, ref string) (Subscription, bool, error)
	SubscriptionByID(ctx context.Context, id ident.Subscription) (Subscription, bool, error)
	// RunningSubscription returns one of the account that has not ended.
	RunningSubscription(ctx context.Context, account ident.Account, channel ident.Channel) (Subscription, bool, error)
	// RunningSubscriptions returns those of everybody with an id above after, by id.
	RunningSubscriptions(ctx context.Context, after ident.Subscription, limit int) ([]Subscription, error)
	OwnedSubscriptions(ctx context.Context, account ident.Account, limit int) ([]Owned, error)
	OwnedSubscription(ctx context.Context, id ident.Subscription) (Owned, bool, error)
	PutSubscription(ctx context.Context, s Subscription) error
	// MonthsPaid returns the months of all the account's rights to the channel.
	MonthsPaid(ctx context.Context, account ident.Account, channel ident.Channel) (int, error)
	// TrialUsed reports whether the account or the card has had a trial on the channel.
	TrialUsed(ctx context.Context, channel ident.Channel, by ident.Account, fingerprint string) (bool, error)
	// PutTrialUse keeps the first use.
	PutTrialUse(ctx context.Context, u TrialUse) error
	GrantByID(ctx context.Context, id ident.Grant) (Grant, bool, error)
	PutGrant(ctx context.Context, g Grant) error

	awardTx
	chargeTx
	inboxTx
	differenceTx
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
	// Random decides whom a gift to the room goes to; cryptographic.
	Random io.Reader
	// Providers are asked by name about what they sold. The first one sells.
	Providers []Provider
	// Grace is how long a right outlives a period that should be renewed.
	Grace time.Duration
	// Seller is who stands on invoices; Rehearsal the provider whose money is not real.
	Seller    invoice.Party
	Rehearsal string
	// Share is what the operator keeps of a sale without its tax, in basis points.
	Share int64
	// Audits look at more of the books than sales; what they find is kept and told
	// like what Audit finds.
	Audits []func(ctx context.Context) ([]Difference, error)
	// Differs hears of what providers, rights and books do not agree on; may be nil.
	Differs func(Difference)
}

// Service is what people and providers do with subscriptions.
type Service struct{ Config }

// NewService returns the service.
func NewService(c Config) *Service {
	if c.Seller.Code == "" {
		c.Seller.Code = "INV"
	}
	return &Service{c}
}

// providerOff is the refusal of what only a missing provider could do.
const providerOff = "provider_off"

// provider finds a provider by the name stored beside what it sold.
func (s *Service) provider(name string) (Provider, error) {
	for _, p := range s.Providers {
		if p.Name() == name {
			return p, nil
		}
	}
	return nil, fault.New(fault.Unavailable, providerOff, "The payment provider %q is not switched on at this server.", name)
}

// allowed asks the gate inside a transaction, for callers who only go on when it
// lets them.
func (s *Service) allowed(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel, a access.Action) error {
	_, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, a, s.Now())
	return err
}
