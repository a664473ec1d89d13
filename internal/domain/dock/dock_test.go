package dock_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/dock"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type stage struct {
	*storetest.World
	docks   *dock.Service
	owner   ident.Account
	mod     ident.Account
	yuna    ident.Account // a subscriber
	channel ident.Channel
}

func newStage(t testing.TB) *stage {
	t.Helper()
	s := &stage{World: storetest.NewWorld(t)}
	s.docks = &dock.Service{Store: store.UnitOf(s.DB, func(tx *store.Tx) dock.Tx { return tx }), IDs: s.IDs, Now: s.Clock.Now, Random: rand.Reader}
	s.owner = s.Person("Inès")
	s.channel = s.Channel(s.owner)
	s.mod = ident.Make[ident.Account](s.IDs)
	if err := s.Update(t.Context(), func(tx *store.Tx) error { // to be appointed by name
		_, err := tx.InsertAccount(t.Context(), account.Account{ID: s.mod, Name: "Mod", Folded: account.Fold("Mod"), Password: "x", Created: s.Clock.Now()})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	s.Graded(s.channel, s.mod, access.GradeAssistant)
	s.yuna = s.Subscriber(s.channel, s.Person("Yuna"), 1)
	return s
}

func (s *stage) makes(t *testing.T, by ident.Account, label string) (dock.Dock, string) {
	t.Helper()
	d, secret, err := s.docks.Make(t.Context(), by, s.channel, label)
	if err != nil {
		t.Fatal(err)
	}
	return d, secret
}

// opens returns why a secret opens nothing; empty when it does.
func (s *stage) opens(t *testing.T, secret string) string {
	t.Helper()
	d, err := s.docks.Open(t.Context(), secret)
	if err == nil && d.Channel != s.channel {
		t.Errorf("it opens %s", d.Channel)
	}
	return reason(err)
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

// An address is made by staff, stands for its maker within its scope, and opens nothing
// once it is revoked, by its maker or the creator.
func TestADockIsMadeAndRevoked(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	for _, by := range []ident.Account{"", s.yuna} {
		if _, _, err := s.docks.Make(ctx, by, s.channel, "OBS"); reason(err) != "moderators_only" {
			t.Errorf("%q makes one: %v", by, err)
		}
		if _, err := s.docks.List(ctx, by, s.channel); reason(err) != "moderators_only" {
			t.Errorf("%q lists them: %v", by, err)
		}
	}
	own, ownSecret := s.makes(t, s.owner, "  OBS at home ")
	s.Clock.Advance(time.Second)
	theirs, modSecret := s.makes(t, s.mod, "Laptop")
	if !strings.HasPrefix(ownSecret, dock.Prefix) || len(ownSecret) < 40 || ownSecret == modSecret {
		t.Errorf("secrets %q %q", ownSecret, modSecret)
	}
	if own.Label != "OBS at home" || own.Scope() != (access.Scope{Dock: own.ID, Channel: s.channel, Role: access.RoleOwner}) {
		t.Errorf("made %+v", own)
	}
	if d, err := s.docks.Open(ctx, modSecret); err != nil || d.Account != s.mod || d.Name != "Mod" || d.Role != access.RoleModerator {
		t.Errorf("opened %+v %v", d, err)
	}
	for _, guess := range []string{"", dock.Prefix, strings.ToUpper(ownSecret), ownSecret[:len(ownSecret)-1], strings.TrimPrefix(ownSecret, dock.Prefix), string(own.ID)} {
		if why := s.opens(t, guess); why != "dock_revoked" {
			t.Errorf("%q opens: %q", guess, why)
		}
	}
	all, err := s.docks.List(ctx, s.owner, s.channel)
	if err != nil || len(all) != 2 || all[0].ID != theirs.ID || all[1].ID != own.ID {
		t.Errorf("the creator sees %+v %v", all, err)
	}
	if mine, err := s.docks.List(ctx, s.mod, s.channel); err != nil || len(mine) != 1 || mine[0].ID != theirs.ID {
		t.Errorf("the moderator sees %+v %v", mine, err)
	}
	for by, id := range map[ident.Account]ident.Dock{s.mod: own.ID, s.owner: "nothing"} {
		if err := s.docks.Revoke(ctx, by, s.channel, id); reason(err) != "dock_missing" {
			t.Errorf("%q revokes %q: %v", by, id, err)
		}
	}
	other := s.Channel(s.owner)
	if err := s.docks.Revoke(ctx, s.owner, other, own.ID); reason(err) != "dock_missing" {
		t.Errorf("from another channel: %v", err)
	}
	if err := s.docks.Revoke(ctx, s.owner, s.channel, theirs.ID); err != nil || s.opens(t, modSecret) != "dock_revoked" || s.opens(t, ownSecret) != "" {
		t.Errorf("revoked: %v", err)
	}
	if live, err := s.docks.Live(ctx, []ident.Dock{own.ID, theirs.ID, "nothing"}); err != nil || len(live) != 1 || !live[own.ID] {
		t.Errorf("live: %v %v", live, err)
	}
	if told := s.Events(s.channel, room.Business); len(told) != 1 || told[0].Kind != "dock.revoked" {
		t.Errorf("told: %+v", told)
	}
	if strings.Contains(s.Raw(), ownSecret) || strings.Contains(s.Raw(), modSecret) {
		t.Error("a secret stands in a log")
	}
}

// Names and numbers of addresses are bounded.
func TestDocksAreBounded(t *testing.T) {
	s := newStage(t)
	for _, label := range []string{"", "  ", strings.Repeat("x", 41), "\x00"} {
		if _, _, err := s.docks.Make(t.Context(), s.owner, s.channel, label); reason(err) != "dock_label_invalid" {
			t.Errorf("%q: %v", label, err)
		}
	}
	for range dock.Max {
		s.makes(t, s.owner, strings.Repeat("é", dock.LabelMax))
	}
	if _, _, err := s.docks.Make(t.Context(), s.mod, s.channel, "one more"); reason(err) != "too_many_docks" {
		t.Errorf("one more: %v", err)
	}
}

// When one was last used is kept, about.
func TestADockSaysWhenItWasUsed(t *testing.T) {
	s := newStage(t)
	_, secret := s.makes(t, s.owner, "OBS")
	used := func() time.Time {
		all, err := s.docks.List(t.Context(), s.owner, s.channel)
		if err != nil {
			t.Fatal(err)
		}
		return all[0].Used
	}
	if at := used(); !at.IsZero() {
		t.Errorf("used at %v before it was", at)
	}
	s.opens(t, secret)
	first := used()
	if !first.Equal(s.Clock.Now().Truncate(time.Millisecond)) {
		t.Errorf("used at %v, and it is %v", first, s.Clock.Now())
	}
	s.Clock.Advance(time.Minute)
	s.opens(t, secret)
	if at := used(); !at.Equal(first) {
		t.Errorf("noted again after a minute: %v", at)
	}
	s.Clock.Advance(time.Hour)
	s.opens(t, secret)
	if at := used(); at.Sub(first) < time.Hour {
		t.Errorf("not noted after an hour: %v", at)
	}
}

// Whoever is dismissed has no dock any more, and has none when they are appointed again.
func TestADismissedModeratorHasNoDock(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	_, own := s.makes(t, s.owner, "OBS")
	_, theirs := s.makes(t, s.mod, "Laptop")
	other := s.Channel(s.Person("Théo"))
	s.Graded(other, s.mod, access.GradeLead)
	_, elsewhere, err := s.docks.Make(ctx, s.mod, other, "Laptop")
	if err != nil {
		t.Fatal(err)
	}
	channels := channel.NewService(store.UnitOf(s.DB, func(tx *store.Tx) channel.Tx { return tx }), s.IDs, s.Clock.Now, account.Fold)
	if err := channels.Appoint(ctx, s.owner, s.channel, "Mod", access.GradeLead); err != nil || s.opens(t, theirs) != "" {
		t.Errorf("another grade: %v, %s", err, s.opens(t, theirs))
	}
	if err := channels.Dismiss(ctx, s.owner, s.channel, "Mod"); err != nil || s.opens(t, theirs) != "dock_revoked" {
		t.Errorf("dismissed: %v", err)
	}
	if err := channels.Appoint(ctx, s.owner, s.channel, "Mod", access.GradeLead); err != nil || s.opens(t, theirs) != "dock_revoked" {
		t.Errorf("appointed again: %v", err)
	}
	if d, err := s.docks.Open(ctx, elsewhere); err != nil || d.Channel != other || s.opens(t, own) != "" {
		t.Errorf("another's was taken: %v", err)
	}
}

// Whoever signs out everywhere has no dock any more; signing out of one browser
// takes none.
func TestSigningOutEverywhereEndsDocks(t *testing.T) {
	s := newStage(t)
	_, own := s.makes(t, s.owner, "OBS")
	_, theirs := s.makes(t, s.mod, "Laptop")
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.EndSession(t.Context(), s.owner, "a browser"); err != nil {
			return err
		}
		_, err := tx.EndSessions(t.Context(), s.mod, "kept")
		return err
	})
	if err != nil || s.opens(t, own) != "" || s.opens(t, theirs) != "dock_revoked" {
		t.Errorf("%v %q %q", err, s.opens(t, own), s.opens(t, theirs))
	}
}
