package app_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// runs is how often each door is opened and shut; slowest is what a test lets
// pass. The tighter goals are a benchmark's.
const (
	runs    = 20
	slowest = 5 * time.Second
)

// spread prints median and worst, and fails above slowest.
func spread(t *testing.T, what string, took []time.Duration) {
	t.Helper()
	slices.Sort(took)
	if len(took) != runs {
		t.Fatalf("%s: %d measurements, want %d", what, len(took), runs)
	}
	worst := took[len(took)-1]
	fmt.Printf("    %-46s median %6.1f ms, worst %7.1f ms of %d\n", what, ms(took[len(took)/2]), ms(worst), len(took))
	if worst > slowest {
		t.Errorf("%s took %v once, at most %v", what, worst, slowest)
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// until polls as fast as answers come, and returns when it was first true.
func until(t *testing.T, what string, ask func() bool) time.Time {
	t.Helper()
	for end := time.Now().Add(apptest.Patience); time.Now().Before(end); {
		if ask() {
			return time.Now()
		}
	}
	t.Fatalf("never: %s", what)
	return time.Time{}
}

// picture is a segment that the person may fetch now, and the playlist of it.
func picture(t *testing.T, p *apptest.Person, handle string) (segment, playlist string) {
	t.Helper()
	address, reason := p.Playback(handle)
	if address == "" {
		t.Fatalf("%s gets no playback address: %s", p.Name, reason)
	}
	base := address[:strings.LastIndex(address, "/")+1]
	media := lineOf(t, string(p.Do("GET", address, nil).Body), ".m3u8")
	playlist = base + media
	apptest.Eventually(t, "the playlist has no segment", func() bool {
		a, err := p.Ask("GET", playlist, nil)
		if err != nil || a.Status != 200 {
			return false
		}
		for _, line := range strings.Split(string(a.Body), "\n") {
			if !strings.HasPrefix(line, "#") && strings.Contains(line, "_seg") {
				segment = base + strings.TrimSpace(line)
			}
		}
		return segment != ""
	})
	if a := p.Do("GET", segment, nil); len(a.Body) < 100 {
		t.Fatalf("the segment has %d bytes", len(a.Body))
	}
	return segment, playlist
}

func lineOf(t *testing.T, text, end string) string {
	t.Helper()
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "#") && strings.HasSuffix(strings.TrimSpace(line), end) {
			return strings.TrimSpace(line)
		}
	}
	t.Fatalf("no line ends in %s:\n%s", end, text)
	return ""
}

func refusedREST(p *apptest.Person, c apptest.Channel) func() bool {
	return func() bool { return p.Try("GET", c.Path("/rooms/space/events"), nil, nil) != nil }
}

func refusedPicture(p *apptest.Person, path string) func() bool {
	return func() bool {
		a, err := p.Ask("GET", path, nil)
		return err == nil && a.Status == 403
	}
}

// A ban shuts every door of the channel: both rooms' sockets, REST, the picture.
func TestBannedPersonLosesEveryDoor(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	c.Set(map[string]any{"live_audience": "subscribers"})
	p := s.SignUp("Yuna")
	p.Pays("atelier")
	c.GoesLive(s)
	segment, playlist := picture(t, p, "atelier")
	var closed, rest, video []time.Duration
	for range runs {
		k := p.Enters("atelier", "public", "space")
		if a := p.Do("GET", playlist, nil); a.Status != 200 {
			t.Fatalf("the playlist before the ban: %d", a.Status)
		}
		began := time.Now()
		c.Bans(p)
		rest = append(rest, until(t, "REST refuses the banned", refusedREST(p, c)).Sub(began))
		video = append(video, until(t, "the playlist refuses the banned", refusedPicture(p, playlist)).Sub(began))
		f := k.Await("the Sub Space closes", apptest.Type("closed", "space"))
		k.Await("the public room closes", apptest.Type("closed", "public"))
		closed = append(closed, f.At.Sub(began))
		if f.Reason != "banned" {
			t.Fatalf("closed because %s", f.Reason)
		}
		if code := k.Ended(); code != 4003 {
			t.Fatalf("the socket closed with %d, want 4003", code)
		}
		if a, _ := p.Ask("GET", segment, nil); a.Status != 403 {
			t.Fatalf("a segment after the ban: %d", a.Status)
		}
		if reason := p.Refused("POST", c.Path("/rooms/public/messages"), map[string]any{"key": "12345678", "text": "x"}); reason != "banned" && reason != "slow_down" {
			t.Fatalf("a post after the ban: %s", reason)
		}
		c.Lifts(p)
		apptest.Eventually(t, "not inside after the ban was lifted", func() bool { return p.Standing("atelier").Inside })
	}
	spread(t, "ban → private room closed on the socket", closed)
	spread(t, "ban → REST refused", rest)
	spread(t, "ban → playlist refused", video)
}

