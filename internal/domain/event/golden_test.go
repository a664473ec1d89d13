package event_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// The golden files are what was promised to the world. They are never changed:
// a payload that must look different gets a new version and a new file. Run with
// SUBSPACE_WRITE_GOLDEN=1 to write the files that are missing.

func moment() time.Time {
	return time.Date(2026, 3, 1, 20, 15, 30, 123_456_789, time.FixedZone("CET", 3600))
}

// samples holds one value of every payload, with all its fields filled.
func samples() []event.Payload {
	author := event.Author{ID: "acc1", Name: `Yuna "Y" <b>`, Role: "moderator", Subscriber: true, Months: 14, Badge: "m12"}
	until := event.Time(moment().Add(time.Hour))
	return []event.Payload{
		event.MessagePosted{Author: author, Text: "Zwölf & <ein> 👩‍🚀 \u2028", ReplyTo: &event.ReplyTo{Seq: 7, Name: "Noa", Excerpt: "…"}},
		event.MessageRemoved{Seqs: []int64{3, 9}, By: "sanction"},
		event.MessageTombstone{By: "author"},
		event.MessagePinned{Seq: 7, Author: author, Text: "Tonight at 9", By: "owner"},
		event.MessageUnpinned{Seq: 7, By: "sanction"},
		event.MessagePreviewed{Seq: 7, URL: "https://example.org/a?b=c&d", Site: "Example", Title: `Zwölf "Tassen" <b>`, Description: "Fired at cone 6 \u2028"},
		event.QuestionAskedV1{Question: "q1", Name: "Yuna", Text: "How hot?", Author: &author},
		event.QuestionAsked{Question: "q1", Name: "Yuna", Text: "How hot?", Author: &author, Audience: "space", First: true},
		event.QuestionAired{Question: "q1", Name: "", Text: "How hot?"},
		event.QuestionAnswered{Question: "q1"},
		event.QuestionPublished{Question: "q1", Name: "Yuna", Text: "How hot?", Answer: "Cone 6, <slowly>", By: "Inès"},
		event.QuestionReplied{Question: "q1", Author: author, Text: "Cone 6, <slowly>"},
		event.QuestionReturned{Question: "q1"},
		event.QuestionSkipped{Question: "q1"},
		event.QuestionsArranged{First: []ident.Question{"q2", "q1"}},
		event.QuestionMerged{Question: "q1", Into: "q2"},
		event.PollOpened{Poll: "p1", Question: `Which "glaze"?`, Options: []string{"Celadon", "Tenmoku <dark>"}, Changeable: true, Results: "end", ClosesAt: &until},
		event.PollClosed{Poll: "p1", Question: `Which "glaze"?`, Options: []event.PollOption{{Text: "Celadon", Votes: 7}, {Text: "Tenmoku <dark>", Votes: 12}}, Voters: 19},
		event.SpaceOpened{},
		event.ThreadOpened{Thread: "t1", Kind: "update", Title: `What "hot" means`, Prompt: "", Level: 2},
		event.ThreadChanged{Thread: "t1", Title: "What hot means", Pinned: true, Closed: true, Archived: false},
		event.SpaceClosed{},
		event.ChannelChanged{},
		event.EmotesChanged{},
		event.GiftGiven{Name: "Bea", Tier: "t1", TierName: "Kiln", Months: 1, People: 12, To: []string{"Cy", `Di "D"`}},
		event.LiveStarted{Broadcast: "b1", Title: "Glazing"},
		event.LiveInterrupted{Broadcast: "b1"},
		event.LiveResumed{Broadcast: "b1"},
		event.LiveEnded{Broadcast: "b1"},
		event.LiveTitled{Broadcast: "b1", Title: "Glazing, part two"},
		event.GrantChanged{Account: "acc1", Grant: "g1", Source: "subscription", Ends: until, Why: "paid"},
		event.SanctionImposed{Account: "acc1", Kind: "timeout", Until: &until, Reason: "spam", By: "acc2"},
		event.SanctionLifted{Account: "acc1", By: "acc2"},
		event.ModeratorAppointed{Account: "acc1", By: "acc2"},
		event.ModeratorRemoved{Account: "acc1", By: "acc2"},
		event.SettingsChanged{By: "acc2"},
		event.ModesChanged{Slow: 30, Followers: true, FollowedFor: 600, Subscribers: true, Emotes: true, Unique: true},
		event.TermAdded{Term: "idiot*", By: "acc2"},
		event.TermDropped{Term: "idiot*", By: "acc2"},
		event.FollowBegan{Account: "acc1"},
		event.FollowEnded{Account: "acc1"},
		event.OverlayRevoked{By: "acc2"},
		event.DockRevoked{Dock: "dock1", By: "acc2"},
		event.OverlayChanged{By: "acc2"},
		event.ScheduleEdited{},
		event.ScheduleChanged{Plan: "p1", Title: `Raku, "live"`, Starts: until, Was: &until, Cancelled: true},
	}
}

