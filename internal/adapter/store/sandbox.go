package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// InsertSandboxSession implements sandbox.Tx.
func (tx *Tx) InsertSandboxSession(ctx context.Context, s subscription.SandboxSession) (bool, error) {
	body, err := json.Marshal(s)
	if err != nil {
		return false, err
	}
	return tx.changed(ctx, `INSERT INTO sandbox_session (ref, checkout, price_minor, currency, paid, subscription, last4, created, expires, body, due)
		VALUES ($1, $2, $3, $4, 0, '', '', $5, $6, $7, 0) ON CONFLICT (checkout) DO NOTHING`,
		s.Ref, s.Checkout, s.Plan.Price.Minor, s.Plan.Price.Currency, millis(s.Created), millis(s.Expires), string(body))
}

func (tx *Tx) sandboxSessions(ctx context.Context, where string, args ...any) ([]subscription.SandboxSession, error) {
	var out []subscription.SandboxSession
	err := tx.each(ctx, `SELECT ref, checkout, price_minor, currency, paid, subscription, last4, created, expires, body
		FROM sandbox_session WHERE `+where, args, func(scan func(...any) error) error {
		s := subscription.SandboxSession{Purpose: subscription.ForSubscription, Quantity: 1}
		s.Plan.Interval = subscription.Month
		var paid, created, expires int64
		var body string
		if err := scan(&s.Ref, &s.Checkout, &s.Plan.Price.Minor, &s.Plan.Price.Currency, &paid, &s.Subscription, &s.Card.Last4,
			&created, &expires, &body); err != nil {
			return err
		}
		s.Paid, s.Created, s.Expires = paid == 1, fromMillis(created), fromMillis(expires)
		if body != "" {
			if err := json.Unmarshal([]byte(body), &s); err != nil {
				return fmt.Errorf("sandbox session %s: %w", s.Ref, err)
			}
		}
		out = append(out, s)
		return nil
	})
	return out, err
}

// SandboxSession implements sandbox.Tx.
func (tx *Tx) SandboxSession(ctx context.Context, ref string) (subscription.SandboxSession, bool, error) {
	return first(tx.sandboxSessions(ctx, `ref = $1`, ref))
}

// SandboxSessionOf implements sandbox.Tx.
func (tx *Tx) SandboxSessionOf(ctx context.Context, checkout ident.Checkout) (subscription.SandboxSession, bool, error) {
	return first(tx.sandboxSessions(ctx, `checkout = $1`, checkout))
}

// DueSandboxSessions implements sandbox.Tx.
func (tx *Tx) DueSandboxSessions(ctx context.Context, now time.Time, limit int) ([]subscription.SandboxSession, error) {
	return tx.sandboxSessions(ctx, `due > 0 AND due <= $1 AND paid = 0 ORDER BY due, ref LIMIT $2`, millis(now), limit)
}

// SetUnpaidSandboxSession implements sandbox.Tx. A session that was given up has
// no moment at which it expires.
func (tx *Tx) SetUnpaidSandboxSession(ctx context.Context, s subscription.SandboxSession) (bool, error) {
	return tx.setSandboxSession(ctx, s, ` AND paid = 0 AND expires > 0`)
}

// GiveUpSandboxSession implements sandbox.Tx.
func (tx *Tx) GiveUpSandboxSession(ctx context.Context, s subscription.SandboxSession) (bool, error) {
	body, err := json.Marshal(s)
	if err != nil {
		return false, err
	}
	return tx.changed(ctx, `UPDATE sandbox_session SET body = $1, expires = 0 WHERE ref = $2 AND paid = 0 AND due = 0 AND expires > 0`, string(body), s.Ref)
}

// SetPaidSandboxSession implements sandbox.Tx.
func (tx *Tx) SetPaidSandboxSession(ctx context.Context, s subscription.SandboxSession) error {
	_, err := tx.setSandboxSession(ctx, s, ` AND paid = 1`)
	return err
}

