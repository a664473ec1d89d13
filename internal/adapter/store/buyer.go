package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/buyer"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// LimitsOf implements buyer.Tx. The row is what others wait at: one that is not
// there is made.
func (tx *Tx) LimitsOf(ctx context.Context, id ident.Account) (buyer.Limits, error) {
	l := buyer.Limits{Account: id}
	if tx.writes {
		if _, err := tx.exec(ctx, `INSERT INTO buyer (account, of_age, cap_minor, next_minor, raised)
			SELECT a.id, 0, 0, 0, 0 FROM account a WHERE a.id = $1
			ON CONFLICT (account) DO UPDATE SET cap_minor = buyer.cap_minor`, id); err != nil {
			return l, err
		}
	}
	var age, raised int64
	_, err := tx.one(ctx, `SELECT of_age, cap_minor, next_minor, raised FROM buyer WHERE account = $1`, []any{id}, &age, &l.Cap, &l.Next, &raised)
	l.OfAge, l.Raised = fromMillis(age), fromMillis(raised)
	return l, err
}

// PutLimits implements buyer.Tx.
func (tx *Tx) PutLimits(ctx context.Context, l buyer.Limits) error {
	_, err := tx.exec(ctx, `UPDATE buyer SET of_age = $1, cap_minor = $2, next_minor = $3, raised = $4 WHERE account = $5`,
		millis(l.OfAge), l.Cap, l.Next, millis(l.Raised), l.Account)
	return err
}

// SpentSince implements buyer.Tx. A trial is promised too, also once it has begun:
// it will be paid, unless it was cancelled. What patrons pay elsewhere is not spent
// here.
func (tx *Tx) SpentSince(ctx context.Context, id ident.Account, since, promised time.Time) ([]money.Amount, error) {
	var out []money.Amount
	err := tx.each(ctx, `SELECT currency, CAST(SUM(minor) AS BIGINT) FROM (
			SELECT currency, total_minor - refunded_minor AS minor FROM sale WHERE buyer = $1 AND at >= $2
			UNION ALL
			SELECT currency, price_minor * quantity FROM checkout
			WHERE account = $3 AND state IN ('open', 'pending', 'declined') AND created >= $4 AND provider <> $5
			UNION ALL
			SELECT currency, price_minor FROM subscription
			WHERE account = $6 AND state = 'trialing' AND cancel_at_period_end = 0 AND started >= $7
			UNION ALL
			SELECT currency, price_minor FROM promise WHERE account = $8 AND made > $9
		) spent GROUP BY currency ORDER BY currency`,
		[]any{id, millis(since), id, millis(since), subscription.PatronProvider, id, millis(since), id, millis(promised)}, func(scan func(...any) error) error {
			var sum money.Amount
			err := scan(&sum.Currency, &sum.Minor)
			out = append(out, sum)
			return err
		})
	return out, err
}

// PutPromise implements buyer.Tx.
func (tx *Tx) PutPromise(ctx context.Context, p buyer.Promise) error {
	_, err := tx.exec(ctx, `INSERT INTO promise (key, account, subscription, price_minor, currency, made) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (key) DO UPDATE SET price_minor = excluded.price_minor, currency = excluded.currency, made = excluded.made`,
		p.Key, p.Account, p.Subscription, p.Price.Minor, p.Price.Currency, millis(p.Made))
	return err
}

// DropPromise implements buyer.Tx.
func (tx *Tx) DropPromise(ctx context.Context, key string) error {
	_, err := tx.exec(ctx, `DELETE FROM promise WHERE key = $1`, key)
	return err
}

// DropPromises implements buyer.Tx.
func (tx *Tx) DropPromises(ctx context.Context, of ident.Subscription, made time.Time) error {
	_, err := tx.exec(ctx, `DELETE FROM promise WHERE subscription = $1 AND made <= $2`, of, millis(made))
	return err
}
