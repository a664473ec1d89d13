package payout

import (
	"context"
	"slices"
	"strconv"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/mail"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// The letters to creators about their money. Each says in one sentence what there
// is to do, if anything.
const (
	LetterPaid     mail.Kind = "payout.paid"
	LetterRefused  mail.Kind = "payout.refused"
	LetterShort    mail.Kind = "payout.short" // the operator's balance does not cover it yet
	LetterReversed mail.Kind = "payout.reversed"
	LetterAccount  mail.Kind = "payout.account" // the provider asks for something

	// Rehearsed ends the kinds of letters about money that did not move.
	Rehearsed = ".rehearsed"
)

// tell writes to the creator what became of a payout, or of so much of it.
func (s *Service) tell(ctx context.Context, tx Tx, kind mail.Kind, p Payout, sum money.Amount) error {
	key := string(p.ID)
	switch kind {
	case LetterReversed:
		key += ":" + strconv.FormatInt(p.Reversed, 10)
	case LetterRefused, LetterShort: // it is tried every day: one letter until it was paid
		was, _, err := tx.PaidBefore(ctx, p)
		if err != nil {
			return err
		}
		key = string(p.Channel) + ":" + p.Till.Provider + ":" + p.Amount.Currency + ":" + string(was.ID)
	}
	return s.write(ctx, tx, kind, p.Channel, p.Till, key, sum)
}

// asksFor writes to the creator when the provider asks for something that it did not
// ask for before, of an account that could be paid until then.
func (s *Service) asksFor(ctx context.Context, tx Tx, was, is Account) error {
	fresh := slices.ContainsFunc(is.Missing, func(m string) bool { return !slices.Contains(was.Missing, m) })
	if !was.Payable || (is.Payable && !fresh) {
		return nil
	}
	return s.write(ctx, tx, LetterAccount, is.Channel, is.Till, is.Ref+":"+strconv.FormatInt(is.Looked.UnixMilli(), 10), money.Amount{})
}

func (s *Service) write(ctx context.Context, tx Tx, kind mail.Kind, channel ident.Channel, till Till, key string, sum money.Amount) error {
	owner, title, err := tx.CreatorOf(ctx, channel)
	if err != nil {
		return err
	}
	handle, err := tx.HandleOf(ctx, channel)
	if err != nil {
		return err
	}
	if till.Test {
		kind += Rehearsed
	}
	return tx.QueueLetter(ctx, mail.Letter{
		Key: string(kind) + ":" + key, Kind: kind, To: owner,
		Data: map[string]string{"channel": handle, "what": title, "sum": mail.Money(sum)},
	})
}
