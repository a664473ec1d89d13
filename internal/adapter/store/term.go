package store

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
)

// PutTerm implements moderation.Tx.
func (tx *Tx) PutTerm(ctx context.Context, channel ident.Channel, t moderation.Term) (bool, error) {
	changed, err := tx.changed(ctx, `INSERT INTO term (channel, folded, term, added, by_account) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (channel, folded) DO NOTHING`, channel, t.Folded, t.Term, millis(t.At), t.By)
	return changed, tx.countTerms(ctx, channel, changed, err)
}

// DropTerm implements moderation.Tx.
func (tx *Tx) DropTerm(ctx context.Context, channel ident.Channel, folded string) (t moderation.Term, changed bool, err error) {
	t.Folded = folded
	changed, err = tx.one(ctx, `DELETE FROM term WHERE channel = $1 AND folded = $2 RETURNING term`, []any{channel, folded}, &t.Term)
	return t, changed, tx.countTerms(ctx, channel, changed, err)
}

// countTerms tells whoever keeps the channel's terms that they are others now.
func (tx *Tx) countTerms(ctx context.Context, channel ident.Channel, changed bool, err error) error {
	if err != nil || !changed {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE channel SET terms = terms + 1 WHERE id = $1`, channel)
	return err
}

// ListTerms implements moderation.Tx.
func (tx *Tx) ListTerms(ctx context.Context, channel ident.Channel) ([]moderation.Term, error) {
	var out []moderation.Term
	err := tx.each(ctx, `SELECT t.folded, t.term, t.added, t.by_account, a.name FROM term t JOIN account a ON a.id = t.by_account
		WHERE t.channel = $1 ORDER BY t.folded`, []any{channel}, func(scan func(...any) error) error {
		var t moderation.Term
		var added int64
		err := scan(&t.Folded, &t.Term, &added, &t.By, &t.ByName)
		t.At = fromMillis(added)
		out = append(out, t)
		return err
	})
	return out, err
}

// Terms implements chat.Tx and question.Tx.
func (tx *Tx) Terms(ctx context.Context, channel ident.Channel) ([]string, error) {
	var out []string
	err := tx.each(ctx, `SELECT folded FROM term WHERE channel = $1`, []any{channel}, func(scan func(...any) error) error {
		var folded string
		err := scan(&folded)
		out = append(out, folded)
		return err
	})
	return out, err
}
