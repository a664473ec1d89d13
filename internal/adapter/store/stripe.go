package store

import "context"

// StripeObject implements stripe.Tx.
func (tx *Tx) StripeObject(ctx context.Context, kind, name string) (ref string, found bool, err error) {
	found, err = tx.one(ctx, `SELECT ref FROM stripe_object WHERE kind = $1 AND name = $2`, []any{kind, name}, &ref)
	return ref, found, err
}

// PutStripeObject implements stripe.Tx.
func (tx *Tx) PutStripeObject(ctx context.Context, kind, name, ref string) error {
	_, err := tx.exec(ctx, `INSERT INTO stripe_object (kind, name, ref) VALUES ($1, $2, $3)
		ON CONFLICT (kind, name) DO UPDATE SET ref = excluded.ref`, kind, name, ref)
	return err
}
