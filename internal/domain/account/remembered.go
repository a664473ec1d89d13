package account

import (
	"context"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// rememberedMax bounds the sessions in memory; when it is reached all are let go.
const rememberedMax = 50_000

// remembered is sessions that were read a moment ago.
type remembered struct {
	life time.Duration
	now  func() time.Time

	mu     sync.Mutex
	byHash map[string]sighting
	forgot uint64 // how often something was forgotten: a read that began before is not kept
}

type sighting struct {
	session Session
	at      time.Time // when the read that brought it began
}

func newRemembered(life time.Duration, now func() time.Time) *remembered {
	return &remembered{life: life, now: now, byHash: map[string]sighting{}}
}

func (r *remembered) find(hash string) (Session, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.byHash[hash]
	now := r.now()
	if !ok || now.Sub(s.at) >= r.life || !now.Before(s.session.Expires) {
		return Session{}, false
	}
	return s.session, true
}

// count is to be taken before a read, and given to keep.
func (r *remembered) count() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.forgot
}

func (r *remembered) keep(hash string, s Session, at time.Time, count uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.forgot != count {
		return
	}
	if len(r.byHash) >= rememberedMax {
		clear(r.byHash)
	}
	r.byHash[hash] = sighting{s, at}
}

func (r *remembered) forget(hash string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgot++
	delete(r.byHash, hash)
}

func (r *remembered) forgetOthers(account ident.Account, keep ident.Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgot++
	for hash, s := range r.byHash {
		if s.session.Account.ID == account && s.session.ID != keep {
			delete(r.byHash, hash)
		}
	}
}

func (r *remembered) forgetSession(id ident.Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgot++
	for hash, s := range r.byHash {
		if s.session.ID == id {
			delete(r.byHash, hash)
		}
	}
}

// Listening is Whose for doors that only send: a session may be remembered for
// as long as an open door may stay open unconfirmed (access.Lease). A crowd with
// its segments and sockets then costs the database few reads. What a person does
// is asked of Whose.
func (s *Service) Listening(ctx context.Context, token string) (Session, bool, error) {
	if token == "" {
		return Session{}, false, nil
	}
	if session, ok := s.remembered.find(hashToken(token)); ok {
		return session, true, nil
	}
	return s.Whose(ctx, token)
}

// Recall is Listening from memory: not known when it would have to read. Nobody's
// session is empty.
func (s *Service) Recall(token string) (who Session, known bool) {
	if token == "" {
		return Session{}, true
	}
	return s.remembered.find(hashToken(token))
}

// Learn is Listening for many tokens, read in one go. Nobody's session is empty.
func (s *Service) Learn(ctx context.Context, tokens []string) ([]Session, error) {
	began, count := s.now(), s.remembered.count()
	hashes := make([]string, len(tokens))
	for i, token := range tokens {
		hashes[i] = hashToken(token)
	}
	found, err := s.sessions.SessionsByHash(ctx, hashes)
	if err != nil {
		return nil, err
	}
	who := make([]Session, len(tokens))
	for i, hash := range hashes {
		if session, ok := found[hash]; ok && s.now().Before(session.Expires) {
			s.remembered.keep(hash, session, began, count)
			s.sight(session)
			who[i] = session
		}
	}
	return who, nil
}