// Paying opens the door on the open page; the end of the period shuts it by the
// clock, on the open socket too.
func TestSubscriptionOpensAndShutsTheDoorByItself(t *testing.T) {
	t.Parallel() // it waits for real time

	const period = 12 * time.Second // long enough to pay, look and cancel on a slow machine
	s := apptest.Start(t, apptest.Options{Args: []string{"--sandbox-period", period.String()}})
	c := s.Found("atelier")
	c.Set(map[string]any{"live_audience": "subscribers"})
	c.GoesLive(s)
	c.Owner.Posts("atelier", "space", "welcome inside")
	people := make([]*apptest.Person, runs)
	for i := range people {
		people[i] = s.SignUp(fmt.Sprintf("Viewer %c", "abcdefghkmpqstuvwxyz"[i]))
	}
	var opened []time.Duration
	var mu sync.Mutex
	var closed, rest, video []time.Duration
	var ends sync.WaitGroup
	for _, p := range people {
		k := p.Enters("atelier", "public")
		began := time.Now()
		if err := p.Pay("atelier"); err != nil {
			t.Fatal(err)
		}
		paid := time.Since(began)
		k.Await("the door", apptest.Type("door", "space"))
		if d := time.Since(began); d > 500*time.Millisecond {
			t.Logf("%s: paid after %v, the door after %v", p.Name, paid, d)
		}
		f := k.Enter("atelier", "space")
		if !slices.ContainsFunc(f.Events, func(e apptest.Event) bool { return e.Data.Text == "welcome inside" }) {
			t.Fatalf("the first page inside: %s", f.Raw)
		}
		opened = append(opened, time.Since(began))
		segment, playlist := picture(t, p, "atelier")
		var cancelled struct {
			AccessUntil time.Time `json:"access_until"`
		}
		p.Do("POST", "/api/subscriptions/"+p.Subscription("atelier")+"/cancel", nil).Into(t, &cancelled)
		ends.Go(func() {
			c, r, v := ending(t, p, k, cancelled.AccessUntil, segment, playlist)
			mu.Lock()
			defer mu.Unlock()
			closed, rest, video = append(closed, c), append(rest, r), append(video, v)
		})
	}
	ends.Wait()
	spread(t, "paid → first private message on the open page", opened)
	spread(t, "period ended → room closed on the socket", closed)
	spread(t, "period ended → REST refused", rest)
	spread(t, "period ended → playlist refused", video)
}

// ending watches the three doors of one person around the end of their period.
func ending(t *testing.T, p *apptest.Person, k *apptest.Socket, at time.Time, segment, playlist string) (closed, rest, video time.Duration) {
	f, err := k.Find(0, apptest.Type("closed", "space"))
	if err != nil || f.Reason != "period_ended" {
		t.Errorf("%s: the room closed with %q (%v)", p.Name, f.Reason, err)
	}
	if f.At.Before(at) {
		t.Errorf("%s: the room closed %v before the paid period's end", p.Name, at.Sub(f.At))
	}
	door := apptest.Channel{Handle: "atelier"}
	for end := time.Now().Add(apptest.Patience); !refusedREST(p, door)(); {
		if time.Now().After(end) {
			t.Errorf("%s still reads by REST", p.Name)
			break
		}
	}
	rest = time.Since(at)
	for end := time.Now().Add(apptest.Patience); !refusedPicture(p, playlist)(); {
		if time.Now().After(end) {
			t.Errorf("%s still watches", p.Name)
			break
		}
	}
	video = time.Since(at)
	if a, err := p.Ask("GET", segment, nil); err != nil || a.Status != 403 {
		t.Errorf("%s: a segment after the period: %d %v", p.Name, a.Status, err)
	}
	// The public room stays open for somebody who does not pay.
	if _, err := k.Calls(map[string]any{"type": "ping"}); err != nil {
		t.Errorf("%s lost the socket: %v", p.Name, err)
	}
	return f.At.Sub(at), rest, video
}

