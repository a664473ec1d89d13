package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Whoever reads an answer may panic or dislike it, in the first statement of a
// transaction or in a later one: the next transactions find connections that
// work, and nobody waits for a lock of the broken one.
func TestWhoBreaksWhileAnswersComeHarmsNobody(t *testing.T) {
	t.Parallel()
	db, address := opened(t, nil)
	channel := place(t, db)
	public, author := at(channel, room.Public), person(t, db)
	errDisliked := errors.New("disliked")
	breaks := map[string]func(func(...any) error) error{
		"panics":   func(func(...any) error) error { panic("while answers come") },
		"dislikes": func(func(...any) error) error { return errDisliked },
	}
	const many = `SELECT id FROM account UNION ALL SELECT id FROM channel UNION ALL SELECT id FROM log`
	for how, breaks := range breaks {
		for where, job := range map[string]func(context.Context, *store.Tx) error{
			"at the first answer": func(ctx context.Context, tx *store.Tx) error { return tx.Each(ctx, many, nil, breaks) },
			"later": func(ctx context.Context, tx *store.Tx) error {
				if _, err := tx.Append(ctx, message(public, author, "", "never kept")); err != nil {
					return err
				}
				return tx.Each(ctx, many, nil, breaks)
			},
			"with answers behind it": func(ctx context.Context, tx *store.Tx) error {
				if err := tx.LockLogs(ctx, channel); err != nil {
					return err
				}
				if err := tx.Later(ctx, many, nil, breaks); err != nil {
					return err
				}
				return tx.Each(ctx, many, nil, func(func(...any) error) error { return nil })
			},
			"at the end": func(ctx context.Context, tx *store.Tx) error {
				if _, err := tx.Append(ctx, message(public, author, "", "never kept")); err != nil {
					return err
				}
				return tx.Later(ctx, many, nil, breaks)
			},
		} {
			t.Run(how+" "+where, func(t *testing.T) {
				err := db.Update(t.Context(), func(tx *store.Tx) error { return job(t.Context(), tx) })
				if err == nil || how == "dislikes" && !errors.Is(err, errDisliked) {
					t.Errorf("told %v", err)
				}
				for i := range 20 { // more than there are connections
					if _, err := appendTo(t.Context(), db, message(public, author, "", fmt.Sprintf("%s %s %d", how, where, i))); err != nil {
						t.Fatalf("the next one: %v", err)
					}
				}
			})
		}
	}
	log, err := db.Logs().Log(t.Context(), public)
	if err != nil || log.Head != 2*4*20 {
		t.Errorf("head %d (%v), want %d: something was kept that should not be", log.Head, err, 2*4*20)
	}
	unbroken(t, address)
}
