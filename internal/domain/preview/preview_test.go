package preview_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/preview"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/space"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patient lets everything pass.
type patient struct{}

func (patient) Take(string) error { return nil }

// stage is a channel with chat and previews, and pages that answer when a test lets them.
type stage struct {
	*storetest.World
	t        testing.TB
	owner    ident.Account
	channel  ident.Channel
	chat     *chat.Service
	channels *channel.Service
	space    *space.Service
	previews *preview.Service
	asked    chan string       // each address that is looked up
	answers  chan preview.Page // what the next of them says
	keys     int
}

func newStage(t testing.TB, pace preview.Pacer) *stage {
	t.Helper()
	s := &stage{World: storetest.NewWorld(t), t: t, asked: make(chan string, 1000), answers: make(chan preview.Page)}
	s.owner = s.Person("Inès")
	s.channel = s.Channel(s.owner)
	s.channels = channel.NewService(store.UnitOf(s.DB, func(tx *store.Tx) channel.Tx { return tx }), s.IDs, s.Clock.Now, strings.ToLower)
	s.channels.Previews = true
	s.space = space.NewService(store.UnitOf(s.DB, func(tx *store.Tx) space.Tx { return tx }), s.IDs, s.Clock.Now)
	s.previews = preview.NewService(preview.Config{
		Store: store.UnitOf(s.DB, func(tx *store.Tx) preview.Tx { return tx }), Pace: pace, Now: s.Clock.Now, Lost: func(err error) { t.Errorf("lost: %v", err) },
		Fetch: func(ctx context.Context, url string) (preview.Page, error) {
			s.asked <- url
			select {
			case p := <-s.answers:
				if p.Title == "" {
					return p, preview.ErrNothing
				}
				return p, nil
			case <-ctx.Done():
				return preview.Page{}, ctx.Err()
			}
		},
	})
	s.chat = chat.NewService(store.UnitOf(s.DB, func(tx *store.Tx) chat.Tx { return tx }), s.Clock.Now, patient{})
	s.chat.Written = func(at chat.Place, words string) { s.previews.Offer(at.Address, at.Seq, words) }
	for _, run := range []func(context.Context) error{s.chat.Run, s.previews.Run} {
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- run(ctx) }() // the cleanup waits
		t.Cleanup(func() {
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	return s
}

func (s *stage) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) at(a room.Audience) room.Address {
	return room.Address{Channel: s.channel, Audience: a}
}

func (s *stage) shows(public, inside bool) {
	s.t.Helper()
	_, err := s.channels.Change(s.t.Context(), s.owner, s.channel, channel.Change{PreviewPublic: &public, PreviewSpace: &inside})
	s.ok(err)
}

func (s *stage) thread(kind room.ThreadKind) room.Thread {
	s.t.Helper()
	th, err := s.space.Open(s.t.Context(), s.owner, space.Opening{Channel: s.channel, Kind: kind, Title: "Glazes", Level: 1})
	s.ok(err)
	return th.Thread
}

func (s *stage) posts(by ident.Account, at room.Address, text string) int64 {
	s.t.Helper()
	s.keys++
	r, err := s.chat.Post(s.t.Context(), chat.Post{Address: at, Author: by, Key: fmt.Sprintf("key-%08d", s.keys), Text: text})
	s.ok(err)
	return r.Event.Seq
}

// looked waits until so many addresses came to something, and returns the figures.
func (s *stage) looked(n int64) preview.Figures {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if f := s.previews.Figures(); f.Shown+f.Nothing+f.Left >= n {
			return f
		}
		if time.Now().After(end) {
			s.t.Fatalf("%+v, want %d", s.previews.Figures(), n)
		}
	}
}

// previewsOf returns what stands in a log of previews.
func (s *stage) previewsOf(at room.Address) (out []event.MessagePreviewed) {
	for _, e := range s.EventsAt(at) {
		if p, is := event.As[event.MessagePreviewed](e); is {
			out = append(out, p)
		}
	}
	return out
}

// A preview stands in the log of its message, says what the page says, as text, and
// goes with it.
func TestAPreviewAnswersItsMessage(t *testing.T) {
	s := newStage(t, patient{})
	s.shows(true, true)
	yuna := s.Subscriber(s.channel, s.Person("Yuna"), 1)
	update := s.thread(room.UpdateThread).Address()
	for by, at := range map[ident.Account]room.Address{yuna: s.at(room.Public), s.owner: update} {
		seq := s.posts(by, at, "look https://example.org/a, and https://example.net")
		if got := <-s.asked; got != "https://example.org/a" {
			t.Errorf("looked up %q", got)
		}
		s.answers <- preview.Page{Site: " Ex\u202eample ", Title: "<b>Two</b>\ncups", Description: strings.Repeat("x", 500)}
		shown := s.previews.Figures().Shown
		for s.looked(1).Shown == shown { // the second room's comes after the first's
			time.Sleep(time.Millisecond)
		}
		want := event.MessagePreviewed{Seq: seq, URL: "https://example.org/a", Site: "Example", Title: "<b>Two</b> cups", Description: strings.Repeat("x", 239) + "…"}
		if got := s.previewsOf(at); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %+v", at.Audience, got)
		}
		s.ok(s.chat.Remove(t.Context(), s.owner, chat.Place{Address: at, Seq: seq}))
		if got := s.previewsOf(at); len(got) != 1 || got[0] != (event.MessagePreviewed{Seq: seq}) {
			t.Errorf("%s, after the removal: %+v", at.Audience, got)
		}
	}
	if raw := s.Raw(); strings.Contains(raw, "cups") || strings.Contains(raw, "example.org/a") {
		t.Error("words of a preview are still kept")
	}
}

