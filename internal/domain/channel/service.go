package channel

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

// Tx is what the rules of channels need inside one transaction.
type Tx interface {
	room.Appender
	access.Tx
	audit.Recorder

	AccountNamed(ctx context.Context, folded string) (ident.Account, bool, error)
	// InsertChannel makes the channel and its three logs; false when the handle is taken.
	InsertChannel(ctx context.Context, c Channel) (bool, error)
	ChannelByID(ctx context.Context, id ident.Channel) (Channel, bool, error)
	ChannelByHandle(ctx context.Context, handle string) (Channel, bool, error)
	// Channels returns all that are live, then the newest others up to limit.
	Channels(ctx context.Context, limit int) ([]Channel, error)
	SetChannel(ctx context.Context, c Channel) error
	Moderators(ctx context.Context, id ident.Channel) ([]Moderator, error)
	// PutModerator gives an account a grade.
	PutModerator(ctx context.Context, id ident.Channel, account ident.Account, grade access.Grade) error
	// DropModerator reports whether anything changed. What the person could still
	// open as a moderator, their docks' addresses, opens nothing any more.
	DropModerator(ctx context.Context, id ident.Channel, account ident.Account) (bool, error)
	// PutFollower and DropFollower report whether anything changed, and keep the
	// channel's count of followers.
	PutFollower(ctx context.Context, id ident.Channel, account ident.Account, since time.Time) (bool, error)
	DropFollower(ctx context.Context, id ident.Channel, account ident.Account) (bool, error)
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Service is what people do with channels.
type Service struct {
	store Store
	ids   *ident.Source
	now   func() time.Time
	fold  func(name string) string

	// FollowPace slows down whoever follows and leaves over and over; nil: nobody is.
	FollowPace Pacer
	// Previews lets creators have links looked up.
	Previews bool
}

// Pacer slows down whoever does something too often; its error says how long to wait.
type Pacer interface{ Take(key string) error }

// NewService returns the service. fold maps a name to the form accounts are found by.
func NewService(store Store, ids *ident.Source, now func() time.Time, fold func(string) string) *Service {
	return &Service{store: store, ids: ids, now: now, fold: fold}
}

// listed is how many channels a home page holds for now, besides the live ones.
const listed = 200

// Open makes a channel for the owner of the given name. by must be an operator.
func (s *Service) Open(ctx context.Context, by access.Facts, handle, title, owner string) (Channel, error) {
	if f := access.Decide(by, access.OpenChannel, s.now()).Fault(s.now()); f != nil {
		return Channel{}, f
	}
	handle, err := CleanHandle(handle)
	if err != nil {
		return Channel{}, err
	}
	if title, err = CleanTitle(title); err != nil {
		return Channel{}, err
	}
	c := Channel{
		ID: ident.Make[ident.Channel](s.ids), Handle: handle, Title: title,
		LiveAudience: access.LivePublic, Created: s.now(),
	}
	err = s.store.Update(ctx, func(tx Tx) error {
		id, ok, err := tx.AccountNamed(ctx, s.fold(owner))
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Missing, "account_missing", "There is no account of that name.")
		}
		c.Owner = id
		if ok, err = tx.InsertChannel(ctx, c); err == nil && !ok {
			err = fault.New(fault.Conflict, "handle_taken", "That handle is taken.")
		}
		return err
	})
	if err != nil {
		return Channel{}, err
	}
	return s.ByHandle(ctx, handle)
}

// ByHandle finds a channel.
func (s *Service) ByHandle(ctx context.Context, handle string) (Channel, error) {
	var c Channel
	err := s.store.View(ctx, func(tx Tx) error {
		found, ok, err := tx.ChannelByHandle(ctx, handle)
		if c = found; err == nil && !ok {
			err = errMissing()
		}
		return err
	})
	return c, err
}

// ByID finds a channel.
func (s *Service) ByID(ctx context.Context, id ident.Channel) (Channel, error) {
	var c Channel
	err := s.store.View(ctx, func(tx Tx) error {
		found, ok, err := tx.ChannelByID(ctx, id)
		if c = found; err == nil && !ok {
			err = errMissing()
		}
		return err
	})
	return c, err
}

// List returns the channels of this server: all that are live, then the newest.
func (s *Service) List(ctx context.Context) ([]Channel, error) {
	var cs []Channel
	err := s.store.View(ctx, func(tx Tx) (err error) {
		cs, err = tx.Channels(ctx, listed)
		return err
	})
	return cs, err
}

