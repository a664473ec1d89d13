package gateway_test

import (
	"context"
	"errors"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/gateway"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/app/apptest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// dockOf knows one dock, the creator's, by its own name.
func (s *stage) dockOf(_ context.Context, secret string) (gateway.Dock, error) {
	scope := access.Scope{Dock: ident.Dock(secret), Channel: s.channel, Role: access.RoleOwner}
	return gateway.Dock{Account: s.owner, Name: "Inès", Handle: "atelier", Scope: scope}, nil
}

func (s *stage) liveDocks(_ context.Context, ids []ident.Dock) (map[ident.Dock]bool, error) {
	live := map[ident.Dock]bool{}
	for _, id := range ids {
		live[id] = !s.undocked.Load()
	}
	return live, nil
}

// docked opens a socket of a dock in both rooms.
func (s *stage) docked(id string) *apptest.Socket {
	s.t.Helper()
	k := s.enters("")
	if err := k.Send(map[string]any{"type": "sign_in", "id": "dock", "dock": id}); err != nil {
		s.t.Fatal(err)
	}
	k.Enter("atelier", "public")
	k.Enter("atelier", "space")
	return k
}

// closes waits until a dock's rooms have closed and its socket has ended.
func closes(t *testing.T, k *apptest.Socket) {
	t.Helper()
	for _, in := range []string{"public", "space"} {
		k.Await(in+" closes", func(f apptest.Frame) bool { return f.Type == "closed" && f.Room == in && f.Reason == "dock_revoked" })
	}
	if code := k.Ended(); code != 4001 {
		t.Errorf("it ends with %d", code)
	}
}

// What the channel's business says of a dock closes it, and no other, before anybody
// has asked.
func TestARevokedDockIsClosedByTheBell(t *testing.T) {
	onBothWires(t, func(t *testing.T, newStage stageMaker) {
		s := newStage(t)
		one, other := s.docked("one"), s.docked("other")
		err := s.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Append(t.Context(), room.Entry{
				Address: room.Address{Channel: s.channel, Audience: room.Business}, Payload: event.DockRevoked{Dock: "one", By: s.owner},
			})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s.bell(room.Business)
		closes(t, one)
		s.says(room.Space, "among us")
		other.Hears("space", "among us")
	})
}

// Where no bell tells of it, who asks finds out, and a frame that comes before does
// nothing.
func TestADeadDockIsFoundByAsking(t *testing.T) {
	onBothWires(t, func(t *testing.T, newStage stageMaker) {
		s := newStage(t)
		k := s.docked("one")
		s.undocked.Store(true)
		if _, err := k.Post("atelier", "public", "key-of-the-dock", "too late"); reason(err) != "dock_revoked" && !errors.Is(err, apptest.ErrEnded) {
			t.Errorf("it still writes: %v", err)
		}
		closes(t, k)
	})
}
