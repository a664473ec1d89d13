package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// The cards, by the numbers that Stripe's test mode made familiar where it has
// one for the purpose (docs.stripe.com/testing).
const (
	cardGood         = "4242424242424242"
	cardDeclined     = "4000000000000002"
	cardAuthenticate = "4000002500003155" // the buyer has to approve
	cardLate         = "4000000000000077" // the money comes some seconds later
	cardDeclineLater = "4000000000000341" // pays the first time only
	cardDisputes     = "4000000000000259" // disputed, and lost
	cardDisputeWon   = "4000000000002685" // disputed, and won
	cardShared       = "4000056655665556" // the same card whoever shows it
)

// What will happen to the charges of a card.
const (
	declinesLater = "declines_later"
	disputesLost  = "disputed_lost"
	disputesWon   = "disputed_won"
)

// number is a card as typed, without what people type between the digits.
func number(typed string) (string, error) {
	card := strings.NewReplacer(" ", "", "-", "").Replace(typed)
	switch card {
	case cardGood, cardDeclined, cardAuthenticate, cardLate, cardDeclineLater, cardDisputes, cardDisputeWon, cardShared:
		return card, nil
	}
	return "", fault.New(fault.Invalid, "card_unknown", "The sandbox takes its own test cards only. Never enter a real card here.")
}

// card is what is kept of a number that an account showed. Everybody's card is
// another one, except the shared card.
func (s *Sandbox) card(number string, by ident.Account) subscription.SandboxCard {
	owner := string(by)
	if number == cardShared {
		owner = ""
	}
	mac := hmac.New(sha256.New, []byte(s.secret))
	mac.Write([]byte("card " + owner + " " + number))
	c := subscription.SandboxCard{Card: subscription.Card{
		Brand: "visa", Last4: number[len(number)-4:], Fingerprint: "fp_" + hex.EncodeToString(mac.Sum(nil)[:12]),
	}}
	switch number {
	case cardDeclineLater:
		c.Behaviour = declinesLater
	case cardDisputes:
		c.Behaviour = disputesLost
	case cardDisputeWon:
		c.Behaviour = disputesWon
	}
	return c
}
