package app_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/app/apptest"
)

// polled is a poll as a page gets it.
type polled struct {
	ID, Room, Thread, Question, Results string
	Options                             []struct {
		Text  string
		Votes *int
	}
	Choice, Voters *int
	ClosedAt       *time.Time `json:"closed_at"`
}

// votes returns how many chose what; nil: it is not told.
func (p polled) votes() (out []int) {
	for _, o := range p.Options {
		if o.Votes == nil {
			return nil
		}
		out = append(out, *o.Votes)
	}
	return out
}

// opensPoll opens a poll and returns its name.
func opensPoll(t testing.TB, c apptest.Channel, want map[string]any) string {
	t.Helper()
	in := map[string]any{"key": rand.Text(), "question": "Which?", "options": []string{"A", "B", "C"}, "changeable": true}
	for k, v := range want {
		in[k] = v
	}
	var p polled
	c.Owner.Do("POST", c.Path("/polls"), in).Into(t, &p)
	return p.ID
}

func votes(t testing.TB, c apptest.Channel, p *apptest.Person, poll string, option int) {
	t.Helper()
	p.Do("PUT", c.Path("/polls/"+poll+"/vote"), map[string]any{"option": option})
}

func pollsOf(t testing.TB, c apptest.Channel, p *apptest.Person, query string) []polled {
	t.Helper()
	var out struct{ Polls []polled }
	p.Do("GET", c.Path("/polls"+query), nil).Into(t, &out)
	return out.Polls
}

func totals(poll string, want ...int) func(apptest.Frame) bool {
	return func(f apptest.Frame) bool { return f.Type == "poll" && f.Poll == poll && slices.Equal(f.Totals, want) }
}

func pollEvent(kind, room string) func(apptest.Frame) bool {
	return func(f apptest.Frame) bool { return f.Type == "event" && f.Room == room && f.Event.Kind == kind }
}

// A vote by socket is the vote by REST: the same person's one vote, the same gate,
// the same refusals.
func TestAVoteBySocket(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	yuna, free := s.SignUp("Yuna"), s.SignUp("Free")
	yuna.Pays("atelier")
	p := opensPoll(t, c, map[string]any{"room": "space"})
	k := yuna.Connects() // in no room: a vote needs none
	vote := func(k *apptest.Socket, option int) error {
		f, err := k.Calls(map[string]any{"type": "vote", "channel": "atelier", "poll": p, "option": option})
		if err == nil && (f.Type != "voted" || f.Poll != p || !bytes.Contains(f.Raw, []byte(`"option":`+strconv.Itoa(option)))) {
			t.Errorf("a vote was answered with %s", f.Raw)
		}
		return err
	}
	votes(t, c, yuna, p, 0)
	if err := vote(k, 2); err != nil {
		t.Fatal(err)
	}
	if got := pollsOf(t, c, c.Owner, "?room=space")[0].votes(); !slices.Equal(got, []int{0, 0, 1}) {
		t.Errorf("after a vote by REST and another by socket: %v", got)
	}
	for who, want := range map[*apptest.Socket]string{free.Connects(): "subscribers_only", s.Stranger().Connects(): "sign_in"} {
		if err := vote(who, 0); reasonOf(err) != want {
			t.Errorf("refused with %v, want %s", err, want)
		}
	}
	c.Owner.Do("POST", c.Path("/polls/"+p+"/close"), nil)
	if err := vote(k, 1); reasonOf(err) != "poll_closed" {
		t.Errorf("after the close: %v", err)
	}
}

