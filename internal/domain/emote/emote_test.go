package emote_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/emote"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a channel whose emotes are drawn by nobody: a picture is its bytes.
type world struct {
	*storetest.World
	t       testing.TB
	service *emote.Service
	owner   ident.Account
	channel ident.Channel
	drawn   int
}

// eager lets everybody upload as fast as they like.
type eager struct{}

func (eager) Take(string) error { return nil }

func newWorld(t testing.TB) *world {
	w := &world{World: storetest.NewWorld(t), t: t}
	w.service = &emote.Service{
		Store: store.UnitOf(w.DB, func(tx *store.Tx) emote.Tx { return tx }), IDs: w.IDs, Pace: eager{}, Now: w.Clock.Now,
		Redraw: func(_ context.Context, upload []byte, side int) ([]byte, error) {
			w.drawn++
			if side != emote.Side {
				t.Errorf("drawn %d pixels wide", side)
			}
			if string(upload) == "broken" {
				return nil, fault.New(fault.Invalid, "picture_invalid", "Broken.")
			}
			return upload, nil
		},
	}
	w.owner = w.Person("Inès")
	w.channel = w.Channel(w.owner)
	return w
}

func (w *world) add(by ident.Account, code string, level int, upload string) (emote.Emote, string) {
	w.t.Helper()
	w.Clock.Advance(time.Millisecond) // what comes later sorts later
	e, err := w.service.Add(w.t.Context(), by, emote.Emote{Channel: w.channel, Code: code, Level: level}, []byte(upload))
	return e, reason(err)
}

func (w *world) offered() []emote.Emote {
	w.t.Helper()
	return w.of(w.owner)
}

func (w *world) of(by ident.Account) (out []emote.Emote) {
	w.t.Helper()
	all, err := w.service.Of(w.t.Context(), access.Subject{Account: by, Channel: w.channel})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, o := range all {
		out = append(out, o.Emote)
	}
	return out
}

// told is how often pages were told to look again.
func (w *world) told() (n int) {
	for _, e := range w.Events(w.channel, room.Public) {
		if _, is := event.As[event.EmotesChanged](e); is {
			n++
		}
	}
	return n
}

