package event

import "github.com/subspace-live/subspace/internal/domain/ident"

// GiftGiven says that somebody paid for months of others, who have them now. Name
// is empty when the giver chose to stay unnamed. To names a few of those who got
// something, and only people who are known in the public room.
type GiftGiven struct {
	Name     string     `json:"name"`
	Tier     ident.Tier `json:"tier"`
	TierName string     `json:"tier_name"` // empty when the tier has none
	Months   int        `json:"months"`    // that each of them got
	People   int        `json:"people"`
	To       []string   `json:"to"`
}

// EventKind implements Payload.
func (GiftGiven) EventKind() (Kind, int) { return "gift.given", 1 }
