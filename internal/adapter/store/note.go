package store

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
)

// PutNote implements moderation.Tx.
func (tx *Tx) PutNote(ctx context.Context, n moderation.Note) error {
	_, err := tx.exec(ctx, `INSERT INTO note (id, channel, account, text, at, by_account) VALUES ($1, $2, $3, $4, $5, $6)`,
		n.ID, n.Channel, n.On, n.Text, millis(n.At), n.By)
	return err
}

// DropNote implements moderation.Tx.
func (tx *Tx) DropNote(ctx context.Context, channel ident.Channel, on ident.Account, id ident.Note) (moderation.Note, bool, error) {
	n := moderation.Note{ID: id, Channel: channel, On: on}
	var at int64
	there, err := tx.one(ctx, `DELETE FROM note WHERE id = $1 AND channel = $2 AND account = $3 RETURNING text, at, by_account`,
		[]any{id, channel, on}, &n.Text, &at, &n.By)
	n.At = fromMillis(at)
	return n, there, err
}

// Notes implements moderation.Tx.
func (tx *Tx) Notes(ctx context.Context, channel ident.Channel, on ident.Account) ([]moderation.Note, error) {
	var out []moderation.Note
	err := tx.each(ctx, `SELECT n.id, n.text, n.at, n.by_account, a.name FROM note n JOIN account a ON a.id = n.by_account
		WHERE n.channel = $1 AND n.account = $2 ORDER BY n.id DESC`, []any{channel, on}, func(scan func(...any) error) error {
		n := moderation.Note{Channel: channel, On: on}
		var at int64
		err := scan(&n.ID, &n.Text, &at, &n.By, &n.ByName)
		n.At = fromMillis(at)
		out = append(out, n)
		return err
	})
	return out, err
}
