package chat

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// writeBatch decides and writes many posts in one transaction. A refusal is
// kept in its post and does not touch the others.
func (s *Service) writeBatch(ctx context.Context, tx Tx, posts []*pending) error {
	k, err := s.known(ctx, tx, posts)
	if err != nil {
		return err
	}
	var entries []room.Entry
	var writers []*pending
	first := map[Key]*pending{} // of two posts with one key in a batch, the first writes
	var repeats []*pending
	for _, w := range posts {
		w.receipt, w.err, w.previews = Receipt{}, nil, false
		key := keyOf(w.post)
		if old, ok := k.written[key]; ok {
			w.receipt, w.err = s.repeat(w.post, old, k)
			continue
		}
		if w.err = s.mayWrite(w.post, k); w.err != nil {
			continue
		}
		if first[key] != nil {
			repeats = append(repeats, w)
			continue
		}
		w.mentions, w.emotes, w.previews = s.mentions(w.post, k), s.emotes(w.post, k), k.factsOf(w.post).Previews.In(w.post.Audience)
		entry, refusal := s.entry(w, k)
		if refusal == nil {
			refusal = k.turns.take(w, k.factsOf(w.post))
		}
		if refusal != nil {
			w.err = refusal
			continue
		}
		first[key] = w
		entries, writers = append(entries, entry), append(writers, w)
	}
	if err := k.turns.keep(ctx, tx); err != nil {
		return err
	}
	written, err := tx.Append(ctx, entries...)
	if err != nil {
		return err
	}
	for i, w := range writers {
		w.receipt = Receipt{Event: written[i]}
	}
	for _, w := range repeats {
		f := first[keyOf(w.post)]
		w.receipt, w.err = Receipt{Event: f.receipt.Event, Repeated: true}, f.err
	}
	if err := showPictures(ctx, tx, writers); err != nil {
		return err
	}
	if err := showEmotes(ctx, tx, writers, k); err != nil {
		return err
	}
	if err := s.putMentions(ctx, tx, writers, k); err != nil {
		return err
	}
	return s.countPosts(ctx, tx, writers)
}

// known is what the posts of a batch are decided on.
type known struct {
	facts   map[access.Subject]access.Facts
	names   map[ident.Account]string
	written map[Key]event.Encoded
	replied map[Place]Stored
	threads map[ident.Thread]room.Thread
	// pictures are those that posts are written with.
	pictures map[ident.Picture]Picture
	// emotes are what the channels offer whose posts may hold some.
	emotes map[ident.Channel][]Emote
	turns  turns
}

func (k known) factsOf(p Post) access.Facts {
	return k.facts[access.Subject{Account: p.Author, Channel: p.Channel}].Within(p.scope)
}

func (s *Service) known(ctx context.Context, tx Tx, posts []*pending) (k known, err error) {
	var channels []ident.Channel
	var subjects []access.Subject
	var authors []ident.Account
	var keys []Key
	var places []Place
	for _, w := range posts {
		p := w.post
		channels, authors = append(channels, p.Channel), append(authors, p.Author)
		subjects = append(subjects, access.Subject{Account: p.Author, Channel: p.Channel})
		for _, id := range p.Mentions {
			authors, subjects = append(authors, id), append(subjects, access.Subject{Account: id, Channel: p.Channel})
		}
		keys = append(keys, keyOf(p))
		if p.ReplyTo != 0 {
			places = append(places, Place{p.Address, p.ReplyTo})
		}
	}
	if err = tx.LockLogs(ctx, channels...); err != nil {
		return k, err
	}
	if k.threads, err = tx.LockThreads(ctx, threadsOf(posts)); err != nil {
		return k, err
	}
	if k.facts, err = tx.Facts(ctx, subjects); err != nil {
		return k, err
	}
	if k.names, err = tx.Names(ctx, authors); err != nil {
		return k, err
	}
	if k.written, err = tx.EventsByKey(ctx, keys); err != nil {
		return k, err
	}
	if k.replied, err = tx.EventsAt(ctx, places); err != nil {
		return k, err
	}
	if k.pictures, err = picturesFor(ctx, tx, posts); err != nil {
		return k, err
	}
	if k.emotes, err = emotesFor(ctx, tx, posts); err != nil {
		return k, err
	}
	k.turns, err = s.turns(ctx, tx, posts, k)
	return k, err
}

