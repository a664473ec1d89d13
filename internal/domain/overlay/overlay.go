// Package overlay owns the layer that OBS lays over the picture.
//
// Owns: its secret address, where each plate stands and how it looks, the goal of
// subscriptions, which happy news are shown. Promises: only the creator sets it up,
// whatever is shown by it may be seen by everybody, a revoked address opens nothing
// from that moment on, and the goal's number is the people who hold a right at that
// moment, derived from their rights and never counted up. Does not do: questions and
// polls, which are read where they live; carrying anything to a browser.
package overlay

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Tx is what the overlay needs inside one transaction.
type Tx interface {
	room.Appender
	access.Tx
	audit.Recorder

	OverlaySecret(ctx context.Context, channel ident.Channel) (string, bool, error)
	OverlayChannel(ctx context.Context, hash string) (ident.Channel, bool, error)
	PutOverlay(ctx context.Context, channel ident.Channel, secret, hash string) error
	DropOverlay(ctx context.Context, channel ident.Channel) (bool, error)

	// OverlaySetups returns how channels have set theirs up; one that never did is
	// missing.
	OverlaySetups(ctx context.Context, channels []ident.Channel) (map[ident.Channel]Setup, error)
	PutOverlaySetup(ctx context.Context, channel ident.Channel, s Setup) error
	// Holders counts the people who hold a right to each channel at a moment, and
	// says when the clock alone will change that number next; a channel without any
	// is missing.
	Holders(ctx context.Context, channels []ident.Channel, at time.Time) (map[ident.Channel]Holders, error)
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Service gives out the overlay's address, and is asked how it is set up.
type Service struct {
	store  Store
	now    func() time.Time
	random io.Reader
}

// NewService returns the service. random must be a cryptographic source.
func NewService(store Store, now func() time.Time, random io.Reader) *Service {
	return &Service{store, now, random}
}

// Secret returns the secret of the channel's overlay, empty when it has none.
// Only the creator may ask.
func (s *Service) Secret(ctx context.Context, by ident.Account, channel ident.Channel) (secret string, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		if _, err := s.owner(ctx, tx, by, channel); err != nil {
			return err
		}
		secret, _, err = tx.OverlaySecret(ctx, channel)
		return err
	})
	return secret, err
}

// Renew makes a fresh secret; the old address stops working at once.
func (s *Service) Renew(ctx context.Context, by ident.Account, channel ident.Channel) (string, error) {
	b := make([]byte, 24)
	if _, err := io.ReadFull(s.random, b); err != nil {
		return "", fmt.Errorf("overlay secret: %w", err)
	}
	secret := base64.RawURLEncoding.EncodeToString(b)
	return secret, s.change(ctx, by, channel, func(tx Tx) (bool, error) {
		return true, tx.PutOverlay(ctx, channel, secret, hashSecret(secret))
	})
}

// Revoke makes the overlay's address stop working.
func (s *Service) Revoke(ctx context.Context, by ident.Account, channel ident.Channel) error {
	return s.change(ctx, by, channel, func(tx Tx) (bool, error) { return tx.DropOverlay(ctx, channel) })
}

// Channel returns whose overlay a secret opens, or the fault 'overlay_revoked'.
func (s *Service) Channel(ctx context.Context, secret string) (id ident.Channel, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		found, ok, err := tx.OverlayChannel(ctx, hashSecret(secret))
		if id = found; err == nil && !ok {
			err = fault.New(fault.Missing, "overlay_revoked", "This overlay address does not work any more. Copy the new one from the cockpit.")
		}
		return err
	})
	return id, err
}

func (s *Service) change(ctx context.Context, by ident.Account, channel ident.Channel, set func(Tx) (bool, error)) error {
	return s.store.Update(ctx, func(tx Tx) error {
		if _, err := s.owner(ctx, tx, by, channel); err != nil {
			return err
		}
		changed, err := set(tx)
		if err != nil || !changed {
			return err
		}
		_, err = tx.Append(ctx, business(channel, event.OverlayRevoked{By: by}))
		return err
	})
}

func (s *Service) owner(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel) (access.Facts, error) {
	return access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, access.RunChannel, s.now())
}

func business(channel ident.Channel, p event.Payload) room.Entry {
	return room.Entry{Address: room.Address{Channel: channel, Audience: room.Business}, Payload: p}
}

// hashSecret is what an overlay is found by, so that looking it up compares no
// secret bytes.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
