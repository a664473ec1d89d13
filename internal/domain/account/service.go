package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

// How long things last.
const (
	sessionLife = 90 * 24 * time.Hour
	linkLife    = 7 * 24 * time.Hour
)

// Tx is what the rules of accounts need inside one transaction. A lookup that
// finds nothing returns false.
type Tx interface {
	AccountByID(ctx context.Context, id ident.Account) (Account, bool, error)
	AccountByFolded(ctx context.Context, folded string) (Account, bool, error)
	// InsertAccount reports false when the folded name is taken.
	InsertAccount(ctx context.Context, a Account) (bool, error)
	SetPassword(ctx context.Context, id ident.Account, phc string) error
	OperatorExists(ctx context.Context) (bool, error)
	// ClaimFirstOwner reports false when another has been claimed, also by a
	// transaction that runs at the same time: it waits for that one to end.
	ClaimFirstOwner(ctx context.Context, id ident.Account) (bool, error)

	InsertSession(ctx context.Context, hash string, s Session) error
	DeleteSession(ctx context.Context, hash string) error
	sessionTx

	// PutLink stores a one-time link; an empty account is the link of the first owner.
	PutLink(ctx context.Context, hash string, account ident.Account, expires time.Time) error
	// TakeLink spends a link. It reports false when there is none or it is spent.
	TakeLink(ctx context.Context, hash string, now time.Time) (ident.Account, bool, error)
	// DropSetupLinks forgets the links of the first owner.
	DropSetupLinks(ctx context.Context) error

	addressTx
	passkeyTx
	mail.Tx
}

