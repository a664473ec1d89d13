package chat_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patient lets everybody write as fast as they like.
type patient struct{}

func (patient) Take(string) error { return nil }

// stage is a channel in a world, with the chat running.
type stage struct {
	*storetest.World
	t       testing.TB
	chat    *chat.Service
	owner   ident.Account
	channel ident.Channel
	keys    int
}

func newStage(t testing.TB, pace chat.Pacer) *stage {
	t.Helper()
	s := &stage{World: storetest.NewWorld(t), t: t}
	if pace == nil {
		pace = patient{}
	}
	s.chat = runChat(t, chat.NewService(store.UnitOf(s.DB, func(tx *store.Tx) chat.Tx { return tx }), s.Clock.Now, pace))
	s.owner = s.Person("Inès")
	s.channel = s.Channel(s.owner)
	return s
}

func (s *stage) at(a room.Audience) room.Address {
	return room.Address{Channel: s.channel, Audience: a}
}

func (s *stage) write(by ident.Account, a room.Audience, text string) (int64, error) {
	s.keys++
	r, err := s.chat.Post(s.t.Context(), chat.Post{Address: s.at(a), Author: by, Key: fmt.Sprintf("key-%08d", s.keys), Text: text})
	return r.Event.Seq, err
}

func (s *stage) must(by ident.Account, a room.Audience, text string) int64 {
	s.t.Helper()
	seq, err := s.write(by, a, text)
	if err != nil {
		s.t.Fatalf("%q: %v", text, err)
	}
	return seq
}

