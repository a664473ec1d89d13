package store

import (
	"context"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Entomb implements chat.Tx. The words are gone afterwards, also from the
// messages that quote them, and so are all reactions and pictures. Sequence and time stay, and so do author and key as
// columns that no reader is sent: a retry of a removed message must not bring it
// back.
func (tx *Tx) Entomb(ctx context.Context, at room.Address, seqs []int64, tomb event.MessageTombstone) error {
	if len(seqs) == 0 {
		return nil
	}
	log, err := tx.LogAt(ctx, at)
	if err != nil {
		return err
	}
	removal := event.NewRemoval(seqs, tomb)
	for _, column := range []string{`seq`, `answers`} { // what is gone, and what quotes it
		if err := tx.takeBack(ctx, log.ID, column, seqs, removal); err != nil {
			return err
		}
	}
	if err := tx.dropReactions(ctx, log.ID, seqs); err != nil {
		return err
	}
	if err := tx.dropPictures(ctx, log.ID, seqs); err != nil {
		return err
	}
	return tx.dropMentions(ctx, log.ID, seqs)
}

// takeBack rewrites the events whose column is one of the sequences.
func (tx *Tx) takeBack(ctx context.Context, log ident.Log, column string, seqs []int64, removal event.Removal) error {
	where, args := among(tx, 2, seqs)
	var written []event.Encoded
	if err := tx.each(ctx, `SELECT seq, body FROM event WHERE log = $1 AND `+column+` `+where,
		append([]any{log}, args...), func(scan func(...any) error) error {
			e := event.Encoded{Log: log}
			var body string
			err := scan(&e.Seq, &body)
			e.Bytes = []byte(body)
			written = append(written, e)
			return err
		}); err != nil {
		return err
	}
	for _, e := range written {
		left, less, err := removal.Left(e)
		if err != nil {
			return err
		}
		if !less {
			continue
		}
		if _, err := tx.exec(ctx, `UPDATE event SET kind = $1, body = $2 WHERE log = $3 AND seq = $4`,
			event.KindOf(left.Bytes), string(left.Bytes), log, e.Seq); err != nil {
			return err
		}
	}
	return nil
}

// RecentBy implements moderation.Tx: sequences in ascending order.
func (tx *Tx) RecentBy(ctx context.Context, at room.Address, account ident.Account, kinds []event.Kind, since time.Time, limit int) ([]int64, error) {
	log, err := tx.LogAt(ctx, at)
	if err != nil {
		return nil, err
	}
	var seqs []int64
	args := append([]any{log.ID, account, millis(since), limit}, anys(kinds)...)
	err = tx.each(ctx, `SELECT seq FROM event
		WHERE log = $1 AND author = $2 AND at >= $3 AND kind IN `+listed(5, len(kinds))+`
		ORDER BY seq DESC LIMIT $4`, args, func(scan func(...any) error) error {
		var seq int64
		err := scan(&seq)
		seqs = append(seqs, seq)
		return err
	})
	slices.Reverse(seqs)
	return seqs, err
}