// Sessions finds sessions outside of transactions.
type Sessions interface {
	SessionByHash(ctx context.Context, hash string) (Session, bool, error)
	// SessionsByHash reads many in one go; who has none is absent from the answer.
	SessionsByHash(ctx context.Context, hashes []string) (map[string]Session, error)
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Service is what people do with accounts.
type Service struct {
	store      Store
	sessions   Sessions
	remembered *remembered
	ids        *ident.Source
	now        func() time.Time
	random     io.Reader

	keys     Authenticators
	letters  bool // this server can write to people
	seen     *sightings
	byName   *Throttle
	byOrigin *Throttle
	byAsker  *Throttle     // letters that somebody asks for
	byLetter *Throttle     // and those about one address, or one account
	byReader *Throttle     // exports
	hashing  chan struct{} // bounds the memory that argon2id takes at once
	decoy    string        // compared when the name has no password, so that time tells nothing
}

// Config is what the service needs from its surroundings.
type Config struct {
	Store    Store
	Sessions Sessions
	IDs      *ident.Source
	Now      func() time.Time
	Random   io.Reader // a cryptographic source
	Keys     Authenticators
	Letters  bool // this server can write to people
}

// NewService returns the service.
func NewService(cfg Config) (*Service, error) {
	decoy, err := hashPassword("no such account", cfg.Random)
	if err != nil {
		return nil, err
	}
	return &Service{
		store: cfg.Store, sessions: cfg.Sessions, remembered: newRemembered(access.Lease, cfg.Now),
		ids: cfg.IDs, now: cfg.Now, random: cfg.Random, keys: cfg.Keys, letters: cfg.Letters, decoy: decoy, seen: newSightings(),
		byName:   NewThrottle(Limit{Tries: 6, Every: 20 * time.Second}, cfg.Now),
		byOrigin: NewThrottle(Limit{Tries: 60, Every: 2 * time.Second}, cfg.Now),
		byAsker:  NewThrottle(Limit{Tries: 12, Every: 2 * time.Minute}, cfg.Now),
		byLetter: NewThrottle(Limit{Tries: 4, Every: 15 * time.Minute}, cfg.Now),
		byReader: NewThrottle(Limit{Tries: 3, Every: 10 * time.Minute}, cfg.Now),
		hashing:  make(chan struct{}, 2),
	}, nil
}

// Opened is a fresh session. Token is the only copy of its secret.
type Opened struct {
	Token   string
	Session Session
}

// SignIn opens a session for a name and password. One refusal,
// 'wrong_credentials', stands for a wrong name and a wrong password.
func (s *Service) SignIn(ctx context.Context, name, password string, from Visitor) (Opened, error) {
	folded := Fold(name)
	if err := s.byOrigin.Take(from.Origin); err != nil {
		return Opened{}, err
	}
	if err := s.byName.Take(folded + "\x00" + from.Origin); err != nil {
		return Opened{}, err
	}
	var a Account
	err := s.store.View(ctx, func(tx Tx) (err error) {
		a, _, err = tx.AccountByFolded(ctx, folded)
		return err
	})
	if err != nil {
		return Opened{}, fmt.Errorf("sign in: %w", err)
	}
	phc := s.decoy
	if a.Password != "" {
		phc = a.Password
	}
	if !s.matches(phc, password) || a.Password == "" {
		return Opened{}, errCredentials()
	}
	s.byName.Restore(folded + "\x00" + from.Origin)
	return s.open(ctx, a, from, ByPassword)
}

// SignUp makes an account with a password and opens a session.
func (s *Service) SignUp(ctx context.Context, name, password string, from Visitor) (Opened, error) {
	if err := s.byOrigin.Take(from.Origin); err != nil {
		return Opened{}, err
	}
	a, err := s.prepare(name, password)
	if err != nil {
		return Opened{}, err
	}
	return s.create(ctx, a, from, ByPassword)
}

// SignInLightly makes an account of a display name alone. It may write in
// public chats; before it pays it gets a password.
func (s *Service) SignInLightly(ctx context.Context, name string, from Visitor) (Opened, error) {
	if err := s.byOrigin.Take(from.Origin); err != nil {
		return Opened{}, err
	}
	clean, err := CleanName(name)
	if err != nil {
		return Opened{}, err
	}
	return s.create(ctx, Account{Name: clean}, from, NoProof)
}

// Whose returns the session that a token opens; false when it opens none.
func (s *Service) Whose(ctx context.Context, token string) (Session, bool, error) {
	if token == "" {
		return Session{}, false, nil
	}
	began, hash, count := s.now(), hashToken(token), s.remembered.count()
	session, found, err := s.sessions.SessionByHash(ctx, hash)
	if err != nil || !found || !s.now().Before(session.Expires) {
		return Session{}, false, err
	}
	s.remembered.keep(hash, session, began, count)
	s.sight(session)
	return session, true, nil
}

// SignOut closes the session of a token.
func (s *Service) SignOut(ctx context.Context, token string) error {
	hash := hashToken(token)
	err := s.store.Update(ctx, func(tx Tx) error { return tx.DeleteSession(ctx, hash) })
	s.remembered.forget(hash) // other nodes notice within a lease
	return err
}

// ByName finds the account that a name, or a look-alike of it, stands for.
func (s *Service) ByName(ctx context.Context, name string) (Account, error) {
	var a Account
	found := false
	err := s.store.View(ctx, func(tx Tx) (err error) {
		a, found, err = tx.AccountByFolded(ctx, Fold(name))
		return err
	})
	if err == nil && !found {
		err = fault.New(fault.Missing, "account_missing", "There is no account of that name.")
	}
	return a, err
}

func (s *Service) prepare(name, password string) (Account, error) {
	clean, err := CleanName(name)
	if err != nil {
		return Account{}, err
	}
	if err := checkPassword(password, clean); err != nil {
		return Account{}, err
	}
	phc, err := s.hash(password)
	return Account{Name: clean, Password: phc}, err
}

func (s *Service) create(ctx context.Context, a Account, from Visitor, by Proof) (Opened, error) {
	a.ID, a.Folded, a.Created, a.Language = ident.Make[ident.Account](s.ids), Fold(a.Name), s.now(), mail.Language(from.Language)
	err := s.store.Update(ctx, func(tx Tx) error {
		ok, err := tx.InsertAccount(ctx, a)
		if err == nil && !ok {
			err = errNameTaken()
		}
		return err
	})
	if err != nil {
		return Opened{}, err
	}
	return s.open(ctx, a, from, by)
}

func (s *Service) open(ctx context.Context, a Account, from Visitor, by Proof) (Opened, error) {
	o, err := s.prepareSession(a, from, by)
	if err != nil {
		return Opened{}, err
	}
	return o, s.store.Update(ctx, func(tx Tx) error { return s.enter(ctx, tx, o, from) })
}

// enter stores a session, and learns in which language its person is written to.
func (s *Service) enter(ctx context.Context, tx Tx, o Opened, from Visitor) error {
	if err := s.learn(ctx, tx, o.Session.Account, from); err != nil {
		return err
	}
	return tx.InsertSession(ctx, hashToken(o.Token), o.Session)
}

// learn keeps the language of the page that somebody looks at.
func (s *Service) learn(ctx context.Context, tx Tx, a Account, from Visitor) error {
	if from.Language == "" || from.Language == a.Language {
		return nil
	}
	return tx.SetLanguage(ctx, a.ID, mail.Language(from.Language))
}

// prepareSession makes a session that is yet to be stored.
func (s *Service) prepareSession(a Account, from Visitor, by Proof) (Opened, error) {
	token, err := s.secret()
	now := s.now()
	session := Session{
		ID: ident.Make[ident.Session](s.ids), Account: a, Device: from.Device,
		Created: now, Seen: day(now), Proof: by, Expires: now.Add(sessionLife),
	}
	if by != NoProof {
		session.Proved = now
	}
	return Opened{Token: token, Session: session}, err
}

func (s *Service) hash(password string) (string, error) {
	s.hashing <- struct{}{}
	defer func() { <-s.hashing }()
	return hashPassword(password, s.random)
}

func (s *Service) matches(phc, password string) bool {
	if len(password) > 4*passwordMax {
		return false
	}
	s.hashing <- struct{}{}
	defer func() { <-s.hashing }()
	return passwordMatches(phc, password)
}

// secret returns 256 random bits in a form that fits a cookie and a URL fragment.
func (s *Service) secret() (string, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(s.random, b); err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// hashToken is what is stored of a secret: a leaked database opens no session.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
