package moderation_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/space"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type patient struct{}

func (patient) Take(string) error { return nil }

type stage struct {
	*storetest.World
	t          testing.TB
	moderation *moderation.Service
	questions  *question.Service
	owner      ident.Account
	channel    ident.Channel
	keys       int
}

func newStage(t testing.TB) *stage {
	t.Helper()
	s := &stage{World: storetest.NewWorld(t), t: t}
	s.moderation = moderation.NewService(store.UnitOf(s.DB, func(tx *store.Tx) moderation.Tx { return tx }), s.IDs, s.Clock.Now)
	s.questions = question.NewService(store.UnitOf(s.DB, func(tx *store.Tx) question.Tx { return tx }), s.IDs, s.Clock.Now, patient{},
		question.Rules{CleanText: chat.CleanText, CleanKey: chat.CleanKey, Author: chat.AuthorOf})
	s.owner = s.Person("Inès")
	s.channel = s.Channel(s.owner)
	return s
}

func (s *stage) says(by ident.Account, a room.Audience, text string) {
	s.t.Helper()
	s.writes(room.Entry{
		Address: room.Address{Channel: s.channel, Audience: a}, Author: by,
		Payload: event.MessagePosted{Author: event.Author{ID: by, Name: "name of " + string(by)}, Text: text},
	})
}

