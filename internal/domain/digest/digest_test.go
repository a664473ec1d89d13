package digest_test

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/digest"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/poll"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/space"
)

// After 200 missed messages a digest lists updates, polls, answers and new threads,
// of the absence alone, and counts the messages of others exactly.
func TestADigestTellsWhatWasMissed(t *testing.T) {
	s := newStage(t)
	news, old := s.opens(room.UpdateThread, "News", 1), s.opens(room.TopicThread, "Old", 1)
	s.writes(s.owner, news, "seen already")
	asked := s.asks(s.yuna, "Which clay?")
	unanswered := s.asks(s.rich, "When?")
	kept := s.polled(s.inside(), "Kept open?")
	if v := s.comes(s.yuna); v.Since != v.Until {
		t.Fatalf("somebody new has missed something: %+v", v)
	}
	if d := s.reads(s.yuna); d.Worth() || d.Missed != (digest.Missed{}) {
		t.Fatalf("somebody new is told %+v", d)
	}
	left := s.Clock.Now()
	s.passes(9 * time.Hour)
	for i := range 200 {
		s.writes(s.rich, s.inside(), fmt.Sprintf("missed %d", i))
	}
	s.writes(s.yuna, s.inside(), "her own, from elsewhere")
	gone := s.writes(s.rich, s.inside(), "removed")
	s.must(s.chat.Remove(t.Context(), s.owner, chat.Place{Address: s.inside(), Seq: gone}))
	s.writes(s.rich, old, "in a thread")
	s.writes(s.owner, news, "first")
	s.passes(time.Second)
	s.writes(s.owner, news, "second")
	topic := s.opens(room.TopicThread, "New", 1)
	s.closes(kept)
	opened := s.polled(topic, "Opened?")
	s.answers(asked, "Stoneware.")
	s.passes(time.Second)
	back := s.Clock.Now()
	if v := s.comes(s.yuna); !v.Since.Equal(left) || !v.Until.Equal(back) {
		t.Fatalf("away from %v to %v: %+v", left, back, v)
	}
	s.passes(time.Minute)
	s.writes(s.rich, s.inside(), "while she is here")
	d := s.reads(s.yuna)
	if d.Missed != (digest.Missed{Room: 200, Threads: 1}) {
		t.Errorf("missed %+v", d.Missed)
	}
	if len(d.Updates) != 1 || d.Updates[0].ID != news.Thread || d.Updates[0].Posts != 2 || d.Updates[0].Text != "second" || d.Updates[0].Title != "News" {
		t.Errorf("updates %+v", d.Updates)
	}
	if len(d.Polls) != 2 || d.Polls[1].ID != opened.ID && d.Polls[0].ID != opened.ID {
		t.Fatalf("polls %+v", d.Polls)
	}
	for _, p := range d.Polls {
		switch p.ID {
		case kept.ID:
			if p.ClosedAt.IsZero() || !reflect.DeepEqual(p.Options, []digest.Option{{Text: "A"}, {Text: "B"}}) || p.Thread != "" {
				t.Errorf("closed: %+v", p)
			}
		case opened.ID:
			if !p.ClosedAt.IsZero() || p.Options != nil || p.Thread != topic.Thread {
				t.Errorf("open: %+v", p)
			}
		}
	}
	if len(d.Answers) != 1 || d.Answers[0].ID != asked || !d.Answers[0].Mine || d.Answers[0].Reply != "Stoneware." {
		t.Errorf("answers %+v, not %s", d.Answers, unanswered)
	}
	if len(d.Threads) != 1 || d.Threads[0].ID != topic.Thread {
		t.Errorf("threads %+v", d.Threads)
	}
}

