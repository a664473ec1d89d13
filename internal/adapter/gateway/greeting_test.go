package gateway_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/gateway"
	"github.com/subspace-live/subspace/internal/app/apptest"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// behindFront serves the stage's sockets as the real server does.
func (s *stage) behindFront() *apptest.Place {
	s.t.Helper()
	under, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	front, err := s.gateway.Front(under)
	if err != nil {
		s.t.Fatal(err)
	}
	web, ended := &http.Server{Handler: s.gateway}, make(chan struct{})
	go func() {
		defer close(ended)
		web.Serve(front) //nolint:errcheck // Close ends it
	}()
	s.t.Cleanup(func() {
		web.Close() //nolint:errcheck // over either way
		<-ended
	})
	return apptest.At(s.t, "http://"+under.Addr().String())
}

// crowdOf has many do something at once.
func crowdOf(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

// A crowd whose sessions are not in memory is told apart by few readings, and
// each is greeted by their own name.
func TestACrowdOfStrangersIsLearnedTogether(t *testing.T) {
	onBothWires(t, func(t *testing.T, newStage stageMaker) {
		s := newStage(t)
		place := s.behindFront()
		s.desk.cold.Store(true)
		const crowd = 60
		crowdOf(crowd, func(i int) {
			who := ident.Account(fmt.Sprint("person-", i))
			if i%3 == 0 {
				who = ""
			}
			k, err := place.Stranger().Dial("X-Who", string(who))
			if err != nil {
				t.Error(err)
				return
			}
			want := fmt.Sprintf(`{"type":"hello","account":{"id":%q,"name":"","kind":"light","operator":false},"session":%q}`, who, "s"+who)
			if who == "" {
				want = `{"type":"hello","account":null,"session":""}`
			}
			if f := k.Await("hello", apptest.Type("hello", "")); string(f.Raw) != want {
				t.Errorf("%q is greeted with %s", who, f.Raw)
			}
		})
		if n := s.desk.learned.Load(); n > crowd/2 { // none where nothing stands before net/http
			t.Errorf("%d readings for a crowd of %d", n, crowd)
		}
	})
}

// Who cannot be told apart is refused, and another site's page always, before
// anything is read for it.
func TestWhoCannotBeToldApartIsRefused(t *testing.T) {
	s := newStage(t, false)
	place := s.behindFront()
	status := func(headers ...string) int {
		t.Helper()
		k, err := place.Stranger().Dial(append(headers, "X-Who", string(s.yuna))...)
		var refused *apptest.Problem
		switch {
		case errors.As(err, &refused):
			return refused.Status
		case err != nil:
			t.Fatal(err)
		}
		k.Await("hello", apptest.Type("hello", ""))
		return http.StatusSwitchingProtocols
	}
	for _, cold := range []bool{false, true} {
		s.desk.cold.Store(cold)
		if got := status(); got != http.StatusSwitchingProtocols {
			t.Errorf("answered %d", got)
		}
		before := s.desk.learned.Load()
		if got := status("Origin", "https://elsewhere.example"); got != http.StatusForbidden || s.desk.learned.Load() != before {
			t.Errorf("another site's page was answered %d after %d readings", got, s.desk.learned.Load()-before)
		}
	}
	before, restore := s.desk.learned.Load(), s.gateway.Crowd("here")
	if got := status(); got != http.StatusTooManyRequests || s.desk.learned.Load() != before {
		t.Errorf("one too many of an address was answered %d after %d readings", got, s.desk.learned.Load()-before)
	}
	restore()
	s.desk.unlearned.Store(true)
	if got := status(); got != http.StatusServiceUnavailable {
		t.Errorf("answered %d where nobody can be told apart", got)
	}
	if counted, there := s.gateway.Counted("here"), s.gateway.Connections(); counted != there {
		t.Errorf("%d sockets are counted, %d are there", counted, there)
	}
}

// A crowd that enters a private room at once is judged by few readings, and each
// by their own rights.
func TestACrowdThatEntersIsJudgedTogether(t *testing.T) {
	onBothWires(t, func(t *testing.T, newStage stageMaker) {
		s := newStage(t)
		const crowd = 60
		people := make([]ident.Account, crowd)
		for i := range people {
			people[i] = s.Person(fmt.Sprintf("Viewer %c%c", 'a'+i/26, 'a'+i%26))
			if i%2 == 0 {
				s.Subscriber(s.channel, people[i], 1)
			}
		}
		sockets := make([]*apptest.Socket, crowd)
		crowdOf(crowd, func(i int) { sockets[i] = s.enters(people[i]) })
		s.enters(s.yuna, "space") // it is open
		before := s.rights.asked.Load()
		crowdOf(crowd, func(i int) {
			_, err := sockets[i].EnterAt("atelier", "space", 0)
			if inside := i%2 == 0; inside != (err == nil) || (!inside && reason(err) != "subscribers_only") {
				t.Errorf("person %d, who pays: %v, enters: %v", i, inside, err)
			}
		})
		if n := s.rights.asked.Load() - before; n > crowd/2 {
			t.Errorf("%d readings of rights for a crowd of %d", n, crowd)
		}
	})
}

// A crowd whose rights were read together enters a few at a time: whoever else is
// on their loop is served in between.
func TestACrowdThatEntersHoldsNobodyUp(t *testing.T) {
	onBothWires(t, func(t *testing.T, newStage stageMaker) {
		s := newStage(t)
		s.says(room.Public, "words")
		s.enters("", "public")
		const crowd = 200
		sockets := make([]*apptest.Socket, crowd)
		crowdOf(crowd, func(i int) { sockets[i] = s.enters(ident.Account(fmt.Sprint("person-", i))) })
		wish := map[string]any{"type": "enter", "id": "1", "channel": "atelier", "room": "public"}
		hold, before := make(chan struct{}), s.rights.asked.Load()
		s.rights.hold.Store(&hold)
		for i, k := range sockets { // the rights of the first are being read while the others come
			if err := k.Send(wish); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				apptest.Eventually(t, "nobody's rights are read", func() bool { return s.rights.asked.Load() > before })
			}
		}
		apptest.Eventually(t, "the crowd has not come", func() bool { return s.gateway.Wishes() == crowd-1 })
		stop := s.gateway.MostAtOnce(room.Address{Channel: s.channel, Audience: room.Public})
		close(hold)
		for _, k := range sockets {
			k.Await("the room", apptest.Type("entered", "public"))
		}
		if most := stop(); most > gateway.EnteringAtOnce {
			t.Errorf("%d people entered while others on their loop waited", most)
		}
	})
}
