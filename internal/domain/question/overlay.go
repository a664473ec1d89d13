package question

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// OverlayTx is what the overlay's address needs inside one transaction.
type OverlayTx interface {
	Tx
	OverlaySecret(ctx context.Context, channel ident.Channel) (string, bool, error)
	OverlayChannel(ctx context.Context, hash string) (ident.Channel, bool, error)
	PutOverlay(ctx context.Context, channel ident.Channel, secret, hash string) error
	DropOverlay(ctx context.Context, channel ident.Channel) (bool, error)
}

// OverlayStore runs transactions. f may run more than once.
type OverlayStore interface {
	Update(ctx context.Context, f func(OverlayTx) error) error
	View(ctx context.Context, f func(OverlayTx) error) error
}

// Overlay gives out the secret address of the layer that OBS shows.
type Overlay struct {
	*Service
	store  OverlayStore
	random io.Reader
}

// NewOverlay returns the overlay's service. random must be a cryptographic source.
func NewOverlay(s *Service, store OverlayStore, random io.Reader) *Overlay {
	return &Overlay{s, store, random}
}

// Secret returns the secret of the channel's overlay, empty when it has none.
// Only the creator may ask.
func (o *Overlay) Secret(ctx context.Context, by ident.Account, channel ident.Channel) (secret string, err error) {
	err = o.store.View(ctx, func(tx OverlayTx) error {
		if _, err := o.allowed(ctx, tx, by, channel, access.RunChannel); err != nil {
			return err
		}
		secret, _, err = tx.OverlaySecret(ctx, channel)
		return err
	})
	return secret, err
}

// Renew makes a fresh secret; the old address stops working at once.
func (o *Overlay) Renew(ctx context.Context, by ident.Account, channel ident.Channel) (string, error) {
	b := make([]byte, 24)
	if _, err := io.ReadFull(o.random, b); err != nil {
		return "", fmt.Errorf("overlay secret: %w", err)
	}
	secret := base64.RawURLEncoding.EncodeToString(b)
	return secret, o.change(ctx, by, channel, func(tx OverlayTx) (bool, error) {
		return true, tx.PutOverlay(ctx, channel, secret, hashSecret(secret))
	})
}

// Revoke makes the overlay's address stop working.
func (o *Overlay) Revoke(ctx context.Context, by ident.Account, channel ident.Channel) error {
	return o.change(ctx, by, channel, func(tx OverlayTx) (bool, error) { return tx.DropOverlay(ctx, channel) })
}

// Channel returns whose overlay a secret opens, or the fault 'overlay_revoked'.
func (o *Overlay) Channel(ctx context.Context, secret string) (id ident.Channel, err error) {
	err = o.store.View(ctx, func(tx OverlayTx) error {
		found, ok, err := tx.OverlayChannel(ctx, hashSecret(secret))
		if id = found; err == nil && !ok {
			err = fault.New(fault.Missing, "overlay_revoked", "This overlay address does not work any more. Copy the new one from the cockpit.")
		}
		return err
	})
	return id, err
}

func (o *Overlay) change(ctx context.Context, by ident.Account, channel ident.Channel, set func(OverlayTx) (bool, error)) error {
	return o.store.Update(ctx, func(tx OverlayTx) error {
		if _, err := o.allowed(ctx, tx, by, channel, access.RunChannel); err != nil {
			return err
		}
		changed, err := set(tx)
		if err != nil || !changed {
			return err
		}
		_, err = tx.Append(ctx, room.Entry{
			Address: room.Address{Channel: channel, Audience: room.Business},
			Payload: event.OverlayRevoked{By: by},
		})
		return err
	})
}

// hashSecret is what an overlay is found by, so that looking it up compares no
// secret bytes.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
