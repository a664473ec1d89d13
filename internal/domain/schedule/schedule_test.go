package schedule_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/schedule"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is a channel with people of every kind.
type stage struct {
	*storetest.World
	t        *testing.T
	schedule *schedule.Service
	channel  ident.Channel
	owner, mod, yuna, sam,
	lapsed ident.Account
}

func newStage(t *testing.T) *stage {
	s := &stage{World: storetest.NewWorld(t), t: t}
	s.schedule = &schedule.Service{
		Store: store.UnitOf(s.DB, func(tx *store.Tx) schedule.Tx { return tx }), IDs: s.IDs, Now: s.Clock.Now, Random: rand.Reader,
	}
	s.owner = s.Person("Inès")
	s.channel = s.Channel(s.owner)
	s.mod = s.Moderator(s.channel, s.Person("Mod"))
	s.yuna = s.Subscriber(s.channel, s.Person("Yuna"), 1)
	s.sam, s.lapsed = s.Person("Sam"), s.Person("Lapsed")
	s.Grant(s.channel, s.lapsed, s.Clock.Now().Add(-2*time.Hour), s.Clock.Now().Add(-time.Hour), 1)
	return s
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

func p[T any](v T) *T { return &v }

func (s *stage) in(d time.Duration) *time.Time { return p(s.Clock.Now().Add(d)) }

func (s *stage) plans(title string, after time.Duration, private bool) schedule.Plan {
	s.t.Helper()
	plan, err := s.schedule.Add(s.t.Context(), s.owner, s.channel, schedule.Wish{Title: &title, Starts: s.in(after)}, private)
	if err != nil {
		s.t.Fatal(err)
	}
	return plan
}

func (s *stage) changes(id ident.Plan, w schedule.Wish) schedule.Plan {
	s.t.Helper()
	plan, err := s.schedule.Change(s.t.Context(), s.owner, s.channel, id, w)
	if err != nil {
		s.t.Fatal(err)
	}
	return plan
}

func (s *stage) titles(by ident.Account) string {
	s.t.Helper()
	plans, err := s.schedule.List(s.t.Context(), by, s.channel)
	if err != nil {
		s.t.Fatal(err)
	}
	var out []string
	for _, p := range plans {
		out = append(out, p.Title)
	}
	return strings.Join(out, ", ")
}

// settles lets edits settle and has them told.
func (s *stage) settles() {
	s.t.Helper()
	s.Clock.Advance(3 * time.Minute)
	for range 2 { // letters leave after the event
		if err := s.schedule.Announce(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
	}
}

// news lists what was told in a room.
func (s *stage) news(a room.Audience) (out []event.ScheduleChanged) {
	for _, e := range s.Events(s.channel, a) {
		if c, is := event.As[event.ScheduleChanged](e); is {
			out = append(out, c)
		}
	}
	return out
}

func TestOnlyTheCreatorPlans(t *testing.T) {
	s := newStage(t)
	plan := s.plans("Raku", time.Hour, true)
	for name, by := range map[string]ident.Account{"nobody": "", "a viewer": s.sam, "a subscriber": s.yuna, "a moderator": s.mod} {
		_, err := s.schedule.Add(t.Context(), by, s.channel, schedule.Wish{Title: p("Mine"), Starts: s.in(time.Hour)}, false)
		if reason(err) != "owner_only" {
			t.Errorf("%s plans: %v", name, err)
		}
		// What there is and what there is not is refused alike.
		for _, id := range []ident.Plan{plan.ID, "nothing"} {
			if _, err := s.schedule.Change(t.Context(), by, s.channel, id, schedule.Wish{Title: p("Mine")}); reason(err) != "owner_only" {
				t.Errorf("%s changes %s: %v", name, id, err)
			}
			if _, err := s.schedule.Cancel(t.Context(), by, s.channel, id); reason(err) != "owner_only" {
				t.Errorf("%s cancels %s: %v", name, id, err)
			}
		}
	}
}

func TestWhatMayBePlanned(t *testing.T) {
	s := newStage(t)
	for _, c := range []struct {
		wish schedule.Wish
		want string
	}{
		{schedule.Wish{}, "title_invalid"},
		{schedule.Wish{Title: p(" \n ")}, "title_invalid"},
		{schedule.Wish{Title: p(strings.Repeat("é", 141)), Starts: s.in(time.Hour)}, "title_invalid"},
		{schedule.Wish{Title: p("a\u202eb"), Starts: s.in(time.Hour)}, "title_invalid"},
		{schedule.Wish{Title: p("Raku")}, "plan_time_invalid"},
		{schedule.Wish{Title: p("Raku"), Starts: s.in(-2 * time.Minute)}, "plan_time_invalid"},
		{schedule.Wish{Title: p("Raku"), Starts: s.in(3 * 366 * 24 * time.Hour)}, "plan_time_invalid"},
		{schedule.Wish{Title: p("Raku"), Starts: s.in(time.Hour), Length: p(25 * time.Hour)}, "plan_time_invalid"},
		{schedule.Wish{Title: p("Raku"), Starts: s.in(time.Hour), Length: p(-time.Hour)}, "plan_time_invalid"},
		{schedule.Wish{Title: p(" Raku,\n live "), Starts: s.in(time.Hour), Length: p(90 * time.Minute)}, ""},
	} {
		plan, err := s.schedule.Add(t.Context(), s.owner, s.channel, c.wish, false)
		if reason(err) != c.want {
			t.Errorf("%+v: %v, want %q", c.wish, err, c.want)
		}
		if err == nil && (plan.Title != "Raku, live" || plan.Length != 90*time.Minute || !plan.Starts.Equal(s.Clock.Now().Add(time.Hour))) {
			t.Errorf("planned %+v", plan)
		}
	}
	if _, err := s.schedule.Change(t.Context(), s.owner, s.channel, "nothing", schedule.Wish{Title: p("x")}); reason(err) != "plan_missing" {
		t.Error(err)
	}
	for i := range 99 {
		s.plans(fmt.Sprint(i), time.Hour, false)
	}
	if _, err := s.schedule.Add(t.Context(), s.owner, s.channel, schedule.Wish{Title: p("x"), Starts: s.in(time.Hour)}, false); reason(err) != "too_many_plans" {
		t.Error(err)
	}
}

// A plan for subscribers leaves no trace outside: in no list, no calendar, no log
// that others read, no letter.
func TestAPrivatePlanLeavesNoTrace(t *testing.T) {
	s := newStage(t)
	secret := "Raku for those inside"
	for _, who := range []ident.Account{s.sam, s.lapsed, s.yuna, s.mod} {
		if err := s.schedule.WantLetters(t.Context(), who, s.channel, true); err != nil {
			t.Fatal(err)
		}
	}
	plan := s.plans(secret, time.Hour, true)
	s.settles()
	s.changes(plan.ID, schedule.Wish{Starts: s.in(2 * time.Hour)})
	s.settles()
	for name, by := range map[string]ident.Account{"nobody": "", "a viewer": s.sam, "a lapsed subscriber": s.lapsed} {
		if got := s.titles(by); got != "" {
			t.Errorf("%s knows of %s", name, got)
		}
	}
	for name, by := range map[string]ident.Account{"a subscriber": s.yuna, "a moderator": s.mod, "the creator": s.owner} {
		if got := s.titles(by); got != secret {
			t.Errorf("%s knows of %q", name, got)
		}
	}
	if n := len(s.Events(s.channel, room.Public)) + len(s.Events(s.channel, room.Business)); n != 0 {
		t.Errorf("%d events outside", n)
	}
	if n := len(s.news(room.Space)); n != 2 {
		t.Errorf("told %d times inside", n)
	}
	for name, who := range map[string]ident.Account{"a viewer": s.sam, "a lapsed subscriber": s.lapsed} {
		if got := s.letters(who); len(got) != 0 {
			t.Errorf("%s gets %v", name, got)
		}
	}
	if got := s.letters(s.yuna); !slices.Equal(got, []string{"schedule.moved", "schedule.planned"}) {
		t.Errorf("a subscriber gets %v", got)
	}
	// Between lives the room is shut, and its plans are known to whom it is for.
	if err := s.Update(t.Context(), func(tx *store.Tx) error {
		set, err := tx.SpaceSetup(t.Context(), s.channel)
		if err != nil {
			return err
		}
		set.LivesOnly = true
		return tx.PutSpaceSetup(t.Context(), set)
	}); err != nil {
		t.Fatal(err)
	}
	if got := s.titles(s.yuna); got != secret {
		t.Errorf("between lives a subscriber knows of %q", got)
	}
}

// letters returns the kinds of the letters that wait for somebody.
func (s *stage) letters(who ident.Account) []string {
	s.t.Helper()
	var kinds []string
	if err := s.View(s.t.Context(), func(tx *store.Tx) error {
		kinds = nil
		queued, err := tx.DueLetters(s.t.Context(), s.Clock.Now(), 1000)
		for _, q := range queued {
			if q.To == who {
				kinds = append(kinds, string(q.Kind))
			}
		}
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	slices.Sort(kinds)
	return kinds
}

// However often a plan is edited in a short time, it is told once; what is as it was
// told is not told again.
func TestOneNoticePerChange(t *testing.T) {
	s := newStage(t)
	plan := s.plans("Raku", 10*time.Hour, false)
	s.changes(plan.ID, schedule.Wish{Starts: s.in(11 * time.Hour)})
	s.changes(plan.ID, schedule.Wish{Starts: s.in(12 * time.Hour), Title: p("Raku again")})
	if err := s.schedule.Announce(t.Context()); err != nil || len(s.news(room.Public)) != 0 {
		t.Fatalf("told before it settled: %v %v", s.news(room.Public), err)
	}
	want := s.Clock.Now().Add(12 * time.Hour)
	s.settles()
	got := s.news(room.Public)
	if len(got) != 1 || got[0].Title != "Raku again" || !time.Time(got[0].Starts).Equal(want) || got[0].Was != nil || got[0].Cancelled {
		t.Fatalf("told %+v", got)
	}
	for name, step := range map[string]struct {
		do   func()
		told int
	}{
		"a title alone": {func() { s.changes(plan.ID, schedule.Wish{Title: p("Raku, live")}) }, 0},
		"there and back": {func() {
			s.changes(plan.ID, schedule.Wish{Starts: s.in(time.Hour)})
			s.changes(plan.ID, schedule.Wish{Starts: &want})
		}, 0},
		"nothing":                {func() { s.changes(plan.ID, schedule.Wish{Starts: &want}) }, 0},
		"a plan that is dropped": {func() { s.cancels(s.plans("Never", time.Hour, false).ID) }, 0},
	} {
		before := len(s.news(room.Public))
		step.do()
		s.settles()
		if n := len(s.news(room.Public)) - before; n != step.told {
			t.Errorf("%s is told %d times, want %d", name, n, step.told)
		}
	}
	later := s.Clock.Now().Add(20 * time.Hour)
	s.changes(plan.ID, schedule.Wish{Starts: &later})
	s.settles()
	s.settles()
	got = s.news(room.Public)
	if len(got) != 2 || got[1].Was == nil || !time.Time(*got[1].Was).Equal(want) || !time.Time(got[1].Starts).Equal(later.Truncate(time.Minute)) {
		t.Fatalf("a moved one: %+v", got)
	}
	s.cancels(plan.ID)
	s.cancels(plan.ID)
	s.settles()
	if got = s.news(room.Public); len(got) != 3 || !got[2].Cancelled {
		t.Errorf("a cancelled one: %+v", got)
	}
	if _, err := s.schedule.Change(t.Context(), s.owner, s.channel, plan.ID, schedule.Wish{Title: p("x")}); reason(err) != "plan_over" {
		t.Errorf("changing what is off: %v", err)
	}
}

func (s *stage) cancels(id ident.Plan) {
	s.t.Helper()
	if _, err := s.schedule.Cancel(s.t.Context(), s.owner, s.channel, id); err != nil {
		s.t.Fatal(err)
	}
}

// A calendar's address shows at each request what its person may know of then.
func TestACalendarsAddress(t *testing.T) {
	s := newStage(t)
	s.plans("Open evening", 2*time.Hour, false)
	s.plans("Inside", time.Hour, true)
	shows := func(secret string) string {
		c, err := s.schedule.Calendar(t.Context(), secret)
		if err != nil {
			return reason(err)
		}
		var out []string
		for _, p := range c.Plans {
			out = append(out, p.Title)
		}
		return strings.Join(out, ", ")
	}
	renew := func(by ident.Account) string {
		secret, err := s.schedule.RenewFeed(t.Context(), by, s.channel)
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	if _, err := s.schedule.RenewFeed(t.Context(), "", s.channel); reason(err) != "sign_in" {
		t.Errorf("nobody's calendar: %v", err)
	}
	secret, sams := renew(s.yuna), renew(s.sam)
	if got := shows(secret); got != "Inside, Open evening" {
		t.Errorf("a subscriber's shows %s", got)
	}
	if got := shows(sams); got != "Open evening" {
		t.Errorf("a viewer's shows %s", got)
	}
	for _, wrong := range []string{"", "x", secret + "x", string(s.yuna)} {
		if got := shows(wrong); got != "calendar_revoked" {
			t.Errorf("%q shows %s", wrong, got)
		}
	}
	m := moderation.NewService(store.UnitOf(s.DB, func(tx *store.Tx) moderation.Tx { return tx }), s.IDs, s.Clock.Now)
	if _, err := m.Impose(t.Context(), s.owner, moderation.Order{Channel: s.channel, Account: s.sam, Kind: access.BlockBan}); err != nil {
		t.Fatal(err)
	}
	if got := shows(sams); got != "banned" {
		t.Errorf("a banned person's shows %s", got)
	}
	fresh := renew(s.yuna)
	if got := shows(secret); got != "calendar_revoked" || fresh == secret {
		t.Errorf("the old address shows %s", got)
	}
	later := s.plans("Next season", 60*24*time.Hour, true)
	s.Clock.Advance(31 * 24 * time.Hour) // the right has ended, and the first two are over
	s.plans("After", time.Hour, false)
	if got := shows(fresh); got != "After" {
		t.Errorf("a lapsed subscriber's shows %s, and there is %s", got, later.Title)
	}
	if err := s.schedule.RevokeFeed(t.Context(), s.yuna, s.channel); err != nil {
		t.Fatal(err)
	}
	if got := shows(fresh); got != "calendar_revoked" {
		t.Errorf("a revoked address shows %s", got)
	}
}

// What is over leaves by itself; what lasts stays while it lasts.
func TestPastPlansLeave(t *testing.T) {
	s := newStage(t)
	long, err := s.schedule.Add(t.Context(), s.owner, s.channel, schedule.Wish{Title: p("Long"), Starts: s.in(time.Hour), Length: p(10 * time.Hour)}, false)
	if err != nil {
		t.Fatal(err)
	}
	s.plans("Short", time.Hour, false)
	s.Clock.Advance(5 * time.Hour)
	if got := s.titles(""); got != "Long" {
		t.Errorf("after five hours: %s", got)
	}
	s.Clock.Advance(6 * time.Hour)
	if got := s.titles(s.owner); got != "" {
		t.Errorf("after eleven hours: %s", got)
	}
	if _, err := s.schedule.Change(t.Context(), s.owner, s.channel, long.ID, schedule.Wish{Title: p("x")}); reason(err) != "plan_over" {
		t.Error(err)
	}
	s.settles()
	if got := s.news(room.Public); len(got) != 0 {
		t.Errorf("what is over is told: %+v", got)
	}
}

// Who was told of one date hears that this one is off, although the live was moved
// a moment before.
func TestWhatIsMovedAndCancelledIsOffAsItWasTold(t *testing.T) {
	s := newStage(t)
	plan := s.plans("Raku", 24*time.Hour, false)
	s.settles()
	s.changes(plan.ID, schedule.Wish{Starts: s.in(72 * time.Hour)})
	if _, err := s.schedule.Cancel(t.Context(), s.owner, s.channel, plan.ID); err != nil {
		t.Fatal(err)
	}
	s.settles()
	told := s.news(room.Public)
	if last := told[len(told)-1]; len(told) != 2 || !last.Cancelled || !time.Time(last.Starts).Equal(plan.Starts) {
		t.Errorf("told %+v, want that the date of %v is off", told, plan.Starts)
	}
}
