package store

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

const subscriptionColumns = `s.id, s.account, s.channel, s.provider, s.ref, s.access_grant, s.state, s.tier, s.period, s.price_minor, s.currency,
	s.next_tier, s.next_period, s.next_minor, s.next_currency, s.cancel_at_period_end, s.started, s.trial_end, s.period_start, s.period_end,
	s.ended, s.months, s.months_before, s.card_brand, s.card_last4, s.refused`

// scanSubscription returns where to scan the columns to, and what to do after.
func scanSubscription(s *subscription.Subscription, more ...any) (dest []any, done func()) {
	var cancelled, started, trial, from, to, ended int64
	dest = append([]any{
		&s.ID, &s.Account, &s.Channel, &s.Provider, &s.Ref, &s.Grant, &s.State,
		&s.Plan.Tier, &s.Plan.Interval, &s.Plan.Price.Minor, &s.Plan.Price.Currency,
		&s.Next.Tier, &s.Next.Interval, &s.Next.Price.Minor, &s.Next.Price.Currency, &cancelled,
		&started, &trial, &from, &to, &ended, &s.Months, &s.MonthsBefore, &s.CardBrand, &s.CardLast4, &s.Refused,
	}, more...)
	return dest, func() {
		s.CancelAtPeriodEnd = cancelled == 1
		s.Started, s.TrialEnd, s.PeriodStart = fromMillis(started), fromMillis(trial), fromMillis(from)
		s.PeriodEnd, s.EndedAt = fromMillis(to), fromMillis(ended)
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

// SubscriptionByID implements subscription.Tx.
func (tx *Tx) SubscriptionByID(ctx context.Context, id ident.Subscription) (subscription.Subscription, bool, error) {
	return first(tx.subscriptions(ctx, `s.id = $1`, id))
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
	query := `SELECT ` + subscriptionColumns + `, c.handle, c.title, t.name, COALESCE(n.name, ''), COALESCE(g.ends, 0), COALESCE(g.revoked, 0),
		COALESCE(g.tier, s.tier)
		FROM subscription s JOIN channel c ON c.id = s.channel JOIN tier t ON t.id = s.tier
		LEFT JOIN tier n ON n.id = s.next_tier LEFT JOIN access_grant g ON g.id = s.access_grant WHERE `
	err := tx.each(ctx, query+where, args, func(scan func(...any) error) error {
		var o subscription.Owned
		var ends, revoked int64
		var tier ident.Tier
		dest, done := scanSubscription(&o.Subscription, &o.Handle, &o.Title, &o.TierName, &o.NextTier, &ends, &revoked, &tier)
		err := scan(dest...)
		done()
		if revoked > 0 {
			ends = min(ends, revoked)
		}
		o.AccessUntil, o.Reduced = fromMillis(ends), tier != o.Plan.Tier
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

// PutSubscription implements subscription.Tx. Who and where do not change
// afterwards, and what was refused stays so.
func (tx *Tx) PutSubscription(ctx context.Context, s subscription.Subscription) error {
	_, err := tx.exec(ctx, `INSERT INTO subscription (id, account, channel, provider, ref, access_grant, state, tier, period, price_minor, currency,
		next_tier, next_period, next_minor, next_currency, cancel_at_period_end, started, trial_end, period_start, period_end,
		ended, months, months_before, card_brand, card_last4, refused)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, tier = excluded.tier, period = excluded.period,
		price_minor = excluded.price_minor, currency = excluded.currency, next_tier = excluded.next_tier,
		next_period = excluded.next_period, next_minor = excluded.next_minor, next_currency = excluded.next_currency,
		cancel_at_period_end = excluded.cancel_at_period_end, trial_end = excluded.trial_end, period_start = excluded.period_start,
		period_end = excluded.period_end, ended = excluded.ended, months = excluded.months,
		card_brand = excluded.card_brand, card_last4 = excluded.card_last4`,
		s.ID, s.Account, s.Channel, s.Provider, s.Ref, s.Grant, s.State,
		s.Plan.Tier, s.Plan.Interval, s.Plan.Price.Minor, s.Plan.Price.Currency,
		s.Next.Tier, s.Next.Interval, s.Next.Price.Minor, s.Next.Price.Currency, flag(s.CancelAtPeriodEnd),
		millis(s.Started), millis(s.TrialEnd), millis(s.PeriodStart), millis(s.PeriodEnd), millis(s.EndedAt),
		s.Months, s.MonthsBefore, s.CardBrand, s.CardLast4, s.Refused)
	return err
}

// TrialUsed implements subscription.Tx.
func (tx *Tx) TrialUsed(ctx context.Context, channel ident.Channel, by ident.Account, fingerprint string) (bool, error) {
	var one int
	return tx.one(ctx, `SELECT 1 FROM trial_use WHERE channel = $1 AND (account = $2 OR (fingerprint <> '' AND fingerprint = $3))`,
		[]any{channel, by, fingerprint}, &one)
}

// PutTrialUse implements subscription.Tx.
func (tx *Tx) PutTrialUse(ctx context.Context, u subscription.TrialUse) error {
	_, err := tx.exec(ctx, `INSERT INTO trial_use (channel, account, fingerprint, subscription) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		u.Channel, u.Account, u.Fingerprint, u.Subscription)
	return err
}

// MonthsPaid implements subscription.Tx.
func (tx *Tx) MonthsPaid(ctx context.Context, account ident.Account, channel ident.Channel) (months int, err error) {
	_, err = tx.one(ctx, `SELECT COALESCE(SUM(months), 0) FROM access_grant WHERE account = $1 AND channel = $2`,
		[]any{account, channel}, &months)
	return months, err
}

// PutGrant implements subscription.Tx.
func (tx *Tx) PutGrant(ctx context.Context, g subscription.Grant) error {
	_, err := tx.exec(ctx, `INSERT INTO access_grant (id, account, channel, tier, source, starts, ends, paid, revoked, months)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (id) DO UPDATE SET tier = excluded.tier, starts = excluded.starts, ends = excluded.ends, paid = excluded.paid,
		revoked = excluded.revoked, months = excluded.months`,
		g.ID, g.Account, g.Channel, g.Tier, g.Source, millis(g.Starts), millis(g.Ends), millis(g.Paid), millis(g.Revoked), g.Months)
	return err
}
