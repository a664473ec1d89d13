package chat

import (
	"context"
	"strconv"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// The bounds of modes.
const (
	SlowMax        = 10 * time.Minute
	FollowedForMax = 90 * 24 * time.Hour
	// JustSaid is how far back a message may not say what another one said.
	JustSaid = 10 * time.Minute
	// rememberedAtOnce is how many of the newest messages count when 'unique' begins.
	rememberedAtOnce = 500
)

// ModesTx is what modes need inside one transaction.
type ModesTx interface {
	// Modes returns how a room is written in.
	Modes(ctx context.Context, at room.Address) (room.Modes, error)
	PutModes(ctx context.Context, at room.Address, m room.Modes) error
	// LastWritten returns when writers last wrote, messages that were removed among them.
	LastWritten(ctx context.Context, writers []Writer) (map[Writer]time.Time, error)
	// Said returns which words were said in their rooms after a moment.
	Said(ctx context.Context, words []Words, after time.Time) (map[Words]bool, error)
	// PutSaid remembers that words were said at a moment, and forgets for those
	// rooms what was said before another.
	PutSaid(ctx context.Context, words []Words, at, forget time.Time) error
	// Terms returns a channel's blocked terms.
	Terms(ctx context.Context, channel ident.Channel) ([]string, error)
	// WrittenSince returns the newest messages of a room after a moment, at most limit.
	WrittenSince(ctx context.Context, at room.Address, since time.Time, limit int) ([]Stored, error)
}

// Writer is a person in a room.
type Writer struct {
	room.Address
	Account ident.Account
}

// Words is a digest of what a message says in a room.
type Words struct {
	room.Address
	Digest string
}

// CheckModes returns why a room cannot have the modes, or nil.
func CheckModes(a room.Audience, m room.Modes) error {
	if _, err := action(a); err != nil {
		return err
	}
	whole := m.Slow%time.Second == 0 && m.FollowedFor%time.Second == 0
	switch {
	case !whole || m.Slow < 0 || m.Slow > SlowMax:
		return errModes("Slow mode takes whole seconds, at most %d.", int(SlowMax.Seconds()))
	case m.FollowedFor < 0 || m.FollowedFor > FollowedForMax || (m.FollowedFor > 0 && !m.Followers):
		return errModes("Followers-only takes at most 90 days, and no time while it is off.")
	case m.Subscribers && a != room.Public:
		return errModes("The Sub Space is for subscribers anyway.")
	}
	return nil
}

func errModes(format string, args ...any) error {
	return fault.New(fault.Invalid, "modes_invalid", format, args...)
}

// SetModes sets how a room is written in from now on, and tells everybody in it.
// Staff may, but for assistants. Setting what is set changes nothing.
func (s *Service) SetModes(ctx context.Context, by ident.Account, at room.Address, m room.Modes) error {
	if err := CheckModes(at.Audience, m); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx Tx) error {
		actor, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: at.Channel}, access.SetManners, s.now())
		if err != nil {
			return err
		}
		old, err := tx.Modes(ctx, at)
		if err != nil || old == m {
			return err
		}
		if err := tx.PutModes(ctx, at, m); err != nil {
			return err
		}
		if m.Unique && !old.Unique {
			if err := s.remember(ctx, tx, at); err != nil {
				return err
			}
		}
		e := audit.By(actor, audit.ModesSet, s.now()).About("", string(at.Audience)).Changing(modesState(old), modesState(m))
		if err := tx.Record(ctx, e); err != nil {
			return err
		}
		// The business log has who did it, and has every gate read the rights again:
		// first, for whoever hears of the modes and asks what they may do now.
		business := room.Address{Channel: at.Channel, Audience: room.Business}
		_, err = tx.Append(ctx, room.Entry{Address: business, Payload: event.SettingsChanged{By: by}}, room.Entry{Address: at, Payload: m.Told()})
		return err
	})
}

func modesState(m room.Modes) audit.State {
	seconds := func(d time.Duration) string { return strconv.FormatInt(int64(d.Seconds()), 10) }
	out := audit.State{"slow": seconds(m.Slow), "followers": strconv.FormatBool(m.Followers)}
	if m.Followers {
		out["followed_for"] = seconds(m.FollowedFor)
	}
	for name, on := range map[string]bool{"subscribers": m.Subscribers, "emotes": m.Emotes, "unique": m.Unique} {
		out[name] = strconv.FormatBool(on)
	}
	return out
}

// remember has what was said before 'unique' began count too.
func (s *Service) remember(ctx context.Context, tx Tx, at room.Address) error {
	now := s.now()
	written, err := tx.WrittenSince(ctx, at, now.Add(-JustSaid), rememberedAtOnce)
	if err != nil {
		return err
	}
	var words []Words
	seen := map[Words]bool{}
	for _, w := range written {
		env, err := event.Decode(w.Event.Bytes)
		if err != nil {
			return err
		}
		if m, is := event.As[event.MessagePosted](env); is {
			if d := wordsOf(at, m.Text); !seen[d] {
				seen[d] = true
				words = append(words, d)
			}
		}
	}
	return tx.PutSaid(ctx, words, now, now.Add(-JustSaid))
}