// What is written after a ban was committed reaches the banned on no socket, also
// in the moment in which its doors are still to be closed.
func TestNothingWrittenAfterABanReachesTheBanned(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	p := s.SignUp("Yuna")
	p.Pays("atelier")
	sockets := make([]*apptest.Socket, 5)
	for i := range sockets {
		sockets[i] = p.Enters("atelier", "public", "space")
	}
	own := c.Owner.Enters("atelier", "space")
	c.Bans(p)
	words := sentinel("after the ban")
	c.Owner.Posts("atelier", "space", words)
	own.Hears("space", words)
	for _, k := range sockets {
		k.Await("the Sub Space closes", apptest.Type("closed", "space"))
		k.Ended()
	}
	if p.Saw(words) {
		t.Error("the banned person received what was written after the ban")
	}
}

// A door that the creator closes closes for everybody but the creator.
func TestCreatorClosesAndOpensTheSpaceWithOneSwitch(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	p := s.SignUp("Yuna")
	p.Pays("atelier")
	k, own := p.Enters("atelier", "public", "space"), c.Owner.Enters("atelier", "space")
	mark := k.Mark()
	c.Set(map[string]any{"space_open": false})
	if f := k.Await("the room closes", apptest.Type("closed", "space")); f.Reason != "space_closed" {
		t.Errorf("closed because %s", f.Reason)
	}
	if _, err := k.EnterAt("atelier", "space", 0); reasonOf(err) != "space_closed" {
		t.Errorf("entering a closed space: %v", err)
	}
	own.Says("atelier", "space", "tidying up")
	c.Set(map[string]any{"space_open": true})
	k.Since(mark, "the door", apptest.Type("door", "space"))
	k.Enter("atelier", "space")
	k.Says("atelier", "space", "back again")
}

// A timeout ends by the clock, without anybody lifting it.
func TestTimeoutEndsByTheClock(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	p := s.SignUp("Yuna")
	p.Pays("atelier")
	k := p.Enters("atelier", "space")
	c.Owner.Do("POST", c.Path("/sanctions"), map[string]any{"account": p.ID, "kind": "timeout", "seconds": 7})
	if f := k.Await("the room closes", apptest.Type("closed", "space")); f.Reason != "timed_out" {
		t.Errorf("closed because %s", f.Reason)
	}
	if st := p.Standing("atelier"); st.Inside || st.Reason != "timed_out" || st.Until == nil {
		t.Errorf("while timed out: %+v", st)
	}
	apptest.Eventually(t, "the timeout has not ended", func() bool { return p.Standing("atelier").Inside })
	p.Enters("atelier", "public", "space").Says("atelier", "space", "sorry")
}

// How many are inside is told to those inside alone.
func TestPresenceInsideIsToldOnlyInside(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	p := s.SignUp("Yuna")
	p.Pays("atelier")
	outside := s.Stranger().Enters("atelier", "public")
	inside := p.Enters("atelier", "public", "space")
	c.Owner.Enters("atelier", "space")
	inside.Await("two inside", func(f apptest.Frame) bool { return f.Type == "state" && f.Inside != nil && *f.Inside == 2 })
	outside.Await("the viewers", func(f apptest.Frame) bool { return f.Type == "state" && f.Viewers == 2 })
	for _, f := range outside.Frames() {
		if strings.Contains(string(f.Raw), `"inside"`) {
			t.Errorf("an outsider received %s", f.Raw)
		}
	}
}
