package account

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

// freshFor is how long after showing who they are a person may change what opens
// the account. A browser that was left open is then not enough to take it over.
const freshFor = 10 * time.Minute

// Fresh refuses with 'proof_needed' what makes another way in, for somebody who has not
// shown lately who they are.
func (s *Service) Fresh(session Session) error { return s.fresh(session) }

// fresh refuses with 'proof_needed' when the person at the session has not shown
// lately who they are. Whoever has nothing to show is not asked.
func (s *Service) fresh(session Session) error {
	if !session.Account.Full() || s.proved(session) {
		return nil
	}
	return errProof()
}

func (s *Service) proved(session Session) bool { return s.now().Before(session.Proved.Add(freshFor)) }

func errProof() *fault.Fault {
	return fault.New(fault.Denied, "proof_needed", "Show again who you are, with your password or a passkey.")
}

// Prove shows by the password who sits at the session.
func (s *Service) Prove(ctx context.Context, session Session, password string) error {
	if err := s.rightPassword(session.Account, password); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx Tx) error { return tx.SetProof(ctx, session.ID, s.now(), ByPassword) })
}

// rightPassword refuses with 'wrong_credentials' what is not the account's password.
func (s *Service) rightPassword(a Account, password string) error {
	if err := s.byName.Take("password\x00" + string(a.ID)); err != nil {
		return err
	}
	if !s.matches(a.Password, password) {
		return errCredentials()
	}
	s.byName.Restore("password\x00" + string(a.ID))
	return nil
}

// SetPassword gives an account its first password, or changes it, which needs
// the current one or a passkey that was shown lately. It signs out every other
// session, which are returned, unless they are to be kept. Addresses of docks that
// the person made open nothing any more in either case: they are in no list of
// sessions, and a new password is what people reach for when something leaked.
func (s *Service) SetPassword(ctx context.Context, session Session, current, password string, keepOthers bool) (ended []ident.Session, err error) {
	a := session.Account
	switch {
	case !a.Full():
	case session.Proof == ByPasskey && s.proved(session):
	case a.Password == "":
		return nil, errProof()
	default:
		if err := s.rightPassword(a, current); err != nil {
			return nil, err
		}
	}
	if err := checkPassword(password, a.Name); err != nil {
		return nil, err
	}
	phc, err := s.hash(password)
	if err != nil {
		return nil, err
	}
	err = s.store.Update(ctx, func(tx Tx) error {
		if err := tx.SetPassword(ctx, a.ID, phc); err != nil {
			return err
		}
		if err := tx.QueueLetter(ctx, s.notice(LetterPassword, a.ID)); err != nil {
			return err
		}
		if ended = nil; keepOthers {
			return tx.EndDocks(ctx, a.ID)
		}
		ended, err = tx.EndSessions(ctx, a.ID, session.ID)
		return err
	})
	if err == nil && !keepOthers {
		s.remembered.forgetOthers(a.ID, session.ID)
	}
	return ended, err
}

// notice is a letter that tells a person what was done with their account.
func (s *Service) notice(k mail.Kind, to ident.Account) mail.Letter {
	return mail.Letter{Key: string(k) + "/" + ident.Make[string](s.ids), Kind: k, To: to}
}