func golden(p event.Payload) string {
	kind, v := p.EventKind()
	return filepath.Join("testdata", fmt.Sprintf("%s.v%d.json", kind, v))
}

func TestReleasedBytesStayAsTheyAre(t *testing.T) {
	for _, p := range samples() {
		file := golden(p)
		enc, err := event.Encode("log1", 42, "ev1", moment(), p)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(file)
		if os.IsNotExist(err) && os.Getenv("SUBSPACE_WRITE_GOLDEN") != "" {
			want, err = append(enc.Bytes, '\n'), os.WriteFile(file, append(enc.Bytes, '\n'), 0o644)
		}
		if err != nil {
			t.Errorf("%T has no golden file: %v", p, err)
			continue
		}
		if !bytes.Equal(append(enc.Bytes, '\n'), want) {
			t.Errorf("%T is encoded as\n%s\n%s holds\n%s", p, enc.Bytes, file, want)
		}
	}
}

// What was released is read back whole, field by field.
func TestReleasedBytesAreReadBack(t *testing.T) {
	for _, p := range samples() {
		b, err := os.ReadFile(golden(p))
		if err != nil {
			t.Error(err)
			continue
		}
		env, err := event.Decode(b)
		if err != nil {
			t.Errorf("%s: %v", golden(p), err)
			continue
		}
		kind, v := p.EventKind()
		if env.Log != "log1" || env.Seq != 42 || env.ID != "ev1" || env.Kind != kind || env.V != v {
			t.Errorf("%s: the envelope reads %+v", golden(p), env)
		}
		if at := time.Time(env.At); !at.Equal(moment().Truncate(time.Millisecond)) || at.Location() != time.UTC {
			t.Errorf("%s: at %v", golden(p), at)
		}
		again, ok := readAs(p, env)
		if !ok {
			t.Errorf("%s is not read as %T", golden(p), p)
			continue
		}
		enc, err := event.Encode("log1", 42, "ev1", moment(), again)
		if err != nil || string(enc.Bytes)+"\n" != string(b) {
			t.Errorf("%s reads as %+v", golden(p), again)
		}
	}
}

// readAs reads the payload with As of p's type.
func readAs(p event.Payload, env event.Envelope) (event.Payload, bool) {
	type reader func(event.Envelope) (event.Payload, bool)
	readers := map[reflect.Type]reader{}
	add := func(p event.Payload, r reader) { readers[reflect.TypeOf(p)] = r }
	add(event.MessagePosted{}, as[event.MessagePosted])
	add(event.MessageRemoved{}, as[event.MessageRemoved])
	add(event.MessageTombstone{}, as[event.MessageTombstone])
	add(event.MessagePinned{}, as[event.MessagePinned])
	add(event.MessageUnpinned{}, as[event.MessageUnpinned])
	add(event.MessagePreviewed{}, as[event.MessagePreviewed])
	add(event.QuestionAskedV1{}, as[event.QuestionAskedV1])
	add(event.QuestionAsked{}, as[event.QuestionAsked])
	add(event.QuestionAired{}, as[event.QuestionAired])
	add(event.QuestionAnswered{}, as[event.QuestionAnswered])
	add(event.QuestionReturned{}, as[event.QuestionReturned])
	add(event.QuestionSkipped{}, as[event.QuestionSkipped])
	add(event.QuestionPublished{}, as[event.QuestionPublished])
	add(event.QuestionReplied{}, as[event.QuestionReplied])
	add(event.QuestionsArranged{}, as[event.QuestionsArranged])
	add(event.QuestionMerged{}, as[event.QuestionMerged])
	add(event.PollOpened{}, as[event.PollOpened])
	add(event.PollClosed{}, as[event.PollClosed])
	add(event.SpaceOpened{}, as[event.SpaceOpened])
	add(event.SpaceClosed{}, as[event.SpaceClosed])
	add(event.ThreadOpened{}, as[event.ThreadOpened])
	add(event.ThreadChanged{}, as[event.ThreadChanged])
	add(event.ChannelChanged{}, as[event.ChannelChanged])
	add(event.EmotesChanged{}, as[event.EmotesChanged])
	add(event.GiftGiven{}, as[event.GiftGiven])
	add(event.LiveStarted{}, as[event.LiveStarted])
	add(event.LiveInterrupted{}, as[event.LiveInterrupted])
	add(event.LiveResumed{}, as[event.LiveResumed])
	add(event.LiveEnded{}, as[event.LiveEnded])
	add(event.LiveTitled{}, as[event.LiveTitled])
	add(event.GrantChanged{}, as[event.GrantChanged])
	add(event.SanctionImposed{}, as[event.SanctionImposed])
	add(event.SanctionLifted{}, as[event.SanctionLifted])
	add(event.ModeratorAppointed{}, as[event.ModeratorAppointed])
	add(event.ModeratorRemoved{}, as[event.ModeratorRemoved])
	add(event.SettingsChanged{}, as[event.SettingsChanged])
	add(event.OverlayRevoked{}, as[event.OverlayRevoked])
	add(event.DockRevoked{}, as[event.DockRevoked])
	add(event.OverlayChanged{}, as[event.OverlayChanged])
	add(event.ScheduleEdited{}, as[event.ScheduleEdited])
	add(event.ScheduleChanged{}, as[event.ScheduleChanged])
	add(event.ModesChanged{}, as[event.ModesChanged])
	add(event.TermAdded{}, as[event.TermAdded])
	add(event.TermDropped{}, as[event.TermDropped])
	add(event.FollowBegan{}, as[event.FollowBegan])
	add(event.FollowEnded{}, as[event.FollowEnded])
	r, ok := readers[reflect.TypeOf(p)]
	if !ok {
		return nil, false
	}
	return r(env)
}

