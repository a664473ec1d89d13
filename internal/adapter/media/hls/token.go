package hls

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"strings"
	"sync"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// ticket is what a playback address stands for: one playing of one broadcast by
// one person, or by somebody unknown.
type ticket struct {
	session   string // random
	channel   ident.Channel
	handle    string // the channel's, as it stands in the address
	broadcast ident.Broadcast
	account   ident.Account // empty: anonymous
}

// signer makes and reads the tokens in playback addresses. A token is in the
// path, so that relative addresses inherit it and native players work.
type signer struct {
	secret  []byte
	random  io.Reader
	purpose string // what its tokens are for; those of another purpose are none
	known   *known // nil: each token is looked at each time
}

// known remembers tokens that were found good: a viewer shows the same one several
// times a second. They are kept by their digests, so that how long it takes to
// find one tells nothing of it.
type known struct {
	mu      sync.RWMutex
	tickets map[[sha256.Size]byte]ticket
}

// knownLimit bounds what is remembered; beyond it all is forgotten, and found
// good once more.
const knownLimit = 16 << 10

func newKnown() *known { return &known{tickets: map[[sha256.Size]byte]ticket{}} }

func (k *known) get(digest [sha256.Size]byte) (ticket, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	t, ok := k.tickets[digest]
	return t, ok
}

func (k *known) put(digest [sha256.Size]byte, t ticket) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.tickets) >= knownLimit {
		clear(k.tickets)
	}
	k.tickets[digest] = t
}

// The purposes.
const (
	playbackPurpose = "playback.v1"
	replayPurpose   = "replay.v1"
)

// sessionBytes is the randomness of a playback session.
const sessionBytes = 12

// tokenLimit bounds what is looked at; a token is about 140 characters long.
const tokenLimit = 256

func (s signer) mint(t ticket) (ticket, string) {
	var b [sessionBytes]byte
	if _, err := io.ReadFull(s.random, b[:]); err != nil {
		panic("hls: random source failed: " + err.Error())
	}
	t.session = base64.RawURLEncoding.EncodeToString(b[:])
	return t, strings.Join([]string{t.session, string(t.channel), string(t.broadcast), string(t.account), s.sign(t)}, ".")
}

// read returns the ticket of a token under a channel's handle. Whatever is
// wrong, it is false.
func (s signer) read(token, handle string) (ticket, bool) {
	if len(token) > tokenLimit || len(handle) > tokenLimit {
		return ticket{}, false
	}
	if s.known == nil {
		return s.check(token, handle)
	}
	digest := sha256.Sum256([]byte(token + "/" + handle))
	if t, ok := s.known.get(digest); ok {
		return t, true
	}
	t, ok := s.check(token, handle)
	if ok {
		s.known.put(digest, t)
	}
	return t, ok
}

func (s signer) check(token, handle string) (ticket, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 5 {
		return ticket{}, false
	}
	t := ticket{
		session: parts[0], channel: ident.Channel(parts[1]), handle: handle,
		broadcast: ident.Broadcast(parts[2]), account: ident.Account(parts[3]),
	}
	if !hmac.Equal([]byte(parts[4]), []byte(s.sign(t))) { // constant time
		return ticket{}, false
	}
	return t, true
}

func (s signer) sign(t ticket) string {
	m := hmac.New(sha256.New, s.secret)
	for _, field := range []string{s.purpose, t.session, string(t.channel), t.handle, string(t.broadcast), string(t.account)} {
		_, _ = io.WriteString(m, field) // a hash takes everything
		_, _ = m.Write([]byte{0})
	}
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
