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
	graves, err := tx.written(ctx, log.ID, `seq`, seqs)
	if err != nil {
		return err
	}
	for _, g := range graves {
		if err := tx.rewrite(ctx, log.ID, g, tomb); err != nil {
			return err
		}
	}
	if err := tx.dropReactions(ctx, log.ID, seqs); err != nil {
		return err
	}
	if err := tx.dropPictures(ctx, log.ID, seqs); err != nil {
		return err
	}
	if err := tx.dropMentions(ctx, log.ID, seqs); err != nil {
		return err
	}
	quotes, err := tx.written(ctx, log.ID, `answers`, seqs)
	if err != nil {
		return err
	}
	for _, q := range quotes {
		env, err := event.Decode(q.body)
		if err != nil {
			return err
		}
		if left := unquoted(env); left != nil {
			if err := tx.rewrite(ctx, log.ID, q, left); err != nil {
				return err
			}
		}
	}
	return nil
}

// unquoted returns what is left of an event without the words it quotes; nil when it
// quotes none.
func unquoted(env event.Envelope) event.Payload {
	if m, is := event.As[event.MessagePosted](env); is && m.ReplyTo != nil {
		m.ReplyTo = &event.ReplyTo{Seq: m.ReplyTo.Seq}
		return m
	}
	if p, is := event.As[event.MessagePinned](env); is {
		return event.MessagePinned{Seq: p.Seq, By: p.By}
	}
	return nil
}

// writtenEvent is a stored event about to be rewritten.
type writtenEvent struct {
	seq, at int64
	id      ident.Event
	body    []byte
}

// written returns the events whose column is one of the sequences.
func (tx *Tx) written(ctx context.Context, log ident.Log, column string, seqs []int64) ([]writtenEvent, error) {
	var out []writtenEvent
	where, args := among(tx, 2, seqs)
	err := tx.each(ctx, `SELECT seq, at, id, body FROM event WHERE log = $1 AND `+column+` `+where,
		append([]any{log}, args...), func(scan func(...any) error) error {
			var w writtenEvent
			var body string
			err := scan(&w.seq, &w.at, &w.id, &body)
			w.body = []byte(body)
			out = append(out, w)
			return err
		})
	return out, err
}

// rewrite puts another payload under the sequence, identifier and time of w.
func (tx *Tx) rewrite(ctx context.Context, log ident.Log, w writtenEvent, p event.Payload) error {
	enc, err := event.Encode(log, w.seq, w.id, fromMillis(w.at), p)
	if err != nil {
		return err
	}
	kind, _ := p.EventKind()
	_, err = tx.exec(ctx, `UPDATE event SET kind = $1, body = $2 WHERE log = $3 AND seq = $4`, kind, string(enc.Bytes), log, w.seq)
	return err
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