// What was put away is told on no device again, until something new has happened.
func TestWhatWasPutAwayIsNotToldAgain(t *testing.T) {
	s := newStage(t)
	news := s.opens(room.UpdateThread, "News", 1)
	s.comes(s.yuna)
	s.passes(time.Hour)
	s.writes(s.owner, news, "one")
	s.passes(time.Hour)
	v := s.comes(s.yuna)
	for range 2 { // she reads it twice, from two devices
		if d := s.reads(s.yuna); len(d.Updates) != 1 || d.Until != v.Until {
			t.Fatalf("told %+v", d)
		}
	}
	_, err := s.digests.PutAway(t.Context(), s.yuna, s.channel, v.Until)
	s.must(err)
	if d := s.reads(s.yuna); d.Worth() {
		t.Errorf("told again: %+v", d)
	}
	s.passes(2 * time.Hour)
	s.comes(s.yuna)
	if d := s.reads(s.yuna); d.Worth() {
		t.Errorf("nothing happened, and it tells %+v", d)
	}
	s.passes(2 * time.Hour)
	s.writes(s.owner, news, "two")
	s.passes(time.Hour)
	s.comes(s.yuna)
	if d := s.reads(s.yuna); len(d.Updates) != 1 || d.Updates[0].Posts != 1 || d.Updates[0].Text != "two" {
		t.Errorf("after something new: %+v", d)
	}
	// Who never came has nothing to put away.
	if v, err := s.digests.PutAway(t.Context(), s.rich, s.channel, s.Clock.Now()); err != nil || v != (digest.Visit{}) {
		t.Errorf("put away by somebody new: %+v %v", v, err)
	}
}

// Minutes apart, messages and a new thread are no reason for a digest; an update is.
func TestAShortAbsenceIsNotToldOfTrifles(t *testing.T) {
	s := newStage(t)
	news := s.opens(room.UpdateThread, "News", 1)
	s.comes(s.yuna)
	s.passes(3 * time.Minute)
	s.writes(s.owner, news, "she may have seen this")
	s.passes(time.Minute)
	if v := s.comes(s.yuna); v.Since != v.Until {
		t.Fatalf("a pause is an absence: %+v", v)
	}
	s.passes(10 * time.Minute)
	s.writes(s.rich, s.inside(), "small talk")
	s.opens(room.TopicThread, "New", 1)
	s.passes(10 * time.Minute)
	s.comes(s.yuna)
	if d := s.reads(s.yuna); d.Worth() || d.Missed.Room != 0 || d.Threads != nil {
		t.Errorf("trifles: %+v", d)
	}
	s.passes(10 * time.Minute)
	s.writes(s.owner, news, "this matters")
	s.passes(time.Minute)
	s.comes(s.yuna)
	if d := s.reads(s.yuna); len(d.Updates) != 1 || d.Updates[0].Text != "this matters" || d.Missed.Room != 1 {
		t.Errorf("an update: %+v", d)
	}
	// An hour with nothing but small talk is told of.
	s.passes(40 * time.Minute)
	s.writes(s.rich, s.inside(), "small talk")
	s.passes(20 * time.Minute)
	s.comes(s.yuna)
	if d := s.reads(s.yuna); d.Missed.Room != 1 || len(d.Updates) != 0 || !d.Worth() {
		t.Errorf("after an hour: %+v", d)
	}
}

// What is for a dearer tier is neither told to whoever's tier does not open it nor
// counted, and outside nothing is told at all, also to those who were inside before.
func TestADigestKeepsToItsAudience(t *testing.T) {
	s := newStage(t)
	for _, who := range []ident.Account{s.yuna, s.rich} {
		s.comes(who)
	}
	expired, banned := s.Person("Expired"), s.Subscriber(s.channel, s.Person("Banned"), 1)
	s.Grant(s.channel, expired, s.Clock.Now().Add(-time.Hour), s.Clock.Now().Add(time.Minute), 1)
	s.comes(expired)
	s.comes(banned)
	s.passes(time.Hour)
	news, topic := s.opens(room.UpdateThread, "Secret news", 2), s.opens(room.TopicThread, "Secret topic", 2)
	s.writes(s.owner, news, "secret words")
	s.writes(s.rich, topic, "secret talk")
	s.polled(topic, "Secret question?")
	mods := moderation.NewService(store.UnitOf(s.DB, func(tx *store.Tx) moderation.Tx { return tx }), s.IDs, s.Clock.Now)
	_, err := mods.Impose(t.Context(), s.owner, moderation.Order{Channel: s.channel, Account: banned, Kind: access.BlockBan})
	s.must(err)
	s.passes(time.Hour)
	s.comes(s.yuna)
	s.comes(s.rich)
	if d := s.reads(s.yuna); d.Worth() || strings.Contains(strings.ToLower(fmt.Sprintf("%+v", d)), "secret") {
		t.Errorf("the first tier is told %+v", d)
	}
	if d := s.reads(s.rich); len(d.Updates) != 1 || len(d.Polls) != 1 || len(d.Threads) != 1 || d.Missed.Threads != 0 {
		t.Errorf("the third tier is told %+v", d)
	}
	for who, want := range map[ident.Account]string{expired: "period_ended", banned: "banned", s.Person("Sam"): "subscribers_only", "": "sign_in"} {
		_, read := s.digests.Read(t.Context(), who, s.channel)
		_, come := s.digests.Come(t.Context(), who, s.channel)
		_, away := s.digests.PutAway(t.Context(), who, s.channel, s.Clock.Now())
		for what, err := range map[string]error{"reads": read, "comes": come, "puts away": away} {
			if reason(err) != want {
				t.Errorf("%q %s: %v, want %s", who, what, err, want)
			}
		}
	}
	if _, err := s.digests.Read(t.Context(), s.yuna, "none"); reason(err) != "channel_missing" {
		t.Errorf("no such channel: %v", err)
	}
	// The creator made all of it.
	s.comes(s.owner)
	s.passes(time.Hour)
	s.writes(s.owner, news, "more")
	s.writes(s.rich, topic, "an answer")
	s.passes(time.Hour)
	s.comes(s.owner)
	if d := s.reads(s.owner); len(d.Updates) != 0 || d.Missed.Threads != 1 {
		t.Errorf("the creator is told %+v", d)
	}
}

