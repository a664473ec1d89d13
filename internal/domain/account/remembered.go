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
	return s.session, ok && now.Sub(s.at) < r.life && now.Before(s.session.Expires)
}

func (r *remembered) keep(hash string, s Session, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.byHash) >= rememberedMax {
		clear(r.byHash)
	}
	r.byHash[hash] = sighting{s, at}
}

func (r *remembered) forget(match func(hash string, s Session) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for hash, s := range r.byHash {
		if match(hash, s.session) {
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

// forgetSession is for who signs out here; other nodes notice within a lease.
func (s *Service) forgetSession(hash string) {
	s.remembered.forget(func(h string, _ Session) bool { return h == hash })
}

func (s *Service) forgetOthers(account ident.Account, keep ident.Session) {
	s.remembered.forget(func(_ string, known Session) bool { return known.Account.ID == account && known.ID != keep })
}
