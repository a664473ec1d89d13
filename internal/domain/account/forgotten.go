package account

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

// Forgotten sends a link that sets a new password to the account whose confirmed
// address it is. The answer and the work are the same whether there is one or
// not: one row is written, and who it concerns is found out when the letter leaves.
func (s *Service) Forgotten(ctx context.Context, address string, from Visitor) error {
	if !s.letters {
		return errMailOff()
	}
	address, err := mail.CleanAddress(address)
	if err != nil {
		return err
	}
	if err := s.mayWrite(from, "forgotten\x00"+mail.Fold(address)); err != nil {
		return err
	}
	letter := s.notice(LetterForgotten, "")
	letter.Address, letter.Until = address, s.now().Add(passwordLife)
	return s.store.Update(ctx, func(tx Tx) error { return tx.QueueLetter(ctx, letter) })
}

// Reset sets a new password by a link that Forgotten sent, signs out every
// session of the account, which are returned, and opens one.
func (s *Service) Reset(ctx context.Context, token, password string, from Visitor) (Opened, []ident.Session, error) {
	if err := s.byOrigin.Take(from.Origin); err != nil {
		return Opened{}, nil, err
	}
	hash := hashToken(token)
	var a Account
	err := s.store.View(ctx, func(tx Tx) (err error) {
		a, err = s.whoForgot(ctx, tx, hash)
		return err
	})
	if err != nil {
		return Opened{}, nil, err
	}
	if err := checkPassword(password, a.Name); err != nil { // before the link is spent
		return Opened{}, nil, err
	}
	phc, err := s.hash(password)
	if err != nil {
		return Opened{}, nil, err
	}
	a.Password = phc
	o, err := s.prepareSession(a, from, ByPassword)
	if err != nil {
		return Opened{}, nil, err
	}
	var ended []ident.Session
	err = s.store.Update(ctx, func(tx Tx) (err error) {
		ended, err = s.reset(ctx, tx, hash, o, from)
		return err
	})
	if err != nil {
		return Opened{}, nil, err
	}
	s.remembered.forgetOthers(a.ID, "")
	return o, ended, nil
}

// whoForgot returns whose link it is, or the fault 'link_invalid'.
func (s *Service) whoForgot(ctx context.Context, tx Tx, hash string) (Account, error) {
	link, found, err := tx.MailLinkByHash(ctx, hash)
	if err != nil {
		return Account{}, err
	}
	if !found || link.Purpose != ToSetPassword || !s.now().Before(link.Expires) {
		return Account{}, errLink()
	}
	a, found, err := tx.AccountByID(ctx, link.Account)
	if err == nil && !found {
		err = errLink()
	}
	return a, err
}

func (s *Service) reset(ctx context.Context, tx Tx, hash string, o Opened, from Visitor) ([]ident.Session, error) {
	a := o.Session.Account
	spent, err := tx.DropMailLink(ctx, hash)
	if err != nil {
		return nil, err
	}
	if !spent {
		return nil, errLink()
	}
	if err := tx.DropMailLinks(ctx, a.ID); err != nil {
		return nil, err
	}
	if err := tx.SetPassword(ctx, a.ID, a.Password); err != nil {
		return nil, err
	}
	ended, err := tx.EndSessions(ctx, a.ID, "")
	if err != nil {
		return nil, err
	}
	if err := s.enter(ctx, tx, o, from); err != nil {
		return nil, err
	}
	return ended, tx.QueueLetter(ctx, s.notice(LetterPassword, a.ID))
}
