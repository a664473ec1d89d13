package gateway

import (
	"context"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// forgetful is a gate that is only told to forget here.
type forgetful struct{ Gate }

func (forgetful) Forget(access.Subject) {}

// What is written after a change of rights reaches nobody concerned before their
// rights have been read again: the space's bell may be heard before the answer.
func TestPrivateRoomIsHeldBackUntilRightsAreReadAgain(t *testing.T) {
	now := time.Unix(1000, 0)
	clock := func() time.Time { return now }
	g := &Gateway{opt: Options{Gate: forgetful{}, Now: clock}, audiences: map[room.Address]*audience{}, recheck: newRecheckQueue()}
	at := room.Address{Channel: "ines", Audience: room.Space}
	a := &audience{address: at, handle: "ines", now: clock, doors: map[*door]struct{}{}}
	g.audiences[at] = a
	enter := func(id ident.Account) *door {
		c := &conn{session: account.Session{Account: account.Account{ID: id}}, out: make(chan []byte, 8), end: func() {}, ctx: context.Background()}
		d := &door{conn: c, address: at, handle: "ines", confirmed: now}
		a.doors[d] = struct{}{}
		return d
	}
	banned, other := enter("bob"), enter("yuna")

	imposed, err := event.Encode("business", 1, "e1", now, event.SanctionImposed{Account: "bob", Kind: "ban"})
	if err != nil {
		t.Fatal(err)
	}
	began := now // a reading that began before the ban was heard of
	now = now.Add(time.Millisecond)
	g.onBusiness("ines", imposed)
	a.deliver(event.Encoded{Seq: 1, Bytes: []byte(`{}`)})
	if len(banned.conn.out) != 0 || len(other.conn.out) != 1 {
		t.Fatalf("the banned person was sent %d frames and the other %d, want 0 and 1", len(banned.conn.out), len(other.conn.out))
	}
	if !a.confirm(banned, began, time.Time{}) || len(banned.conn.out) != 0 {
		t.Error("an older reading let the room through")
	}
	if !a.confirm(banned, now, time.Time{}) || len(banned.conn.out) != 1 {
		t.Error("a fresh reading that allows did not let through what waited")
	}
}
