package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/ledger"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Sold implements subscription.Tx.
func (tx *Tx) Sold(ctx context.Context, since time.Time, after ident.Checkout, limit int) ([]subscription.Sale, error) {
	return tx.sales(ctx, `(at >= $1 OR dispute = 'open') AND checkout > $2
		AND NOT EXISTS (SELECT 1 FROM sale o WHERE o.checkout = sale.checkout AND (o.at > sale.at OR (o.at = sale.at AND o.charge > sale.charge)))
		ORDER BY checkout LIMIT $3`, millis(since), after, limit)
}

// SalesOfCheckout implements subscription.Tx.
func (tx *Tx) SalesOfCheckout(ctx context.Context, id ident.Checkout) ([]subscription.Sale, error) {
	return tx.sales(ctx, `checkout = $1 ORDER BY at, charge`, id)
}

// SalesAfter implements subscription.Tx.
func (tx *Tx) SalesAfter(ctx context.Context, provider, charge string, limit int) ([]subscription.Sale, error) {
	return tx.sales(ctx, `provider > $1 OR (provider = $2 AND charge > $3) ORDER BY provider, charge LIMIT $4`,
		provider, provider, charge, limit)
}

// Differences implements subscription.Tx.
func (tx *Tx) Differences(ctx context.Context) ([]subscription.Difference, error) {
	var out []subscription.Difference
	err := tx.each(ctx, `SELECT provider, object, charge, what, detail, found FROM payment_difference ORDER BY found, provider, object, charge, what`, nil,
		func(scan func(...any) error) error {
			var d subscription.Difference
			var found int64
			err := scan(&d.Provider, &d.Object, &d.Charge, &d.What, &d.Detail, &found)
			d.Found = fromMillis(found)
			out = append(out, d)
			return err
		})
	return out, err
}

// PutDifference implements subscription.Tx.
func (tx *Tx) PutDifference(ctx context.Context, d subscription.Difference) error {
	_, err := tx.exec(ctx, `INSERT INTO payment_difference (provider, object, charge, what, detail, found) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (provider, object, charge, what) DO UPDATE SET detail = excluded.detail`,
		d.Provider, d.Object, d.Charge, d.What, d.Detail, millis(d.Found))
	return err
}

// DropDifference implements subscription.Tx.
func (tx *Tx) DropDifference(ctx context.Context, d subscription.Difference) error {
	_, err := tx.exec(ctx, `DELETE FROM payment_difference WHERE provider = $1 AND object = $2 AND charge = $3 AND what = $4`,
		d.Provider, d.Object, d.Charge, d.What)
	return err
}

// Postings implements subscription.Tx.
func (tx *Tx) Postings(ctx context.Context, keys []string) (map[string][]ledger.Transfer, error) {
	out := map[string][]ledger.Transfer{}
	condition, args := among(tx, 1, keys)
	err := tx.each(ctx, `SELECT l.transaction_key, d.owner, d.kind, d.asset, c.owner, c.kind, c.asset, l.amount FROM ledger_transfer l
		JOIN ledger_account d ON d.id = l.debit JOIN ledger_account c ON c.id = l.credit WHERE l.transaction_key `+condition, args,
		func(scan func(...any) error) error {
			var key string
			var l ledger.Transfer
			err := scan(&key, &l.Debit.Owner, &l.Debit.Kind, &l.Debit.Asset, &l.Credit.Owner, &l.Credit.Kind, &l.Credit.Asset, &l.Amount)
			out[key] = append(out[key], l)
			return err
		})
	return out, err
}

// PostedKeys implements subscription.Tx.
func (tx *Tx) PostedKeys(ctx context.Context, kind, after string, limit int) ([]string, error) {
	var keys []string
	err := tx.each(ctx, `SELECT key FROM ledger_transaction WHERE kind = $1 AND outcome = 'posted' AND key > $2 ORDER BY key LIMIT $3`,
		[]any{kind, after, limit}, func(scan func(...any) error) error {
			var key string
			err := scan(&key)
			keys = append(keys, key)
			return err
		})
	return keys, err
}

// PostedSums implements subscription.Tx.
func (tx *Tx) PostedSums(ctx context.Context, kinds ...string) (map[ledger.Account]ledger.Balance, error) {
	out := map[ledger.Account]ledger.Balance{}
	condition, args := among(tx, 1, kinds)
	err := tx.each(ctx, `WITH moved (debit, credit, amount) AS (SELECT l.debit, l.credit, l.amount FROM ledger_transaction t
			JOIN ledger_transfer l ON l.transaction_key = t.key WHERE t.kind `+condition+`)
		SELECT a.owner, a.kind, a.asset, SUM(s.debits), SUM(s.credits) FROM
			(SELECT debit AS id, amount AS debits, 0 AS credits FROM moved UNION ALL SELECT credit, 0, amount FROM moved) s
		JOIN ledger_account a ON a.id = s.id GROUP BY a.owner, a.kind, a.asset`, args,
		func(scan func(...any) error) error {
			var a ledger.Account
			var b ledger.Balance
			err := scan(&a.Owner, &a.Kind, &a.Asset, &b.Debits, &b.Credits)
			out[a] = b
			return err
		})
	return out, err
}