// Who was meant is told of it, also after a short absence, where they may read it;
// a message that was removed mentions nobody any more.
func TestADigestListsMentions(t *testing.T) {
	s := newStage(t)
	for _, who := range []ident.Account{s.yuna, s.rich, s.owner} {
		s.comes(who)
	}
	s.passes(10 * time.Minute)
	topic, few := s.opens(room.TopicThread, "Topic", 1), s.opens(room.TopicThread, "Few", 2)
	s.mentions(s.rich, s.inside(), s.yuna, "for @Yuna")
	s.passes(time.Second)
	s.mentions(s.rich, topic, s.yuna, "@Yuna, here too")
	s.mentions(s.owner, few, s.yuna, "nothing for @Yuna")
	s.mentions(s.owner, few, s.rich, "@Rich only")
	s.mentions(s.rich, s.inside(), s.owner, "@Inès, look")
	gone := s.mentions(s.rich, s.inside(), s.yuna, "@Yuna, never mind")
	s.must(s.chat.Remove(t.Context(), s.rich, chat.Place{Address: s.inside(), Seq: gone}))
	// Whose dearer tier ends keeps nothing of what they were told there.
	lower := s.Person("Lower")
	s.GrantOf(s.channel, lower, s.Tier(s.channel, 2), s.Clock.Now().Add(-time.Hour), s.Clock.Now().Add(time.Minute))
	s.Subscriber(s.channel, lower, 1)
	s.comes(lower)
	s.passes(time.Second)
	s.mentions(s.owner, few, lower, "@Lower, for few")
	s.mentions(s.owner, topic, lower, "@Lower, for all")
	s.passes(10 * time.Minute)
	told := func(who ident.Account) (out []string) {
		s.comes(who)
		for _, m := range s.reads(who).Mentions {
			out = append(out, m.Name+" "+string(m.Thread)+": "+m.Text)
		}
		return out
	}
	for who, want := range map[ident.Account][]string{
		s.yuna:  {"Rich " + string(topic.Thread) + ": @Yuna, here too", "Rich : for @Yuna"},
		s.rich:  {"Inès " + string(few.Thread) + ": @Rich only"},
		s.owner: {"Rich : @Inès, look"},
		lower:   {"Inès " + string(topic.Thread) + ": @Lower, for all"},
	} {
		if got := told(who); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is told %q, want %q", who, got, want)
		}
	}
}