// Of a room without previews nothing is looked up, nor what holds no address, nor what
// was said before.
func TestOnlyRoomsWithPreviewsAreLookedUp(t *testing.T) {
	s := newStage(t, patient{})
	yuna := s.Subscriber(s.channel, s.Person("Yuna"), 1)
	thread := s.thread(room.TopicThread).Address()
	rooms := []room.Address{s.at(room.Public), s.at(room.Space), thread}
	for _, c := range []struct {
		public, inside bool
		asked          int
	}{{false, false, 0}, {true, false, 1}, {false, true, 2}, {true, true, 3}} {
		s.shows(c.public, c.inside)
		before := s.previews.Figures().Nothing
		for i, at := range rooms {
			s.posts(yuna, at, fmt.Sprintf("https://example.org/%v/%v/%d", c.public, c.inside, i))
			s.posts(yuna, at, "no address: example.org")
		}
		for range c.asked {
			<-s.asked
			s.answers <- preview.Page{}
		}
		s.looked(before + int64(c.asked))
		if len(s.asked) != 0 {
			t.Errorf("public %v, inside %v: looked up %s", c.public, c.inside, <-s.asked)
		}
	}
	post := chat.Post{Address: s.at(room.Public), Author: yuna, Key: "key-again-1", Text: "https://example.org/again"}
	for range 3 {
		_, err := s.chat.Post(t.Context(), post)
		s.ok(err)
	}
	<-s.asked
	s.answers <- preview.Page{}
	s.looked(7)
	if len(s.asked) != 0 {
		t.Errorf("what was sent again is looked up again: %s", <-s.asked)
	}
}

// Whether it is shown is decided when it is appended: what happened since its message
// was written counts.
func TestAPreviewIsDecidedWhenItIsAppended(t *testing.T) {
	page := preview.Page{Title: "Two cups"}
	for name, c := range map[string]struct {
		meanwhile func(s *stage, at chat.Place)
		thread    bool
		staff     bool
		page      preview.Page
		shown     bool
	}{
		"nothing happens":       {shown: true},
		"the message removed":   {meanwhile: func(s *stage, at chat.Place) { s.ok(s.chat.Remove(t.Context(), s.owner, at)) }},
		"switched off":          {meanwhile: func(s *stage, _ chat.Place) { s.shows(true, false) }},
		"the space is closed":   {meanwhile: func(s *stage, _ chat.Place) { s.opensSpace(false) }},
		"a thread":              {thread: true, shown: true},
		"thread archived":       {thread: true, meanwhile: func(s *stage, at chat.Place) { s.changes(at, space.Change{Archived: yes()}) }},
		"thread closed":         {thread: true, meanwhile: func(s *stage, at chat.Place) { s.changes(at, space.Change{Closed: yes()}) }},
		"closed, and of staff":  {thread: true, staff: true, meanwhile: func(s *stage, at chat.Place) { s.changes(at, space.Change{Closed: yes()}) }, shown: true},
		"a blocked title":       {meanwhile: func(s *stage, _ chat.Place) { s.blocks("cups") }},
		"a blocked line":        {meanwhile: func(s *stage, _ chat.Place) { s.blocks("idiot") }, page: preview.Page{Title: "A", Description: "an 1d10t"}},
		"a blocked site":        {meanwhile: func(s *stage, _ chat.Place) { s.blocks("idiot") }, page: preview.Page{Title: "A", Site: "idiot"}},
		"blocked, and staff's":  {staff: true, meanwhile: func(s *stage, _ chat.Place) { s.blocks("cups") }, shown: true},
		"a term across fields":  {meanwhile: func(s *stage, _ chat.Place) { s.blocks("two cups") }, page: preview.Page{Title: "cups", Site: "Two"}},
		"a term spelled out":    {meanwhile: func(s *stage, _ chat.Place) { s.blocks("idiot") }, page: preview.Page{Title: "i d i o t", Site: "A"}},
		"between lives":         {meanwhile: func(s *stage, _ chat.Place) { s.keepsHours() }},
		"thread between lives":  {thread: true, meanwhile: func(s *stage, _ chat.Place) { s.keepsHours() }},
		"staff between lives":   {staff: true, meanwhile: func(s *stage, _ chat.Place) { s.keepsHours() }, shown: true},
		"their right has ended": {meanwhile: func(s *stage, _ chat.Place) { s.Clock.Advance(1000 * 24 * time.Hour) }},
		"another term":          {meanwhile: func(s *stage, _ chat.Place) { s.blocks("saucers") }, shown: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, patient{})
			s.shows(true, true)
			by := s.Subscriber(s.channel, s.Person("Yuna"), 1)
			if c.staff {
				by = s.Moderator(s.channel, s.Person("Mod"))
			}
			at := chat.Place{Address: s.at(room.Space)}
			if c.thread {
				at.Address = s.thread(room.TopicThread).Address()
			}
			at.Seq = s.posts(by, at.Address, "https://example.org")
			<-s.asked
			if c.meanwhile != nil {
				c.meanwhile(s, at)
			}
			if c.page.Title == "" {
				c.page = page
			}
			s.answers <- c.page
			f := s.looked(1)
			if got := len(s.previewsOf(at.Address)); (got == 1) != c.shown || f.Shown != int64(got) {
				t.Errorf("%d previews, %+v; want shown %v", got, f, c.shown)
			}
		})
	}
}

