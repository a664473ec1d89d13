package account

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// Passkey is a key that an authenticator keeps for an account.
type Passkey struct {
	ID         ident.Passkey
	Account    ident.Account
	Name       string // its person's own
	Credential string // what the authenticator calls it; unique
	Record     string // what Authenticators keeps of it: the public key, the counter
	Created    time.Time
	Used       time.Time // zero: never yet
}

// Site is what passkeys are bound to: the name of this server, and the address
// of its pages.
type Site struct {
	Name   string // a host name; an IP address cannot have passkeys
	Origin string // such as https://live.example.org
}

// Authenticators speaks with the authenticators of browsers; adapter/passkey
// does. Options are for the browser; a record is kept until its answer comes,
// and belongs to one answer.
type Authenticators interface {
	// Invite begins the making of a passkey beside those that the account has.
	Invite(site Site, a Account, has []Passkey) (options []byte, record string, err error)
	// Admit checks the answer to an invitation and returns the new passkey's
	// Credential and Record, or the fault 'passkey_invalid'.
	Admit(site Site, a Account, record string, answer []byte) (Passkey, error)
	// Ask begins to ask for a passkey, whoever's it is.
	Ask(site Site) (options []byte, record string, err error)
	// Claimed reads which Credential an answer says it is by; nothing is proved yet.
	Claimed(answer []byte) (credential string, err error)
	// Verify checks the answer to a question and returns the passkey with its new
	// Record, or the fault 'passkey_invalid'; 'passkey_copied' when its counter
	// went back, as it does when two have the same key.
	Verify(site Site, p Passkey, record string, answer []byte) (Passkey, error)
}

// Ceremony is a conversation with an authenticator that has begun.
type Ceremony struct {
	Account ident.Account // whose passkey is to be made; empty: one is asked for
	Record  string
	Expires time.Time
}

// Begun is what the browser is handed. Secret names the ceremony.
type Begun struct {
	Secret  string
	Options []byte
}

// passkeyTx is what passkeys need inside one transaction.
type passkeyTx interface {
	PutCeremony(ctx context.Context, hash string, c Ceremony) error
	// TakeCeremony ends a ceremony; false when it has ended.
	TakeCeremony(ctx context.Context, hash string) (Ceremony, bool, error)

	PasskeysOf(ctx context.Context, id ident.Account) ([]Passkey, error)
	PasskeyByCredential(ctx context.Context, credential string) (Passkey, bool, error)
	// InsertPasskey reports false when the credential is known.
	InsertPasskey(ctx context.Context, p Passkey) (bool, error)
	// UsePasskey keeps what a use changed. It reports false when the record is not
	// as it was read any more.
	UsePasskey(ctx context.Context, p Passkey, was string, now time.Time) (bool, error)
	// RenamePasskey and DeletePasskey report false when the account has none such.
	RenamePasskey(ctx context.Context, id ident.Account, passkey ident.Passkey, name string) (bool, error)
	DeletePasskey(ctx context.Context, id ident.Account, passkey ident.Passkey) (bool, error)
	// SparePasskey counts one passkey less. It reports false when the account
	// would be left without a way to sign in.
	SparePasskey(ctx context.Context, id ident.Account) (bool, error)
}

// How long a ceremony may take, and how much an account may hold.
const (
	ceremonyLife   = 5 * time.Minute
	passkeysMax    = 20
	passkeyNameMax = 40
)

// PasskeysOf returns the passkeys of the session's person, the oldest first.
func (s *Service) PasskeysOf(ctx context.Context, session Session) (all []Passkey, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		all, err = tx.PasskeysOf(ctx, session.Account.ID)
		return err
	})
	return all, err
}

// InvitePasskey begins the making of a passkey for the session's person.
func (s *Service) InvitePasskey(ctx context.Context, session Session, site Site, from Visitor) (Begun, error) {
	if err := s.byOrigin.Take(from.Origin); err != nil {
		return Begun{}, err
	}
	if err := s.fresh(session); err != nil {
		return Begun{}, err
	}
	has, err := s.PasskeysOf(ctx, session)
	if err != nil {
		return Begun{}, err
	}
	if len(has) >= passkeysMax {
		return Begun{}, fault.New(fault.Conflict, "too_many_passkeys", "An account holds at most %d passkeys. Remove one first.", passkeysMax)
	}
	options, record, err := s.keys.Invite(site, session.Account, has)
	if err != nil {
		return Begun{}, err
	}
	return s.begin(ctx, options, Ceremony{Account: session.Account.ID, Record: record})
}

// AskForPasskey begins to ask whoever sits there for a passkey.
func (s *Service) AskForPasskey(ctx context.Context, site Site, from Visitor) (Begun, error) {
	if err := s.byOrigin.Take(from.Origin); err != nil {
		return Begun{}, err
	}
	options, record, err := s.keys.Ask(site)
	if err != nil {
		return Begun{}, err
	}
	return s.begin(ctx, options, Ceremony{Record: record})
}

func (s *Service) begin(ctx context.Context, options []byte, c Ceremony) (Begun, error) {
	secret, err := s.secret()
	if err != nil {
		return Begun{}, err
	}
	c.Expires = s.now().Add(ceremonyLife)
	err = s.store.Update(ctx, func(tx Tx) error { return tx.PutCeremony(ctx, hashToken(secret), c) })
	return Begun{Secret: secret, Options: options}, err
}

