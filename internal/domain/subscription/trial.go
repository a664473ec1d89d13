package subscription

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// RefusedTrial is why a subscription was ended before it was paid: the person,
// or the card, has had a trial on this channel.
const RefusedTrial = "trial_used"

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
// card has had another. It is asked once, when sub is first seen.
func (s *Service) tried(ctx context.Context, tx Tx, sub Subscription, o Object) (Subscription, error) {
	if o.Status != StatusTrialing && o.TrialEnd.IsZero() {
		return sub, nil
	}
	used, err := tx.TrialUsed(ctx, sub.Channel, sub.Account, o.Card.Fingerprint)
	if err != nil {
		return sub, err
	}
	if used && o.Status == StatusTrialing {
		sub.Refused = RefusedTrial // and noted, so that the next offer is one without a trial
	}
	return sub, tx.PutTrialUse(ctx, TrialUse{sub.Channel, sub.Account, o.Card.Fingerprint, sub.ID})
}
