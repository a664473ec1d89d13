package subscription

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// The sources of rights that were given and not bought.
const (
	SourceComp   = "comp"   // for nothing
	SourceManual = "manual" // paid somewhere else
	SourceImport = "import" // from a list
	SourceGift   = "gift"   // bought by somebody else
)

// Award is a right that was given and not bought by its holder.
type Award struct {
	Grant   Grant
	Key     string // one award for each, within the channel
	By      ident.Account
	Note    string
	Created time.Time
}

// awardTx is what giving needs inside one transaction.
type awardTx interface {
	AccountNamed(ctx context.Context, folded string) (ident.Account, bool, error)
	// InsertAward reports false when the channel has one with the key. The grant
	// has to be written before.
	InsertAward(ctx context.Context, a Award) (bool, error)
	AwardByKey(ctx context.Context, channel ident.Channel, key string) (Award, bool, error)
	AwardOf(ctx context.Context, grant ident.Grant) (Award, bool, error)
	// GrantsOf returns all rights of the account to the channel, by their start.
	GrantsOf(ctx context.Context, account ident.Account, channel ident.Channel) ([]Grant, error)

	giftTx
}

// AwardWish is a right to give, as the creator words it.
type AwardWish struct {
	Name   string     // of the account
	Tier   ident.Tier // empty: the lowest
	Source string     // SourceComp or SourceManual
	Months int        // from now on; or
	Until  time.Time  // to this moment
	Note   string     // for the creator
	Key    string     // chosen by the caller; the same key gives once
}

// The bounds of what is given.
const (
	awardMonthsMax = 36
	noteMax        = 200
)

// Award gives somebody a right. Only the owner may. It begins now, beside any
// right that its holder has. Refusals: account_missing, owner_is_staff,
// tier_missing, award_invalid, key_invalid.
func (s *Service) Award(ctx context.Context, by ident.Account, channel ident.Channel, want AwardWish) (Award, error) {
	if want.Source != SourceComp && want.Source != SourceManual {
		return Award{}, fault.New(fault.Invalid, "award_invalid", "A right is given as a comp or by hand.")
	}
	if len(want.Key) == 0 || len(want.Key) > keyMax {
		return Award{}, fault.New(fault.Invalid, "key_invalid", "A key has 1 to %d characters.", keyMax)
	}
	want.Key = want.Source + ":" + want.Key
	var a Award
	err := s.Store.Update(ctx, func(tx Tx) error {
		if err := s.allowed(ctx, tx, by, channel, access.RunChannel); err != nil {
			return err
		}
		tiers, err := tx.TiersOf(ctx, channel)
		if err == nil {
			a, _, err = s.award(ctx, tx, by, channel, tiers, want)
		}
		return err
	})
	return a, err
}

// award gives a right inside a transaction that holds the channel's logs; false
// when the key has given one before.
func (s *Service) award(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel, tiers []Tier, want AwardWish) (Award, bool, error) {
	if was, found, err := tx.AwardByKey(ctx, channel, want.Key); err != nil || found {
		return was, false, err
	}
	span, err := want.span(s.Now())
	if err != nil {
		return Award{}, false, err
	}
	tier, found := awarded(tiers, want.Tier)
	if !found {
		return Award{}, false, errTier()
	}
	holder, known, err := tx.AccountNamed(ctx, account.Fold(want.Name))
	if err != nil || !known {
		return Award{}, false, orElse(err, fault.New(fault.Missing, "account_missing", "There is no account named %q.", want.Name))
	}
	subject := access.Subject{Account: holder, Channel: channel}
	facts, err := tx.Facts(ctx, []access.Subject{subject})
	if err != nil {
		return Award{}, false, err
	}
	if facts[subject].Role == access.RoleOwner {
		return Award{}, false, fault.New(fault.Conflict, "owner_is_staff", "The channel's owner needs no other role.")
	}
	a := Award{Key: want.Key, By: by, Note: want.Note, Created: s.Now(), Grant: Grant{
		ID: ident.Make[ident.Grant](s.IDs), Account: holder, Channel: channel, Tier: tier.ID, Source: want.Source, Span: span,
	}}
	return a, true, s.give(ctx, tx, a, "given")
}

// give writes an award and tells the channel's log, and its holder of a gift.
func (s *Service) give(ctx context.Context, tx Tx, a Award, why string) error {
	if err := s.putGrant(ctx, tx, a.Grant, why); err != nil {
		return err
	}
	if err := s.tell(ctx, tx, a.Grant, why); err != nil {
		return err
	}
	_, err := tx.InsertAward(ctx, a)
	return err
}

// span is how long the right lasts. A comp is worth no months of tenure.
func (w *AwardWish) span(now time.Time) (Span, error) {
	line, ok := text.Line(w.Note)
	if w.Note = line; !ok || utf8.RuneCountInString(line) > noteMax {
		return Span{}, fault.New(fault.Invalid, "award_invalid", "A note is one line of at most %d characters.", noteMax)
	}
	span := Span{Starts: now, Ends: w.Until, Months: w.Months}
	switch {
	case w.Months > 0 && w.Months <= awardMonthsMax && w.Until.IsZero():
		span.Ends = monthsAfter(now, w.Months)
	case w.Months == 0 && w.Until.After(now) && !w.Until.After(monthsAfter(now, awardMonthsMax)):
		for monthsAfter(now, span.Months).Before(w.Until) {
			span.Months++
		}
	default:
		return Span{}, fault.New(fault.Invalid, "award_invalid", "A right is given for 1 to %d months, or to a day within them.", awardMonthsMax)
	}
	if w.Source == SourceComp {
		span.Months = 0
	}
	span.Paid = span.Ends
	return span, nil
}

// monthsAfter is the same day n months later, or that month's last day.
func monthsAfter(t time.Time, n int) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

func awarded(tiers []Tier, id ident.Tier) (Tier, bool) {
	for _, t := range tiers {
		if t.ID == id || id == "" {
			return t, true
		}
	}
	return Tier{}, false
}

// Revoke takes back a right that was given. Only the owner may; doing it again
// changes nothing. What was bought is refunded instead. Refusals: award_missing.
func (s *Service) Revoke(ctx context.Context, by ident.Account, channel ident.Channel, grant ident.Grant) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		if err := s.allowed(ctx, tx, by, channel, access.RunChannel); err != nil {
			return err
		}
		a, found, err := tx.AwardOf(ctx, grant)
		if err != nil || !found || a.Grant.Channel != channel {
			return orElse(err, fault.New(fault.Missing, "award_missing", "The channel has given no such right."))
		}
		if !a.Grant.Revoked.IsZero() {
			return nil
		}
		a.Grant.Revoked = s.Now()
		if err := s.putGrant(ctx, tx, a.Grant, "revoked"); err != nil {
			return err
		}
		return s.queueGifts(ctx, tx, a.Grant.Account, channel)
	})
}