// repeat answers a post whose key was used before: no second message, so that no
// mode is asked. The gate is: a repeated key must not read from a room that has shut.
func (s *Service) repeat(p Post, old event.Encoded, k known) (Receipt, error) {
	if f := access.Decide(k.factsOf(p), access.Reading(p.Audience), s.now()).Fault(s.now()); f != nil {
		return Receipt{}, f
	}
	if p.Audience == room.ThreadRoom {
		if err := s.readsThread(p.Address, k.factsOf(p), k.threads); err != nil {
			return Receipt{}, err
		}
	}
	return Receipt{Event: old, Repeated: true}, nil
}

// mayWrite decides whether its writer may write one post.
func (s *Service) mayWrite(p Post, k known) error {
	facts, ok := k.facts[access.Subject{Account: p.Author, Channel: p.Channel}]
	if !ok {
		return fault.New(fault.Missing, "channel_missing", "There is no such channel.")
	}
	facts = facts.Within(p.scope)
	act, err := action(p.Audience)
	if err != nil {
		return err
	}
	if f := access.Decide(facts, act, s.now()).Fault(s.now()); f != nil {
		return f
	}
	if p.Announcement {
		if f := access.Decide(facts, access.Moderate, s.now()).Fault(s.now()); f != nil {
			return f
		}
	}
	if p.Audience == room.ThreadRoom {
		return s.mayWriteThread(p, facts, k)
	}
	return nil
}

// entry says what to append for a post that may be written.
func (s *Service) entry(w *pending, k known) (room.Entry, error) {
	var err error
	p := w.post
	facts := k.factsOf(p)
	m := event.MessagePosted{Author: s.author(facts, k.names[p.Author]), Text: p.Text, Announcement: p.Announcement, Mentions: w.mentions, Emotes: w.emotes}
	if m.Pictures, err = shown(p, k); err != nil {
		return room.Entry{}, err
	}
	if p.ReplyTo != 0 {
		if m.ReplyTo, err = replyTo(p, k); err != nil {
			return room.Entry{}, err
		}
	}
	return room.Entry{Address: p.Address, Author: p.Author, Key: p.Key, Answers: p.ReplyTo, Payload: m}, nil
}

func (s *Service) author(f access.Facts, name string) event.Author {
	return AuthorOf(f, name, s.now())
}

// AuthorOf describes a writer as they stand at now, for an event.
func AuthorOf(f access.Facts, name string, now time.Time) event.Author {
	a := event.Author{ID: f.Account, Name: name, Role: string(f.Role), Subscriber: f.SubscriberAt(now)}
	if a.Subscriber {
		a.Months, a.Tier = f.Tenure(now), f.Badges(now)
	}
	a.Badge = string(event.BadgeOf(a.Subscriber, a.Months))
	return a
}

func replyTo(p Post, k known) (*event.ReplyTo, error) {
	stored, ok := k.replied[Place{p.Address, p.ReplyTo}]
	if ok {
		if env, err := event.Decode(stored.Event.Bytes); err == nil {
			if m, is := event.As[event.MessagePosted](env); is {
				return &event.ReplyTo{Seq: p.ReplyTo, Name: m.Author.Name, Excerpt: excerpt(m.Text)}, nil
			}
		}
	}
	return nil, fault.New(fault.Missing, "reply_missing", "The message you answer is not there any more.")
}

func keyOf(p Post) Key { return Key{p.Address, p.Author, p.Key} }
