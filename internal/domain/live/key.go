package live

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Key is the secret with which an encoder sends to a channel. It never prints:
// logs and errors show a mark in its place, Reveal gives the words themselves.
type Key struct{ secret string }

// keyBytes is the randomness of a key: 160 bits.
const keyBytes = 20

const keyPrefix = "live_"

// ParseKey takes a key as an encoder or a table gives it. Any text is a key;
// whether it opens anything is for the service to say.
func ParseKey(s string) Key { return Key{strings.TrimSpace(s)} }

// newKey draws a key. random must never fail; crypto/rand.Reader does not.
func newKey(random io.Reader) Key {
	var b [keyBytes]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		panic("live: random source failed: " + err.Error())
	}
	return Key{keyPrefix + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))}
}

// Reveal returns the words of the key, for its owner's eyes and the store.
func (k Key) Reveal() string { return k.secret }

// Hash is what a key is found by, so that the search takes no time that depends
// on the secret.
func (k Key) Hash() string {
	sum := sha256.Sum256([]byte(k.secret))
	return hex.EncodeToString(sum[:])
}

// Equal compares in constant time.
func (k Key) Equal(other Key) bool {
	return k.secret != "" && subtle.ConstantTimeCompare([]byte(k.secret), []byte(other.secret)) == 1
}

// Format implements fmt.Formatter and hides the secret from every verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "live_…") }

// MarshalText hides the secret from encoders of logs.
func (k Key) MarshalText() ([]byte, error) { return []byte("live_…"), nil }

// Ingest is how a channel is sent to: its key, and the title of the next broadcast.
type Ingest struct {
	Channel ident.Channel
	Key     Key
	Title   string
}

func errKey() *fault.Fault {
	return fault.New(fault.Denied, "stream_key_wrong", "This stream key opens no channel. Copy it again from the cockpit.")
}