// However much was missed, a digest is bounded; and what was removed, merged or
// archived since is not in it.
func TestADigestIsBounded(t *testing.T) {
	s := newStage(t)
	s.comes(s.yuna)
	s.passes(time.Hour)
	for i := range 25 {
		at := s.opens(room.UpdateThread, fmt.Sprint("News ", i), 1)
		s.writes(s.owner, at, "words")
		p, err := s.polls.Ask(t.Context(), s.owner, poll.Opening{Address: at, Key: s.key(), Question: "Q?", Options: []string{"A", "B"}})
		s.must(err)
		s.closes(p)
		s.opens(room.TopicThread, fmt.Sprint("Topic ", i), 1)
		s.answers(s.asks(s.yuna, fmt.Sprint("Why ", i)), "So.")
	}
	for i := range 1010 {
		s.writes(s.rich, s.inside(), fmt.Sprint(i))
	}
	archived, gone := s.opens(room.UpdateThread, "Archived", 1), s.opens(room.UpdateThread, "Removed", 1)
	s.writes(s.owner, archived, "words")
	seq := s.writes(s.owner, gone, "words")
	yes := true
	_, err := s.space.Change(t.Context(), s.owner, s.channel, archived.Thread, space.Change{Archived: &yes})
	s.must(err)
	s.must(s.chat.Remove(t.Context(), s.owner, chat.Place{Address: gone, Seq: seq}))
	removed := s.asks(s.yuna, "Removed?")
	s.answers(removed, "Yes.")
	s.must(s.questions.Remove(t.Context(), s.owner, s.channel, removed))
	s.passes(time.Hour)
	s.comes(s.yuna)
	d := s.reads(s.yuna)
	if len(d.Updates) != digest.ListMax || len(d.Polls) != digest.ListMax || len(d.Answers) != digest.ListMax || len(d.Threads) != digest.ListMax {
		t.Errorf("%d updates, %d polls, %d answers, %d threads", len(d.Updates), len(d.Polls), len(d.Answers), len(d.Threads))
	}
	if d.Missed.Room < 900 || d.Missed.Room > 1000 || !d.Missed.RoomMore || d.Missed.ThreadsMore {
		t.Errorf("missed %+v", d.Missed)
	}
	for _, told := range []string{"Archived", "Removed"} {
		if strings.Contains(fmt.Sprintf("%+v", d), told) {
			t.Errorf("told of what is %s", told)
		}
	}
}

// Where more was written than is looked through, the digest says so; and a thread
// whose update came early is not left out because others were busy.
func TestADigestSaysThatThereIsMore(t *testing.T) {
	s := newStage(t)
	s.comes(s.yuna)
	s.passes(time.Hour)
	first := s.opens(room.UpdateThread, "First", 1)
	s.writes(s.owner, first, "the first")
	for _, name := range []string{"Busy", "Busier"} {
		at := s.opens(room.UpdateThread, name, 1)
		for i := range 110 {
			s.writes(s.owner, at, fmt.Sprint(i))
		}
	}
	talk := s.opens(room.TopicThread, "Talk", 1)
	for i := range 150 {
		s.writes(s.rich, talk, fmt.Sprint(i))
	}
	s.passes(time.Hour)
	s.comes(s.yuna)
	d := s.reads(s.yuna)
	got := map[string]string{}
	for _, u := range d.Updates {
		got[u.Title] = fmt.Sprintf("%d %v %s", u.Posts, u.More, u.Text)
	}
	want := map[string]string{"Busier": "100 true 109", "Busy": "100 true 109", "First": "1 false the first"}
	if !maps.Equal(got, want) {
		t.Errorf("updates %v, want %v", got, want)
	}
	if d.Missed.Threads != 100 || !d.Missed.ThreadsMore || d.Missed.RoomMore {
		t.Errorf("missed %+v", d.Missed)
	}
}

// Whoever asks again and again is told to wait.
func TestAskingForADigestHasAPace(t *testing.T) {
	s := newStage(t)
	s.digests.Pace = &counted{left: 2}
	s.comes(s.yuna)
	s.reads(s.yuna)
	for what, ask := range map[string]func() error{
		"come": func() error { _, err := s.digests.Come(t.Context(), s.yuna, s.channel); return err },
		"read": func() error { _, err := s.digests.Read(t.Context(), s.yuna, s.channel); return err },
	} {
		if f := fault.Of(ask()); f == nil || f.Reason != "slow_down" || f.RetryAfter <= 0 {
			t.Errorf("%s: %v", what, f)
		}
	}
}

// counted lets so many through.
type counted struct{ left int }

func (c *counted) Take(string) error {
	if c.left--; c.left < 0 {
		return fault.New(fault.Limited, "too_many_attempts", "Wait.").After(time.Minute)
	}
	return nil
}
