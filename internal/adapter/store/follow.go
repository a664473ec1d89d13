package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// PutFollower implements channel.Tx.
func (tx *Tx) PutFollower(ctx context.Context, id ident.Channel, account ident.Account, since time.Time) (bool, error) {
	changed, err := tx.changed(ctx, `INSERT INTO follow (channel, account, since) VALUES ($1, $2, $3) ON CONFLICT (channel, account) DO NOTHING`,
		id, account, millis(since))
	return changed, tx.countFollowers(ctx, id, changed, 1, err)
}

// DropFollower implements channel.Tx.
func (tx *Tx) DropFollower(ctx context.Context, id ident.Channel, account ident.Account) (bool, error) {
	changed, err := tx.changed(ctx, `DELETE FROM follow WHERE channel = $1 AND account = $2`, id, account)
	return changed, tx.countFollowers(ctx, id, changed, -1, err)
}

// countFollowers keeps the sum, so that nobody who opens a channel counts rows.
func (tx *Tx) countFollowers(ctx context.Context, id ident.Channel, changed bool, by int, err error) error {
	if err != nil || !changed {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE channel SET followers = followers + $1 WHERE id = $2`, by, id)
	return err
}

func (tx *Tx) brokenFollowers(ctx context.Context) ([]string, error) {
	return tx.sentences(ctx, `SELECT 'Channel ' || c.id || ' says that ' || c.followers || ' follow it, and ' || COUNT(f.account) || ' do'
		FROM channel c LEFT JOIN follow f ON f.channel = c.id GROUP BY c.id, c.followers HAVING c.followers <> COUNT(f.account) ORDER BY c.id`)
}