// take ends a ceremony of an account, or of nobody in particular. Whatever comes
// of its answer, there is no second one.
func (s *Service) take(ctx context.Context, secret string, of ident.Account) (Ceremony, error) {
	var c Ceremony
	found := false
	err := s.store.Update(ctx, func(tx Tx) (err error) {
		c, found, err = tx.TakeCeremony(ctx, hashToken(secret))
		return err
	})
	if err == nil && (!found || c.Account != of || !s.now().Before(c.Expires)) {
		err = fault.New(fault.Conflict, "ceremony_over", "That took too long, or was answered already. Please try again.")
	}
	return c, err
}

// AddPasskey keeps the passkey that an authenticator made. A light account
// becomes full by its first one.
func (s *Service) AddPasskey(ctx context.Context, session Session, site Site, secret, name string, answer []byte) (Passkey, error) {
	name, err := cleanPasskeyName(name)
	if err != nil { // before the ceremony is spent
		return Passkey{}, err
	}
	c, err := s.take(ctx, secret, session.Account.ID)
	if err != nil {
		return Passkey{}, err
	}
	p, err := s.keys.Admit(site, session.Account, c.Record, answer)
	if err != nil {
		return Passkey{}, err
	}
	p.ID, p.Account, p.Name, p.Created = ident.Make[ident.Passkey](s.ids), session.Account.ID, name, s.now()
	return p, s.store.Update(ctx, func(tx Tx) error {
		fresh, err := tx.InsertPasskey(ctx, p)
		if err != nil {
			return err
		}
		if !fresh {
			return fault.New(fault.Conflict, "passkey_known", "That passkey is in use already.")
		}
		return tx.QueueLetter(ctx, s.notice(LetterPasskey, p.Account))
	})
}

func cleanPasskeyName(name string) (string, error) {
	clean, ok := text.Line(name)
	if !ok || clean == "" || utf8.RuneCountInString(clean) > passkeyNameMax {
		return "", fault.New(fault.Invalid, "passkey_name_invalid", "The name of a passkey has 1 to %d characters.", passkeyNameMax)
	}
	return clean, nil
}

// RenamePasskey gives a passkey of the session's person another name.
func (s *Service) RenamePasskey(ctx context.Context, session Session, id ident.Passkey, name string) error {
	name, err := cleanPasskeyName(name)
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx Tx) error {
		found, err := tx.RenamePasskey(ctx, session.Account.ID, id, name)
		if err == nil && !found {
			err = errPasskeyMissing()
		}
		return err
	})
}

// RemovePasskey forgets a passkey, but never the last way to sign in.
func (s *Service) RemovePasskey(ctx context.Context, session Session, id ident.Passkey) error {
	if err := s.fresh(session); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx Tx) error {
		found, err := tx.DeletePasskey(ctx, session.Account.ID, id)
		if err != nil {
			return err
		}
		if !found {
			return errPasskeyMissing()
		}
		spare, err := tx.SparePasskey(ctx, session.Account.ID)
		if err == nil && !spare {
			err = fault.New(fault.Conflict, "last_way_in", "This is the only way into your account. Set a password or add another passkey first.")
		}
		return err
	})
}

func errPasskeyMissing() *fault.Fault {
	return fault.New(fault.Missing, "passkey_missing", "There is no such passkey.")
}

// SignInByPasskey opens a session for whoever a passkey belongs to.
func (s *Service) SignInByPasskey(ctx context.Context, site Site, secret string, answer []byte, from Visitor) (Opened, error) {
	if err := s.byOrigin.Take(from.Origin); err != nil {
		return Opened{}, err
	}
	p, err := s.verified(ctx, site, secret, answer)
	if err != nil {
		return Opened{}, err
	}
	var a Account
	err = s.store.View(ctx, func(tx Tx) (err error) {
		a, _, err = tx.AccountByID(ctx, p.Account)
		return err
	})
	if err != nil {
		return Opened{}, err
	}
	return s.open(ctx, a, from, ByPasskey)
}

// ProveByPasskey shows by a passkey who sits at the session.
func (s *Service) ProveByPasskey(ctx context.Context, session Session, site Site, secret string, answer []byte) error {
	p, err := s.verified(ctx, site, secret, answer)
	if err != nil {
		return err
	}
	if p.Account != session.Account.ID {
		return fault.New(fault.Denied, "passkey_elsewhere", "That passkey opens another account.")
	}
	return s.store.Update(ctx, func(tx Tx) error { return tx.SetProof(ctx, session.ID, s.now(), ByPasskey) })
}

// verified returns the passkey that answered, once.
func (s *Service) verified(ctx context.Context, site Site, secret string, answer []byte) (Passkey, error) {
	c, err := s.take(ctx, secret, "")
	if err != nil {
		return Passkey{}, err
	}
	credential, err := s.keys.Claimed(answer)
	if err != nil {
		return Passkey{}, err
	}
	var p Passkey
	found := false
	err = s.store.View(ctx, func(tx Tx) (err error) {
		p, found, err = tx.PasskeyByCredential(ctx, credential)
		return err
	})
	if err == nil && !found {
		err = fault.New(fault.Denied, "passkey_unknown", "That passkey opens no account here. It may have been removed.")
	}
	if err != nil {
		return Passkey{}, err
	}
	was := p.Record
	if p, err = s.keys.Verify(site, p, c.Record, answer); err != nil {
		return Passkey{}, err
	}
	return p, s.store.Update(ctx, func(tx Tx) error {
		same, err := tx.UsePasskey(ctx, p, was, s.now())
		if err == nil && !same {
			err = fault.New(fault.Conflict, "ceremony_over", "That passkey was used twice at once. Please try again.")
		}
		return err
	})
}
