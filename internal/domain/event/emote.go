package event

import "github.com/subspace-live/subspace/internal/domain/ident"

// Emote is a picture that stands in a text wherever its code does between colons.
type Emote struct {
	Code string      `json:"code"`
	ID   ident.Emote `json:"id"`
}

// EmotesChanged tells pages to read again which emotes the channel offers. What
// messages hold is no other for it.
type EmotesChanged struct{}

// EventKind implements Payload.
func (EmotesChanged) EventKind() (Kind, int) { return "emotes.changed", 1 }
