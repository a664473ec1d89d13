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
	broadcast ident.Broadcast
	account   ident.Account // empty: anonymous
}

// signer makes and reads the tokens in playback addresses. A token is in the
// path, so that relative addresses inherit it and native players work.
type signer struct {
	secret []byte
	random io.Reader
}

// sessionBytes is the randomness of a playback session.
const sessionBytes = 12

// tokenLimit bounds what is looked at; a token is about 115 characters long.
const tokenLimit = 256

func (s signer) mint(channel ident.Channel, broadcast ident.Broadcast, account ident.Account) (ticket, string) {
	var b [sessionBytes]byte
	if _, err := io.ReadFull(s.random, b[:]); err != nil {
		panic("hls: random source failed: " + err.Error())
	}
	t := ticket{base64.RawURLEncoding.EncodeToString(b[:]), channel, broadcast, account}
	return t, t.session + "." + string(broadcast) + "." + string(account) + "." + s.sign(t)
}

// read returns the ticket of a token for channel. Whatever is wrong, it is false.
func (s signer) read(token string, channel ident.Channel) (ticket, bool) {
	if len(token) > tokenLimit {
		return ticket{}, false
	}
	parts := strings.Split(token, ".")
	if len(parts) != 4 {
		return ticket{}, false
	}
	t := ticket{parts[0], channel, ident.Broadcast(parts[1]), ident.Account(parts[2])}
	if !hmac.Equal([]byte(parts[3]), []byte(s.sign(t))) { // constant time
		return ticket{}, false
	}
	return t, true
}

func (s signer) sign(t ticket) string {
	m := hmac.New(sha256.New, s.secret)
	for _, field := range []string{"playback.v1", t.session, string(t.channel), string(t.broadcast), string(t.account)} {
		_, _ = io.WriteString(m, field) // a hash takes everything
		_, _ = m.Write([]byte{0})
	}
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