func yes() *bool { b := true; return &b }

// keepsHours lets the Sub Space be open while the channel is live alone.
func (s *stage) keepsHours() {
	s.t.Helper()
	_, err := s.space.ChangeSetup(s.t.Context(), s.owner, s.channel, space.SetupChange{LivesOnly: yes()})
	s.ok(err)
}

func (s *stage) opensSpace(open bool) {
	s.t.Helper()
	_, err := s.channels.Change(s.t.Context(), s.owner, s.channel, channel.Change{SpaceOpen: &open})
	s.ok(err)
}

func (s *stage) changes(at chat.Place, ch space.Change) {
	s.t.Helper()
	_, err := s.space.Change(s.t.Context(), s.owner, s.channel, at.Thread, ch)
	s.ok(err)
}

func (s *stage) blocks(term string) {
	s.t.Helper()
	m := moderation.NewService(store.UnitOf(s.DB, func(tx *store.Tx) moderation.Tx { return tx }), s.IDs, s.Clock.Now)
	_, err := m.Block(s.t.Context(), s.owner, s.channel, term)
	s.ok(err)
}

// When more comes than is looked up soon, writers do not wait for it.
func TestWritingNeverWaitsForPreviews(t *testing.T) {
	s := newStage(t, patient{})
	at := s.at(room.Public)
	const busy, waiting, more = 4, 256, 10
	for i := range busy {
		s.previews.Offer(at, 1, fmt.Sprintf("https://example.org/%d", i))
		<-s.asked
	}
	for i := range waiting + more {
		s.previews.Offer(at, 1, fmt.Sprintf("https://example.org/more/%d", i))
	}
	if f := s.previews.Figures(); f.Left != more {
		t.Errorf("%+v", f)
	}
}

// picky refuses.
type picky struct{ err error }

func (p picky) Take(string) error { return p.err }

func TestAChannelHasItsPace(t *testing.T) {
	s := newStage(t, picky{errors.New("too often")})
	s.shows(true, true)
	s.posts(s.owner, s.at(room.Public), "https://example.org")
	if f := s.looked(1); f.Left != 1 || len(s.asked) != 0 {
		t.Errorf("%+v, %d looked up", f, len(s.asked))
	}
}

// The creator alone decides, and only where the operator lets them; it is kept what
// they did.
func TestTheCreatorSwitchesPreviews(t *testing.T) {
	s := newStage(t, patient{})
	mod, on, off := s.Moderator(s.channel, s.Person("Mod")), true, false
	for by, want := range map[ident.Account]string{"": "owner_only", s.Person("Sam"): "owner_only", mod: "owner_only"} {
		if _, err := s.channels.Change(t.Context(), by, s.channel, channel.Change{PreviewSpace: &on}); reason(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	s.shows(true, false)
	c, err := s.channels.ByID(t.Context(), s.channel)
	if s.ok(err); c.Previews != (room.Previews{Public: true}) {
		t.Errorf("%+v", c.Previews)
	}
	before := len(s.Events(s.channel, room.Public))
	s.shows(true, false) // is so already
	if n := len(s.Events(s.channel, room.Public)); n != before {
		t.Errorf("%d events more", n-before)
	}
	s.channels.Previews = false
	if _, err := s.channels.Change(t.Context(), s.owner, s.channel, channel.Change{PreviewSpace: &on}); reason(err) != "previews_off" {
		t.Errorf("%v", err)
	}
	_, err = s.channels.Change(t.Context(), s.owner, s.channel, channel.Change{PreviewPublic: &off})
	s.ok(err)
}

func reason(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Reason
	}
	return fmt.Sprint(err)
}
