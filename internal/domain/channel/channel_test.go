package channel_test

import (
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newService(w *storetest.World) *channel.Service {
	// People of this world are found by their names as they are written.
	return channel.NewService(store.UnitOf(w.DB, func(tx *store.Tx) channel.Tx { return tx }), w.IDs, w.Clock.Now, account.Fold)
}

func reason(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Reason
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// named makes an account that is found by its name.
func named(t *testing.T, w *storetest.World, name string) ident.Account {
	t.Helper()
	id := ident.Make[ident.Account](w.IDs)
	if err := w.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.InsertAccount(t.Context(), account.Account{ID: id, Name: name, Folded: account.Fold(name), Password: "x", Created: w.Clock.Now()})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestOnlyOperatorsOpenChannels(t *testing.T) {
	w := storetest.NewWorld(t)
	s := newService(w)
	owner := named(t, w, "Jonas")
	operator, other := access.Facts{Account: "o", Full: true, Operator: true}, access.Facts{Account: "x", Full: true}
	for _, c := range []struct {
		by                   access.Facts
		handle, title, owner string
		want                 string
	}{
		{other, "kneadful", "Bread", "Jonas", "operators_only"},
		{access.Facts{}, "kneadful", "Bread", "Jonas", "operators_only"},
		{operator, "kneadful", "Bread", "Nobody", "account_missing"},
		{operator, "k", "Bread", "Jonas", "handle_invalid"},
		{operator, "-dash", "Bread", "Jonas", "handle_invalid"},
		{operator, "a b", "Bread", "Jonas", "handle_invalid"},
		{operator, "zwölf", "Bread", "Jonas", "handle_invalid"},
		{operator, strings.Repeat("a", 31), "Bread", "Jonas", "handle_invalid"},
		{operator, "../etc", "Bread", "Jonas", "handle_invalid"},
		{operator, "kneadful", "", "Jonas", "title_invalid"},
		{operator, "kneadful", " \n ", "Jonas", "title_invalid"},
		{operator, "kneadful", strings.Repeat("é", 81), "Jonas", "title_invalid"},
		{operator, "kneadful", "a\x00b", "Jonas", "title_invalid"},
		{operator, "kneadful", "a\u202eb", "Jonas", "title_invalid"},
		{operator, "kneadful", "\xff", "Jonas", "title_invalid"},
		{operator, " Kneadful ", " Bread \n before dawn ", "J0nas", ""}, // a look-alike finds the same person
		{operator, "kneadful", "Again", "Jonas", "handle_taken"},
		{operator, "KNEADFUL", "Again", "Jonas", "handle_taken"},
	} {
		got, err := s.Open(t.Context(), c.by, c.handle, c.title, c.owner)
		if reason(err) != c.want {
			t.Errorf("%q %q for %q: %v, want %q", c.handle, c.title, c.owner, err, c.want)
		}
		if err == nil && (got.Handle != "kneadful" || got.Title != "Bread before dawn" || got.Owner != owner || got.OwnerName != "Jonas" ||
			got.SpaceOpen || got.LiveAudience != access.LivePublic) {
			t.Errorf("opened %+v", got)
		}
	}
	list, err := s.List(t.Context())
	if err != nil || len(list) != 1 {
		t.Errorf("channels: %v %v", list, err)
	}
	if _, err := s.ByHandle(t.Context(), "nowhere"); reason(err) != "channel_missing" {
		t.Error(err)
	}
	if _, err := s.ByID(t.Context(), "nowhere"); reason(err) != "channel_missing" {
		t.Error(err)
	}
}

func TestOnlyTheOwnerChangesAChannel(t *testing.T) {
	w := storetest.NewWorld(t)
	s := newService(w)
	owner := w.Person("Inès")
	c := w.Channel(owner)
	title := "taken over"
	for name, by := range map[string]ident.Account{
		"nobody": "", "a stranger": w.Person("Sam"), "a subscriber": w.Subscriber(c, w.Person("Yuna"), 1),
		"a moderator": w.Moderator(c, w.Person("Mod")), "another creator": func() ident.Account { o := w.Person("Lia"); w.Channel(o); return o }(),
	} {
		if _, err := s.Change(t.Context(), by, c, channel.Change{Title: &title}); reason(err) != "owner_only" {
			t.Errorf("%s changes the title: %v", name, err)
		}
	}
	if n := len(w.Events(c, room.Public)) + len(w.Events(c, room.Business)); n != 0 {
		t.Errorf("refused changes left %d events", n)
	}
}

// What changes is told to everybody once, and nothing is told when nothing changes.
func TestChangesAreToldOnce(t *testing.T) {
	w := storetest.NewWorld(t)
	s := newService(w)
	owner := w.Person("Inès")
	c := w.Channel(owner) // its space is open
	yes, no, title, private, odd := true, false, "Another title", access.LiveSubscribers, access.LiveAudience("friends")
	kinds := func(a room.Audience) string {
		var out []string
		for _, e := range w.Events(c, a) {
			out = append(out, string(e.Kind))
		}
		return strings.Join(out, " ")
	}
	for _, step := range []struct {
		change           channel.Change
		refused          string
		public, business string
	}{
		{channel.Change{}, "", "", ""},
		{channel.Change{SpaceOpen: &yes}, "", "", ""},
		{channel.Change{SpaceOpen: &no}, "", "space.closed", "settings.changed"},
		{channel.Change{SpaceOpen: &no}, "", "space.closed", "settings.changed"},
		{channel.Change{LiveAudience: &odd}, "live_audience_invalid", "space.closed", "settings.changed"},
		{
			channel.Change{SpaceOpen: &yes, Title: &title, LiveAudience: &private},
			"",
			"space.closed space.opened channel.changed", "settings.changed settings.changed",
		},
		{
			channel.Change{SpaceOpen: &yes, Title: &title, LiveAudience: &private},
			"",
			"space.closed space.opened channel.changed", "settings.changed settings.changed",
		},
	} {
		_, err := s.Change(t.Context(), owner, c, step.change)
		if reason(err) != step.refused || kinds(room.Public) != step.public || kinds(room.Business) != step.business {
			t.Errorf("%+v: %v; told %q and %q", step.change, err, kinds(room.Public), kinds(room.Business))
		}
	}
	got, err := s.ByID(t.Context(), c)
	if err != nil || got.Title != title || !got.SpaceOpen || got.LiveAudience != private {
		t.Errorf("stored: %+v %v", got, err)
	}
}
