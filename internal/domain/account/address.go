package account

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

// addressTx is what addresses need inside one transaction.
type addressTx interface {
	// AddressesOf returns the addresses of an account.
	AddressesOf(ctx context.Context, id ident.Account) (Addresses, error)
	// PutWaiting keeps an address until it is confirmed, in place of one before.
	PutWaiting(ctx context.Context, id ident.Account, address, folded string, now time.Time) error
	DropWaiting(ctx context.Context, id ident.Account) error
	// ConfirmAddress makes an address the account's only one. It reports false
	// when it belongs to another account, also by a transaction that runs at the
	// same time: it waits for that one to end.
	ConfirmAddress(ctx context.Context, id ident.Account, address, folded string, now time.Time) (bool, error)
	DropAddresses(ctx context.Context, id ident.Account) error
	// AccountByAddress finds whose confirmed address it is.
	AccountByAddress(ctx context.Context, folded string) (Account, bool, error)
	SetLanguage(ctx context.Context, id ident.Account, language string) error

	PutMailLink(ctx context.Context, hash string, l MailLink) error
	MailLinkByHash(ctx context.Context, hash string) (MailLink, bool, error)
	// DropMailLink spends a link; false when it is spent.
	DropMailLink(ctx context.Context, hash string) (bool, error)
	// DropMailLinks makes every link of the account worthless.
	DropMailLinks(ctx context.Context, id ident.Account) error
}

// Addresses are the mail addresses of an account; empty ones are not there.
type Addresses struct {
	Confirmed string
	Waiting   string // for its confirmation; it then takes the place of the other
}

// MailLink is a link in a letter: whoever opens it reads the mailbox.
type MailLink struct {
	Account ident.Account
	Purpose Purpose
	Folded  string // the address it was sent to
	Expires time.Time
}

// Purpose is what a link in a letter is good for.
type Purpose string

// The purposes, and how long their links last.
const (
	ToConfirm     Purpose = "confirm"
	ToSetPassword Purpose = "password"

	confirmLife  = 24 * time.Hour
	passwordLife = time.Hour
)

// errMailOff is the refusal of a server that cannot write to anybody.
func errMailOff() *fault.Fault {
	return fault.New(fault.Conflict, "mail_off", "This server sends no mail.")
}

// AddressesOf returns the addresses of the session's person.
func (s *Service) AddressesOf(ctx context.Context, session Session) (a Addresses, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		a, err = tx.AddressesOf(ctx, session.Account.ID)
		return err
	})
	return a, err
}

// Letters reports whether this server can write to people.
func (s *Service) Letters() bool { return s.letters }

// AddAddress sends a link to an address, which becomes the account's own when
// the link is opened. The answer is the same whether or not it belongs to
// another account: only who reads the mailbox learns that.
func (s *Service) AddAddress(ctx context.Context, session Session, address string, from Visitor) error {
	if !s.letters {
		return errMailOff()
	}
	if err := s.fresh(session); err != nil {
		return err
	}
	address, err := mail.CleanAddress(address)
	if err != nil {
		return err
	}
	folded, id := mail.Fold(address), session.Account.ID
	if err := s.mayWrite(from, "account\x00"+string(id), "address\x00"+folded); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx Tx) error {
		has, err := tx.AddressesOf(ctx, id)
		if err != nil {
			return err
		}
		if has.Confirmed == address {
			return fault.New(fault.Conflict, "mail_same", "That is your address already.")
		}
		if err := s.learn(ctx, tx, session.Account, from); err != nil {
			return err
		}
		if err := tx.PutWaiting(ctx, id, address, folded, s.now()); err != nil {
			return err
		}
		letter := s.notice(LetterConfirm, id)
		letter.Address, letter.Until = address, s.now().Add(confirmLife)
		return tx.QueueLetter(ctx, letter)
	})
}

// mayWrite spends a try of whoever asks for a letter, and one of each thing that
// it concerns.
func (s *Service) mayWrite(from Visitor, concerns ...string) error {
	if err := s.byAsker.Take(from.Origin); err != nil {
		return err
	}
	for _, key := range concerns {
		if err := s.byLetter.Take(key); err != nil {
			return err
		}
	}
	return nil
}

// ConfirmAddress makes the address that a link was sent to the account's own.
// Only the person who asked may open it: who finds a stranger's link in their
// mailbox must not hand the stranger their address. The address before is told.
func (s *Service) ConfirmAddress(ctx context.Context, session Session, token string, from Visitor) error {
	if err := s.byOrigin.Take(from.Origin); err != nil {
		return err
	}
	hash, id := hashToken(token), session.Account.ID
	return s.store.Update(ctx, func(tx Tx) error {
		link, found, err := tx.MailLinkByHash(ctx, hash)
		if err != nil {
			return err
		}
		if !found || link.Purpose != ToConfirm || !s.now().Before(link.Expires) {
			return errLink()
		}
		if link.Account != id {
			return fault.New(fault.Denied, "link_elsewhere", "This link is for another account. Sign in with the one that asked for it.")
		}
		has, err := tx.AddressesOf(ctx, id)
		if err != nil {
			return err
		}
		spent, err := tx.DropMailLink(ctx, hash)
		if err != nil {
			return err
		}
		if !spent || mail.Fold(has.Waiting) != link.Folded {
			return errLink()
		}
		return s.confirm(ctx, tx, id, has)
	})
}

func (s *Service) confirm(ctx context.Context, tx Tx, id ident.Account, has Addresses) error {
	free, err := tx.ConfirmAddress(ctx, id, has.Waiting, mail.Fold(has.Waiting), s.now())
	if err != nil {
		return err
	}
	if !free {
		return fault.New(fault.Conflict, "mail_taken", "That address belongs to another account.")
	}
	if err := tx.DropMailLinks(ctx, id); err != nil { // those that lie in the old mailbox, above all
		return err
	}
	return s.tell(ctx, tx, LetterReplaced, id, has.Confirmed, has.Waiting)
}

// tell writes to an address that is not the account's any more.
func (s *Service) tell(ctx context.Context, tx Tx, k mail.Kind, id ident.Account, old, now string) error {
	if old == "" || mail.Fold(old) == mail.Fold(now) {
		return nil
	}
	letter := s.notice(k, id)
	letter.Address = old
	return tx.QueueLetter(ctx, letter)
}

// KeepAddress forgets the address that waits for its confirmation.
func (s *Service) KeepAddress(ctx context.Context, session Session) error {
	return s.store.Update(ctx, func(tx Tx) error { return tx.DropWaiting(ctx, session.Account.ID) })
}

// RemoveAddress forgets every address of the account. The one that was confirmed
// is told.
func (s *Service) RemoveAddress(ctx context.Context, session Session) error {
	if err := s.fresh(session); err != nil {
		return err
	}
	id := session.Account.ID
	return s.store.Update(ctx, func(tx Tx) error {
		has, err := tx.AddressesOf(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DropAddresses(ctx, id); err != nil {
			return err
		}
		if err := tx.DropMailLinks(ctx, id); err != nil {
			return err
		}
		return s.tell(ctx, tx, LetterRemoved, id, has.Confirmed, "")
	})
}