// writes appends an entry and returns its sequence.
func (s *stage) writes(e room.Entry) (seq int64) {
	s.t.Helper()
	err := s.Update(s.t.Context(), func(tx *store.Tx) error {
		written, err := tx.Append(s.t.Context(), e)
		if err == nil {
			seq = written[0].Seq
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return seq
}

func (s *stage) asks(by ident.Account, text string, anonymous bool) question.Question {
	s.t.Helper()
	s.keys++
	q, err := s.questions.Ask(s.t.Context(), question.Ask{
		Channel: s.channel, Asker: by, Key: fmt.Sprintf("ask-%08d", s.keys), Text: text, Anonymous: anonymous,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return q
}

func (s *stage) bans(who ident.Account) error {
	_, err := s.moderation.Impose(s.t.Context(), s.owner, moderation.Order{Channel: s.channel, Account: who, Kind: access.BlockBan})
	return err
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

// Staff shut people out; nobody the creator or themselves; only the creator staff.
func TestWhoMayShutOutWhom(t *testing.T) {
	s := newStage(t)
	mod, mod2 := s.Moderator(s.channel, s.Person("Mod")), s.Moderator(s.channel, s.Person("Mod two"))
	yuna, noa := s.Subscriber(s.channel, s.Person("Yuna"), 1), s.Light("Noa")
	stranger := s.Person("Stranger")
	elsewhere := s.Person("Elsewhere")
	s.Channel(elsewhere)
	banned := s.Moderator(s.channel, s.Person("Banned mod"))
	if err := s.bans(banned); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		by, whom ident.Account
		want     string
	}{
		{s.owner, noa, ""},
		{s.owner, mod, ""},
		{mod2, yuna, ""},
		{mod2, s.owner, "target_protected"},
		{mod2, mod, "target_protected"},
		{mod2, mod2, "target_protected"},
		{s.owner, s.owner, "target_protected"},
		{mod2, "nobody", "account_missing"},
		{stranger, noa, "moderators_only"},
		{yuna, noa, "banned"}, // by mod2 above
		{elsewhere, noa, "moderators_only"},
		{banned, noa, "banned"},
		{"", noa, "moderators_only"},
	} {
		_, err := s.moderation.Impose(t.Context(), c.by, moderation.Order{Channel: s.channel, Account: c.whom, Kind: access.BlockBan, Reason: "test"})
		if reason(err) != c.want {
			t.Errorf("%q shuts out %q: %q, want %q", c.by, c.whom, reason(err), c.want)
		}
	}
	for name, err := range map[string]error{
		"listing": second(s.moderation.List(t.Context(), stranger, s.channel)), "lifting": s.moderation.Lift(t.Context(), stranger, s.channel, noa),
	} {
		if reason(err) != "moderators_only" {
			t.Errorf("%s by a stranger: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestSanctionIsBounded(t *testing.T) {
	s := newStage(t)
	noa := s.Light("Noa")
	for _, c := range []struct {
		kind   access.BlockKind
		length time.Duration
		why    string
		want   string
	}{
		{access.BlockTimeout, 0, "", "timeout_invalid"},
		{access.BlockTimeout, time.Second - 1, "", "timeout_invalid"},
		{access.BlockTimeout, time.Second, "", ""},
		{access.BlockTimeout, 28 * 24 * time.Hour, "", ""},
		{access.BlockTimeout, 28*24*time.Hour + 1, "", "timeout_invalid"},
		{access.BlockBan, 0, strings.Repeat("é", 200), ""},
		{access.BlockBan, 0, strings.Repeat("é", 201), "reason_too_long"},
		{access.BlockBan, 0, "\xff", "reason_too_long"},
		{"shadow", 0, "", "sanction_invalid"},
	} {
		_, err := s.moderation.Impose(t.Context(), s.owner, moderation.Order{Channel: s.channel, Account: noa, Kind: c.kind, For: c.length, Reason: c.why})
		if reason(err) != c.want {
			t.Errorf("%s for %v: %q, want %q", c.kind, c.length, reason(err), c.want)
		}
	}
}

// A ban hides what the person wrote lately in both rooms, and only theirs.
func TestBanHidesRecentWordsInBothRooms(t *testing.T) {
	s := newStage(t)
	yuna, noa := s.Subscriber(s.channel, s.Person("Yuna"), 1), s.Subscriber(s.channel, s.Person("Noa"), 1)
	elsewhere := s.Channel(s.Person("Somebody"))
	s.says(yuna, room.Public, "old words")
	s.Clock.Advance(25 * time.Hour)
	for _, a := range []room.Audience{room.Public, room.Space} {
		s.says(yuna, a, "bad words "+string(a))
		s.says(noa, a, "good words "+string(a))
		s.says(yuna, a, "worse words "+string(a))
	}
	s.asks(yuna, "bad question", true)
	if err := s.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Append(t.Context(), room.Entry{
			Address: room.Address{Channel: elsewhere, Audience: room.Public}, Author: yuna, Payload: event.MessagePosted{Text: "words elsewhere"},
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.bans(yuna); err != nil {
		t.Fatal(err)
	}
	raw := s.Raw()
	for words, kept := range map[string]bool{
		"bad words public": false, "bad words space": false, "worse words public": false, "worse words space": false, "bad question": false,
		"good words public": true, "good words space": true, "old words": true, "words elsewhere": true,
	} {
		if strings.Contains(raw, words) != kept {
			t.Errorf("%q stands in the logs: %v, want %v", words, !kept, kept)
		}
	}
	// The anonymous question is told apart: in one list with the named messages it
	// would show who asked.
	for a, want := range map[room.Audience]string{room.Public: "[[2 4]]", room.Space: "[[1 3] [4]]"} {
		var told [][]int64
		for _, e := range s.Events(s.channel, a) {
			if removed, ok := event.As[event.MessageRemoved](e); ok && removed.By == "sanction" {
				told = append(told, removed.Seqs)
			}
		}
		if fmt.Sprint(told) != want {
			t.Errorf("%s was told of %v, want %s", a, told, want)
		}
	}
}

// A ban takes the person's question off the air and its words out of the public log.
func TestBanTakesTheQuestionOffTheAir(t *testing.T) {
	s := newStage(t)
	yuna := s.Subscriber(s.channel, s.Person("Yuna"), 1)
	q := s.asks(yuna, "words on air", false)
	if _, err := s.questions.PutOnAir(t.Context(), s.owner, s.channel, q.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.bans(yuna); err != nil {
		t.Fatal(err)
	}
	if current, on, err := s.questions.Current(t.Context(), s.channel, true); err != nil || on {
		t.Errorf("%v is still on air (%v)", current, err)
	}
	if raw := s.Raw(); strings.Contains(raw, "words on air") {
		t.Error("the words still stand in a log")
	}
	for _, a := range []room.Audience{room.Public, room.Space} {
		off := false
		for _, e := range s.Events(s.channel, a) {
			back, ok := event.As[event.QuestionReturned](e)
			off = off || ok && back.Question == q.ID
		}
		if !off {
			t.Errorf("%s was not told that it is off the air", a)
		}
	}
}

// Words that were removed do not live on in the messages that quote them.
func TestRemovedWordsLeaveTheirQuotes(t *testing.T) {
	s := newStage(t)
	yuna, noa := s.Subscriber(s.channel, s.Person("Yuna"), 1), s.Subscriber(s.channel, s.Person("Noa"), 1)
	public := room.Address{Channel: s.channel, Audience: room.Public}
	seq := s.writes(room.Entry{Address: public, Author: yuna, Payload: event.MessagePosted{Text: "quoted words"}})
	s.writes(room.Entry{Address: public, Author: noa, Answers: seq, Payload: event.MessagePosted{
		Text: "an answer", ReplyTo: &event.ReplyTo{Seq: seq, Name: "Yuna", Excerpt: "quoted words"},
	}})
	if raw := s.Raw(); strings.Count(raw, "quoted words") != 2 {
		t.Fatal("the answer does not quote")
	}
	if err := s.bans(yuna); err != nil {
		t.Fatal(err)
	}
	raw := s.Raw()
	if strings.Contains(raw, "quoted words") || !strings.Contains(raw, "an answer") {
		t.Error("the words stand in a quote, or the answer is gone")
	}
}

func TestBanWithdrawsWaitingQuestions(t *testing.T) {
	s := newStage(t)
	yuna, noa := s.Subscriber(s.channel, s.Person("Yuna"), 1), s.Subscriber(s.channel, s.Person("Noa"), 1)
	theirs, other := s.asks(yuna, "mine?", false), s.asks(noa, "hers?", false)
	if err := s.bans(yuna); err != nil {
		t.Fatal(err)
	}
	waiting, _, err := s.questions.List(t.Context(), s.owner, s.channel, []question.State{question.Waiting})
	if err != nil || len(waiting) != 1 || waiting[0].ID != other.ID {
		t.Errorf("waiting are %v (%v), want only %s", waiting, err, other.ID)
	}
	if _, err := s.questions.PutOnAir(t.Context(), s.owner, s.channel, theirs.ID); reason(err) != "not_waiting" {
		t.Errorf("a banned person's question goes on air: %v", err)
	}
}

// A timeout is over by the clock; a new sanction replaces the old one; lifting
// opens at once and says who did it.
func TestSanctionsEndAndAreReplaced(t *testing.T) {
	s := newStage(t)
	noa := s.Light("Noa")
	subject := access.Subject{Account: noa, Channel: s.channel}
	shut := func() string {
		t.Helper()
		facts, err := s.Rights().Facts(t.Context(), []access.Subject{subject})
		if err != nil {
			t.Fatal(err)
		}
		return access.Decide(facts[subject], access.PostPublic, s.Clock.Now()).Reason
	}
	order := moderation.Order{Channel: s.channel, Account: noa, Kind: access.BlockTimeout, For: time.Minute, Reason: " too \n much "}
	x, err := s.moderation.Impose(t.Context(), s.owner, order)
	if err != nil || x.Reason != "too much" || x.Name != "Noa" || x.ByName != "Inès" || !x.Until.Equal(s.Clock.Now().Add(time.Minute)) {
		t.Fatalf("%+v, %v", x, err)
	}
	if shut() != "timed_out" {
		t.Errorf("while timed out: %q", shut())
	}
	s.Clock.Advance(time.Minute - time.Millisecond)
	if shut() != "timed_out" {
		t.Error("the timeout ended early")
	}
	s.Clock.Advance(time.Millisecond)
	if shut() != "" {
		t.Errorf("after the timeout: %q", shut())
	}
	if list, err := s.moderation.List(t.Context(), s.owner, s.channel); err != nil || len(list) != 0 {
		t.Errorf("sanctions that stand: %v %v", list, err)
	}
	if err := s.bans(noa); err != nil || shut() != "banned" {
		t.Fatalf("%v, %q", err, shut())
	}
	if _, err := s.moderation.Impose(t.Context(), s.owner, order); err != nil || shut() != "timed_out" {
		t.Errorf("a timeout in place of the ban: %v, %q", err, shut())
	}
	if list, err := s.moderation.List(t.Context(), s.owner, s.channel); err != nil || len(list) != 1 {
		t.Errorf("sanctions that stand: %v %v", list, err)
	}
	head := len(s.Events(s.channel, room.Business))
	for range 2 { // the second time changes nothing
		if err := s.moderation.Lift(t.Context(), s.owner, s.channel, noa); err != nil || shut() != "" {
			t.Errorf("lifted: %v, %q", err, shut())
		}
	}
	events := s.Events(s.channel, room.Business)
	lifted, ok := event.As[event.SanctionLifted](events[len(events)-1])
	if len(events) != head+1 || !ok || lifted.Account != noa || lifted.By != s.owner {
		t.Errorf("the channel's log ends with %s", events[len(events)-1].Data)
	}
}

// The sanction and the word of it commit together: when one cannot be written
// neither is.
func TestSanctionAndItsEventCommitTogether(t *testing.T) {
	s := newStage(t)
	noa := s.Light("Noa")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.moderation.Impose(ctx, s.owner, moderation.Order{Channel: s.channel, Account: noa, Kind: access.BlockBan}); err == nil {
		t.Fatal("a cancelled ban succeeded")
	}
	list, err := s.moderation.List(t.Context(), s.owner, s.channel)
	if err != nil || len(list) != 0 || len(s.Events(s.channel, room.Business)) != 0 {
		t.Errorf("left behind: %v, %v", list, err)
	}
}

// A sanction hides what somebody wrote in threads as it does in the rooms.
func TestASanctionHidesWordsInThreads(t *testing.T) {
	s := newStage(t)
	yuna, noa := s.Subscriber(s.channel, s.Person("Yuna"), 1), s.Subscriber(s.channel, s.Person("Noa"), 1)
	threads := space.NewService(store.UnitOf(s.DB, func(tx *store.Tx) space.Tx { return tx }), s.IDs, s.Clock.Now)
	var at []room.Address
	for _, o := range []space.Opening{{Title: "for all"}, {Title: "for few", Level: 3}} {
		o.Channel, o.Kind = s.channel, room.TopicThread
		th, err := threads.Open(t.Context(), s.owner, o)
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, th.Address())
		var last int64
		for _, by := range []ident.Account{yuna, noa} {
			last = s.writes(room.Entry{Address: th.Address(), Author: by, Payload: event.MessagePosted{Author: event.Author{ID: by}, Text: "words"}})
		}
		if err := s.Update(t.Context(), func(tx *store.Tx) error {
			return tx.CountPosts(t.Context(), map[ident.Thread]chat.Posts{th.ID: {Messages: 2, Last: last, At: s.Clock.Now()}})
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.moderation.Impose(t.Context(), s.owner, moderation.Order{Channel: s.channel, Account: yuna, Kind: access.BlockBan}); err != nil {
		t.Fatal(err)
	}
	for _, a := range at {
		got := ""
		for _, e := range s.EventsAt(a) {
			got += string(e.Kind) + " "
		}
		if got != "thread.opened message.tombstone message.posted message.removed " {
			t.Errorf("the thread: %s", got)
		}
	}
}

// Questions that are over lose their words too, and so do the answers of somebody
// who is shut out.
func TestASanctionHidesQuestionsThatAreOver(t *testing.T) {
	s := newStage(t)
	yuna := s.Subscriber(s.channel, s.Person("Yuna"), 1)
	mod := s.Moderator(s.channel, s.Person("Mod"))
	ask := func(by ident.Account, text string, r room.Audience) question.Question {
		s.keys++
		q, err := s.questions.Ask(t.Context(), question.Ask{Channel: s.channel, Asker: by, Key: fmt.Sprintf("key-%08d", s.keys), Text: text, Room: r})
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	skipped, answered := ask(yuna, "troll skipped", room.Public), ask(yuna, "troll answered", room.Public)
	mine := ask(s.owner, "a fair question", room.Public)
	if _, err := s.questions.Skip(t.Context(), s.owner, s.channel, skipped.ID); err != nil {
		t.Fatal(err)
	}
	for id, text := range map[ident.Question]string{answered.ID: "calm words", mine.ID: "rogue words"} {
		if _, err := s.questions.ReplyInText(t.Context(), mod, s.channel, id, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Update(t.Context(), func(tx *store.Tx) error { // the creator takes the role away first
		_, err := tx.DropModerator(t.Context(), s.channel, mod)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, who := range []ident.Account{yuna, mod} {
		if _, err := s.moderation.Impose(t.Context(), s.owner, moderation.Order{Channel: s.channel, Account: who, Kind: access.BlockBan}); err != nil {
			t.Fatal(err)
		}
	}
	var shown string
	for _, state := range []question.State{question.Skipped, question.Answered} {
		list, _, err := s.questions.OpenList(t.Context(), "", s.channel, []question.State{state})
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range list {
			shown += q.Text + q.Shown + q.Reply.Text + "; "
		}
	}
	if raw := s.Raw() + shown; strings.Contains(raw, "troll") || strings.Contains(raw, "rogue") {
		t.Errorf("still there: %s\n%s", shown, s.Raw())
	}
	if !strings.Contains(shown, "a fair question") {
		t.Errorf("the creator's question is gone too: %s", shown)
	}
}
