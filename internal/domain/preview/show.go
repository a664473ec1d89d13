package preview

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// show appends a preview to the log of its message, and reports whether it did: not
// when meanwhile the message was removed, the room was closed or previews were
// switched off, nor when the page says what the message's writer may not.
func (s *Service) show(ctx context.Context, l link, page Page) (shown bool, err error) {
	err = s.Store.Update(ctx, func(tx Tx) error {
		shown = false
		may, err := s.mayShow(ctx, tx, l, page)
		if err != nil || !may {
			return err
		}
		shown = true
		// It answers the message: its words go when those do.
		_, err = tx.Append(ctx, room.Entry{Address: l.at, Answers: l.seq, Payload: event.MessagePreviewed{
			Seq: l.seq, URL: l.url, Site: page.Site, Title: page.Title, Description: page.Description,
		}})
		return err
	})
	return shown && err == nil, err
}

func (s *Service) mayShow(ctx context.Context, tx Tx, l link, page Page) (bool, error) {
	if err := tx.LockLogs(ctx, l.at.Channel); err != nil {
		return false, err
	}
	facts, err := access.FactsOf(ctx, tx, access.Subject{Channel: l.at.Channel})
	if err != nil || !facts.Previews.In(l.at.Audience) || (l.at.Audience != room.Public && !facts.SpaceOpen) {
		return false, err
	}
	author, there, err := s.author(ctx, tx, l)
	if err != nil || !there {
		return false, err
	}
	staff := access.Role(author.Role).Staff()
	if l.at.Audience == room.ThreadRoom {
		threads, err := tx.LockThreads(ctx, []room.Address{l.at})
		if t, found := threads[l.at.Thread]; err != nil || !found || t.Archived || (t.Closed && !staff) {
			return false, err
		}
	}
	if staff || facts.Terms == 0 {
		return true, nil
	}
	terms, err := tx.Terms(ctx, l.at.Channel)
	blocked := text.NewTerms(terms)
	return !blocked.In(page.Site) && !blocked.In(page.Title) && !blocked.In(page.Description), err
}

// author returns who wrote a message that still stands.
func (s *Service) author(ctx context.Context, tx Tx, l link) (event.Author, bool, error) {
	found, ok, err := tx.EventAt(ctx, l.at, l.seq)
	if fault.Is(err, "thread_missing") {
		return event.Author{}, false, nil
	}
	if err != nil || !ok {
		return event.Author{}, false, err
	}
	env, err := event.Decode(found.Bytes)
	if err != nil {
		return event.Author{}, false, err
	}
	m, is := event.As[event.MessagePosted](env)
	return m.Author, is, nil
}
