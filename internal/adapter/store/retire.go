package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/subspace-live/subspace/internal/domain/chat"
)

// How often Retiring runs, and how many rows of a table it then takes at most.
const (
	retireEvery = time.Minute
	retireLimit = 500
)

// memory is how long what is over is kept for those who look into a complaint.
// It is longer than any provider repeats an event or anybody tries to deliver
// one: without its row a repetition would be taken for new.
const memory = 30 * 24 * time.Hour

// remains are rows that mean nothing any more: where holds at $1, which is the
// present less what they are kept for.
type remains struct {
	table, key, where string
	kept              time.Duration
}

func allRemains() []remains {
	return []remains{
		{"session", "hash", `expires <= $1`, 0},
		{"sign_in_link", "hash", `expires <= $1`, 0},
		{"mail_link", "hash", `expires <= $1`, 0},
		{"ceremony", "hash", `expires <= $1`, 0},
		{"letter", "key", `done > 0 AND done <= $1`, memory},
		{"inbox", "id", `done > 0 AND done <= $1`, memory},
		{"sandbox_event", "id", `created <= $1`, memory},
		{"sandbox_session", "ref", `paid = 0 AND created <= $1`, memory},
		{"said", "digest", `at <= $1`, chat.JustSaid},
		{"planned_live", "id", `ends <= $1`, memory},
		{"picture", "id", `seq = 0 AND at <= $1`, 24 * time.Hour},
		{"promise", "key", `made <= $1`, 24 * time.Hour},
		{"patron_event", "id", `created <= $1`, memory},
		{"patron_checkout", "ref", `subscription = '' AND expires <= $1`, memory},
	}
}

// Retiring calls Retire now and then until ctx ends. failed hears of what could
// not be done; the next run tries again.
func (db *DB) Retiring(ctx context.Context, failed func(error)) error {
	tick := time.NewTicker(retireEvery)
	defer tick.Stop()
	for {
		if _, err := db.Retire(ctx, retireLimit); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Retire deletes what has expired, at most limit rows of each table, and returns
// how many that were. Several nodes may do so at once.
func (db *DB) Retire(ctx context.Context, limit int) (int, error) {
	total := 0
	var troubles []error
	for _, r := range allRemains() {
		n, err := db.retire(ctx, r, limit)
		if total += n; err != nil {
			troubles = append(troubles, fmt.Errorf("retire rows of %s: %w", r.table, err))
		}
	}
	return total, errors.Join(troubles...)
}

// retire looks before it writes: most of the time there is nothing, and writers
// should not wait for a search.
func (db *DB) retire(ctx context.Context, r remains, limit int) (int, error) {
	before := millis(db.opt.Now().Add(-r.kept))
	var keys []string
	err := db.View(ctx, func(tx *Tx) error {
		keys = nil
		return tx.each(ctx, `SELECT `+r.key+` FROM `+r.table+` WHERE `+r.where+` LIMIT $2`, []any{before, limit},
			func(scan func(...any) error) error {
				var key string
				err := scan(&key)
				keys = append(keys, key)
				return err
			})
	})
	if err != nil || len(keys) == 0 {
		return 0, err
	}
	var n int64
	err = db.Update(ctx, func(tx *Tx) (err error) {
		among, args := among(tx, 2, keys)
		n, err = tx.exec(ctx, `DELETE FROM `+r.table+` WHERE `+r.where+` AND `+r.key+` `+among, append([]any{before}, args...)...)
		return err
	})
	return int(n), err
}
