package account

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/mail"
)

// The letters of accounts. Those with a link name it {secret}.
const (
	LetterConfirm   mail.Kind = "address.confirm"    // to an address that waits
	LetterReplaced  mail.Kind = "address.replaced"   // to the one before
	LetterRemoved   mail.Kind = "address.removed"    // to the one before
	LetterForgotten mail.Kind = "password.forgotten" // to whoever asked, if they are somebody
	LetterPassword  mail.Kind = "password.changed"
	LetterPasskey   mail.Kind = "passkey.added"
)

// Enclosures completes letters when they leave: the secret of a link is made
// there, so that nothing but its hash is ever stored.
func (s *Service) Enclosures() map[mail.Kind]mail.Enclosure {
	return map[mail.Kind]mail.Enclosure{LetterConfirm: s.encloseConfirm, LetterForgotten: s.encloseForgotten}
}

func (s *Service) encloseConfirm(ctx context.Context, l mail.Letter) (mail.Letter, bool, error) {
	return s.encloseLink(ctx, l, ToConfirm, confirmLife, func(tx Tx) (MailLink, bool, error) {
		has, err := tx.AddressesOf(ctx, l.To)
		return MailLink{Account: l.To, Folded: mail.Fold(l.Address)}, has.Waiting == l.Address, err
	})
}

// encloseForgotten finds out who asked. The letter goes to the address as its
// owner wrote it, never as the one who asked did.
func (s *Service) encloseForgotten(ctx context.Context, l mail.Letter) (mail.Letter, bool, error) {
	asked := mail.Fold(l.Address)
	l.Address = ""
	return s.encloseLink(ctx, l, ToSetPassword, passwordLife, func(tx Tx) (MailLink, bool, error) {
		a, found, err := tx.AccountByAddress(ctx, asked)
		return MailLink{Account: a.ID, Folded: asked}, found, err
	})
}

// encloseLink makes a link for the account that whose names; false: for nobody.
func (s *Service) encloseLink(ctx context.Context, l mail.Letter, p Purpose, life time.Duration,
	whose func(Tx) (MailLink, bool, error),
) (mail.Letter, bool, error) {
	token, err := s.secret()
	if err != nil {
		return l, false, err
	}
	wanted := false
	err = s.store.Update(ctx, func(tx Tx) error {
		var link MailLink
		if link, wanted, err = whose(tx); err != nil || !wanted {
			return err
		}
		l.To, link.Purpose, link.Expires = link.Account, p, s.now().Add(life)
		return tx.PutMailLink(ctx, hashToken(token), link)
	})
	l.Data = map[string]string{"secret": token}
	return l, wanted && err == nil, err
}