func (w *world) acts() []audit.Act {
	w.t.Helper()
	s := audit.NewService(store.UnitOf(w.DB, func(tx *store.Tx) audit.Tx { return tx }), w.Clock.Now)
	page, err := s.List(w.t.Context(), w.owner, audit.Query{Channel: w.channel, Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	var acts []audit.Act
	for _, e := range page {
		acts = append(acts, e.Act)
	}
	slices.Reverse(acts)
	return acts
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

func TestOnlyTheOwnerChangesEmotes(t *testing.T) {
	w := newWorld(t)
	wave, why := w.add(w.owner, "wave", 0, "a hand")
	if why != "" {
		t.Fatal(why)
	}
	before, drawn := w.told(), w.drawn
	other := "other"
	for name, by := range map[string]ident.Account{
		"nobody": "", "a stranger": w.Person("Sam"), "a subscriber": w.Subscriber(w.channel, w.Person("Yuna"), 3),
		"a lead moderator": w.Graded(w.channel, w.Person("Mod"), access.GradeLead),
	} {
		if _, why := w.add(by, "mine", 0, "x"); why != "owner_only" {
			t.Errorf("%s adds one: %q", name, why)
		}
		if _, err := w.service.Change(t.Context(), by, w.channel, wave.ID, emote.Change{Code: &other}); reason(err) != "owner_only" {
			t.Errorf("%s changes it: %v", name, err)
		}
		if err := w.service.Remove(t.Context(), by, w.channel, wave.ID); reason(err) != "owner_only" {
			t.Errorf("%s removes it: %v", name, err)
		}
	}
	if now := w.offered(); !slices.Equal(now, []emote.Emote{wave}) || w.told() != before || w.drawn != drawn {
		t.Errorf("now %v, told %d times, drew %d", now, w.told()-before, w.drawn-drawn)
	}
	elsewhere := w.Channel(w.owner)
	if _, err := w.service.Change(t.Context(), w.owner, elsewhere, wave.ID, emote.Change{Code: &other}); reason(err) != "emote_missing" {
		t.Errorf("changed in another channel: %v", err)
	}
	if err := w.service.Remove(t.Context(), w.owner, elsewhere, wave.ID); reason(err) != "emote_missing" {
		t.Errorf("removed in another channel: %v", err)
	}
}

func TestWhatIsNoEmote(t *testing.T) {
	w := newWorld(t)
	first, _ := w.add(w.owner, "wave", 0, "a hand")
	second, _ := w.add(w.owner, "fire", 0, "a fire")
	for _, c := range []struct {
		code   string
		level  int
		upload string
		want   string
	}{
		{"", 0, "x", "emote_code_invalid"},
		{"W", 0, "x", "emote_code_invalid"},
		{"30", 0, "x", "emote_code_invalid"},
		{":x:", 0, "x", "emote_code_invalid"},
		{strings.Repeat("a", 25), 0, "x", "emote_code_invalid"},
		{"good", -1, "x", "level_invalid"},
		{"good", access.LevelMax + 1, "x", "level_invalid"},
		{"wave", 0, "x", "emote_code_taken"},
		{"good", 0, "broken", "picture_invalid"},
		{"good", 0, strings.Repeat("x", emote.UploadMax+1), "picture_too_large"},
	} {
		if _, why := w.add(w.owner, c.code, c.level, c.upload); why != c.want {
			t.Errorf("%q of level %d and %d bytes: %q, want %q", c.code, c.level, len(c.upload), why, c.want)
		}
	}
	taken, bad := "fire", "no way"
	for code, want := range map[*string]string{&taken: "emote_code_taken", &bad: "emote_code_invalid"} {
		if _, err := w.service.Change(t.Context(), w.owner, w.channel, first.ID, emote.Change{Code: code}); reason(err) != want {
			t.Errorf("called %s: %v", *code, err)
		}
	}
	if now := w.offered(); !slices.Equal(now, []emote.Emote{first, second}) || w.told() != 2 {
		t.Errorf("now %v, told %d times", now, w.told())
	}
}

// A channel offers so many, and one more when one is gone; changing one of them is no
// more.
func TestAChannelOffersSoMany(t *testing.T) {
	w := newWorld(t)
	var last emote.Emote
	for i := range emote.Most {
		last, _ = w.add(w.owner, fmt.Sprintf("e%d", i), 0, "x")
	}
	if _, why := w.add(w.owner, "more", 0, "x"); why != "too_many_emotes" {
		t.Errorf("one more: %q", why)
	}
	code := "renamed"
	if _, err := w.service.Change(t.Context(), w.owner, w.channel, last.ID, emote.Change{Code: &code}); err != nil {
		t.Error(err)
	}
	if err := w.service.Remove(t.Context(), w.owner, w.channel, last.ID); err != nil {
		t.Error(err)
	}
	if _, why := w.add(w.owner, "more", 0, "x"); why != "" {
		t.Errorf("after one is gone: %q", why)
	}
}

// spent lets so many through.
type spent struct{ left int }

func (s *spent) Take(string) error {
	if s.left--; s.left < 0 {
		return fault.New(fault.Limited, "too_many_attempts", "Wait.").After(time.Minute)
	}
	return nil
}

// Uploads are bounded over time, before a picture is read; what is refused anyway costs
// nothing.
func TestUploadsArePaced(t *testing.T) {
	w := newWorld(t)
	w.service.Pace = &spent{2}
	w.add(w.owner, "wave", 0, "x")
	if _, why := w.add(w.owner, "wave", 0, "x"); why != "emote_code_taken" {
		t.Errorf("taken: %q", why)
	}
	if _, why := w.add(w.owner, "two", 0, "broken"); why != "picture_invalid" {
		t.Errorf("the second: %q", why)
	}
	_, err := w.service.Add(t.Context(), w.owner, emote.Emote{Channel: w.channel, Code: "three"}, []byte("x"))
	if f := fault.Of(err); f == nil || f.Reason != "slow_down" || f.RetryAfter != time.Minute || w.drawn != 2 {
		t.Errorf("the third: %v, drawn %d", err, w.drawn)
	}
	w.service.Pace = broken{}
	if _, why := w.add(w.owner, "four", 0, "x"); why != "out of order" {
		t.Errorf("a pacer that fails: %q", why)
	}
}

type broken struct{}

func (broken) Take(string) error { return errors.New("out of order") }

// Each sees what there is and which of it is theirs to use, and what staff did is noted.
func TestWhoMayUseWhich(t *testing.T) {
	w := newWorld(t)
	w.add(w.owner, "wave", 0, "x")
	w.add(w.owner, "kiln", 1, "x")
	gold, _ := w.add(w.owner, "gold", 3, "x")
	one, two := w.Tier(w.channel, 1), w.Tier(w.channel, 3)
	past := w.Person("Past")
	w.GrantOf(w.channel, past, two, w.Clock.Now().Add(-2*time.Hour), w.Clock.Now())
	who := map[string]struct {
		by   ident.Account
		want string
	}{
		"nobody": {"", ""}, "free": {w.Light("Noa"), "wave"}, "past": {past, "wave"},
		"first":  {w.SubscriberOf(w.channel, w.Person("One"), one), "wave kiln"},
		"second": {w.SubscriberOf(w.channel, w.Person("Two"), two), "wave kiln gold"},
		"mod":    {w.Moderator(w.channel, w.Person("Mod")), "wave kiln gold"}, "owner": {w.owner, "wave kiln gold"},
	}
	for name, c := range who {
		all, err := w.service.Of(t.Context(), access.Subject{Account: c.by, Channel: w.channel})
		if err != nil || len(all) != 3 {
			t.Fatalf("%s: %v %v", name, all, err)
		}
		var usable []string
		for _, o := range all {
			if o.Usable {
				usable = append(usable, o.Code)
			}
		}
		if got := strings.Join(usable, " "); got != c.want {
			t.Errorf("%s may use %q, want %q", name, got, c.want)
		}
	}
	if _, err := w.service.Of(t.Context(), access.Subject{Channel: "nowhere"}); reason(err) != "channel_missing" {
		t.Errorf("of no channel: %v", err)
	}
	lower := 2
	w.Clock.Advance(time.Millisecond)
	if _, err := w.service.Change(t.Context(), w.owner, w.channel, gold.ID, emote.Change{Level: &lower}); err != nil {
		t.Error(err)
	}
	if _, err := w.service.Change(t.Context(), w.owner, w.channel, gold.ID, emote.Change{Level: &lower}); err != nil {
		t.Error(err)
	}
	w.Clock.Advance(time.Millisecond)
	if err := w.service.Remove(t.Context(), w.owner, w.channel, gold.ID); err != nil {
		t.Error(err)
	}
	want := []audit.Act{audit.EmoteAdded, audit.EmoteAdded, audit.EmoteAdded, audit.EmoteChanged, audit.EmoteRemoved}
	if got := w.acts(); !slices.Equal(got, want) || w.told() != len(want) {
		t.Errorf("noted %v, told %d times", got, w.told())
	}
}

// Whatever is done in whichever order: what is offered is what was added and not removed,
// no two by one code, and a picture is there as long as its emote is offered or a message
// ever held it.
func TestPicturesStayForMessages(t *testing.T) {
	w := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		w := &world{World: w.World, t: w.t, service: w.service, owner: w.owner, channel: w.Channel(w.owner)}
		var all []ident.Emote
		offered, shown := map[ident.Emote]string{}, map[ident.Emote]bool{}
		codes := rapid.SampledFrom([]string{"aa", "bb", "cc"})
		pick := func(t *rapid.T) ident.Emote {
			if len(all) == 0 {
				t.Skip("none yet")
			}
			return rapid.SampledFrom(all).Draw(t, "emote")
		}
		takes := func(code string, but ident.Emote) bool {
			for id, c := range offered {
				if c == code && id != but {
					return true
				}
			}
			return false
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				code := codes.Draw(t, "code")
				e, why := w.add(w.owner, code, 0, code)
				if (why == "emote_code_taken") != takes(code, "") {
					t.Fatalf("add %s: %q", code, why)
				}
				if why == "" {
					all, offered[e.ID] = append(all, e.ID), code
				}
			},
			"rename": func(t *rapid.T) {
				id, code := pick(t), codes.Draw(t, "code")
				_, err := w.service.Change(w.t.Context(), w.owner, w.channel, id, emote.Change{Code: &code})
				want := ""
				switch _, on := offered[id]; {
				case !on:
					want = "emote_missing"
				case takes(code, id):
					want = "emote_code_taken"
				default:
					offered[id] = code
				}
				if reason(err) != want {
					t.Fatalf("rename to %s: %v, want %q", code, err, want)
				}
			},
			"remove": func(t *rapid.T) {
				id := pick(t)
				_, on := offered[id]
				if err := w.service.Remove(w.t.Context(), w.owner, w.channel, id); (err == nil) != on {
					t.Fatalf("remove: %v", err)
				}
				delete(offered, id)
			},
			"show": func(t *rapid.T) {
				id := pick(t)
				if _, on := offered[id]; !on {
					t.Skip("not offered")
				}
				if err := w.Update(w.t.Context(), func(tx *store.Tx) error { return tx.ShowEmotes(w.t.Context(), []ident.Emote{id}) }); err != nil {
					t.Fatal(err)
				}
				shown[id] = true
			},
			"": func(t *rapid.T) {
				now := map[ident.Emote]string{}
				for _, e := range w.offered() {
					now[e.ID] = e.Code
				}
				if !maps.Equal(now, offered) {
					t.Fatalf("offered %v, want %v", now, offered)
				}
				for _, id := range all {
					_, on := offered[id]
					_, err := w.service.Picture(w.t.Context(), id)
					if (err == nil) != (on || shown[id]) {
						t.Fatalf("the picture of %s, offered %t, shown %t: %v", id, on, shown[id], err)
					}
				}
			},
		})
	})
	if _, err := w.service.Picture(t.Context(), "no name"); reason(err) != "picture_missing" {
		t.Errorf("of none: %v", err)
	}
}
