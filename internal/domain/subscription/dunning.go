package subscription

import (
	"context"
	"strconv"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

// The letters about a payment that fails, from the failure to the closed door.
const (
	LetterFailed   mail.Kind = "subscription.payment_failed"
	LetterReminder mail.Kind = "subscription.payment_reminder" // half of the time is over
	LetterEve      mail.Kind = "subscription.closing_tomorrow"
	LetterClosed   mail.Kind = "subscription.door_closed"
)

// A day before the door closes is when the last warning leaves; two letters are
// never closer than half a day, or they would be one too many.
const (
	dunningEve   = 24 * time.Hour
	dunningApart = 12 * time.Hour
)

// dun queues the letters about a payment that failed. All of them are queued at
// once, each to leave in its time, and each asks before it leaves whether it is
// still so (see Enclosures): whatever restarts in between, and however many nodes
// there are, each leaves once, and none after it was paid.
func (s *Service) dun(ctx context.Context, tx Tx, old Subscription, known bool, sub Subscription, was, is Grant) error {
	if !known || sub.CancelAtPeriodEnd || !is.Revoked.IsZero() {
		return nil
	}
	now := s.Now()
	began := sub.State == PastDue && old.State != PastDue
	var letters []dunning
	switch {
	case began:
		letters = append([]dunning{{kind: LetterFailed}}, series(now, is.Ends)...)
	case sub.State == PastDue && now.Before(is.Ends) && !is.Ends.Equal(was.Ends): // the grace was changed
		letters = series(now, is.Ends)
	case old.State == PastDue && !old.CancelAtPeriodEnd && (sub.State == PastDue || sub.State == Ended) &&
		now.Before(was.Ends) && !now.Before(is.Ends): // the provider gave up before the grace was over
		letters = []dunning{{kind: LetterClosed}}
	default:
		return nil
	}
	title, err := tx.PlanTitle(ctx, is.Tier)
	if err != nil {
		return err
	}
	ends := strconv.FormatInt(is.Ends.UnixMilli(), 10)
	for _, l := range letters {
		if err := tx.QueueLetter(ctx, mail.Letter{
			Key: string(l.kind) + ":" + string(is.ID) + ":" + ends, Kind: l.kind, To: is.Account, After: l.at, Until: l.until,
			Data: map[string]string{"what": title, "until": mail.Day(is.Ends), "subscription": string(sub.ID), "ends": ends},
		}); err != nil {
			return err
		}
	}
	return nil
}

// dunning is one letter of the series: when it leaves, and until when it means
// anything; zero: at once, and as long as any letter.
type dunning struct {
	kind      mail.Kind
	at, until time.Time
}

// series is what follows the first letter: half way, the day before, and when the
// door has closed. Where the time is too short for all of them the earlier ones
// yield.
func series(now, ends time.Time) []dunning {
	var out []dunning
	middle, eve := now.Add(ends.Sub(now)/2), ends.Add(-dunningEve)
	if eve.Sub(now) >= dunningApart {
		if middle.Sub(now) >= dunningApart && eve.Sub(middle) >= dunningApart {
			out = append(out, dunning{LetterReminder, middle, eve})
		}
		out = append(out, dunning{LetterEve, eve, ends})
	}
	// Without any grace it has closed already: the letter that tells of the failure goes before.
	closed := now.Add(time.Minute)
	if ends.After(closed) {
		closed = ends
	}
	return append(out, dunning{kind: LetterClosed, at: closed})
}

// Enclosures ask of the letters about a payment whether it is still owed when
// they leave.
func (s *Service) Enclosures() map[mail.Kind]mail.Enclosure {
	return map[mail.Kind]mail.Enclosure{
		LetterFailed: s.encloseOwed, LetterReminder: s.encloseOwed, LetterEve: s.encloseOwed, LetterClosed: s.encloseOwed,
	}
}

// encloseOwed finds a letter wanted while the payment is owed that it is about.
// Who stays inside by another right is not told that the door closes.
func (s *Service) encloseOwed(ctx context.Context, l mail.Letter) (mail.Letter, bool, error) {
	id := ident.Subscription(l.Data["subscription"])
	if id == "" { // queued by an earlier version
		return l, true, nil
	}
	wanted := false
	err := s.Store.View(ctx, func(tx Tx) error {
		sub, found, err := tx.SubscriptionByID(ctx, id)
		if err != nil || !found {
			return err
		}
		rights, err := tx.GrantsOf(ctx, sub.Account, sub.Channel)
		if err != nil {
			return err
		}
		owed := sub.State == PastDue || (l.Kind == LetterClosed && sub.State == Ended)
		wanted = owed && !sub.CancelAtPeriodEnd
		var ends time.Time
		for _, g := range rights {
			if g.ID == sub.Grant {
				ends = g.Ends
				wanted = wanted && g.Revoked.IsZero() && l.Data["ends"] == strconv.FormatInt(g.Ends.UnixMilli(), 10)
			}
		}
		for _, g := range rights {
			if l.Kind != LetterFailed && g.ID != sub.Grant && g.Revoked.IsZero() && !g.Starts.After(ends) && g.Ends.After(ends) {
				wanted = false
			}
		}
		return nil
	})
	return l, wanted, err
}
