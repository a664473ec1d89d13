package chat

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// turns is what pace and content of a batch's messages are decided on: what the
// database knew, and what the batch has let through since.
type turns struct {
	now   time.Time
	last  map[Writer]time.Time // when they last wrote, where that matters
	said  map[Words]bool       // said lately, where that matters
	fresh []Words              // to be remembered
	terms map[ident.Channel]text.Terms
}

// turns reads what the modes of the posts' rooms ask about: nothing where they
// ask nothing, and otherwise the same few statements however many posts there are.
func (s *Service) turns(ctx context.Context, tx Tx, posts []*pending, k known) (t turns, err error) {
	t.now = s.now()
	var writers []Writer
	var words []Words
	for _, w := range posts {
		facts := k.factsOf(w.post)
		m := facts.Modes[w.post.Audience]
		if m.Slow > 0 && !facts.Role.Staff() {
			writers = append(writers, writerOf(w.post))
		}
		if m.Unique {
			words = append(words, wordsOf(w.post.Address, w.post.Text))
		}
	}
	if t.last, err = tx.LastWritten(ctx, writers); err != nil {
		return t, err
	}
	if t.said, err = tx.Said(ctx, words, t.now.Add(-JustSaid)); err != nil {
		return t, err
	}
	t.terms, err = s.terms.of(ctx, tx, k.facts)
	return t, err
}

// take decides pace and content of a post that its writer may write, and counts
// it when it is let through. Staff are exempt, but what they say is said.
func (t *turns) take(w *pending, facts access.Facts) error {
	p := w.post
	m, staff := facts.Modes[p.Audience], facts.Role.Staff()
	if !staff && t.terms[p.Channel].In(p.Text) {
		return errBlocked()
	}
	if m.Emotes && !staff && !onlyEmotes(beside(p.Text, w.emotes)) {
		return fault.New(fault.Denied, "emotes_only", "Only emoji and emotes are written in this room for now.")
	}
	words := Words{}
	if m.Unique {
		words = wordsOf(p.Address, p.Text)
		if t.said[words] && !staff {
			return fault.New(fault.Conflict, "not_unique", "That has just been said. Say it in your own words.")
		}
	}
	if m.Slow > 0 && !staff {
		if last, ok := t.last[writerOf(p)]; ok {
			if rest := last.Add(m.Slow).Sub(t.now); rest > 0 {
				return fault.New(fault.Limited, "slow_mode", "One message every %d seconds is written in this room for now.", int(m.Slow.Seconds())).After(rest)
			}
		}
		t.last[writerOf(p)] = t.now
	}
	if m.Unique && !t.said[words] {
		t.said[words] = true
		t.fresh = append(t.fresh, words)
	}
	return nil
}

// keep remembers what was said where nothing may be said twice.
func (t *turns) keep(ctx context.Context, tx Tx) error {
	return tx.PutSaid(ctx, t.fresh, t.now, t.now.Add(-JustSaid))
}

func writerOf(p Post) Writer { return Writer{p.Address, p.Author} }

// wordsOf is a digest: what was said needs no second place to be kept in.
func wordsOf(at room.Address, words string) Words {
	sum := sha256.Sum256([]byte(text.Same(words)))
	return Words{at, base64.RawURLEncoding.EncodeToString(sum[:16])}
}