func (s *stage) sanction(a ident.Account, kind access.BlockKind, d time.Duration) {
	s.t.Helper()
	m := moderation.NewService(store.UnitOf(s.DB, func(tx *store.Tx) moderation.Tx { return tx }), s.IDs, s.Clock.Now)
	if _, err := m.Impose(s.t.Context(), s.owner, moderation.Order{Channel: s.channel, Account: a, Kind: kind, For: d}); err != nil {
		s.t.Fatal(err)
	}
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

// Who may write where is asked in the transaction that writes.
func TestWhoMayWriteWhere(t *testing.T) {
	s := newStage(t, nil)
	past := s.Person("Past")
	s.Grant(s.channel, past, s.Clock.Now().Add(-2*time.Hour), s.Clock.Now().Add(-time.Hour), 1)
	banned, timed := s.Subscriber(s.channel, s.Person("Banned"), 1), s.Subscriber(s.channel, s.Person("Timed"), 1)
	s.sanction(banned, access.BlockBan, 0)
	s.sanction(timed, access.BlockTimeout, time.Minute)
	for name, c := range map[string]struct {
		who                     ident.Account
		public, space, business string
	}{
		"nobody":     {"", "sign_in", "sign_in", "sign_in"},
		"light":      {s.Light("Noa"), "", "subscribers_only", "room_missing"},
		"full":       {s.Person("Sam"), "", "subscribers_only", "room_missing"},
		"subscriber": {s.Subscriber(s.channel, s.Person("Yuna"), 1), "", "", "room_missing"},
		"past":       {past, "", "period_ended", "room_missing"},
		"banned":     {banned, "banned", "banned", "room_missing"},
		"timed out":  {timed, "timed_out", "timed_out", "room_missing"},
		"moderator":  {s.Moderator(s.channel, s.Person("Mod")), "", "", "room_missing"},
		"owner":      {s.owner, "", "", "room_missing"},
	} {
		for audience, want := range map[room.Audience]string{room.Public: c.public, room.Space: c.space, room.Business: c.business} {
			if _, err := s.write(c.who, audience, "hello"); reason(err) != want {
				t.Errorf("%s into %s: %q, want %q", name, audience, reason(err), want)
			}
		}
	}
	if _, err := s.chat.Post(t.Context(), chat.Post{
		Address: room.Address{Channel: "nowhere", Audience: room.Public}, Author: s.owner, Key: "key-nowhere", Text: "x",
	}); reason(err) != "channel_missing" {
		t.Errorf("a channel that is not there: %v", err)
	}
	// The clock alone shuts and opens: a timeout ends, a period ends.
	s.Clock.Advance(time.Minute)
	s.must(timed, room.Space, "back")
	s.Clock.Advance(31 * 24 * time.Hour)
	if _, err := s.write(timed, room.Space, "too late"); reason(err) != "period_ended" {
		t.Errorf("after the period: %v", err)
	}
}

func TestTextIsCleanedAndBounded(t *testing.T) {
	for name, c := range map[string]struct{ in, out, refused string }{
		"as it is":             {"Hello, Wörld 👋", "Hello, Wörld 👋", ""},
		"500 characters":       {strings.Repeat("é", 500), strings.Repeat("é", 500), ""},
		"501 characters":       {strings.Repeat("é", 501), "", "text_too_long"},
		"500 after trimming":   {"  " + strings.Repeat("x", 500) + "\n", strings.Repeat("x", 500), ""},
		"empty":                {"", "", "text_empty"},
		"only spaces":          {" \t\n ", "", "text_empty"},
		"only control":         {"\x00\x1b\u202e", "", "text_empty"},
		"lines":                {"one\ntwo\tthree", "one two three", ""},
		"control characters":   {"a\x00b\x1b[31mc\u0085d\x7f", "ab[31mcd", ""},
		"turned around":        {"a\u202eb\u202ac\u2066d\u2069e", "abcde", ""},
		"right-to-left stays":  {"שלום مرحبا", "שלום مرحبا", ""},
		"joined emoji stay":    {"👩‍🚀", "👩‍🚀", ""},
		"composed":             {"e\u0301", "é", ""},
		"not UTF-8":            {"a\xffb", "", "text_invalid"},
		"markup is text":       {"<script>alert(1)</script>", "<script>alert(1)</script>", ""},
		"decomposed 500 fit":   {strings.Repeat("e\u0301", 500), strings.Repeat("é", 500), ""},
		"a thousand controls":  {strings.Repeat("\x00", 1000) + "x", "x", ""},
		"nonbreaking at edges": {"\u00a0x\u00a0", "x", ""},
	} {
		got, err := chat.CleanText(c.in)
		if got != c.out || reason(err) != c.refused {
			t.Errorf("%s: %q and %q, want %q and %q", name, got, reason(err), c.out, c.refused)
		}
	}
}

func TestKeysArePlain(t *testing.T) {
	for key, ok := range map[string]bool{
		"12345678": true, strings.Repeat("k", 64): true, "1234567": false, strings.Repeat("k", 65): false, "": false,
		"with space": false, "zwölf-zwölf": false, "with\x00zero": false, "with\nline": false,
	} {
		if err := chat.CleanKey(key); (err == nil) != ok {
			t.Errorf("%q: %v", key, err)
		}
	}
}

// However often and however fast a message is sent with one key, it stands once.
func TestSameKeyWritesOnce(t *testing.T) {
	s := newStage(t, nil)
	yuna := s.Subscriber(s.channel, s.Person("Yuna"), 1)
	const times = 30
	receipts, errs := make([]chat.Receipt, times), make([]error, times)
	var all sync.WaitGroup
	for i := range times {
		all.Go(func() {
			receipts[i], errs[i] = s.chat.Post(t.Context(), chat.Post{Address: s.at(room.Space), Author: yuna, Key: "the-same-key", Text: fmt.Sprintf("try %d", i)})
		})
	}
	all.Wait()
	fresh := 0
	for i := range times {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if !receipts[i].Repeated {
			fresh++
		}
		if string(receipts[i].Event.Bytes) != string(receipts[0].Event.Bytes) {
			t.Errorf("try %d was answered with %s, another with %s", i, receipts[i].Event.Bytes, receipts[0].Event.Bytes)
		}
	}
	if n := len(s.Events(s.channel, room.Space)); n != 1 || fresh != 1 {
		t.Errorf("%d events, %d fresh receipts; want one of each", n, fresh)
	}
	// The key is the author's and the room's own.
	other := s.Subscriber(s.channel, s.Person("Noa"), 1)
	for _, p := range []chat.Post{
		{Address: s.at(room.Space), Author: other, Key: "the-same-key", Text: "x"}, {Address: s.at(room.Public), Author: yuna, Key: "the-same-key", Text: "x"},
	} {
		if r, err := s.chat.Post(t.Context(), p); err != nil || r.Repeated {
			t.Errorf("%v: %v, repeated %v", p, err, r.Repeated)
		}
	}
}

// A retry of a message that was removed does not bring it back.
func TestRetryOfARemovedMessageDoesNotBringItBack(t *testing.T) {
	s := newStage(t, nil)
	noa := s.Light("Noa")
	p := chat.Post{Address: s.at(room.Public), Author: noa, Key: "removed-key", Text: "regretted words"}
	r, err := s.chat.Post(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.chat.Remove(t.Context(), noa, chat.Place{Address: p.Address, Seq: r.Event.Seq}); err != nil {
		t.Fatal(err)
	}
	again, err := s.chat.Post(t.Context(), p)
	if err != nil || !again.Repeated || again.Event.Seq != r.Event.Seq {
		t.Errorf("again: %+v, %v", again, err)
	}
	if strings.Contains(s.Raw(), "regretted words") {
		t.Error("the words are back")
	}
}

func TestReplyShowsWhatItAnswers(t *testing.T) {
	s := newStage(t, nil)
	noa, yuna := s.Light("Noa"), s.Subscriber(s.channel, s.Person("Yuna"), 1)
	long := strings.Repeat("wörd ", 60)
	first, private := s.must(noa, room.Public, long), s.must(yuna, room.Space, "inside")
	reply := func(a room.Audience, to int64) (event.MessagePosted, error) {
		s.keys++
		r, err := s.chat.Post(t.Context(), chat.Post{Address: s.at(a), Author: yuna, Key: fmt.Sprintf("reply-%08d", s.keys), Text: "yes", ReplyTo: to})
		if err != nil {
			return event.MessagePosted{}, err
		}
		env, err := event.Decode(r.Event.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		m, _ := event.As[event.MessagePosted](env)
		return m, nil
	}
	m, err := reply(room.Public, first)
	if err != nil || m.ReplyTo == nil {
		t.Fatalf("%+v, %v", m, err)
	}
	if r := m.ReplyTo; r.Seq != first || r.Name != "Noa" || len([]rune(r.Excerpt)) > 90 || !strings.HasPrefix(long, strings.TrimSuffix(r.Excerpt, "…")) {
		t.Errorf("the reply shows %+v", r)
	}
	for what, to := range map[string]int64{"one of another room": first + private + 50, "a negative one": -1} {
		if _, err := reply(room.Public, to); reason(err) != "reply_missing" {
			t.Errorf("an answer to %s: %v", what, err)
		}
	}
	if err := s.chat.Remove(t.Context(), noa, chat.Place{Address: s.at(room.Public), Seq: first}); err != nil {
		t.Fatal(err)
	}
	if _, err := reply(room.Public, first); reason(err) != "reply_missing" {
		t.Errorf("an answer to a removed message: %v", err)
	}
	removal := int64(len(s.Events(s.channel, room.Public)))
	if _, err := reply(room.Public, removal); reason(err) != "reply_missing" {
		t.Errorf("an answer to what is no message: %v", err)
	}
}

func TestWhoMayRemove(t *testing.T) {
	s := newStage(t, nil)
	author, other := s.Subscriber(s.channel, s.Person("Yuna"), 1), s.Subscriber(s.channel, s.Person("Bastien"), 1)
	mod, stranger := s.Moderator(s.channel, s.Person("Mod")), s.Light("Noa")
	for _, c := range []struct {
		who  ident.Account
		a    room.Audience
		want string // refusal, or else who removed it
		by   string
	}{
		{author, room.Space, "", "author"},
		{mod, room.Space, "", "moderator"},
		{s.owner, room.Space, "", "moderator"},
		{other, room.Space, "moderators_only", ""},
		{stranger, room.Space, "subscribers_only", ""},
		{"", room.Space, "sign_in", ""},
		{author, room.Public, "", "author"},
		{stranger, room.Public, "moderators_only", ""},
		{"", room.Public, "moderators_only", ""},
		{mod, room.Public, "", "moderator"},
	} {
		words := "words for " + string(c.who) + " in " + string(c.a)
		seq := s.must(author, c.a, words)
		err := s.chat.Remove(t.Context(), c.who, chat.Place{Address: s.at(c.a), Seq: seq})
		if reason(err) != c.want {
			t.Errorf("%q in %s: %q, want %q", c.who, c.a, reason(err), c.want)
			continue
		}
		events := s.Events(s.channel, c.a)
		if c.want != "" {
			if m, ok := event.As[event.MessagePosted](events[seq-1]); !ok || m.Text != words {
				t.Errorf("a refused removal left %+v", events[seq-1])
			}
			continue
		}
		tomb, ok := event.As[event.MessageTombstone](events[seq-1])
		told, is := event.As[event.MessageRemoved](events[len(events)-1])
		if !ok || tomb.By != c.by || !is || told.By != c.by || len(told.Seqs) != 1 || told.Seqs[0] != seq {
			t.Errorf("removed by %s: %s and %s", c.by, events[seq-1].Data, events[len(events)-1].Data)
		}
		if raw := s.Raw(); strings.Contains(raw, words) {
			t.Errorf("the words are still stored")
		}
		head := len(events)
		if err := s.chat.Remove(t.Context(), c.who, chat.Place{Address: s.at(c.a), Seq: seq}); err != nil || len(s.Events(s.channel, c.a)) != head {
			t.Errorf("removing again: %v", err)
		}
	}
	if err := s.chat.Remove(t.Context(), s.owner, chat.Place{Address: s.at(room.Public), Seq: 999}); reason(err) != "message_missing" {
		t.Errorf("what is not there: %v", err)
	}
	// Somebody outside learns nothing of what there is inside.
	for _, seq := range []int64{1, 999} {
		if err := s.chat.Remove(t.Context(), stranger, chat.Place{Address: s.at(room.Space), Seq: seq}); reason(err) != "subscribers_only" {
			t.Errorf("a stranger asks for %d: %v", seq, err)
		}
	}
}

// What stands on a message about its author is what the database says of them.
func TestAuthorStandsOnTheMessageAsInTheDatabase(t *testing.T) {
	s := newStage(t, nil)
	other := s.Channel(s.Person("Somebody"))
	past := s.Person("Past")
	s.Grant(s.channel, past, s.Clock.Now().Add(-2*time.Hour), s.Clock.Now().Add(-time.Hour), 9)
	for _, c := range []struct {
		who        ident.Account
		role       string
		subscriber bool
		months     int
		badge      string
	}{
		{s.Light("Light"), "none", false, 0, ""},
		{s.Person("Full"), "none", false, 0, ""},
		{s.Subscriber(s.channel, s.Person("First month"), 1), "none", true, 1, "m1"},
		{s.Subscriber(s.channel, s.Person("Third month"), 3), "none", true, 3, "m3"},
		{s.Subscriber(s.channel, s.Person("Half a year"), 11), "none", true, 11, "m6"},
		{s.Subscriber(s.channel, s.Person("A year"), 12), "none", true, 12, "m12"},
		{s.Subscriber(s.channel, s.Person("Two years"), 30), "none", true, 30, "m24"},
		{past, "none", false, 0, ""},
		{s.Subscriber(other, s.Person("Elsewhere"), 5), "none", false, 0, ""},
		{s.Moderator(s.channel, s.Person("Mod")), "moderator", false, 0, ""},
		{s.Moderator(s.channel, s.Subscriber(s.channel, s.Person("Paying mod"), 6)), "moderator", true, 6, "m6"},
		{s.owner, "owner", false, 0, ""},
	} {
		seq := s.must(c.who, room.Public, "hello")
		m, _ := event.As[event.MessagePosted](s.Events(s.channel, room.Public)[seq-1])
		var stored account.Account
		if err := s.View(t.Context(), func(tx *store.Tx) (err error) {
			stored, _, err = tx.AccountByID(t.Context(), c.who)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		want := event.Author{ID: c.who, Name: stored.Name, Role: c.role, Subscriber: c.subscriber, Months: c.months, Badge: c.badge}
		if m.Author != want {
			t.Errorf("%s stands as %+v, want %+v", stored.Name, m.Author, want)
		}
	}
}

// Writing too fast is refused with a time, per person and channel.
func TestPaceIsPerPersonAndChannel(t *testing.T) {
	clock := storetest.NewClock()
	const tries, every = 8, time.Second
	s := newStage(t, account.NewThrottle(account.Limit{Tries: tries, Every: every}, clock.Now))
	noa, sam := s.Light("Noa"), s.Light("Sam")
	for range tries {
		s.must(noa, room.Public, "fast")
	}
	_, err := s.write(noa, room.Public, "too fast")
	if f := fault.Of(err); f == nil || f.Reason != "slow_down" || f.Kind != fault.Limited || f.RetryAfter <= 0 || f.RetryAfter > every {
		t.Errorf("too fast: %v", err)
	}
	s.must(sam, room.Public, "somebody else")
	clock.Advance(every)
	s.must(noa, room.Public, "a moment later")
}

// One bad message in a batch harms no other, and each is answered for itself.
func TestRefusalInABatchHarmsNoNeighbour(t *testing.T) {
	s := newStage(t, nil)
	yuna, stranger := s.Subscriber(s.channel, s.Person("Yuna"), 1), s.Light("Noa")
	const n = 120
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			p := chat.Post{Address: s.at(room.Space), Author: yuna, Key: fmt.Sprintf("key-%08d", i), Text: "x"}
			switch i % 4 {
			case 1:
				p.Author = stranger
			case 2:
				p.ReplyTo = 10_000
			case 3:
				p.Channel = "nowhere"
			}
			_, errs[i] = s.chat.Post(t.Context(), p)
		})
	}
	all.Wait()
	want := []string{"", "subscribers_only", "reply_missing", "channel_missing"}
	for i, err := range errs {
		if reason(err) != want[i%4] {
			t.Errorf("message %d: %v, want %q", i, err, want[i%4])
		}
	}
	if got := len(s.Events(s.channel, room.Space)); got != n/4 {
		t.Errorf("%d events, want %d", got, n/4)
	}
}

func TestStoppedChatAnswersWhatWaits(t *testing.T) {
	w := storetest.NewWorld(t)
	c := w.Channel(w.Person("Inès"))
	service := chat.NewService(store.UnitOf(w.DB, func(tx *store.Tx) chat.Tx { return tx }), w.Clock.Now, patient{})
	author := w.Light("Noa")
	answered := make(chan error, 3)
	for i := range 3 {
		go func() {
			_, err := service.Post(t.Context(), chat.Post{
				Address: room.Address{Channel: c, Audience: room.Public}, Author: author, Key: fmt.Sprintf("key-%08d", i), Text: "x",
			})
			answered <- err
		}()
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 {
		for waits := true; waits; {
			if err := service.Run(ctx); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-answered:
				if err != nil && reason(err) != "stopping" {
					t.Errorf("answered with %v", err)
				}
				waits = false
			default:
			}
		}
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := service.Post(gone, chat.Post{
		Address: room.Address{Channel: c, Audience: room.Public}, Author: author, Key: "key-of-nobody", Text: "x",
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("whoever went away is answered with %v", err)
	}
}

// Words that were removed are gone from the replies that quote them too, and
// the replies themselves stay.
func TestRemovedWordsAreGoneFromReplies(t *testing.T) {
	s := newStage(t, nil)
	noa, sam := s.Light("Noa"), s.Light("Sam")
	first := s.must(noa, room.Public, "regretted words")
	if _, err := s.chat.Post(t.Context(), chat.Post{Address: s.at(room.Public), Author: sam, Key: "the-reply-key", Text: "an answer", ReplyTo: first}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(s.Raw(), "regretted words"); n != 2 {
		t.Fatalf("the words stand %d times, want in the message and in the reply", n)
	}
	if err := s.chat.Remove(t.Context(), noa, chat.Place{Address: s.at(room.Public), Seq: first}); err != nil {
		t.Fatal(err)
	}
	raw := s.Raw()
	if strings.Contains(raw, "regretted words") {
		t.Error("a reply still quotes the removed words")
	}
	if !strings.Contains(raw, "an answer") {
		t.Error("the reply itself is gone")
	}
}
