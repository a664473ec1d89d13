package schedule

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Calendar is what a secret address shows.
type Calendar struct {
	Channel channel.Channel
	Plans   []Plan
}

// Wants is what somebody asked for in a channel.
type Wants struct {
	Feed    bool // has a calendar's address
	Letters bool
}

// FeedTx is what calendars' addresses need inside one transaction.
type FeedTx interface {
	// PutFeed makes the secret of that hash the one of a person in a channel; the one
	// they had finds nothing any more.
	PutFeed(ctx context.Context, who access.Subject, hash string, created time.Time) error
	DropFeed(ctx context.Context, who access.Subject) error
	HasFeed(ctx context.Context, who access.Subject) (bool, error)
	// FeedOf returns whose the secret of that hash is.
	FeedOf(ctx context.Context, hash string) (access.Subject, bool, error)
}

// RenewFeed makes a fresh secret for somebody's calendar of a channel; the old
// address stops working. It is told this once and kept by nobody. Refusals: those of
// the gate.
func (s *Service) RenewFeed(ctx context.Context, by ident.Account, in ident.Channel) (string, error) {
	b := make([]byte, 24)
	if _, err := io.ReadFull(s.Random, b); err != nil {
		return "", fmt.Errorf("calendar secret: %w", err)
	}
	secret, who := base64.RawURLEncoding.EncodeToString(b), access.Subject{Account: by, Channel: in}
	return secret, s.Store.Update(ctx, func(tx Tx) error {
		// Whoever may follow a channel may keep its dates.
		if _, err := access.AllowIn(ctx, tx, who, access.Follow, s.Now()); err != nil {
			return err
		}
		return tx.PutFeed(ctx, who, hashSecret(secret), s.Now())
	})
}

// RevokeFeed makes the address stop working; none is none.
func (s *Service) RevokeFeed(ctx context.Context, by ident.Account, in ident.Channel) error {
	return s.Store.Update(ctx, func(tx Tx) error { return tx.DropFeed(ctx, access.Subject{Account: by, Channel: in}) })
}

// Wants returns what somebody asked for in a channel.
func (s *Service) Wants(ctx context.Context, by ident.Account, in ident.Channel) (w Wants, err error) {
	if by == "" {
		return w, nil
	}
	who := access.Subject{Account: by, Channel: in}
	err = s.Store.View(ctx, func(tx Tx) error {
		if w.Feed, err = tx.HasFeed(ctx, who); err != nil {
			return err
		}
		w.Letters, err = tx.WantsScheduleMail(ctx, who)
		return err
	})
	return w, err
}

// Calendar returns what an address shows now: what its person may know of at this
// moment. Refusals: calendar_revoked, and those of the gate.
func (s *Service) Calendar(ctx context.Context, secret string) (c Calendar, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		who, found, err := tx.FeedOf(ctx, hashSecret(secret))
		if err == nil && !found {
			err = fault.New(fault.Missing, "calendar_revoked", "This calendar address does not work any more. Copy a new one from the channel's schedule.")
		}
		if err != nil {
			return err
		}
		if c.Channel, found, err = tx.ChannelByID(ctx, who.Channel); err != nil || !found {
			return err
		}
		c.Plans, err = s.known(ctx, tx, who.Account, who.Channel)
		return err
	})
	return c, err
}

// hashSecret is what an address is found by, so that looking it up compares no
// secret bytes and no table holds one.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
