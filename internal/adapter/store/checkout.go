package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

const checkoutColumns = `id, channel, account, key, purpose, tier, period, price_minor, currency, quantity, recipient, named, trial, country, language,
	terms, provider, ref, url, state, reason, renews, created, expires, asked, ask_at`

func (tx *Tx) checkouts(ctx context.Context, where string, args ...any) ([]subscription.Checkout, error) {
	var out []subscription.Checkout
	err := tx.each(ctx, `SELECT `+checkoutColumns+` FROM checkout WHERE `+where, args, func(scan func(...any) error) error {
		var c subscription.Checkout
		var named, renews, created, expires, asks int64
		err := scan(&c.ID, &c.Channel, &c.Account, &c.Key, &c.Purpose, &c.Plan.Tier, &c.Plan.Interval, &c.Plan.Price.Minor, &c.Plan.Price.Currency,
			&c.Quantity, &c.For, &named, &c.Trial, &c.Country, &c.Language, &c.Terms, &c.Provider, &c.Ref, &c.URL, &c.State, &c.Reason, &renews, &created, &expires,
			&c.Asked, &asks)
		c.Named = named == 1
		c.RenewsAt, c.Created, c.Expires, c.AskAt = fromMillis(renews), fromMillis(created), fromMillis(expires), fromMillis(asks)
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
	return tx.changed(ctx, `INSERT INTO checkout (`+checkoutColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26) ON CONFLICT DO NOTHING`,
		c.ID, c.Channel, c.Account, c.Key, c.Purpose, c.Plan.Tier, c.Plan.Interval, c.Plan.Price.Minor, c.Plan.Price.Currency,
		c.Quantity, c.For, flag(c.Named), c.Trial, c.Country, c.Language, c.Terms, c.Provider, c.Ref, c.URL, c.State, c.Reason,
		millis(c.RenewsAt), millis(c.Created), millis(c.Expires), c.Asked, millis(c.AskAt))
}

// CheckoutByID implements subscription.Tx.
func (tx *Tx) CheckoutByID(ctx context.Context, id ident.Checkout) (subscription.Checkout, bool, error) {
	return first(tx.checkouts(ctx, `id = $1`, id))
}

// CheckoutByRef implements subscription.Tx.
func (tx *Tx) CheckoutByRef(ctx context.Context, provider, ref string) (subscription.Checkout, bool, error) {
	return first(tx.checkouts(ctx, `provider = $1 AND ref = $2 AND ref <> ''`, provider, ref))
}

// CheckoutByKey implements subscription.Tx.
func (tx *Tx) CheckoutByKey(ctx context.Context, account ident.Account, channel ident.Channel, key string) (subscription.Checkout, bool, error) {
	return first(tx.checkouts(ctx, `account = $1 AND channel = $2 AND key = $3`, account, channel, key))
}

// UnfinishedCheckout implements subscription.Tx.
func (tx *Tx) UnfinishedCheckout(ctx context.Context, account ident.Account, channel ident.Channel) (subscription.Checkout, bool, error) {
	return first(tx.checkouts(ctx, `account = $1 AND channel = $2 AND purpose = 'subscription' AND state IN ('open', 'pending', 'declined')`, account, channel))
}

// UnfinishedGifts implements subscription.Tx.
func (tx *Tx) UnfinishedGifts(ctx context.Context, account ident.Account, channel ident.Channel) ([]subscription.Checkout, error) {
	return tx.checkouts(ctx, `account = $1 AND channel = $2 AND purpose = 'gift' AND state IN ('open', 'pending', 'declined') ORDER BY id`, account, channel)
}

const unfinished = `state IN ('open', 'pending', 'declined')`

// OverdueCheckouts implements subscription.Tx.
func (tx *Tx) OverdueCheckouts(ctx context.Context, now, openedBefore time.Time, after ident.Checkout, limit int) ([]subscription.Checkout, error) {
	return tx.checkouts(ctx, unfinished+` AND (expires <= $1 OR ((state = 'pending' OR url <> '') AND created <= $2)) AND id > $3 ORDER BY id LIMIT $4`,
		millis(now), millis(openedBefore), after, limit)
}

// DueCheckouts implements subscription.Tx.
func (tx *Tx) DueCheckouts(ctx context.Context, provider string, now time.Time, limit int) ([]subscription.Checkout, error) {
	return tx.checkouts(ctx, unfinished+` AND provider = $1 AND (expires <= $2 OR state = 'pending' OR url <> '') AND ask_at <= $3
		ORDER BY ask_at, id LIMIT $4`, provider, millis(now), millis(now), limit)
}

// AbandonedCheckouts implements subscription.Tx.
func (tx *Tx) AbandonedCheckouts(ctx context.Context, on []string, now time.Time, limit int) ([]subscription.Checkout, error) {
	args := []any{millis(now), limit, ""} // no provider has no name
	for _, name := range on {
		args = append(args, name)
	}
	return tx.checkouts(ctx, unfinished+` AND expires <= $1 AND provider NOT IN `+listed(3, len(args)-2)+` ORDER BY expires, id LIMIT $2`, args...)
}

// TakeCheckout implements subscription.Tx.
func (tx *Tx) TakeCheckout(ctx context.Context, c subscription.Checkout, asked int, next time.Time) (bool, error) {
	return tx.changed(ctx, `UPDATE checkout SET asked = $1, ask_at = $2 WHERE id = $3 AND asked = $4 AND ask_at = $5`,
		asked, millis(next), c.ID, c.Asked, millis(c.AskAt))
}

// SetCheckout implements subscription.Tx. What is complete stays so, and what
// has expired can only become complete. When it renews is a guess until it is paid.
func (tx *Tx) SetCheckout(ctx context.Context, c subscription.Checkout) error {
	_, err := tx.exec(ctx, `UPDATE checkout SET state = $1, reason = $2,
		ref = CASE WHEN ref = '' THEN $3 ELSE ref END, url = CASE WHEN url = '' THEN $4 ELSE url END,
		renews = CASE WHEN renews = 0 OR $5 = 'complete' THEN $6 ELSE renews END
		WHERE id = $7 AND state <> 'complete' AND (state <> 'expired' OR $8 IN ('complete', 'expired'))`,
		c.State, c.Reason, c.Ref, c.URL, string(c.State), millis(c.RenewsAt), c.ID, string(c.State))
	return err
}
