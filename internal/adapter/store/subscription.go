package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// TierOf implements subscription.Tx.
func (tx *Tx) TierOf(ctx context.Context, channel ident.Channel) (subscription.Tier, bool, error) {
	t := subscription.Tier{Channel: channel}
	var onSale, created int64
	found, err := tx.one(ctx, `SELECT id, price_minor, currency, on_sale, created FROM tier WHERE channel = $1`, []any{channel},
		&t.ID, &t.Price.Minor, &t.Price.Currency, &onSale, &created)
	t.OnSale, t.Created = onSale == 1, fromMillis(created)
	return t, found, err
}

// PutTier implements subscription.Tx.
func (tx *Tx) PutTier(ctx context.Context, t subscription.Tier) error {
	_, err := tx.exec(ctx, `INSERT INTO tier (id, channel, price_minor, currency, on_sale, created) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (channel) DO UPDATE SET price_minor = excluded.price_minor, currency = excluded.currency, on_sale = excluded.on_sale`,
		t.ID, t.Channel, t.Price.Minor, t.Price.Currency, flag(t.OnSale), millis(t.Created))
	return err
}

const selectCheckout = `SELECT id, channel, account, tier, key, price_minor, currency, provider, ref, state, reason, renews, created, expires
	FROM checkout WHERE `

func (tx *Tx) checkouts(ctx context.Context, where string, args ...any) ([]subscription.Checkout, error) {
	var out []subscription.Checkout
	err := tx.each(ctx, selectCheckout+where, args, func(scan func(...any) error) error {
		var c subscription.Checkout
		var renews, created, expires int64
		err := scan(&c.ID, &c.Channel, &c.Account, &c.Tier, &c.Key, &c.Price.Minor, &c.Price.Currency,
			&c.Provider, &c.Ref, &c.State, &c.Reason, &renews, &created, &expires)
		c.RenewsAt, c.Created, c.Expires = fromMillis(renews), fromMillis(created), fromMillis(expires)
		out = append(out, c)
		return err
	})
	return out, err
}

// first returns the first of what a query found.
func first[T any](found []T, err error) (T, bool, error) {
	var none T
	if err != nil || len(found) == 0 {
		return none, false, err
	}
	return found[0], true, nil
}

// InsertCheckout implements subscription.Tx.
func (tx *Tx) InsertCheckout(ctx context.Context, c subscription.Checkout) (bool, error) {
	return tx.changed(ctx, `INSERT INTO checkout
		(id, channel, account, tier, key, price_minor, currency, provider, ref, state, reason, renews, created, expires)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING`,
		c.ID, c.Channel, c.Account, c.Tier, c.Key, c.Price.Minor, c.Price.Currency, c.Provider, c.Ref, c.State, c.Reason,
		millis(c.RenewsAt), millis(c.Created), millis(c.Expires))
}

// CheckoutByID implements subscription.Tx.
func (tx *Tx) CheckoutByID(ctx context.Context, id ident.Checkout) (subscription.Checkout, bool, error) {
	return first(tx.checkouts(ctx, `id = $1`, id))
}

// CheckoutByKey implements subscription.Tx.
func (tx *Tx) CheckoutByKey(ctx context.Context, account ident.Account, channel ident.Channel, key string) (subscription.Checkout, bool, error) {
	return first(tx.checkouts(ctx, `account = $1 AND channel = $2 AND key = $3`, account, channel, key))
}

// UnfinishedCheckout implements subscription.Tx.
func (tx *Tx) UnfinishedCheckout(ctx context.Context, account ident.Account, channel ident.Channel) (subscription.Checkout, bool, error) {
	return first(tx.checkouts(ctx, `account = $1 AND channel = $2 AND state IN ('open', 'pending', 'declined')`, account, channel))
}

// OverdueCheckouts implements subscription.Tx.
func (tx *Tx) OverdueCheckouts(ctx context.Context, now, openedBefore time.Time, limit int) ([]subscription.Checkout, error) {
	return tx.checkouts(ctx, `state IN ('open', 'pending', 'declined') AND (expires <= $1 OR (state = 'pending' AND created <= $2))
		ORDER BY expires LIMIT $3`, millis(now), millis(openedBefore), limit)
}

// SetCheckout implements subscription.Tx. What is complete stays so, and what
// has expired can only become complete. When it renews is a guess until it is paid.
func (tx *Tx) SetCheckout(ctx context.Context, c subscription.Checkout) error {
	_, err := tx.exec(ctx, `UPDATE checkout SET state = $1, reason = $2,
		ref = CASE WHEN ref = '' THEN $3 ELSE ref END, renews = CASE WHEN renews = 0 OR $6 = 'complete' THEN $4 ELSE renews END
		WHERE id = $5 AND state <> 'complete' AND (state <> 'expired' OR $6 = 'complete')`,
		c.State, c.Reason, c.Ref, millis(c.RenewsAt), c.ID, string(c.State))
	return err
}

const subscriptionColumns = `s.id, s.account, s.channel, s.tier, s.provider, s.ref, s.access_grant, s.state, s.cancel_at_period_end,
	s.price_minor, s.currency, s.started, s.period_start, s.period_end, s.ended, s.months, s.months_before`

// scanSubscription returns where to scan the columns to, and what to do after.
func scanSubscription(s *subscription.Subscription, more ...any) (dest []any, done func()) {
	var cancelled, started, from, to, ended int64
	dest = append([]any{
		&s.ID, &s.Account, &s.Channel, &s.Tier, &s.Provider, &s.Ref, &s.Grant, &s.State, &cancelled,
		&s.Price.Minor, &s.Price.Currency, &started, &from, &to, &ended, &s.Months, &s.MonthsBefore,
	}, more...)
	return dest, func() {
		s.CancelAtPeriodEnd = cancelled == 1
		s.Started, s.PeriodStart, s.PeriodEnd, s.EndedAt = fromMillis(started), fromMillis(from), fromMillis(to), fromMillis(ended)
	}
}

