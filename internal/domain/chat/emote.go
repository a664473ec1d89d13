package chat

import (
	"context"
	"slices"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// EmotesMax is how many different emotes a message holds at most. Further codes are words.
const EmotesMax = 20

// Emote is one that a channel offers.
type Emote struct {
	ID    ident.Emote
	Code  string
	Level int  // of the tier that it takes; zero: everybody may use it
	Shown bool // a message holds it
}

// EmoteTx is what emotes in messages need inside one transaction.
type EmoteTx interface {
	// OfferedEmotes returns those that channels offer.
	OfferedEmotes(ctx context.Context, channels []ident.Channel) (map[ident.Channel][]Emote, error)
	// ShowEmotes remembers that messages hold them.
	ShowEmotes(ctx context.Context, ids []ident.Emote) error
}

// emotesFor reads what the channels offer in which a post may hold an emote: nothing
// where none does, and otherwise one statement however many posts there are.
func emotesFor(ctx context.Context, tx Tx, posts []*pending) (map[ident.Channel][]Emote, error) {
	var channels []ident.Channel
	for _, w := range posts {
		if c := w.post.Channel; !slices.Contains(channels, c) && text.HasCode(w.post.Text) {
			channels = append(channels, c)
		}
	}
	if len(channels) == 0 {
		return nil, nil
	}
	return tx.OfferedEmotes(ctx, channels)
}

// emotes are those that a post holds: of the codes in its text those that the channel
// offers to its writer at this moment. All others are words, and so is what stands in an
// address.
func (s *Service) emotes(p Post, k known) []event.Emote {
	offered := k.emotes[p.Channel]
	if len(offered) == 0 {
		return nil
	}
	facts := k.factsOf(p)
	var out []event.Emote
	text.Codes(text.WithoutLinks(p.Text), func(code string) bool {
		if slices.ContainsFunc(out, func(e event.Emote) bool { return e.Code == code }) {
			return true
		}
		i := slices.IndexFunc(offered, func(e Emote) bool { return e.Code == code })
		if i < 0 || len(out) == EmotesMax {
			return false
		}
		e := offered[i]
		if !access.Decide(facts.From(e.Level), access.Emoting(e.Level), s.now()).Allowed {
			return false
		}
		out = append(out, event.Emote{Code: code, ID: e.ID})
		return true
	})
	return out
}

// showEmotes remembers which emotes messages hold for the first time, so that their
// pictures stay.
func showEmotes(ctx context.Context, tx Tx, written []*pending, k known) error {
	var first []ident.Emote
	for _, w := range written {
		for _, held := range w.emotes {
			offered := k.emotes[w.post.Channel]
			i := slices.IndexFunc(offered, func(e Emote) bool { return e.ID == held.ID })
			if !offered[i].Shown {
				offered[i].Shown = true
				first = append(first, held.ID)
			}
		}
	}
	if len(first) == 0 {
		return nil
	}
	return tx.ShowEmotes(ctx, first)
}

// beside returns what is written besides the emotes that a text holds.
func beside(words string, held []event.Emote) string {
	if len(held) == 0 {
		return words
	}
	var out strings.Builder
	done := 0
	for _, c := range text.Codes(text.WithoutLinks(words), func(code string) bool {
		return slices.ContainsFunc(held, func(e event.Emote) bool { return e.Code == code })
	}) {
		out.WriteString(words[done:c.From] + " ")
		done = c.To
	}
	return out.String() + words[done:]
}
