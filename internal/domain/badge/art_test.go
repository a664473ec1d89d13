package badge_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/badge"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a channel whose badges are drawn by nobody: a picture is its bytes.
type world struct {
	*storetest.World
	t       *testing.T
	service *badge.Service
	owner   ident.Account
	channel ident.Channel
}

func newWorld(t *testing.T) *world {
	w := &world{World: storetest.NewWorld(t), t: t}
	redraw := func(_ context.Context, upload []byte, side int) ([]byte, error) {
		if side != badge.Side {
			t.Errorf("drawn %d pixels wide", side)
		}
		if string(upload) == "broken" {
			return nil, fault.New(fault.Invalid, "picture_invalid", "Broken.")
		}
		return upload, nil
	}
	w.service = &badge.Service{Store: store.UnitOf(w.DB, func(tx *store.Tx) badge.Tx { return tx }), Redraw: redraw, Now: w.Clock.Now}
	w.owner = w.Person("Inès")
	w.channel = w.Channel(w.owner)
	return w
}

func (w *world) put(by ident.Account, b event.Badge, upload string) (badge.Art, string) {
	w.t.Helper()
	art, err := w.service.Put(w.t.Context(), by, w.channel, "", b, []byte(upload))
	return art, reason(err)
}

func (w *world) told() int {
	return len(w.Events(w.channel, room.Public)) + len(w.Events(w.channel, room.Business))
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

func TestOnlyTheOwnerChangesBadges(t *testing.T) {
	w := newWorld(t)
	art, _ := w.put(w.owner, "m3", "a picture")
	before := w.told()
	for name, by := range map[string]ident.Account{
		"nobody": "", "a stranger": w.Person("Sam"), "a subscriber": w.Subscriber(w.channel, w.Person("Yuna"), 3),
		"a moderator": w.Moderator(w.channel, w.Person("Mod")),
	} {
		if _, why := w.put(by, "m3", "another"); why != "owner_only" {
			t.Errorf("%s puts a picture: %q", name, why)
		}
		if why := reason(w.service.Drop(t.Context(), by, w.channel, "", "m3")); why != "owner_only" {
			t.Errorf("%s drops it: %q", name, why)
		}
	}
	if now, err := w.service.Of(t.Context(), w.channel); err != nil || !slices.Equal(now, []badge.Art{art}) || w.told() != before {
		t.Errorf("now %v, %v; told %d times", now, err, w.told()-before)
	}
}

// A picture is told of once, and its name changes with what it shows.
func TestAPictureIsReplacedAndDropped(t *testing.T) {
	w := newWorld(t)
	first, why := w.put(w.owner, "m3", "first")
	if again, _ := w.put(w.owner, "m3", "first"); why != "" || again != first || w.told() != 2 {
		t.Errorf("%q; the same again is %v, told %d times", why, again, w.told())
	}
	other, _ := w.put(w.owner, "m3", "other")
	if other.Picture == first.Picture || w.told() != 4 {
		t.Errorf("another picture is %v as %v, told %d times", other, first, w.told())
	}
	if png, err := w.service.Picture(t.Context(), w.channel, other); err != nil || string(png) != "other" {
		t.Errorf("it is %q, %v", png, err)
	}
	elsewhere := w.Channel(w.owner)
	for name, ask := range map[string]func() error{
		"what was replaced":  func() error { _, err := w.service.Picture(t.Context(), w.channel, first); return err },
		"of another channel": func() error { _, err := w.service.Picture(t.Context(), elsewhere, other); return err },
		"of another badge": func() error {
			_, err := w.service.Picture(t.Context(), w.channel, badge.Art{Badge: "m6", Picture: other.Picture})
			return err
		},
		"of no badge at all": func() error {
			_, err := w.service.Picture(t.Context(), w.channel, badge.Art{Badge: "m2", Picture: other.Picture})
			return err
		},
		"of another's channel": func() error { _, err := w.service.Picture(t.Context(), "nowhere", other); return err },
	} {
		if err := ask(); reason(err) != "picture_missing" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 2 { // the second time there is nothing to drop
		if err := w.service.Drop(t.Context(), w.owner, w.channel, "", "m3"); err != nil {
			t.Error(err)
		}
	}
	if now, err := w.service.Of(t.Context(), w.channel); err != nil || len(now) != 0 || w.told() != 6 {
		t.Errorf("left %v, %v; told %d times", now, err, w.told())
	}
}

func TestWhatIsNoBadgePicture(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		badge        event.Badge
		upload, want string
	}{
		{"m2", "x", "badge_missing"},
		{"", "x", "badge_missing"},
		{"M3", "x", "badge_missing"},
		{"m3", "broken", "picture_invalid"},
		{"m3", strings.Repeat("x", badge.UploadMax+1), "picture_too_large"},
	} {
		if _, why := w.put(w.owner, c.badge, c.upload); why != c.want {
			t.Errorf("%q of %d bytes: %q, want %q", c.badge, len(c.upload), why, c.want)
		}
	}
	if err := w.service.Drop(t.Context(), w.owner, w.channel, "", "m2"); reason(err) != "badge_missing" {
		t.Error(err)
	}
	w.service.Redraw = func(context.Context, []byte, int) ([]byte, error) {
		return nil, errors.New("read by whom it does not belong to")
	}
	if _, why := w.put(w.Person("Sam"), "m3", "x"); why != "owner_only" {
		t.Errorf("a stranger's picture: %q", why)
	}
}

// A tier's picture is another than everybody's, by whichever name one asks for it, and
// only the channel's own tiers have any.
func TestATierHasPicturesOfItsOwn(t *testing.T) {
	w := newWorld(t)
	kiln, foreign := w.Tier(w.channel, 2), w.Tier(w.Channel(w.owner), 2)
	all, _ := w.put(w.owner, "m3", "everybody's")
	put := func(by ident.Account, tier ident.Tier) (badge.Art, string) {
		art, err := w.service.Put(t.Context(), by, w.channel, tier, "m3", []byte("the kiln's"))
		return art, reason(err)
	}
	for tier, want := range map[ident.Tier]string{foreign: "tier_missing", "nowhere": "tier_missing"} {
		if _, why := put(w.owner, tier); why != want {
			t.Errorf("put for tier %s: %q", tier, why)
		}
		if why := reason(w.service.Drop(t.Context(), w.owner, w.channel, tier, "m3")); why != want {
			t.Errorf("dropped for tier %s: %q", tier, why)
		}
	}
	if _, why := put(w.Moderator(w.channel, w.Person("Mod")), kiln); why != "owner_only" {
		t.Errorf("a moderator: %q", why)
	}
	own, why := put(w.owner, kiln)
	if why != "" || own.Tier != kiln || own.Picture == all.Picture {
		t.Fatalf("%+v %q", own, why)
	}
	now, err := w.service.Of(t.Context(), w.channel)
	if err != nil || len(now) != 2 || !slices.Contains(now, all) || !slices.Contains(now, own) {
		t.Errorf("now %v %v", now, err)
	}
	for _, art := range now {
		if png, err := w.service.Picture(t.Context(), w.channel, badge.Art{Badge: "m3", Picture: art.Picture}); err != nil || len(png) == 0 {
			t.Errorf("%+v: %q %v", art, png, err)
		}
	}
	if err := w.service.Drop(t.Context(), w.owner, w.channel, kiln, "m3"); err != nil {
		t.Error(err)
	}
	if now, err := w.service.Of(t.Context(), w.channel); err != nil || !slices.Equal(now, []badge.Art{all}) {
		t.Errorf("left %v %v", now, err)
	}
}
