package chat

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// MentionsMax is how many people a message mentions at most.
const MentionsMax = 5

// MentionPace returns the limit that a Pacer for messages with mentions should hold.
func MentionPace() (tries int, every time.Duration) { return 10, 10 * time.Second }

// Mentioned is somebody whom a private message mentions.
type Mentioned struct {
	Account ident.Account
	Log     ident.Log
	Seq     int64
}

// MentionTx is what mentioning needs inside one transaction.
type MentionTx interface {
	// PutMentions remembers who was mentioned, where and when.
	PutMentions(ctx context.Context, who []Mentioned, at time.Time) error
}

// mentioning returns a post with those whom it may mention; an error when they are
// too many. Whoever has mentioned others too often of late writes the same words, and
// nobody is meant by them.
func (s *Service) mentioning(p Post) (Post, error) {
	if len(p.Mentions) > MentionsMax {
		return p, fault.New(fault.Invalid, "too_many_mentions", "A message mentions at most %d people.", MentionsMax)
	}
	p.Mentions = distinctMentions(p)
	if len(p.Mentions) > 0 && s.Mentions != nil && s.Mentions.Take(string(p.Author)) != nil {
		p.Mentions = nil
	}
	return p, nil
}

// mentions are those whom a post mentions: of the accounts that its writer means,
// those whose names it holds after an @. Whether they may read it is not among what
// the event says: its readers would learn who pays, or who is shut out.
func (s *Service) mentions(p Post, k known) []event.Mention {
	var meant []event.Mention
	for _, id := range p.Mentions {
		if name := k.names[id]; name != "" {
			meant = append(meant, event.Mention{ID: id, Name: name})
		}
	}
	return named(p.Text, meant)
}

// reads reports whether somebody who is mentioned may read the post.
func (s *Service) reads(id ident.Account, p Post, k known) bool {
	facts, ok := k.facts[access.Subject{Account: id, Channel: p.Channel}]
	if p.Audience == room.ThreadRoom {
		facts = facts.From(k.threads[p.Thread].Level)
	}
	return ok && access.Decide(facts, access.Reading(p.Audience), s.now()).Allowed
}

// named returns those whose names stand in words after an @, each once, in the order
// in which they do. Of several names that fit, the longest is meant.
func named(words string, meant []event.Mention) []event.Mention {
	var out []event.Mention
	slices.SortFunc(meant, func(a, b event.Mention) int { return len(b.Name) - len(a.Name) })
	for i := range words {
		before, _ := utf8.DecodeLastRuneInString(words[:i])
		if words[i] != '@' || inWord(before) {
			continue
		}
		for _, m := range meant {
			rest, ok := strings.CutPrefix(words[i+1:], m.Name)
			after, _ := utf8.DecodeRuneInString(rest)
			if ok && (rest == "" || !inWord(after)) {
				if !slices.Contains(out, m) {
					out = append(out, m)
				}
				break
			}
		}
	}
	return out
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// distinctMentions are the accounts that a post means, but for its writer.
func distinctMentions(p Post) []ident.Account {
	var ids []ident.Account
	for _, id := range p.Mentions {
		if ident.Is(id) && id != p.Author && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// putMentions remembers whom private posts that were just written mention, of those
// who may read them. Nobody is told later of what was said in public.
func (s *Service) putMentions(ctx context.Context, tx Tx, written []*pending, k known) error {
	var who []Mentioned
	for _, w := range written {
		if w.post.Audience == room.Public {
			continue
		}
		for _, m := range w.mentions {
			if !s.reads(m.ID, w.post, k) {
				continue
			}
			who = append(who, Mentioned{m.ID, w.receipt.Event.Log, w.receipt.Event.Seq})
		}
	}
	if len(who) == 0 {
		return nil
	}
	return tx.PutMentions(ctx, who, s.now())
}
