package overlay_test

import (
	"crypto/rand"
	mathrand "math/rand/v2"
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
	"github.com/subspace-live/subspace/internal/domain/overlay"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type stage struct {
	*storetest.World
	overlay *overlay.Service
	owner   ident.Account
	mod     ident.Account
	yuna    ident.Account // a subscriber
	channel ident.Channel
}

func newStage(t testing.TB) *stage {
	t.Helper()
	s := &stage{World: storetest.NewWorld(t)}
	s.overlay = overlay.NewService(store.UnitOf(s.DB, func(tx *store.Tx) overlay.Tx { return tx }), s.Clock.Now, rand.Reader)
	s.owner = s.Person("Inès")
	s.channel = s.Channel(s.owner)
	s.mod = s.Graded(s.channel, s.Person("Mod"), access.GradeLead)
	s.yuna = s.Subscriber(s.channel, s.Person("Yuna"), 1)
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

// The overlay's address is the creator's to give and to take back.
func TestOverlayAddressIsRevoked(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	for _, by := range []ident.Account{"", s.yuna, s.mod} {
		if _, err := s.overlay.Renew(ctx, by, s.channel); reason(err) != "owner_only" {
			t.Errorf("%q renews: %v", by, err)
		}
		if _, err := s.overlay.Secret(ctx, by, s.channel); reason(err) != "owner_only" {
			t.Errorf("%q reads the secret: %v", by, err)
		}
		if err := s.overlay.Revoke(ctx, by, s.channel); reason(err) != "owner_only" {
			t.Errorf("%q revokes: %v", by, err)
		}
	}
	if secret, err := s.overlay.Secret(ctx, s.owner, s.channel); err != nil || secret != "" {
		t.Errorf("before there is one: %q %v", secret, err)
	}
	first, err := s.overlay.Renew(ctx, s.owner, s.channel)
	if err != nil || len(first) < 30 {
		t.Fatalf("%q %v", first, err)
	}
	opens := func(secret string) string {
		id, err := s.overlay.Channel(ctx, secret)
		if err == nil && id != s.channel {
			t.Errorf("the secret opens %s", id)
		}
		return reason(err)
	}
	if opens(first) != "" {
		t.Error("a fresh secret does not open")
	}
	second, err := s.overlay.Renew(ctx, s.owner, s.channel)
	if err != nil || second == first || opens(first) != "overlay_revoked" || opens(second) != "" {
		t.Errorf("after renewing: %v, old %q, new %q", err, opens(first), opens(second))
	}
	for range 2 {
		if err := s.overlay.Revoke(ctx, s.owner, s.channel); err != nil || opens(second) != "overlay_revoked" {
			t.Errorf("after revoking: %v %q", err, opens(second))
		}
	}
	for _, guess := range []string{"", " ", strings.ToUpper(second), second[:len(second)-1]} {
		if opens(guess) != "overlay_revoked" {
			t.Errorf("%q opens", guess)
		}
	}
	if strings.Contains(s.Raw(), first) || strings.Contains(s.Raw(), second) {
		t.Error("a secret stands in a log")
	}
}

// Only the creator sets it up, out of closed sets, and it stays as it was set.
func TestTheOverlayIsSetUpByItsCreator(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	for _, by := range []ident.Account{"", s.yuna, s.mod} {
		if _, err := s.overlay.Setup(ctx, by, s.channel); reason(err) != "owner_only" {
			t.Errorf("%q reads it: %v", by, err)
		}
		if _, err := s.overlay.Change(ctx, by, s.channel, overlay.Change{GoalOn: p(true)}); reason(err) != "owner_only" {
			t.Errorf("%q changes it: %v", by, err)
		}
	}
	first, err := s.overlay.Setup(ctx, s.owner, s.channel)
	if err != nil || first != overlay.First() || first.Subscriptions || first.GoalOn {
		t.Errorf("at first %+v %v", first, err)
	}
	for why, ch := range map[string]overlay.Change{
		"overlay_choice_invalid": {Theme: p(overlay.Theme("red; } body { display: none"))},
		"goal_invalid":           {GoalOf: p(0)},
		"goal_words_invalid":     {GoalWords: p(strings.Repeat("x", 41))},
	} {
		if _, err := s.overlay.Change(ctx, s.owner, s.channel, ch); reason(err) != why {
			t.Errorf("%s: %v", why, err)
		}
	}
	for _, ch := range []overlay.Change{{Size: p(overlay.Size(""))}, {Question: p(overlay.Place("middle"))}, {Poll: p(overlay.Place("top;"))}, {Goal: p(overlay.Place("0"))}, {Alerts: p(overlay.Place("center"))}} {
		if _, err := s.overlay.Change(ctx, s.owner, s.channel, ch); reason(err) != "overlay_choice_invalid" {
			t.Errorf("%+v: %v", ch, err)
		}
	}
	if n := len(s.Events(s.channel, room.Business)); n != 0 {
		t.Errorf("refused changes left %d events", n)
	}
	want := overlay.Setup{
		Theme: "contrast", Size: "large", Question: "top", Poll: "top_left", Goal: "bottom", Alerts: "bottom_right",
		GoalOn: true, GoalOf: 50, GoalWords: "A new kiln", Subscriptions: true,
	}
	ch := overlay.Change{
		Theme: &want.Theme, Size: &want.Size, Question: &want.Question, Poll: &want.Poll, Goal: &want.Goal, Alerts: &want.Alerts,
		GoalOn: p(true), GoalOf: p(50), GoalWords: p("  A new kiln "), Gifts: p(false), Subscriptions: p(true),
	}
	for range 2 { // the second time nothing is another
		if got, err := s.overlay.Change(ctx, s.owner, s.channel, ch); err != nil || got != want {
			t.Errorf("set to %+v %v", got, err)
		}
	}
	if got, err := s.overlay.Setup(ctx, s.owner, s.channel); err != nil || got != want {
		t.Errorf("it is %+v %v", got, err)
	}
	told := s.Events(s.channel, room.Business)
	if len(told) != 1 || told[0].Kind != "overlay.changed" || len(s.Events(s.channel, room.Public)) != 0 {
		t.Errorf("told: %+v", told)
	}
}

// The goal's number is the people to whom the gate would give the right at that
// moment, whatever was paid, given, taken back or ran out; and it stays so until the
// moment that is said to be the next.
func TestTheGoalCountsWhoHoldsARight(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	other := s.Channel(s.owner)
	s.Subscriber(other, s.yuna, 1)
	for _, id := range []ident.Channel{s.channel, other} {
		if _, err := s.overlay.Change(ctx, s.owner, id, overlay.Change{GoalOn: p(true)}); err != nil {
			t.Fatal(err)
		}
	}
	chance := chanceFor(t)
	people := []ident.Account{s.yuna}
	for range 12 {
		people = append(people, s.Light("A"+string(rune('a'+len(people)))))
	}
	begin := s.Clock.Now()
	at := func(most int) time.Time { return begin.Add(time.Duration(chance.IntN(most)) * time.Minute) }
	for i := range 40 {
		span := subscription.Span{Starts: at(200), Months: 1}
		span.Ends = span.Starts.Add(time.Duration(1+chance.IntN(200)) * time.Minute)
		if i%4 == 0 {
			span.Revoked = at(300)
		}
		span.Paid = span.Ends
		err := s.Update(ctx, func(tx *store.Tx) error {
			return tx.PutGrant(ctx, subscription.Grant{
				ID: ident.Make[ident.Grant](s.IDs), Account: people[chance.IntN(len(people))], Channel: s.channel, Tier: "tier", Source: "gift", Span: span,
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var next time.Time
	was, moves := -1, 0
	for range 420 {
		got, err := s.overlay.Standings(ctx, []ident.Channel{s.channel, other})
		if err != nil {
			t.Fatal(err)
		}
		is := got[s.channel].Holders
		if want := holding(t, s, people); is.People != want {
			t.Fatalf("after %v the goal says %d, and %d are inside", s.Clock.Now().Sub(begin), is.People, want)
		}
		if got[other].Holders.People != 1 {
			t.Fatalf("the other channel has %+v", got[other].Holders)
		}
		if is.People != was {
			if moves++; was >= 0 && (next.IsZero() || s.Clock.Now().Before(next)) {
				t.Fatalf("after %v it moved from %d to %d, before %v", s.Clock.Now().Sub(begin), was, is.People, next.Sub(begin))
			}
		}
		was, next = is.People, is.Next
		s.Clock.Advance(time.Minute)
	}
	if moves < 10 {
		t.Errorf("it moved %d times only: the test shows nothing", moves)
	}
	if _, err := s.overlay.Change(ctx, s.owner, s.channel, overlay.Change{GoalOn: p(false)}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.overlay.Standings(ctx, []ident.Channel{other, s.channel}); err != nil || got[s.channel].Holders != (overlay.Holders{}) {
		t.Errorf("a goal that is not shown tells %+v %v", got[s.channel], err)
	}
}

// holding counts those whom the gate's own facts call subscribers.
func holding(t *testing.T, s *stage, people []ident.Account) (n int) {
	t.Helper()
	var subjects []access.Subject
	for _, id := range people {
		subjects = append(subjects, access.Subject{Account: id, Channel: s.channel})
	}
	facts, err := s.Rights().Facts(t.Context(), subjects)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range facts {
		if f.SubscriberAt(s.Clock.Now()) {
			n++
		}
	}
	return n
}

func chanceFor(t *testing.T) *mathrand.Rand {
	t.Helper()
	seed := mathrand.Uint64()
	t.Logf("seed %d", seed)
	return mathrand.New(mathrand.NewPCG(seed, 1))
}

// What is celebrated is that somebody subscribed: no renewal, no gift, no payment
// that is taken back.
func TestWhatIsNewsToAnOverlay(t *testing.T) {
	for _, c := range []struct {
		payload event.Payload
		want    overlay.News
	}{
		{event.GrantChanged{Source: "subscription", Why: "paid"}, overlay.News{Rights: true, Begun: true}},
		{event.GrantChanged{Source: "subscription", Why: "trial"}, overlay.News{Rights: true, Begun: true}},
		{event.GrantChanged{Source: "subscription", Why: "renewed"}, overlay.News{Rights: true}},
		{event.GrantChanged{Source: "subscription", Why: "restored"}, overlay.News{Rights: true}},
		{event.GrantChanged{Source: "subscription", Why: "refunded"}, overlay.News{Rights: true}},
		{event.GrantChanged{Source: "gift", Why: "gift"}, overlay.News{Rights: true}},
		{event.GrantChanged{Source: "import", Why: "paid"}, overlay.News{Rights: true}},
		{event.OverlayChanged{By: "a"}, overlay.News{Setup: true}},
		{event.OverlayRevoked{By: "a"}, overlay.News{}},
		{event.SanctionImposed{Kind: "ban"}, overlay.News{}},
	} {
		at := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
		enc, err := event.Encode("log", 1, "e", at, c.payload)
		if err != nil {
			t.Fatal(err)
		}
		got := overlay.NewsIn(enc.Bytes)
		if got.Rights || got.Setup {
			c.want.At = got.At
		}
		if c.want.Begun && !got.At.Equal(at) || got.Begun != c.want.Begun || got.Rights != c.want.Rights || got.Setup != c.want.Setup {
			t.Errorf("%+v: %+v", c.payload, got)
		}
	}
}