// Change is what the owner may set. Nil leaves as it is.
type Change struct {
	Title        *string
	SpaceOpen    *bool
	LiveAudience *access.LiveAudience
	// Whether links in the public chat, and in the Sub Space with its threads, are
	// looked up.
	PreviewPublic, PreviewSpace *bool
}

// Change sets what is given and tells both rooms. Refusals: title_invalid,
// live_audience_invalid, previews_off, and those of the gate.
func (s *Service) Change(ctx context.Context, by ident.Account, id ident.Channel, ch Change) (Channel, error) {
	if ch.Title != nil {
		title, err := CleanTitle(*ch.Title)
		if err != nil {
			return Channel{}, err
		}
		ch.Title = &title
	}
	if a := ch.LiveAudience; a != nil && *a != access.LivePublic && *a != access.LiveSubscribers {
		return Channel{}, fault.New(fault.Invalid, "live_audience_invalid", "Lives are for 'public' or for 'subscribers'.")
	}
	if !s.Previews && (isTrue(ch.PreviewPublic) || isTrue(ch.PreviewSpace)) {
		return Channel{}, fault.New(fault.Conflict, "previews_off", "This server looks no addresses up.")
	}
	var c Channel
	err := s.store.Update(ctx, func(tx Tx) (err error) {
		owner, was, err := s.own(ctx, tx, by, id)
		if err != nil {
			return err
		}
		c = was
		entries := ch.apply(&c, by)
		if len(entries) == 0 {
			return nil
		}
		if err := tx.Record(ctx, audit.By(owner, audit.ChannelChanged, s.now()).Changing(was.state(), c.state())); err != nil {
			return err
		}
		if err := tx.SetChannel(ctx, c); err != nil {
			return err
		}
		_, err = tx.Append(ctx, entries...)
		return err
	})
	return c, err
}

func (c Channel) state() audit.State {
	return audit.State{
		"title": c.Title, "space_open": strconv.FormatBool(c.SpaceOpen), "live_audience": string(c.LiveAudience),
		"preview_public": strconv.FormatBool(c.Previews.Public), "preview_space": strconv.FormatBool(c.Previews.Space),
	}
}

func isTrue(b *bool) bool { return b != nil && *b }

func (ch Change) apply(c *Channel, by ident.Account) []room.Entry {
	var told []event.Payload
	if ch.SpaceOpen != nil && *ch.SpaceOpen != c.SpaceOpen {
		c.SpaceOpen = *ch.SpaceOpen
		if c.SpaceOpen {
			told = append(told, event.SpaceOpened{})
		} else {
			told = append(told, event.SpaceClosed{})
		}
	}
	titled := ch.Title != nil && *ch.Title != c.Title
	if titled {
		c.Title = *ch.Title
	}
	filtered := ch.LiveAudience != nil && *ch.LiveAudience != c.LiveAudience
	if filtered {
		c.LiveAudience = *ch.LiveAudience
	}
	previews := c.Previews
	if ch.PreviewPublic != nil {
		c.Previews.Public = *ch.PreviewPublic
	}
	if ch.PreviewSpace != nil {
		c.Previews.Space = *ch.PreviewSpace
	}
	if titled || filtered || c.Previews != previews {
		told = append(told, event.ChannelChanged{})
	}
	var entries []room.Entry
	for _, p := range told {
		entries = append(entries, room.Entry{Address: room.Address{Channel: c.ID, Audience: room.Public}, Payload: p})
	}
	if len(entries) > 0 {
		entries = append(entries, business(c.ID, event.SettingsChanged{By: by}))
	}
	return entries
}

// own loads the channel for its owner; the gate refuses anybody else.
func (s *Service) own(ctx context.Context, tx Tx, by ident.Account, id ident.Channel) (access.Facts, Channel, error) {
	owner, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: id}, access.RunChannel, s.now())
	if err != nil {
		return owner, Channel{}, err
	}
	c, ok, err := tx.ChannelByID(ctx, id)
	if err == nil && !ok {
		err = errMissing()
	}
	return owner, c, err
}

func business(id ident.Channel, p event.Payload) room.Entry {
	return room.Entry{Address: room.Address{Channel: id, Audience: room.Business}, Payload: p}
}
