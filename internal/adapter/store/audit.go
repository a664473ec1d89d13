package store

import (
	"context"
	"encoding/json"

	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Record implements audit.Recorder.
func (tx *Tx) Record(ctx context.Context, e audit.Entry) error {
	before, err := json.Marshal(stateOrNone(e.Before))
	if err != nil {
		return err
	}
	after, err := json.Marshal(stateOrNone(e.After))
	if err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `DELETE FROM audit WHERE channel = $1 AND id < $2`, e.Channel, ident.FirstAt[ident.Act](e.At.Add(-audit.Kept))); err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO audit (id, channel, at, by_account, as_grade, act, about, thing, reason, was, becomes)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		ident.Make[ident.Act](tx.db.ids), e.Channel, millis(e.At), e.By, e.As, e.Act, e.On, e.Thing, e.Reason, string(before), string(after))
	return err
}

func stateOrNone(s audit.State) audit.State {
	if s == nil {
		return audit.State{}
	}
	return s
}

// Acts implements audit.Tx.
func (tx *Tx) Acts(ctx context.Context, q audit.Query) ([]audit.Entry, error) {
	query := `SELECT e.id, e.at, e.by_account, a.name, e.as_grade, e.act, e.about, COALESCE(o.name, ''), e.thing, e.reason, e.was, e.becomes
		FROM audit e JOIN account a ON a.id = e.by_account LEFT JOIN account o ON o.id = e.about
		WHERE e.channel = $1 AND ($2 = '' OR e.id < $2)`
	args := []any{q.Channel, q.Before, q.Limit}
	if q.On != "" {
		query, args = query+` AND e.about = $4 AND e.about <> ''`, append(args, q.On)
	}
	var out []audit.Entry
	err := tx.each(ctx, query+` ORDER BY e.id DESC LIMIT $3`, args, func(scan func(...any) error) error {
		e := audit.Entry{Channel: q.Channel}
		var at int64
		var before, after string
		if err := scan(&e.ID, &at, &e.By, &e.ByName, &e.As, &e.Act, &e.On, &e.OnName, &e.Thing, &e.Reason, &before, &after); err != nil {
			return err
		}
		e.At = fromMillis(at)
		if err := json.Unmarshal([]byte(before), &e.Before); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(after), &e.After); err != nil {
			return err
		}
		out = append(out, e)
		return nil
	})
	return out, err
}
