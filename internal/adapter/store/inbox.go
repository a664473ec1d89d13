package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// InsertEvent implements subscription.Tx.
func (tx *Tx) InsertEvent(ctx context.Context, e subscription.Event, now time.Time) (bool, error) {
	return tx.changed(ctx, `INSERT INTO inbox (provider, id, kind, object, terminal, received, attempts, due, done, outcome)
		VALUES ($1, $2, $3, $4, $5, $6, 0, $7, 0, '') ON CONFLICT (provider, id) DO NOTHING`,
		e.Provider, e.ID, e.Kind, e.Object, flag(e.Terminal), millis(now), millis(now))
}

// DueObjects implements subscription.Tx.
func (tx *Tx) DueObjects(ctx context.Context, now time.Time, limit int) ([]subscription.Due, error) {
	var out []subscription.Due
	err := tx.each(ctx, `SELECT provider, object, MAX(terminal) FROM inbox WHERE done = 0 AND due <= $1
		GROUP BY provider, object ORDER BY MAX(terminal) DESC, MIN(received) LIMIT $2`, []any{millis(now), limit},
		func(scan func(...any) error) error {
			var d subscription.Due
			var terminal int64
			err := scan(&d.Provider, &d.Object, &terminal)
			d.Terminal = terminal == 1
			out = append(out, d)
			return err
		})
	return out, err
}

// TakeTurn implements subscription.Tx. The row of the turn is locked first, so
// that nodes touch the object's events one after the other.
func (tx *Tx) TakeTurn(ctx context.Context, provider, object string, now, until time.Time) (subscription.Turn, error) {
	var t subscription.Turn
	_, err := tx.one(ctx, `INSERT INTO provider_turn (provider, object, asked, applied) VALUES ($1, $2, 1, 0)
		ON CONFLICT (provider, object) DO UPDATE SET asked = provider_turn.asked + 1 RETURNING asked`,
		[]any{provider, object}, &t.Number)
	if err != nil {
		return t, err
	}
	err = tx.each(ctx, `SELECT id, CASE WHEN due <= $1 THEN 1 ELSE 0 END FROM inbox WHERE provider = $2 AND object = $3 AND done = 0`,
		[]any{millis(now), provider, object}, func(scan func(...any) error) error {
			var id string
			var due int
			err := scan(&id, &due)
			t.Events = append(t.Events, id)
			t.Due += due
			return err
		})
	if err != nil || t.Due == 0 {
		return t, err
	}
	_, err = tx.exec(ctx, `UPDATE inbox SET due = $1 WHERE provider = $2 AND object = $3 AND done = 0 AND due <= $4`,
		millis(until), provider, object, millis(now))
	return t, err
}

// SettleTurn implements subscription.Tx.
func (tx *Tx) SettleTurn(ctx context.Context, provider, object string, t subscription.Turn, now time.Time, outcome string) (bool, error) {
	latest, err := tx.changed(ctx, `UPDATE provider_turn SET applied = $1 WHERE provider = $2 AND object = $3 AND applied < $4`,
		t.Number, provider, object, t.Number)
	if err != nil || !latest {
		return false, err
	}
	for _, id := range t.Events {
		if _, err := tx.exec(ctx, `UPDATE inbox SET done = $1, outcome = $2 WHERE provider = $3 AND id = $4 AND done = 0`,
			millis(now), outcome, provider, id); err != nil {
			return false, err
		}
	}
	return true, nil
}

// PostponeTurn implements subscription.Tx.
func (tx *Tx) PostponeTurn(ctx context.Context, provider, object string, t subscription.Turn, now time.Time,
	backoff func(attempts int) time.Duration,
) error {
	for _, id := range t.Events {
		var attempts int
		open, err := tx.one(ctx, `UPDATE inbox SET attempts = attempts + 1 WHERE provider = $1 AND id = $2 AND done = 0 RETURNING attempts`,
			[]any{provider, id}, &attempts)
		if err != nil {
			return err
		}
		if !open {
			continue
		}
		if _, err := tx.exec(ctx, `UPDATE inbox SET due = $1 WHERE provider = $2 AND id = $3`,
			millis(now.Add(backoff(attempts-1))), provider, id); err != nil {
			return err
		}
	}
	return nil
}
