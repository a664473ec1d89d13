package account

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

// SetupSecret makes the one-time secret that lets its holder become the first
// owner. It reports false when there is an operator already. Nodes that
// start together give out one each; the first that is used closes the others.
func (s *Service) SetupSecret(ctx context.Context) (string, bool, error) {
	token, err := s.secret()
	if err != nil {
		return "", false, err
	}
	open := false
	err = s.store.Update(ctx, func(tx Tx) error {
		exists, err := tx.OperatorExists(ctx)
		if open = !exists; err != nil || exists {
			return err
		}
		return tx.PutLink(ctx, hashToken(token), "", s.now().Add(linkLife))
	})
	return token, open, err
}

// NeedsOwner reports whether nobody has become the first owner yet.
func (s *Service) NeedsOwner(ctx context.Context) (bool, error) {
	exists := false
	err := s.store.View(ctx, func(tx Tx) (err error) {
		exists, err = tx.OperatorExists(ctx)
		return err
	})
	return !exists, err
}

// Found makes the first owner: an operator with a password. It refuses with
// 'setup_closed' when there is one, and 'setup_token_wrong' for another secret.
func (s *Service) Found(ctx context.Context, secret, name, password string, from Visitor) (Opened, error) {
	if err := s.byOrigin.Take(from.Origin); err != nil {
		return Opened{}, err
	}
	a, err := s.prepare(name, password)
	if err != nil {
		return Opened{}, err
	}
	a.ID, a.Folded, a.Created, a.Operator, a.Language = ident.Make[ident.Account](s.ids), Fold(a.Name), s.now(), true, mail.Language(from.Language)
	err = s.store.Update(ctx, func(tx Tx) error { return s.found(ctx, tx, hashToken(secret), a) })
	if err != nil {
		return Opened{}, err
	}
	return s.open(ctx, a, from, ByPassword)
}

func (s *Service) found(ctx context.Context, tx Tx, hash string, a Account) error {
	exists, err := tx.OperatorExists(ctx)
	if err != nil {
		return err
	}
	if exists {
		return errSetupClosed()
	}
	// Nodes that started together gave out a link each. The claim comes before the
	// links, so that of two who hold one the second waits here, and neither for a link
	// that the other has taken.
	ok, err := tx.ClaimFirstOwner(ctx, a.ID)
	if err != nil {
		return err
	}
	if !ok {
		return errSetupClosed()
	}
	owner, ok, err := tx.TakeLink(ctx, hash, s.now())
	if err != nil {
		return err
	}
	if !ok || owner != "" {
		return fault.New(fault.Denied, "setup_token_wrong", "This link is spent or not from this server. Restart the server to get a new one.")
	}
	if err := tx.DropSetupLinks(ctx); err != nil {
		return err
	}
	if ok, err = tx.InsertAccount(ctx, a); err == nil && !ok {
		err = errNameTaken()
	}
	return err
}

func errSetupClosed() *fault.Fault {
	return fault.New(fault.Conflict, "setup_closed", "This server has its first owner already.")
}

// SignInLink makes a one-time secret that signs its holder in as id.
func (s *Service) SignInLink(ctx context.Context, id ident.Account) (string, error) {
	token, err := s.secret()
	if err != nil {
		return "", err
	}
	return token, s.store.Update(ctx, func(tx Tx) error {
		return tx.PutLink(ctx, hashToken(token), id, s.now().Add(linkLife))
	})
}

// SignInByLink spends a sign-in link.
func (s *Service) SignInByLink(ctx context.Context, secret string, from Visitor) (Opened, error) {
	if err := s.byOrigin.Take(from.Origin); err != nil {
		return Opened{}, err
	}
	var a Account
	err := s.store.Update(ctx, func(tx Tx) error {
		id, ok, err := tx.TakeLink(ctx, hashToken(secret), s.now())
		if err != nil {
			return err
		}
		if ok && id != "" {
			a, ok, err = tx.AccountByID(ctx, id)
		}
		if err == nil && (!ok || id == "") {
			err = errLink()
		}
		return err
	})
	if err != nil {
		return Opened{}, err
	}
	return s.open(ctx, a, from, ByLink)
}

func errLink() *fault.Fault {
	return fault.New(fault.Denied, "link_invalid", "This link has been used or has expired.")
}
