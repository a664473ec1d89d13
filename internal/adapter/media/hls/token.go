package hls

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"strings"

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
	if len(token) > tokenLimit {
		return ticket{}, false
	}
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
