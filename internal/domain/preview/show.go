package preview

import (
	"context"
	"slices"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// show appends a preview to the log of its message, and reports whether it did: not
// when meanwhile the message was removed, its writer may write there no more or previews
// were switched off, nor when the page says what the message's writer may not.
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
	author, there, err := s.author(ctx, tx, l)
	if err != nil || !there {
		return false, err
	}
	facts, err := access.FactsOf(ctx, tx, access.Subject{Account: author.ID, Channel: l.at.Channel})
	if err != nil || !facts.Previews.In(l.at.Audience) {
		return false, err
	}
	may := facts
	if l.at.Audience == room.ThreadRoom {
		threads, err := tx.LockThreads(ctx, []room.Address{l.at})
		t, found := threads[l.at.Thread]
		if err != nil || !found || t.Archived || (t.Closed && !facts.Role.Staff()) {
			return false, err
		}
		may = facts.From(t.Level)
	}
	if !access.Decide(may, access.Posting(l.at.Audience), s.Now()).Allowed {
		return false, nil
	}
	if facts.Role.Staff() || facts.Terms == 0 {
		return true, nil
	}
	terms, err := tx.Terms(ctx, l.at.Channel)
	return !page.says(text.NewTerms(terms)), err
}

// says reports whether a blocked term is in what a page says, also one that is split
// over what is shown together.
func (p Page) says(blocked text.Terms) bool {
	each := []string{p.Site, p.Title, p.Description}
	return slices.ContainsFunc(append(each, strings.Join(each, " ")), blocked.In)
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
