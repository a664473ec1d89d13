package subscription

import (
	"context"
	"strconv"

	"github.com/subspace-live/subspace/internal/domain/mail"
)

// The letters about what is bought and given.
const (
	LetterReceipt   mail.Kind = "sale.receipt"
	LetterRefunded  mail.Kind = "sale.refunded"
	LetterCancelled mail.Kind = "subscription.cancelled"
	LetterGift      mail.Kind = "gift.received"

	LetterRehearsedReceipt mail.Kind = "sale.receipt.rehearsed"
	LetterRehearsedRefund  mail.Kind = "sale.refunded.rehearsed"
)

// tell writes to the holder of a right what became of it, for the changes that
// people want to hear of. One letter for each change: the key holds the end of the
// right, and of a cancellation when it was heard of.
func (s *Service) tell(ctx context.Context, tx Tx, g Grant, why string) error {
	var kind mail.Kind
	switch why {
	case "cancelled":
		kind = LetterCancelled
	case "gift":
		kind = LetterGift
	default:
		return nil
	}
	title, err := tx.PlanTitle(ctx, g.Tier)
	if err != nil {
		return err
	}
	key := string(kind) + ":" + string(g.ID) + ":" + strconv.FormatInt(g.Ends.UnixMilli(), 10)
	if kind == LetterCancelled { // it may be taken back, and done again with the same end
		key += ":" + strconv.FormatInt(s.Now().UnixMilli(), 10)
	}
	return tx.QueueLetter(ctx, mail.Letter{
		Key: key, Kind: kind, To: g.Account,
		Data: map[string]string{"what": title, "until": mail.Day(g.Ends)},
	})
}
