package moderation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
)

// An assistant times out for an hour at most, and neither takes back nor replaces
// what they could not impose.
func TestAssistantsDoNotBan(t *testing.T) {
	s := newStage(t)
	assistant := s.Graded(s.channel, s.Person("Ada"), access.GradeAssistant)
	mod := s.Moderator(s.channel, s.Person("Mod"))
	noa := s.Light("Noa")
	impose := func(by ident.Account, kind access.BlockKind, d time.Duration) string {
		_, err := s.moderation.Impose(t.Context(), by, moderation.Order{Channel: s.channel, Account: noa, Kind: kind, For: d})
		return reason(err)
	}
	lift := func(by ident.Account) string { return reason(s.moderation.Lift(t.Context(), by, s.channel, noa)) }
	for what, c := range map[string]struct{ got, want string }{
		"a ban": {impose(assistant, access.BlockBan, 0), "grade_required"}, "an hour and a second": {impose(assistant, access.BlockTimeout, time.Hour+time.Second), "grade_required"},
	} {
		if c.got != c.want {
			t.Errorf("an assistant imposes %s: %q", what, c.got)
		}
	}
	for _, c := range []struct {
		what, got, want string
	}{
		{"an assistant imposes an hour", impose(assistant, access.BlockTimeout, time.Hour), ""},
		{"and another", impose(assistant, access.BlockTimeout, time.Minute), ""},
		{"and lifts it", lift(assistant), ""},
		{"a moderator bans", impose(mod, access.BlockBan, 0), ""},
		{"an assistant softens the ban", impose(assistant, access.BlockTimeout, time.Second), "grade_required"},
		{"an assistant lifts the ban", lift(assistant), "grade_required"},
		{"a moderator imposes a day", impose(mod, access.BlockTimeout, 24*time.Hour), ""},
		{"an assistant lifts the day", lift(assistant), "grade_required"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
	s.Clock.Advance(23*time.Hour + time.Second)
	if got := lift(assistant); got != "" {
		t.Errorf("an assistant lifts what is left of the day, less than an hour: %q", got)
	}
	if err := s.bans(mod); err != nil { // by the creator, who alone may
		t.Fatal(err)
	}
	if err := s.moderation.Lift(t.Context(), s.Moderator(s.channel, s.Person("Another")), s.channel, mod); reason(err) != "target_protected" {
		t.Errorf("a moderator lets another in again whom the creator banned: %v", err)
	}
	if _, err := s.moderation.Block(t.Context(), assistant, s.channel, "idiot"); reason(err) != "grade_required" {
		t.Errorf("an assistant blocks a term: %v", err)
	}
	if err := s.moderation.Unblock(t.Context(), assistant, s.channel, "idiot"); reason(err) != "grade_required" {
		t.Errorf("an assistant drops a term: %v", err)
	}
	if _, err := s.moderation.Terms(t.Context(), assistant, s.channel); err != nil {
		t.Errorf("an assistant reads the terms: %v", err)
	}
}

func (s *stage) audited(q audit.Query) []audit.Entry {
	s.t.Helper()
	q.Channel, q.Limit = s.channel, max(q.Limit, 1)
	log := audit.NewService(store.UnitOf(s.DB, func(tx *store.Tx) audit.Tx { return tx }), s.Clock.Now)
	es, err := log.List(s.t.Context(), s.owner, q)
	if err != nil {
		s.t.Fatal(err)
	}
	return es
}

// A sanction's entry says who, whom, why, and how the person stood before.
func TestSanctionsAreAudited(t *testing.T) {
	s := newStage(t)
	mod := s.Moderator(s.channel, s.Person("Mod"))
	noa, other := s.Light("Noa"), s.Light("Other")
	for _, o := range []moderation.Order{
		{Account: noa, Kind: access.BlockTimeout, For: time.Minute, Reason: "spam"},
		{Account: other, Kind: access.BlockBan},
		{Account: noa, Kind: access.BlockBan, Reason: "spam again"},
	} {
		o.Channel = s.channel
		if _, err := s.moderation.Impose(t.Context(), mod, o); err != nil {
			t.Fatal(err)
		}
		s.Clock.Advance(time.Second)
	}
	for range 2 { // the second lifts nothing and is no act
		if err := s.moderation.Lift(t.Context(), s.owner, s.channel, noa); err != nil {
			t.Fatal(err)
		}
	}
	es := s.audited(audit.Query{On: noa, Limit: 10})
	if len(es) != 3 {
		t.Fatalf("%d entries on Noa: %+v", len(es), es)
	}
	lifted, banned, timed := es[0], es[1], es[2]
	if lifted.Act != audit.SanctionLifted || lifted.As != "owner" || lifted.By != s.owner || lifted.Before["kind"] != "ban" || lifted.Before["reason"] != "spam again" {
		t.Errorf("lifted: %+v", lifted)
	}
	if banned.Act != audit.SanctionImposed || banned.As != "moderator" || banned.ByName != "Mod" || banned.OnName != "Noa" || banned.Reason != "spam again" ||
		banned.Before["kind"] != "timeout" || banned.Before["reason"] != "spam" || banned.After["kind"] != "ban" {
		t.Errorf("banned: %+v", banned)
	}
	if want := audit.Moment(timed.At.Add(time.Minute)); len(timed.Before) != 0 || timed.After["until"] != want {
		t.Errorf("timed out: %+v, want until %s", timed, want)
	}
	if es := s.audited(audit.Query{Limit: 2}); len(es) != 2 || es[0].ID != lifted.ID || es[1].ID != banned.ID {
		t.Errorf("the newest two: %+v", es)
	}
	if es := s.audited(audit.Query{Limit: 100, Before: banned.ID}); len(es) != 2 || es[0].On != other || es[1].ID != timed.ID {
		t.Errorf("older ones: %+v", es)
	}
	s.Clock.Advance(audit.Kept + time.Second)
	if _, err := s.moderation.Block(t.Context(), s.owner, s.channel, "idiot"); err != nil {
		t.Fatal(err)
	}
	if es := s.audited(audit.Query{Limit: 100}); len(es) != 1 || es[0].Act != audit.TermBlocked || es[0].Thing != "idiot" {
		t.Errorf("after a year: %+v", es)
	}
}

// Notes are staff's; their author drops them, and staff who may ban.
func TestNotesOnPeople(t *testing.T) {
	s := newStage(t)
	ada, mod := s.Graded(s.channel, s.Person("Ada"), access.GradeAssistant), s.Moderator(s.channel, s.Person("Mod"))
	noa := s.Light("Noa")
	elsewhere := s.Channel(s.Person("Lia"))
	write := func(by ident.Account, words string) (moderation.Note, string) {
		n, err := s.moderation.WriteNote(t.Context(), by, s.channel, noa, words)
		s.Clock.Advance(time.Millisecond)
		return n, reason(err)
	}
	for name, by := range map[string]ident.Account{"nobody": "", "the person": noa, "a subscriber": s.Subscriber(s.channel, s.Person("Yuna"), 1)} {
		_, written := write(by, "words")
		_, read := s.moderation.Notes(t.Context(), by, s.channel, noa)
		if dropped := s.moderation.DropNote(t.Context(), by, s.channel, noa, "x"); written != "moderators_only" || reason(read) != "moderators_only" || reason(dropped) != "moderators_only" {
			t.Errorf("%s: %s, %v, %v", name, written, read, dropped)
		}
	}
	for _, words := range []string{"", "  ", strings.Repeat("é", 401), "\xff"} {
		if _, refused := write(mod, words); refused != "note_invalid" {
			t.Errorf("%.5q: %q", words, refused)
		}
	}
	if _, err := s.moderation.WriteNote(t.Context(), mod, s.channel, "nobody", "words"); reason(err) != "account_missing" {
		t.Error(err)
	}
	theirs, _ := write(mod, "by a moderator")
	if _, refused := write(ada, "  by an   assistant "); refused != "" {
		t.Fatal(refused)
	}
	list, err := s.moderation.Notes(t.Context(), ada, s.channel, noa)
	if err != nil || len(list) != 2 || list[0].ByName != "Ada" || list[1] != theirs {
		t.Errorf("listed: %+v, %v", list, err)
	}
	if err := s.moderation.DropNote(t.Context(), ada, s.channel, noa, theirs.ID); reason(err) != "grade_required" {
		t.Errorf("an assistant drops another's: %v", err)
	}
	if err := s.moderation.DropNote(t.Context(), s.owner, elsewhere, noa, theirs.ID); reason(err) != "moderators_only" {
		t.Errorf("through another channel: %v", err)
	}
	if list, _ = s.moderation.Notes(t.Context(), mod, s.channel, noa); len(list) != 2 {
		t.Errorf("refused drops left %d notes", len(list))
	}
	for _, by := range []ident.Account{ada, mod} {
		if err := s.moderation.DropNote(t.Context(), by, s.channel, noa, list[0].ID); err != nil {
			t.Fatal(err)
		}
	}
	if es := s.audited(audit.Query{On: noa, Limit: 10}); len(es) != 3 || es[0].Act != audit.NoteDropped || es[0].Before["note"] != list[0].Text {
		t.Errorf("audited: %+v", es)
	}
	for n := 1; n <= 49; n++ {
		if _, refused := write(mod, "one of many"); refused != "" {
			t.Fatalf("note %d: %s", n+1, refused)
		}
	}
	if _, refused := write(mod, "one too many"); refused != "too_many_notes" {
		t.Errorf("note 51: %q", refused)
	}
}