func (tx *Tx) setSandboxSession(ctx context.Context, s subscription.SandboxSession, and string) (bool, error) {
	body, err := json.Marshal(s)
	if err != nil {
		return false, err
	}
	return tx.changed(ctx, `UPDATE sandbox_session SET paid = $1, subscription = $2, last4 = $3, body = $4, due = $5 WHERE ref = $6`+and,
		flag(s.Paid), s.Subscription, s.Card.Last4, string(body), millis(s.Due), s.Ref)
}

func (tx *Tx) sandboxSubscriptions(ctx context.Context, where string, args ...any) ([]subscription.SandboxSubscription, error) {
	var out []subscription.SandboxSubscription
	err := tx.each(ctx, `SELECT ref, checkout, status, cancel_at_period_end, price_minor, currency, last4,
		started, period_start, period_end, ended, months, due, version, body FROM sandbox_subscription WHERE `+where, args,
		func(scan func(...any) error) error {
			var s subscription.SandboxSubscription
			var cancelled, started, from, to, ended, due, version int64
			var body string
			if err := scan(&s.Ref, &s.Checkout, &s.Status, &cancelled, &s.Plan.Price.Minor, &s.Plan.Price.Currency, &s.Card.Last4,
				&started, &from, &to, &ended, &s.Months, &due, &version, &body); err != nil {
				return err
			}
			s.Plan.Interval, s.CancelAtPeriodEnd, s.Counted = subscription.Month, cancelled == 1, s.Months
			s.Started, s.PeriodStart, s.PeriodEnd, s.EndedAt = fromMillis(started), fromMillis(from), fromMillis(to), fromMillis(ended)
			s.Anchor, s.Due = s.Started, fromMillis(due)
			if body != "" {
				s = subscription.SandboxSubscription{}
				if err := json.Unmarshal([]byte(body), &s); err != nil {
					return fmt.Errorf("sandbox subscription: %w", err)
				}
			}
			s.Version = version
			out = append(out, s)
			return nil
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

// InsertSandboxSubscription implements sandbox.Tx. The columns besides the body
// are what older releases read.
func (tx *Tx) InsertSandboxSubscription(ctx context.Context, s subscription.SandboxSubscription) error {
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO sandbox_subscription (ref, checkout, status, cancel_at_period_end, price_minor, currency, last4,
		started, period_start, period_end, ended, disputes, disputed, months, due, version, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, $12, $13, 1, $14)`,
		s.Ref, s.Checkout, s.Status, flag(s.CancelAtPeriodEnd), s.Plan.Price.Minor, s.Plan.Price.Currency, s.Card.Last4,
		millis(s.Started), millis(s.PeriodStart), millis(s.PeriodEnd), millis(s.EndedAt), s.Months, millis(s.Due), string(body))
	return err
}

// SetSandboxSubscription implements sandbox.Tx.
func (tx *Tx) SetSandboxSubscription(ctx context.Context, s subscription.SandboxSubscription) (bool, error) {
	body, err := json.Marshal(s)
	if err != nil {
		return false, err
	}
	return tx.changed(ctx, `UPDATE sandbox_subscription SET status = $1, cancel_at_period_end = $2, period_start = $3, period_end = $4,
		ended = $5, months = $6, due = $7, body = $8, version = version + 1 WHERE ref = $9 AND version = $10`,
		s.Status, flag(s.CancelAtPeriodEnd), millis(s.PeriodStart), millis(s.PeriodEnd), millis(s.EndedAt),
		s.Months, millis(s.Due), string(body), s.Ref, s.Version)
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
	return tx.sandboxEvents(ctx, `sent = 0 AND due <= $1 AND created > $2 ORDER BY due, id LIMIT $3`, millis(now), millis(since), limit)
}

// SandboxEventsSince implements sandbox.Tx.
func (tx *Tx) SandboxEventsSince(ctx context.Context, since time.Time, limit int) ([]subscription.SandboxEvent, error) {
	return tx.sandboxEvents(ctx, `created > $1 ORDER BY created, id LIMIT $2`, millis(since), limit)
}

func (tx *Tx) sandboxEvents(ctx context.Context, where string, args ...any) ([]subscription.SandboxEvent, error) {
	var out []subscription.SandboxEvent
	err := tx.each(ctx, `SELECT id, kind, subscription, created, attempts, due FROM sandbox_event WHERE `+where, args,
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
