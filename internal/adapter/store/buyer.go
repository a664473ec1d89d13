package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/buyer"
	"github.com/subspace-live/subspace/internal/domain/ident"
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
// it will be paid, unless it was cancelled.
func (tx *Tx) SpentSince(ctx context.Context, id ident.Account, currency string, since time.Time) (spent int64, err error) {
	_, err = tx.one(ctx, `SELECT COALESCE((SELECT CAST(SUM(s.total_minor - s.refunded_minor) AS BIGINT) FROM sale s
			WHERE s.buyer = $1 AND s.currency = $2 AND s.at >= $3), 0)
		+ COALESCE((SELECT CAST(SUM(c.price_minor * c.quantity) AS BIGINT) FROM checkout c
			WHERE c.account = $4 AND c.currency = $5 AND c.state IN ('open', 'pending', 'declined') AND c.created >= $6), 0)
		+ COALESCE((SELECT CAST(SUM(t.price_minor) AS BIGINT) FROM subscription t
			WHERE t.account = $7 AND t.currency = $8 AND t.state = 'trialing' AND t.cancel_at_period_end = 0 AND t.started >= $9), 0)`,
		[]any{id, currency, millis(since), id, currency, millis(since), id, currency, millis(since)}, &spent)
	return spent, err
}