func (tx *Tx) subscriptions(ctx context.Context, where string, args ...any) ([]subscription.Subscription, error) {
	var out []subscription.Subscription
	err := tx.each(ctx, `SELECT `+subscriptionColumns+` FROM subscription s WHERE `+where, args, func(scan func(...any) error) error {
		var s subscription.Subscription
		dest, done := scanSubscription(&s)
		err := scan(dest...)
		done()
		out = append(out, s)
		return err
	})
	return out, err
}

// SubscriptionByRef implements subscription.Tx.
func (tx *Tx) SubscriptionByRef(ctx context.Context, provider, ref string) (subscription.Subscription, bool, error) {
	return first(tx.subscriptions(ctx, `s.provider = $1 AND s.ref = $2`, provider, ref))
}

// RunningSubscription implements subscription.Tx.
func (tx *Tx) RunningSubscription(ctx context.Context, account ident.Account, channel ident.Channel) (subscription.Subscription, bool, error) {
	return first(tx.subscriptions(ctx, `s.account = $1 AND s.channel = $2 AND s.state <> 'ended' LIMIT 1`, account, channel))
}

// RunningSubscriptions implements subscription.Tx.
func (tx *Tx) RunningSubscriptions(ctx context.Context, after ident.Subscription, limit int) ([]subscription.Subscription, error) {
	return tx.subscriptions(ctx, `s.state <> 'ended' AND s.id > $1 ORDER BY s.id LIMIT $2`, after, limit)
}

func (tx *Tx) owned(ctx context.Context, where string, args ...any) ([]subscription.Owned, error) {
	var out []subscription.Owned
	query := `SELECT ` + subscriptionColumns + `, c.handle, c.title, COALESCE(g.ends, 0), COALESCE(g.revoked, 0)
		FROM subscription s JOIN channel c ON c.id = s.channel LEFT JOIN access_grant g ON g.id = s.access_grant WHERE `
	err := tx.each(ctx, query+where, args, func(scan func(...any) error) error {
		var o subscription.Owned
		var ends, revoked int64
		dest, done := scanSubscription(&o.Subscription, &o.Handle, &o.Title, &ends, &revoked)
		err := scan(dest...)
		done()
		if revoked > 0 {
			ends = min(ends, revoked)
		}
		o.AccessUntil = fromMillis(ends)
		out = append(out, o)
		return err
	})
	return out, err
}

// OwnedSubscriptions implements subscription.Tx.
func (tx *Tx) OwnedSubscriptions(ctx context.Context, account ident.Account, limit int) ([]subscription.Owned, error) {
	return tx.owned(ctx, `s.account = $1 ORDER BY s.started DESC, s.id LIMIT $2`, account, limit)
}

// OwnedSubscription implements subscription.Tx.
func (tx *Tx) OwnedSubscription(ctx context.Context, id ident.Subscription) (subscription.Owned, bool, error) {
	return first(tx.owned(ctx, `s.id = $1`, id))
}

// PutSubscription implements subscription.Tx. Who, where and at what price do
// not change afterwards.
func (tx *Tx) PutSubscription(ctx context.Context, s subscription.Subscription) error {
	_, err := tx.exec(ctx, `INSERT INTO subscription (id, account, channel, tier, provider, ref, access_grant, state, cancel_at_period_end,
		price_minor, currency, started, period_start, period_end, ended, months, months_before)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, cancel_at_period_end = excluded.cancel_at_period_end,
		period_start = excluded.period_start, period_end = excluded.period_end, ended = excluded.ended, months = excluded.months`,
		s.ID, s.Account, s.Channel, s.Tier, s.Provider, s.Ref, s.Grant, s.State, flag(s.CancelAtPeriodEnd),
		s.Price.Minor, s.Price.Currency, millis(s.Started), millis(s.PeriodStart), millis(s.PeriodEnd), millis(s.EndedAt),
		s.Months, s.MonthsBefore)
	return err
}

// MonthsPaid implements subscription.Tx.
func (tx *Tx) MonthsPaid(ctx context.Context, account ident.Account, channel ident.Channel) (months int, err error) {
	_, err = tx.one(ctx, `SELECT COALESCE(MAX(months + months_before), 0) FROM subscription WHERE account = $1 AND channel = $2`,
		[]any{account, channel}, &months)
	return months, err
}

// GrantByID implements subscription.Tx.
func (tx *Tx) GrantByID(ctx context.Context, id ident.Grant) (subscription.Grant, bool, error) {
	g := subscription.Grant{ID: id}
	var starts, ends, revoked int64
	found, err := tx.one(ctx, `SELECT account, channel, tier, starts, ends, revoked, months FROM access_grant WHERE id = $1`, []any{id},
		&g.Account, &g.Channel, &g.Tier, &starts, &ends, &revoked, &g.Months)
	g.Starts, g.Ends, g.Revoked = fromMillis(starts), fromMillis(ends), fromMillis(revoked)
	return g, found, err
}

// PutGrant implements subscription.Tx.
func (tx *Tx) PutGrant(ctx context.Context, g subscription.Grant) error {
	_, err := tx.exec(ctx, `INSERT INTO access_grant (id, account, channel, tier, source, starts, ends, revoked, months)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (id) DO UPDATE SET starts = excluded.starts, ends = excluded.ends, revoked = excluded.revoked, months = excluded.months`,
		g.ID, g.Account, g.Channel, g.Tier, subscription.GrantSource, millis(g.Starts), millis(g.Ends), millis(g.Revoked), g.Months)
	return err
}
