package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// InsertSandboxSession implements sandbox.Tx.
func (tx *Tx) InsertSandboxSession(ctx context.Context, s subscription.SandboxSession) (bool, error) {
	return tx.changed(ctx, `INSERT INTO sandbox_session (ref, checkout, price_minor, currency, paid, subscription, last4, created, expires)
		VALUES ($1, $2, $3, $4, 0, '', '', $5, $6) ON CONFLICT (checkout) DO NOTHING`,
		s.Ref, s.Checkout, s.Price.Minor, s.Price.Currency, millis(s.Created), millis(s.Expires))
}

func (tx *Tx) sandboxSession(ctx context.Context, where string, arg any) (subscription.SandboxSession, bool, error) {
	var s subscription.SandboxSession
	var paid, created, expires int64
	found, err := tx.one(ctx, `SELECT ref, checkout, price_minor, currency, paid, subscription, last4, created, expires
		FROM sandbox_session WHERE `+where, []any{arg},
		&s.Ref, &s.Checkout, &s.Price.Minor, &s.Price.Currency, &paid, &s.Subscription, &s.Last4, &created, &expires)
	s.Paid, s.Created, s.Expires = paid == 1, fromMillis(created), fromMillis(expires)
	return s, found, err
}

// SandboxSession implements sandbox.Tx.
func (tx *Tx) SandboxSession(ctx context.Context, ref string) (subscription.SandboxSession, bool, error) {
	return tx.sandboxSession(ctx, `ref = $1`, ref)
}

// SandboxSessionOf implements sandbox.Tx.
func (tx *Tx) SandboxSessionOf(ctx context.Context, checkout ident.Checkout) (subscription.SandboxSession, bool, error) {
	return tx.sandboxSession(ctx, `checkout = $1`, checkout)
}

// SetUnpaidSandboxSession implements sandbox.Tx.
func (tx *Tx) SetUnpaidSandboxSession(ctx context.Context, s subscription.SandboxSession) (bool, error) {
	return tx.changed(ctx, `UPDATE sandbox_session SET paid = $1, subscription = $2, last4 = $3 WHERE ref = $4 AND paid = 0`,
		flag(s.Paid), s.Subscription, s.Last4, s.Ref)
}

const selectSandboxSubscription = `SELECT ref, checkout, status, cancel_at_period_end, price_minor, currency, last4,
	started, period_start, period_end, ended, disputes, disputed, months, due, version FROM sandbox_subscription WHERE `

func (tx *Tx) sandboxSubscriptions(ctx context.Context, where string, args ...any) ([]subscription.SandboxSubscription, error) {
	var out []subscription.SandboxSubscription
	err := tx.each(ctx, selectSandboxSubscription+where, args, func(scan func(...any) error) error {
		var s subscription.SandboxSubscription
		var cancelled, started, from, to, ended, disputes, disputed, due int64
		err := scan(&s.Ref, &s.Checkout, &s.Status, &cancelled, &s.Price.Minor, &s.Price.Currency, &s.Last4,
			&started, &from, &to, &ended, &disputes, &disputed, &s.Months, &due, &s.Version)
		s.CancelAtPeriodEnd = cancelled == 1
		s.Started, s.PeriodStart, s.PeriodEnd, s.EndedAt = fromMillis(started), fromMillis(from), fromMillis(to), fromMillis(ended)
		s.Disputes, s.DisputedAt, s.Due = fromMillis(disputes), fromMillis(disputed), fromMillis(due)
		out = append(out, s)
		return err
	})
	return out, err
}

// SandboxSubscription implements sandbox.Tx.
func (tx *Tx) SandboxSubscription(ctx context.Context, ref string) (subscription.SandboxSubscription, bool, error) {
	return first(tx.sandboxSubscriptions(ctx, `ref = $1`, ref))
}