// Forty people vote at two nodes, each from two devices: everybody in the room is
// told what stands in the end, in a few frames that say how many and never who.
func TestARoomIsToldTotalsOfAPoll(t *testing.T) {
	t.Parallel() // it waits for real time
	nats, db := natsServer(t), storetest.URL(t)
	node := func(name string) *apptest.Server {
		return apptest.Start(t, apptest.Options{Database: db, Args: []string{"--nats", "nats://" + nats, "--node", name}})
	}
	a := node("a")
	b := a
	if onPostgres() { // SQLite belongs to one process
		b = node("b")
	}
	c := a.Found("atelier")
	k, far := c.Owner.Enters("atelier", "public"), a.SignUp("Far").At(b).Enters("atelier", "public")
	poll := opensPoll(t, c, map[string]any{"room": "public"})
	far.Await("the poll", pollEvent("poll.opened", "public"))
	const voters = 40
	var all sync.WaitGroup
	began := time.Now()
	for i := range voters {
		who := a.Light(fmt.Sprintf("Voter %02d", i))
		all.Go(func() {
			for option, at := range []*apptest.Person{who, who.At(b)} { // the same person twice, and they change their mind
				if err := at.Try("PUT", c.Path("/polls/"+poll+"/vote"), map[string]any{"option": option}, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for who, s := range map[string]*apptest.Socket{"the owner": k, "at the other node": far} {
		s.Await(who+": forty votes", totals(poll, 0, voters, 0))
		n := 0
		for _, f := range s.Frames() {
			if f.Type == "poll" {
				n++
			}
			if bytes.Contains(f.Raw, []byte("Voter")) {
				t.Errorf("a frame names somebody: %s", f.Raw)
			}
		}
		if most := int(time.Since(began)/(250*time.Millisecond)) + 2; n > most {
			t.Errorf("%d frames of one poll in %v", n, time.Since(began))
		}
	}
	c.Owner.Do("POST", c.Path("/polls/"+poll+"/close"), nil)
	for _, s := range []*apptest.Socket{k, far} {
		if f := s.Await("the result", pollEvent("poll.closed", "public")); !strings.Contains(string(f.Raw), `"voters":`+strconv.Itoa(voters)) {
			t.Errorf("the result: %s", f.Raw)
		}
	}
}

// What is to be seen at the end is told to nobody before, by no way, and then to all.
func TestResultsAtTheEndAreToldAtTheEnd(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	yuna, noa := s.SignUp("Yuna"), s.SignUp("Noa")
	yuna.Pays("atelier")
	noa.Pays("atelier")
	k := noa.Enters("atelier", "public", "space")
	poll := opensPoll(t, c, map[string]any{"room": "space", "results": "end", "closes_in": 3600})
	votes(t, c, yuna, poll, 2)
	live := opensPoll(t, c, map[string]any{"room": "public"}) // of which the room is told, so that what waited has passed
	votes(t, c, yuna, live, 1)
	k.Await("the totals of the other", totals(live, 0, 1, 0))
	for _, p := range []*apptest.Person{yuna, noa, c.Owner} {
		mine := pollsOf(t, c, p, "?room=space")[0]
		if mine.votes() != nil || mine.Voters != nil {
			t.Errorf("%s is told %v %v", p.Name, mine.votes(), mine.Voters)
		}
		if (mine.Choice != nil) != (p == yuna) {
			t.Errorf("%s has chosen %v", p.Name, mine.Choice)
		}
	}
	for _, f := range k.Frames() {
		if f.Type == "poll" && f.Poll == poll {
			t.Errorf("told before the end: %s", f.Raw)
		}
	}
	mine := pollsOf(t, c, c.Owner, "")
	if len(mine) != 2 || !slices.Equal(mine[1].votes(), []int{0, 0, 1}) {
		t.Errorf("the cockpit: %+v", mine)
	}
	c.Owner.Do("POST", c.Path("/polls/"+poll+"/close"), nil)
	k.Await("the result", pollEvent("poll.closed", "space"))
	if got := pollsOf(t, c, noa, "?room=space")[0]; !slices.Equal(got.votes(), []int{0, 0, 1}) || got.ClosedAt == nil {
		t.Errorf("after the close: %+v", got)
	}
}

// A poll of the public room is shown on the overlay; one of the Sub Space, which
// would stand in the public picture, never is.
func TestTheOverlayShowsPublicPollsOnly(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	var overlay struct{ Secret string }
	c.Owner.Do("POST", c.Path("/overlay"), nil).Into(t, &overlay)
	layer := s.Stranger()
	k := layer.Connects()
	if _, err := k.Calls(map[string]any{"type": "enter", "overlay": overlay.Secret, "room": "public"}); err != nil {
		t.Fatal(err)
	}
	shown := func() *polled {
		var state struct{ Poll *polled }
		layer.Do("GET", "/api/overlay/"+overlay.Secret, nil).Into(t, &state)
		return state.Poll
	}
	private, words := "", sentinel("private poll")
	private = opensPoll(t, c, map[string]any{"room": "space", "question": words})
	votes(t, c, c.Owner, private, 0)
	if p := shown(); p != nil {
		t.Errorf("shown: %+v", p)
	}
	public := opensPoll(t, c, map[string]any{"room": "public"})
	votes(t, c, s.Light("Nora"), public, 2)
	k.Await("the totals", totals(public, 0, 0, 1))
	if p := shown(); p == nil || p.ID != public || !slices.Equal(p.votes(), []int{0, 0, 1}) {
		t.Errorf("shown: %+v", p)
	}
	c.Owner.Do("POST", c.Path("/polls/"+private+"/close"), nil)
	c.Owner.Do("POST", c.Path("/polls/"+public+"/close"), nil)
	k.Await("the result", pollEvent("poll.closed", "public"))
	if p := shown(); p != nil {
		t.Errorf("still shown: %+v", p)
	}
	if layer.Saw(words) || layer.Saw(private) {
		t.Error("the overlay was told of a poll of the Sub Space")
	}
}

// Who subscribes to the first tier finds no trace of a poll in a thread of the
// second: not by REST, not on the socket, not in a list. Who lost their right may
// not vote any more.
func TestAPollIsForThoseWhomItsThreadIsFor(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{Args: []string{"--sandbox-period", "8s"}})
	c := s.Found("atelier")
	c.SellsDearer()
	yuna, leaver := s.SignUp("Yuna"), s.SignUp("Leaver")
	yuna.Pays("atelier")
	subscription := leaver.Pays("atelier")
	thread := threadOf(t, c, map[string]any{"title": "Upstairs", "level": 2})
	k := yuna.Enters("atelier", "public", "space")
	words := sentinel("upstairs")
	hidden := opensPoll(t, c, map[string]any{"room": "thread", "thread": thread, "question": words})
	votes(t, c, c.Owner, hidden, 1)
	open := opensPoll(t, c, map[string]any{"room": "space"})
	votes(t, c, leaver, open, 1)
	k.Await("the totals of the other", totals(open, 0, 1, 0))
	for path, method := range map[string]string{"/polls?room=thread&thread=" + thread: "GET", "/polls/" + hidden + "/vote": "PUT"} {
		a, err := yuna.Ask(method, c.Path(path), map[string]any{"option": 1})
		if err != nil || a.Status != 404 {
			t.Errorf("%s: %d %v", path, a.Status, err)
		}
	}
	pollsOf(t, c, yuna, "?room=space")
	if yuna.Saw(words) || yuna.Saw(hidden) {
		t.Error("a subscriber of the first tier found a poll of the second")
	}
	leaver.Do("POST", "/api/subscriptions/"+subscription+"/cancel", nil)
	apptest.Eventually(t, "the cancelled subscription has not ended", func() bool { return !leaver.Standing("atelier").Inside })
	if a, err := leaver.Ask("PUT", c.Path("/polls/"+open+"/vote"), map[string]any{"option": 2}); err != nil || a.Status != 403 || !strings.Contains(string(a.Body), "period_ended") {
		t.Errorf("an expired subscriber votes: %d %s %v", a.Status, a.Body, err)
	}
}

// Votes survive the server; what should have closed meanwhile closes with them.
func TestPollsSurviveARestart(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	nora := s.Light("Nora")
	poll := opensPoll(t, c, map[string]any{"room": "public", "closes_in": 10})
	votes(t, c, nora, poll, 2)
	s.Stop()
	s = apptest.Start(t, apptest.Options{Data: s.Data, Database: s.Database})
	nora, c.Owner = nora.At(s), c.Owner.At(s)
	if mine := pollsOf(t, c, nora, "?room=public")[0]; mine.Choice == nil || *mine.Choice != 2 {
		t.Errorf("after the restart: %+v", mine)
	}
	k := nora.Enters("atelier", "public")
	apptest.Eventually(t, "the poll does not close", func() bool {
		return pollsOf(t, c, nora, "?room=public")[0].ClosedAt != nil
	})
	k.Await("the result", func(f apptest.Frame) bool {
		return strings.Contains(string(f.Raw), "poll.closed") && strings.Contains(string(f.Raw), `"voters":1`)
	})
}