func as[P event.Payload](env event.Envelope) (event.Payload, bool) { return event.As[P](env) }

// Every type of the package that is a payload has a sample, and every golden
// file belongs to one.
func TestEveryPayloadHasAGoldenFile(t *testing.T) {
	var have []string
	files := map[string]bool{}
	for _, p := range samples() {
		have = append(have, reflect.TypeOf(p).Name())
		if files[golden(p)] {
			t.Errorf("two payloads share %s", golden(p))
		}
		files[golden(p)] = true
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || fn.Name.Name != "EventKind" {
				continue
			}
			found++
			if name := fn.Recv.List[0].Type.(*ast.Ident).Name; !slices.Contains(have, name) {
				t.Errorf("the payload %s has no sample in samples(), so no golden file", name)
			}
		}
	}
	if found != len(have) {
		t.Errorf("%d payloads in the source, %d samples", found, len(have))
	}
	stored, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range stored {
		if !files[file] {
			t.Errorf("%s belongs to no payload: released bytes must stay readable", file)
		}
	}
}

func TestOtherKindsAndVersionsAreNotMistaken(t *testing.T) {
	env := event.Envelope{Kind: "message.posted", V: 2, Data: []byte(`{"text":"x"}`)}
	if _, ok := event.As[event.MessagePosted](env); ok {
		t.Error("a later version is read as this one")
	}
	env.V = 1
	if _, ok := event.As[event.MessageTombstone](env); ok {
		t.Error("a message is read as a tombstone")
	}
	env.Data = []byte(`{"text":7}`)
	if _, ok := event.As[event.MessagePosted](env); ok {
		t.Error("a payload of another shape is read")
	}
	for _, b := range []string{"", "null garbage", `{"seq":"x"}`, `{"at":"yesterday"}`} {
		if _, err := event.Decode([]byte(b)); err == nil {
			t.Errorf("%q decodes", b)
		}
	}
}

// Whose rights an event may have changed: the account it names, or everybody.
func TestEventSaysWhoseRightsChanged(t *testing.T) {
	for _, p := range samples() {
		enc, err := event.Encode("log1", 1, "ev1", moment(), p)
		if err != nil {
			t.Fatal(err)
		}
		want := "acc1"
		switch p.(type) {
		case event.GrantChanged, event.SanctionImposed, event.SanctionLifted, event.ModeratorAppointed, event.ModeratorRemoved,
			event.FollowBegan, event.FollowEnded:
		default:
			want = ""
		}
		if got := event.Affected(enc.Bytes); string(got) != want {
			t.Errorf("%T affects %q, want %q", p, got, want)
		}
	}
	if got := event.Affected([]byte("not an event")); got != "" {
		t.Errorf("what cannot be read affects %q, want everybody", got)
	}
}
