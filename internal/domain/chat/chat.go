// Package chat is writing into rooms.
//
// Owns: messages, replies, removal, the pace a person may write at, the modes of
// a room. Promises: a message is acknowledged after its commit and stands once in
// the log however often it is sent with the same key; who may write, how often
// and what is asked in the same transaction that writes. Does not do: questions
// (package question), sanctions (package moderation), delivery.
package chat

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// The lengths of what people write, in characters.
const (
	TextMax    = 500
	keyMax     = 64
	excerptMax = 90
)

// Post is the wish to write a message.
type Post struct {
	room.Address
	Author  ident.Account
	Key     string // chosen by the caller; the same key writes once
	Text    string
	ReplyTo int64 // sequence answered; zero for none
	// Announcement marks what staff want nobody to miss.
	Announcement bool
	Pictures     []Shown // with an update
	// Mentions are those whom the text means with an @ and their name.
	Mentions []ident.Account

	scope access.Scope // it is written within; Service.Post fills it in
}

// Receipt is the answer to a Post that was written.
type Receipt struct {
	Event event.Encoded
	// Repeated says that the key had been used before: this is the first event.
	Repeated bool
}

// CleanText returns words as it is stored, or why it cannot be written.
func CleanText(words string) (string, error) {
	if !utf8.ValidString(words) {
		return "", fault.New(fault.Invalid, "text_invalid", "The text is not valid UTF-8.")
	}
	words = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if text.Steers(r) {
			return -1
		}
		return r
	}, norm.NFC.String(words))
	words = strings.TrimSpace(words)
	if text.Blank(words) {
		return "", fault.New(fault.Invalid, "text_empty", "Write something first.")
	}
	if n := utf8.RuneCountInString(words); n > TextMax {
		return "", fault.New(fault.Invalid, "text_too_long", "A message has at most %d characters; this one has %d.", TextMax, n)
	}
	return words, nil
}

// CleanKey checks an idempotency key.
func CleanKey(key string) error {
	if n := len(key); n < 8 || n > keyMax || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fault.New(fault.Invalid, "key_invalid", "The key has 8 to %d printable ASCII characters without spaces.", keyMax)
	}
	return nil
}

// action is what writing into a room needs.
func action(a room.Audience) (access.Action, error) {
	if posting := access.Posting(a); posting != "" {
		return posting, nil
	}
	return "", fault.New(fault.Missing, "room_missing", "There is no such room to write in.")
}

// excerpt shortens a text for a reply.
func excerpt(text string) string {
	if utf8.RuneCountInString(text) <= excerptMax {
		return text
	}
	runes := []rune(text)
	return strings.TrimSpace(string(runes[:excerptMax-1])) + "…"
}
