// Package badge owns the pictures that creators give the badges of their
// subscribers.
//
// Owns: which badge has which picture, for all subscribers or for those of one tier. Promises: a picture and the event that
// tells of it commit together; only the owner of a channel changes its pictures; a
// picture is everybody's to see, as badges stand beside public messages. Does not
// do: counting months (package access), naming the steps of tenure (package
// event), reading pictures (adapter/picture).
package badge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Art is a creator's picture for a badge.
type Art struct {
	Tier    ident.Tier // whose subscribers carry it; empty: all whose tier has none of its own
	Badge   event.Badge
	Picture string // what it is called, after what it shows: another picture has another name
}

// Side is the width and height of a picture in pixels: three times what a line
// of the chat shows, for the finest screens.
const Side = 72

// UploadMax is how many bytes of a picture are read.
const UploadMax = 512 << 10

// Tx is what badges need inside one transaction.
type Tx interface {
	room.Appender
	access.Tx

	// Badges returns the pictures of a channel, those of its tiers among them, in no order.
	Badges(ctx context.Context, channel ident.Channel) ([]Art, error)
	// BadgePicture returns the PNG of that name, and whether it is a channel's, of
	// whichever tier.
	BadgePicture(ctx context.Context, channel ident.Channel, art Art) (png []byte, found bool, err error)
	// PutBadge replaces what the channel had; false when it had the same.
	PutBadge(ctx context.Context, channel ident.Channel, art Art, png []byte) (bool, error)
	DropBadge(ctx context.Context, channel ident.Channel, art Art) (bool, error)
	// HasTier reports whether a tier is the channel's.
	HasTier(ctx context.Context, channel ident.Channel, tier ident.Tier) (bool, error)
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Service is what people do with badges.
type Service struct {
	Store Store
	// Redraw makes a square PNG of so many pixels of an uploaded picture, or
	// refuses it.
	Redraw func(ctx context.Context, upload []byte, side int) (png []byte, err error)
	Now    func() time.Time
}

// Of returns the pictures of a channel, in no order.
func (s *Service) Of(ctx context.Context, channel ident.Channel) (art []Art, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		art, err = tx.Badges(ctx, channel)
		return err
	})
	return art, err
}

// Picture returns the PNG that art of a channel names. Refusals: picture_missing.
func (s *Service) Picture(ctx context.Context, channel ident.Channel, art Art) (png []byte, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		var found bool
		if png, found, err = tx.BadgePicture(ctx, channel, art); err == nil && !found {
			err = fault.New(fault.Missing, "picture_missing", "There is no such picture.")
		}
		return err
	})
	return png, err
}

// Put gives a badge the creator's picture in place of what it had. A tier is empty for
// all subscribers whose tier has no picture of its own for it. Refusals: badge_missing,
// tier_missing, picture_too_large, what Redraw refuses, and those of the gate.
func (s *Service) Put(ctx context.Context, by ident.Account, channel ident.Channel, tier ident.Tier, b event.Badge, upload []byte) (Art, error) {
	// Asked before the picture is read, too: that is work.
	if err := s.Store.View(ctx, func(tx Tx) error { return s.allowed(ctx, tx, by, channel, tier) }); err != nil {
		return Art{}, err
	}
	if err := check(b); err != nil {
		return Art{}, err
	}
	if len(upload) > UploadMax {
		return Art{}, fault.New(fault.Invalid, "picture_too_large", "A picture has at most %d KB.", UploadMax>>10)
	}
	png, err := s.Redraw(ctx, upload, Side)
	if err != nil {
		return Art{}, err
	}
	sum := sha256.Sum256(png)
	art := Art{Tier: tier, Badge: b, Picture: hex.EncodeToString(sum[:16])}
	return art, s.change(ctx, by, channel, tier, func(tx Tx) (bool, error) { return tx.PutBadge(ctx, channel, art, png) })
}

// Drop takes the creator's picture of a badge away; none is none. Refusals:
// badge_missing, tier_missing, and those of the gate.
func (s *Service) Drop(ctx context.Context, by ident.Account, channel ident.Channel, tier ident.Tier, b event.Badge) error {
	if err := check(b); err != nil {
		return err
	}
	return s.change(ctx, by, channel, tier, func(tx Tx) (bool, error) {
		return tx.DropBadge(ctx, channel, Art{Tier: tier, Badge: b})
	})
}

// change does what the owner may do, and tells who has the channel open.
func (s *Service) change(ctx context.Context, by ident.Account, channel ident.Channel, tier ident.Tier, do func(Tx) (bool, error)) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		if err := s.allowed(ctx, tx, by, channel, tier); err != nil {
			return err
		}
		changed, err := do(tx)
		if err != nil || !changed {
			return err
		}
		_, err = tx.Append(ctx,
			room.Entry{Address: room.Address{Channel: channel, Audience: room.Public}, Payload: event.ChannelChanged{}},
			room.Entry{Address: room.Address{Channel: channel, Audience: room.Business}, Payload: event.SettingsChanged{By: by}})
		return err
	})
}

func (s *Service) allowed(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel, tier ident.Tier) error {
	if _, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, access.RunChannel, s.Now()); err != nil || tier == "" {
		return err
	}
	has, err := tx.HasTier(ctx, channel, tier)
	if err == nil && !has {
		err = fault.New(fault.Missing, "tier_missing", "The channel has no such tier.")
	}
	return err
}

// check refuses what is no badge with badge_missing.
func check(b event.Badge) error {
	if !slices.ContainsFunc(event.BadgeSteps(), func(s event.BadgeStep) bool { return s.Badge == b }) {
		return fault.New(fault.Missing, "badge_missing", "There is no badge %q.", b)
	}
	return nil
}
