package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// InsertPatronCheckout implements patron.Tx.
func (tx *Tx) InsertPatronCheckout(ctx context.Context, c subscription.PatronCheckout) (bool, error) {
	return tx.changed(ctx, `INSERT INTO patron_checkout (ref, checkout, account, expires, closed, subscription)
		VALUES ($1, $2, $3, $4, 0, '') ON CONFLICT DO NOTHING`, c.Ref, c.Checkout, c.Account, millis(c.Expires))
}

// PatronCheckout implements patron.Tx.
func (tx *Tx) PatronCheckout(ctx context.Context, ref string) (c subscription.PatronCheckout, found bool, err error) {
	var expires, closed int64
	found, err = tx.one(ctx, `SELECT ref, checkout, account, expires, closed, subscription FROM patron_checkout WHERE ref = $1`,
		[]any{ref}, &c.Ref, &c.Checkout, &c.Account, &expires, &closed, &c.Subscription)
	c.Expires, c.Closed = fromMillis(expires), closed == 1
	return c, found, err
}

// SetPatronCheckout implements patron.Tx.
func (tx *Tx) SetPatronCheckout(ctx context.Context, c subscription.PatronCheckout) (bool, error) {
	return tx.changed(ctx, `UPDATE patron_checkout SET closed = $1, subscription = $2 WHERE ref = $3 AND closed = 0 AND subscription = ''`,
		flag(c.Closed), c.Subscription, c.Ref)
}

// TakePatronCode implements patron.Tx.
func (tx *Tx) TakePatronCode(ctx context.Context, code string, by ident.Account) (holder ident.Account, err error) {
	if _, err = tx.exec(ctx, `INSERT INTO patron_code (code, account) VALUES ($1, $2) ON CONFLICT (code) DO NOTHING`, code, by); err != nil {
		return "", err
	}
	_, err = tx.one(ctx, `SELECT account FROM patron_code WHERE code = $1`, []any{code}, &holder)
	return holder, err
}

const patronColumns = `ref, checkout, account, channel, code, status, tier, period, price_minor, currency, shortened,
	started, period_start, period_end, ended, months, months_before, version`

func (tx *Tx) patrons(ctx context.Context, where string, args ...any) ([]subscription.Patron, error) {
	var out []subscription.Patron
	err := tx.each(ctx, `SELECT `+patronColumns+` FROM patron WHERE `+where, args, func(scan func(...any) error) error {
		var p subscription.Patron
		var shortened, started, from, to, ended int64
		err := scan(&p.Ref, &p.Checkout, &p.Account, &p.Channel, &p.Code, &p.Status, &p.Plan.Tier, &p.Plan.Interval,
			&p.Plan.Price.Minor, &p.Plan.Price.Currency, &shortened, &started, &from, &to, &ended, &p.Months, &p.Before, &p.Version)
		p.CancelAtPeriodEnd, p.Started = shortened == 1, fromMillis(started)
		p.PeriodStart, p.PeriodEnd, p.EndedAt = fromMillis(from), fromMillis(to), fromMillis(ended)
		out = append(out, p)
		return err
	})
	return out, err
}

// Patron implements patron.Tx.
func (tx *Tx) Patron(ctx context.Context, ref string) (subscription.Patron, bool, error) {
	return first(tx.patrons(ctx, `ref = $1`, ref))
}

// PatronMonths implements patron.Tx.
func (tx *Tx) PatronMonths(ctx context.Context, code string) (months int, err error) {
	_, err = tx.one(ctx, `SELECT COALESCE(SUM(months), 0) FROM patron WHERE code = $1`, []any{code}, &months)
	return months, err
}

// RunningPatrons implements patron.Tx.
func (tx *Tx) RunningPatrons(ctx context.Context, after string, limit int) ([]subscription.Patron, error) {
	return tx.patrons(ctx, `status <> 'ended' AND ref > $1 ORDER BY ref LIMIT $2`, after, limit)
}

// InsertPatron implements patron.Tx.
func (tx *Tx) InsertPatron(ctx context.Context, p subscription.Patron) error {
	_, err := tx.exec(ctx, `INSERT INTO patron (`+patronColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 1)`,
		p.Ref, p.Checkout, p.Account, p.Channel, p.Code, p.Status, p.Plan.Tier, p.Plan.Interval, p.Plan.Price.Minor, p.Plan.Price.Currency,
		flag(p.CancelAtPeriodEnd), millis(p.Started), millis(p.PeriodStart), millis(p.PeriodEnd), millis(p.EndedAt), p.Months, p.Before)
	return err
}

// SetPatron implements patron.Tx.
func (tx *Tx) SetPatron(ctx context.Context, p subscription.Patron) (bool, error) {
	return tx.changed(ctx, `UPDATE patron SET status = $1, tier = $2, period = $3, price_minor = $4, currency = $5, shortened = $6,
		period_start = $7, period_end = $8, ended = $9, months = $10, version = version + 1 WHERE ref = $11 AND version = $12`,
		p.Status, p.Plan.Tier, p.Plan.Interval, p.Plan.Price.Minor, p.Plan.Price.Currency, flag(p.CancelAtPeriodEnd),
		millis(p.PeriodStart), millis(p.PeriodEnd), millis(p.EndedAt), p.Months, p.Ref, p.Version)
}

// InsertPatronEvent implements patron.Tx.
func (tx *Tx) InsertPatronEvent(ctx context.Context, e subscription.PatronEvent) error {
	_, err := tx.exec(ctx, `INSERT INTO patron_event (id, kind, patron, ends, created) VALUES ($1, $2, $3, $4, $5)`,
		e.ID, e.Kind, e.Patron, flag(e.Ends), millis(e.Created))
	return err
}

// PatronEventsSince implements patron.Tx.
func (tx *Tx) PatronEventsSince(ctx context.Context, since time.Time, limit int) ([]subscription.PatronEvent, error) {
	var out []subscription.PatronEvent
	err := tx.each(ctx, `SELECT id, kind, patron, ends, created FROM patron_event WHERE created > $1 ORDER BY created, id LIMIT $2`,
		[]any{millis(since), limit}, func(scan func(...any) error) error {
			var e subscription.PatronEvent
			var ends, created int64
			err := scan(&e.ID, &e.Kind, &e.Patron, &ends, &created)
			e.Ends, e.Created = ends == 1, fromMillis(created)
			out = append(out, e)
			return err
		})
	return out, err
}
