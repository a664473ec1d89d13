package subscription

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Why a subscription was ended before it was paid.
const (
	// RefusedTrial: the person, or the card, has had a trial on this channel.
	RefusedTrial = "trial_used"
	// RefusedUnknown: what pays after the trial has no mark by which a second one
	// could be told from the first.
	RefusedUnknown = "trial_card_unknown"
)

// cardPatience is how long a provider may take to tell of the card that a trial
// began with. Until then there is no trial.
const cardPatience = 5 * time.Minute

// cardless reports a trial of which the provider has not told the card yet.
func (o Object) cardless(now time.Time) bool {
	return o.Status == StatusTrialing && o.Card == (Card{}) && now.Before(o.Started.Add(cardPatience))
}

// TrialUse says that somebody has had a trial on a channel, and with which card.
type TrialUse struct {
	Channel      ident.Channel
	Account      ident.Account
	Fingerprint  string // of the card; empty when the provider told none
	Subscription ident.Subscription
}

// trialFor is how many days by may try the tier before paying; 0 for who has
// tried this channel or was inside before. The card is asked about later, when
// the provider has seen it.
func (s *Service) trialFor(ctx context.Context, tx Tx, by ident.Account, t Tier) (days int, err error) {
	if t.Trial == 0 {
		return 0, nil
	}
	used, err := tx.TrialUsed(ctx, t.Channel, by, "")
	if err != nil || used {
		return 0, err
	}
	months, err := tx.MonthsPaid(ctx, by, t.Channel)
	if err != nil || months > 0 {
		return 0, err
	}
	return t.Trial, nil
}

// tried notes the trial that sub began with, and refuses one whose person or
// card has had another, or whose card cannot be told from others. It is asked
// once, when sub is first seen.
func (s *Service) tried(ctx context.Context, tx Tx, sub Subscription, o Object) (Subscription, error) {
	if o.Status != StatusTrialing && o.TrialEnd.IsZero() {
		return sub, nil
	}
	used, err := tx.TrialUsed(ctx, sub.Channel, sub.Account, o.Card.Fingerprint)
	if err != nil {
		return sub, err
	}
	switch { // and noted, so that the next offer is one without a trial
	case o.Status != StatusTrialing:
	case used:
		sub.Refused = RefusedTrial
	case o.Card.Fingerprint == "":
		sub.Refused = RefusedUnknown
	}
	return sub, tx.PutTrialUse(ctx, TrialUse{sub.Channel, sub.Account, o.Card.Fingerprint, sub.ID})
}
