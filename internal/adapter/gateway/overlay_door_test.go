package gateway_test

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/subspace-live/subspace/internal/app/apptest"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// opensOverlay enters by a secret.
func opensOverlay(k *apptest.Socket) error {
	_, err := k.Calls(map[string]any{"type": "enter", "overlay": "secret", "room": "public"})
	return err
}

// A secret that is revoked between the look at it and the opening of the door opens
// nothing: nobody would close that door any more.
func TestARevokedOverlayDoesNotSlipIn(t *testing.T) {
	s := newStage(t, false)
	var asked atomic.Int32
	ask := func() (ident.Channel, string, error) {
		if asked.Add(1) == 1 {
			return s.channel, "atelier", nil
		}
		return overlayRevoked()
	}
	s.overlay.Store(&ask)
	var refused *apptest.Problem
	if err := opensOverlay(s.enters("")); !errors.As(err, &refused) || refused.Reason != "overlay_revoked" {
		t.Errorf("it opens: %v", err)
	}
}

// An overlay that could not be looked at stays open, and is looked at again.
func TestAnOverlayIsLookedAtAgain(t *testing.T) {
	s := newStage(t, false)
	works := func() (ident.Channel, string, error) { return s.channel, "atelier", nil }
	away := func() (ident.Channel, string, error) { return "", "", errors.New("the database is away") }
	revoked := overlayRevoked
	s.overlay.Store(&works)
	k := s.enters("")
	if err := opensOverlay(k); err != nil {
		t.Fatal(err)
	}
	s.overlay.Store(&away)
	s.gateway.Recheck(t.Context(), s.channel)
	if _, err := k.Calls(map[string]any{"type": "ping"}); err != nil {
		t.Fatalf("closed because of an outage: %v", err)
	}
	s.overlay.Store(&revoked)
	k.Await("the overlay closes", apptest.Type("closed", "public"))
}
