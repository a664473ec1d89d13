// Package ident makes the typed, time-ordered names of things.
//
// Owns: identifier types and how they are made. Promises: identifiers sort by
// the millisecond they were made in, hold 80 random bits, and are 26 lower-case
// characters of Crockford's base 32 (the ULID layout, github.com/ulid/spec).
// Does not do: secrets. An identifier is a name, never a right.
package ident

import (
	"bytes"
	"encoding/base32"
	"encoding/binary"
	"io"
	"sync"
	"time"
)

// One type for each noun, so that the compiler refuses an account where a
// channel is meant. The empty string means 'none'.
type (
	Account      string
	Session      string
	Passkey      string
	Channel      string
	Log          string
	Thread       string
	Event        string
	Grant        string
	Block        string
	Broadcast    string
	Question     string
	Poll         string
	Tier         string
	Checkout     string
	Subscription string
	Payout       string
	Act          string
	Note         string
	Plan         string
	Picture      string
	Emote        string
	Dock         string
	Mark         string
)

// Source makes identifiers from a clock and a source of random bytes. Those that one
// source makes within a millisecond sort in the order in which they were made.
type Source struct {
	now    func() time.Time
	random io.Reader

	mu   sync.Mutex
	last [16]byte
}

// NewSource returns a Source. random must never fail; crypto/rand.Reader does not.
func NewSource(now func() time.Time, random io.Reader) *Source {
	return &Source{now: now, random: random}
}

// Make returns a fresh identifier of type T.
func Make[T ~string](s *Source) T {
	var b [16]byte
	ms := uint64(s.now().UnixMilli())
	binary.BigEndian.PutUint64(b[:8], ms<<16)
	if _, err := io.ReadFull(s.random, b[6:]); err != nil {
		panic("ident: random source failed: " + err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if bytes.Equal(b[:6], s.last[:6]) {
		b = follow(s.last, b)
	}
	s.last = b
	return T(alphabet().EncodeToString(b[:]))
}

// follow is b made to sort behind last, of the same millisecond: its first half counts
// on, the other stays as random as it was, so that nobody guesses the next.
func follow(last, b [16]byte) [16]byte {
	copy(b[6:11], last[6:11])
	for i := 10; i >= 6; i-- {
		if b[i]++; b[i] != 0 {
			break
		}
	}
	return b
}

// Is reports whether id has the form of an identifier: what has not is nobody's, and
// needs no question to a database.
func Is[T ~string](id T) bool {
	b, err := alphabet().DecodeString(string(id))
	return err == nil && len(b) == 16
}

// FirstAt returns what no identifier that is made at t or later sorts before.
func FirstAt[T ~string](t time.Time) T {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(t.UnixMilli())<<16)
	return T(alphabet().EncodeToString(b[:]))
}

func alphabet() *base32.Encoding {
	return base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)
}