// DueSandboxSubscriptions implements sandbox.Tx.
func (tx *Tx) DueSandboxSubscriptions(ctx context.Context, now time.Time, limit int) ([]subscription.SandboxSubscription, error) {
	return tx.sandboxSubscriptions(ctx, `due > 0 AND due <= $1 ORDER BY due, ref LIMIT $2`, millis(now), limit)
}

// InsertSandboxSubscription implements sandbox.Tx.
func (tx *Tx) InsertSandboxSubscription(ctx context.Context, s subscription.SandboxSubscription) error {
	_, err := tx.exec(ctx, `INSERT INTO sandbox_subscription (ref, checkout, status, cancel_at_period_end, price_minor, currency, last4,
		started, period_start, period_end, ended, disputes, disputed, months, due, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1)`,
		s.Ref, s.Checkout, s.Status, flag(s.CancelAtPeriodEnd), s.Price.Minor, s.Price.Currency, s.Last4,
		millis(s.Started), millis(s.PeriodStart), millis(s.PeriodEnd), millis(s.EndedAt), millis(s.Disputes), millis(s.DisputedAt),
		s.Months, millis(s.Due))
	return err
}

// SetSandboxSubscription implements sandbox.Tx.
func (tx *Tx) SetSandboxSubscription(ctx context.Context, s subscription.SandboxSubscription) (bool, error) {
	return tx.changed(ctx, `UPDATE sandbox_subscription SET status = $1, cancel_at_period_end = $2, period_start = $3, period_end = $4,
		ended = $5, disputes = $6, disputed = $7, months = $8, due = $9, version = version + 1 WHERE ref = $10 AND version = $11`,
		s.Status, flag(s.CancelAtPeriodEnd), millis(s.PeriodStart), millis(s.PeriodEnd), millis(s.EndedAt), millis(s.Disputes),
		millis(s.DisputedAt), s.Months, millis(s.Due), s.Ref, s.Version)
}

// InsertSandboxEvents implements sandbox.Tx.
func (tx *Tx) InsertSandboxEvents(ctx context.Context, events ...subscription.SandboxEvent) error {
	for _, e := range events {
		if _, err := tx.exec(ctx, `INSERT INTO sandbox_event (id, kind, subscription, created, attempts, due, sent)
			VALUES ($1, $2, $3, $4, 0, $5, 0)`, e.ID, e.Kind, e.Subscription, millis(e.Created), millis(e.Due)); err != nil {
			return err
		}
	}
	return nil
}

// UnsentSandboxEvents implements sandbox.Tx.
func (tx *Tx) UnsentSandboxEvents(ctx context.Context, now, since time.Time, limit int) ([]subscription.SandboxEvent, error) {
	var out []subscription.SandboxEvent
	err := tx.each(ctx, `SELECT id, kind, subscription, created, attempts, due FROM sandbox_event
		WHERE sent = 0 AND due <= $1 AND created > $2 ORDER BY due, id LIMIT $3`, []any{millis(now), millis(since), limit},
		func(scan func(...any) error) error {
			var e subscription.SandboxEvent
			var created, due int64
			err := scan(&e.ID, &e.Kind, &e.Subscription, &created, &e.Attempts, &due)
			e.Created, e.Due = fromMillis(created), fromMillis(due)
			out = append(out, e)
			return err
		})
	return out, err
}

// PostponeSandboxEvent implements sandbox.Tx.
func (tx *Tx) PostponeSandboxEvent(ctx context.Context, e subscription.SandboxEvent, due time.Time) (bool, error) {
	return tx.changed(ctx, `UPDATE sandbox_event SET due = $1, attempts = $2 WHERE id = $3 AND sent = 0 AND due = $4`,
		millis(due), e.Attempts, e.ID, millis(e.Due))
}

// SandboxEventSent implements sandbox.Tx.
func (tx *Tx) SandboxEventSent(ctx context.Context, id string, now time.Time) error {
	_, err := tx.exec(ctx, `UPDATE sandbox_event SET sent = $1 WHERE id = $2`, millis(now), id)
	return err
}
