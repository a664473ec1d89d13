package app_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// sold is a sale as the creator's list shows it.
type sold struct {
	ID, Provider, Buyer string
	Total, Refundable   struct{ Minor int64 }
}

// saleTo returns the newest sale to somebody.
func saleTo(t *testing.T, c apptest.Channel, p *apptest.Person) (s sold) {
	t.Helper()
	var list struct{ Sales []sold }
	c.Owner.Do("GET", c.Path("/sales"), nil).Into(t, &list)
	for _, s := range list.Sales {
		if s.Buyer == p.Name {
			return s
		}
	}
	t.Fatalf("nothing was sold to %s", p.Name)
	return s
}

// Money that is taken back shuts every door of the Sub Space at once: the room on
// the socket and on the event stream, REST, and the picture.
func TestMoneyTakenBackShutsEveryDoor(t *testing.T) {
	t.Parallel() // it waits for real time

	const disputed = 15 * time.Second // long enough for all to look inside on a slow machine
	s := apptest.Start(t, apptest.Options{Args: []string{"--sandbox-dispute-after", disputed.String()}})
	c := s.Found("atelier")
	c.Set(map[string]any{"live_audience": "subscribers"})
	c.GoesLive(s)
	for name, way := range map[string]struct {
		card string
		take func(p *apptest.Person) time.Time // when it was taken back, or asked for
	}{
		"refund": {"4242424242424242", func(p *apptest.Person) time.Time {
			began, sale := time.Now(), saleTo(t, c, p)
			c.Owner.Do("POST", c.Path("/sales/"+sale.Provider+"/"+sale.ID+"/refund"), map[string]any{})
			return began
		}},
		"withdrawal": {"4242424242424242", func(p *apptest.Person) time.Time {
			began := time.Now()
			p.Do("POST", "/api/subscriptions/"+p.Subscription("atelier")+"/withdraw", nil)
			return began
		}},
		"dispute": {"4000000000000259", func(*apptest.Person) time.Time { return time.Time{} }},
	} {
		t.Run(name, func(t *testing.T) {
			var socket, stream, rest, video []time.Duration
			var inside []guest
			for entered := 0; len(socket) < runs; {
				// People come in together and wait for their disputes together; who is
				// about to lose the money is watched first.
				if entered < runs && (len(inside) == 0 || time.Until(inside[0].paid.Add(disputed)) > disputed/3) {
					inside = append(inside, enter(t, s, fmt.Sprintf("%s %c", name, "abcdefghkmpqstuvwxyz"[entered]), way.card))
					entered++
					continue
				}
				g := inside[0]
				inside = inside[1:]
				began := way.take(g.Person)
				if began.IsZero() {
					began = g.paid.Add(disputed)
				}
				f := g.socket.Await("the Sub Space closes", apptest.Type("closed", "space"))
				socket = append(socket, f.At.Sub(began))
				if f.Reason != "right_revoked" {
					t.Fatalf("closed because %s", f.Reason)
				}
				stream = append(stream, g.stream.Await("the stream closes", apptest.Type("closed", "space")).At.Sub(began))
				rest = append(rest, until(t, "REST refuses", refusedREST(g.Person, c)).Sub(began))
				video = append(video, until(t, "the playlist refuses", refusedPicture(g.Person, g.playlist)).Sub(began))
			}
			spread(t, name+" → room closed on the socket", socket)
			spread(t, name+" → room closed on the event stream", stream)
			spread(t, name+" → REST refused", rest)
			spread(t, name+" → playlist refused", video)
		})
	}
}

// Late money takes as long as the settings say, and its door opens by itself then.
func TestLateMoneyTakesAsLongAsSet(t *testing.T) {
	clock := &later{}
	s := apptest.Start(t, apptest.Options{Now: clock.Now, Args: []string{"--sandbox-late-after", "2h"}})
	s.Found("atelier")
	late, prompt := s.SignUp("Late"), s.SignUp("Prompt")
	if err := late.Buy("atelier", "4000000000000077", nil); err != nil {
		t.Fatal(err)
	}
	clock.Passes(119 * time.Minute)
	prompt.Pays("atelier") // so the sandbox has looked at what is due since
	if late.Standing("atelier").Inside {
		t.Error("the money came before its time")
	}
	clock.Passes(time.Minute)
	apptest.Eventually(t, "the money that was on its way has not come", func() bool { return late.Standing("atelier").Inside })
}

// guest is somebody who has paid and sits behind every door.
type guest struct {
	*apptest.Person
	paid           time.Time
	socket, stream *apptest.Socket
	playlist       string
}

func enter(t *testing.T, s *apptest.Server, name, card string) guest {
	t.Helper()
	g := guest{Person: s.SignUp(name)}
	if err := g.Buy("atelier", card, map[string]any{"country": "FR"}); err != nil {
		t.Fatal(err)
	}
	g.paid = time.Now()
	apptest.Eventually(t, "not inside", func() bool { return g.Standing("atelier").Inside })
	g.socket = g.Enters("atelier", "public", "space")
	var err error
	if g.stream, err = g.Listens("atelier", "space"); err != nil {
		t.Fatal(err)
	}
	_, g.playlist = picture(t, g.Person, "atelier")
	return g
}
