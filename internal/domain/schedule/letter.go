package schedule

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

// The letters to those who want to hear of dates.
const (
	LetterPlanned   mail.Kind = "schedule.planned"
	LetterMoved     mail.Kind = "schedule.moved"
	LetterCancelled mail.Kind = "schedule.cancelled"
)

// News is what letters are about.
type News int

// What there may be to tell; zero: nothing.
const (
	NewsPlanned News = 1 + iota
	NewsMoved
	NewsCancelled
)

// Mailing is a plan of which letters are to leave, and after whom.
type Mailing struct {
	Kept
	News  News
	After ident.Account
}

// LetterTx is what letters about schedules need inside one transaction.
type LetterTx interface {
	// PutScheduleMail and DropScheduleMail set whether somebody wants letters.
	PutScheduleMail(ctx context.Context, who access.Subject, since time.Time) error
	DropScheduleMail(ctx context.Context, who access.Subject) error
	WantsScheduleMail(ctx context.Context, who access.Subject) (bool, error)
	// ScheduleReaders returns who wants letters of a channel, in the order of their
	// identifiers, after one.
	ScheduleReaders(ctx context.Context, in ident.Channel, after ident.Account, limit int) ([]ident.Account, error)
	// BeginMailing starts with the first reader, also when letters about the same
	// plan were still leaving.
	BeginMailing(ctx context.Context, id ident.Plan, news News) error
	// SetMailing goes on after a reader; empty ends it.
	SetMailing(ctx context.Context, id ident.Plan, after ident.Account) error
	Mailings(ctx context.Context, limit int) ([]Mailing, error)
}

// WantLetters sets whether somebody gets a letter when a date changes. Refusals:
// those of the gate.
func (s *Service) WantLetters(ctx context.Context, by ident.Account, in ident.Channel, want bool) error {
	who := access.Subject{Account: by, Channel: in}
	return s.Store.Update(ctx, func(tx Tx) error {
		if !want {
			return tx.DropScheduleMail(ctx, who) // also of somebody who is shut out
		}
		if _, err := access.AllowIn(ctx, tx, who, access.Follow, s.Now()); err != nil {
			return err
		}
		return tx.PutScheduleMail(ctx, who, s.Now())
	})
}

// write queues a batch of letters: to those who may know of the plan now.
func (s *Service) write(ctx context.Context, m Mailing) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		if err := tx.LockLogs(ctx, m.Channel); err != nil {
			return err
		}
		// Another node may have written these, or there is newer news by now.
		waiting, err := tx.Mailings(ctx, lookLimit)
		if err != nil || !slices.ContainsFunc(waiting, m.same) {
			return err
		}
		c, found, err := tx.ChannelByID(ctx, m.Channel)
		if err != nil || !found {
			return err
		}
		readers, err := tx.ScheduleReaders(ctx, m.Channel, m.After, mailLimit)
		if err != nil {
			return err
		}
		subjects := make([]access.Subject, len(readers))
		for i, account := range readers {
			subjects[i] = access.Subject{Account: account, Channel: m.Channel}
		}
		facts, err := tx.Facts(ctx, subjects)
		if err != nil {
			return err
		}
		for _, who := range subjects {
			if access.Decide(facts[who], m.reading(), s.Now()).Allowed && who.Account != c.Owner {
				if err := tx.QueueLetter(ctx, m.letter(who.Account, c.Handle, c.OwnerName)); err != nil {
					return err
				}
			}
		}
		var after ident.Account
		if len(readers) == mailLimit {
			after = readers[len(readers)-1]
		}
		return tx.SetMailing(ctx, m.ID, after)
	})
}

// same reports whether the other is at the same place of the same news.
func (m Mailing) same(o Mailing) bool {
	return m.ID == o.ID && m.News == o.News && m.Revision == o.Revision && m.After == o.After
}

func (m Mailing) letter(to ident.Account, handle, creator string) mail.Letter {
	kind := map[News]mail.Kind{NewsPlanned: LetterPlanned, NewsMoved: LetterMoved, NewsCancelled: LetterCancelled}[m.News]
	return mail.Letter{
		Key:  string(kind) + ":" + string(m.ID) + ":" + strconv.Itoa(m.Revision) + ":" + string(to),
		Kind: kind, To: to, Until: m.Ends(),
		Data: map[string]string{
			"what": m.Title, "creator": creator, "channel": handle,
			"starts": mail.Day(m.Starts), "time": m.Starts.UTC().Format("15:04"),
		},
	}
}

// reading is what somebody must be allowed to know of the plan.
func (p Plan) reading() access.Action {
	if p.Private {
		return access.ReadPlans
	}
	return access.ReadPublic
}

func newsOf(e event.ScheduleChanged) News {
	switch {
	case e.Cancelled:
		return NewsCancelled
	case e.Was != nil:
		return NewsMoved
	}
	return NewsPlanned
}
