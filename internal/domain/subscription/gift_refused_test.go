package subscription_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func TestWhatIsNoGift(t *testing.T) {
	w := newWorld(t)
	giver, banned, mod := w.person(true), w.person(true), w.person(true)
	name := w.nameOf(w.person(true))
	if err := w.db.Update(t.Context(), func(tx *store.Tx) error {
		if err := tx.PutModerator(t.Context(), w.channel, mod, access.GradeModerator); err != nil {
			return err
		}
		return tx.PutSanction(t.Context(), moderation.Sanction{Channel: w.channel, Account: banned, Kind: access.BlockBan, At: w.clock.Now(), By: w.owner})
	}); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		wish   subscription.GiftWish
		by     ident.Account
		reason string
	}{
		{subscription.GiftWish{}, giver, "gift_invalid"},
		{subscription.GiftWish{People: 101}, giver, "gift_invalid"},
		{subscription.GiftWish{People: -1}, giver, "gift_invalid"},
		{subscription.GiftWish{Name: name}, giver, "gift_invalid"},
		{subscription.GiftWish{Name: name, Months: 13}, giver, "gift_invalid"},
		{subscription.GiftWish{Name: name, Months: 1, People: 1}, giver, "gift_invalid"},
		{subscription.GiftWish{Name: "nobody", Months: 1}, giver, "account_missing"},
		{subscription.GiftWish{Name: w.nameOf(w.owner), Months: 1}, giver, "gift_refused"},
		{subscription.GiftWish{Name: w.nameOf(mod), Months: 1}, giver, "gift_refused"},
		{subscription.GiftWish{Name: w.nameOf(giver), Months: 1}, giver, "gift_to_self"},
		{subscription.GiftWish{Name: w.nameOf(banned), Months: 1}, giver, "gift_refused"},
		{subscription.GiftWish{People: 1, Tier: "nowhere"}, giver, "tier_missing"},
		{subscription.GiftWish{People: 1, Country: "france"}, giver, "country_invalid"},
		{subscription.GiftWish{People: 1}, w.owner, "own_channel"},
		{subscription.GiftWish{People: 1}, w.person(false), "password_required"},
		{subscription.GiftWish{People: 1}, "", "sign_in"},
	} {
		c.wish.Key = fmt.Sprint("k", i)
		_, err := w.service.OpenGift(t.Context(), c.by, w.channel, c.wish)
		wantReason(t, err, c.reason)
	}
}

// Somebody who is timed out can use a gift before it is over; and how one is refused is
// the same for all who cannot, so that nobody learns from it who is banned.
func TestAGiftDoesNotTellWhoIsBanned(t *testing.T) {
	w := newWorld(t)
	giver, banned, timedOut := w.person(true), w.person(true), w.person(true)
	w.update(func(tx *store.Tx) error {
		now := w.clock.Now()
		for _, s := range []moderation.Sanction{
			{Account: banned, Kind: access.BlockBan},
			{Account: timedOut, Kind: access.BlockTimeout, Until: now.Add(time.Hour)},
		} {
			s.Channel, s.At, s.By = w.channel, now, w.owner
			if err := tx.PutSanction(t.Context(), s); err != nil {
				return err
			}
		}
		return nil
	})
	give := func(to ident.Account) error {
		_, err := w.service.OpenGift(t.Context(), giver, w.channel, subscription.GiftWish{Key: "to " + string(to), Name: w.nameOf(to), Months: 1})
		return err
	}
	if err := give(timedOut); err != nil {
		t.Errorf("to somebody who is timed out: %v", err)
	}
	if toBanned, toOwner := fault.Of(give(banned)), fault.Of(give(w.owner)); toBanned == nil || toOwner == nil || *toBanned != *toOwner {
		t.Errorf("to somebody who is banned: %v; to the owner: %v", toBanned, toOwner)
	}
}
