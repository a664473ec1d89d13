package app_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/app/apptest"
)

// outage is how long something is away.
const outage = 10 * time.Second

// duo is two nodes on one database and one bus, each behind a wire, with people
// who talk on both.
type duo struct {
	t       *testing.T
	db, bus *wire
	a, b    *apptest.Server
	channel apptest.Channel
	speaker *apptest.Person   // pays, and speaks at a
	waiting []*apptest.Socket // of people at a, who write when told
	yuna    *apptest.Person   // pays, and is at b
	inside  *apptest.Socket   // hers, in both rooms
	crowd   []*member
	stop    func()
}

func newDuo(t *testing.T, args ...string) *duo {
	t.Helper()
	if !onPostgres() {
		t.Skip("two nodes need PostgreSQL: SQLite belongs to one process")
	}
	d := &duo{t: t}
	var address string
	address, d.db = postgresBehindWire(t, storetest.URL(t))
	d.bus = newWire(t, "tcp", aside(t), natsServer(t))
	node := func(name string) *apptest.Server {
		return apptest.Start(t, apptest.Options{Database: address, Args: append([]string{
			"--nats", "nats://" + d.bus.address, "--node", name, "--readable-rate", "1000", // everybody is shown everything
		}, args...)})
	}
	d.a, d.b = node("a"), node("b")
	d.channel = d.a.Found("atelier")
	d.crowd = newCrowd(t, d.channel, d.a.Place, d.b.Place)
	d.speaker = d.a.SignUp("Speaker")
	d.speaker.Pays("atelier")
	for i := range 4 {
		d.waiting = append(d.waiting, d.a.Light(fmt.Sprintf("Waiting %c", "abcd"[i])).Connects())
	}
	d.yuna = d.b.SignUp("Yuna")
	d.yuna.Pays("atelier")
	d.inside = d.yuna.Enters("atelier", "public", "space")
	d.stop = assemble(t, d.crowd)
	t.Cleanup(d.stop)
	goesOn(t, d.crowd, 50)
	return d
}

// cursor is the last sequence that Yuna was sent of a room.
func (d *duo) cursor(room string) int64 {
	d.t.Helper()
	all := d.inside.Stream("atelier", room)
	if len(all) == 0 {
		d.t.Fatalf("Yuna was sent nothing of %s", room)
	}
	return all[len(all)-1].Seq
}

// settles ends the talking and compares what everybody was told with the logs.
func (d *duo) settles(what string) {
	d.t.Helper()
	goesOn(d.t, d.crowd, 50)
	d.stop()
	for _, room := range []string{"public", "space"} {
		last := d.speaker.Posts("atelier", room, "the last of "+room)
		d.inside.Hears(room, "the last of "+room)
		all := d.inside.Stream("atelier", room)
		gapless(d.t, all, all[0].Seq, last)
	}
	acked, resumed := account(d.t, d.channel, d.crowd)
	fmt.Printf("    %s: %d messages acknowledged, %d sent again, %d resumes\n", what, acked, repeats(d.crowd), resumed)
}

// With the database away from both nodes for ten seconds, refused or silent:
// private rooms close when the lease ends and say why, public ones stay
// readable, who writes is told why not and in time; and all of it heals without
// anybody doing anything. Nothing is lost, doubled or out of order.
func TestDatabaseAwayForTenSeconds(t *testing.T) {
	t.Parallel() // it waits for real time
	for name, away := range map[string]func(*duo) (back func()){
		"refused": func(d *duo) func() { d.db.cut(); return d.db.mend },
		"silent":  func(d *duo) func() { d.db.freeze(); return d.db.thaw },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDuo(t)
			d.a.Stranger().Enters("atelier", "public")
			began := time.Now()
			back := away(d)
			d.refuses()
			f := d.inside.Await("the private room closes", apptest.Type("closed", "space"))
			if late := f.At.Sub(began); f.Reason != "unconfirmed" || late > 15*time.Second {
				t.Errorf("closed because %s after %v", f.Reason, late)
			}
			fmt.Printf("    database %s → private room closed: %.1f s\n", name, f.At.Sub(began).Seconds())
			page, err := d.a.Stranger().Connects().Calls(map[string]any{"type": "enter", "channel": "atelier", "room": "public"})
			if err != nil || len(page.Events) == 0 {
				t.Errorf("reading the public room from memory: %v, %d events", err, len(page.Events))
			}
			mark := d.inside.Mark()
			time.Sleep(outage - time.Since(began)) // this is how long it is away
			back()
			healed := time.Now()
			f = d.inside.Since(mark, "the door", apptest.Type("door", "space"))
			fmt.Printf("    database back → invited again: %.1f s\n", f.At.Sub(healed).Seconds())
			if _, err := d.inside.EnterAt("atelier", "space", d.cursor("space")); err != nil {
				t.Errorf("the room does not open again: %v", err)
			}
			for _, f := range d.inside.Frames() {
				if f.Type == "closed" && f.Room == "public" {
					t.Errorf("the public room closed too: %s", f.Raw)
				}
			}
			d.settles("database away, " + name)
		})
	}
}

// refuses fails unless posts and requests are refused with a reason, in time, also
// when many wait.
func (d *duo) refuses() {
	d.t.Helper()
	var all sync.WaitGroup
	for _, ask := range []struct {
		who          *apptest.Person
		method, path string
		in           any
	}{
		{d.a.Stranger(), "GET", d.channel.Path("/rooms/public/events"), nil},
		{d.a.Stranger(), "GET", d.channel.Path(""), nil},
		{d.a.Stranger(), "POST", "/api/session/light", map[string]any{"name": "Latecomer"}},
		{d.speaker, "POST", d.channel.Path("/questions"), map[string]any{"key": rand.Text(), "text": "Is it away?"}},
	} {
		all.Go(func() {
			began := time.Now()
			a, err := ask.who.Ask(ask.method, ask.path, ask.in)
			if took := time.Since(began); took > 15*time.Second {
				d.t.Errorf("%s %s was answered after %v", ask.method, ask.path, took)
			}
			if p := a.Problem(); err != nil || p == nil || p.Reason != "storage_unavailable" && p.Reason != "unconfirmed" {
				d.t.Errorf("%s %s while the database is away: %d %s %v", ask.method, ask.path, a.Status, a.Body, err)
			}
		})
	}
	for _, k := range d.waiting {
		all.Go(func() {
			began := time.Now()
			_, err := k.Post("atelier", "public", rand.Text(), "while it is away")
			if took := time.Since(began); took > 15*time.Second {
				d.t.Errorf("a post was refused after %v", took)
			}
			if r := reasonOf(err); r != "storage_unavailable" && r != "unconfirmed" {
				d.t.Errorf("posting while the database is away: %v", err)
			}
		})
	}
	all.Wait()
}

// With the bus away for ten seconds, refused or silent, messages of the other
// node come by heads; a ban, the end of a right and a signing out on the other
// node close their doors.
func TestBusAwayForTenSeconds(t *testing.T) {
	t.Parallel() // it waits for real time
	for name, away := range map[string]func(*duo) (back func()){
		"refused": func(d *duo) func() { d.bus.cut(); return d.bus.mend },
		"silent":  func(d *duo) func() { d.bus.freeze(); return d.bus.thaw },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDuo(t, "--sandbox-period", "15s")
			nora, otto, ravi := d.b.SignUp("Nora"), d.a.Light("Otto"), d.b.SignUp("Ravi")
			nora.Pays("atelier")
			ends := d.cancels(ravi)
			banned, signedOut, ended := nora.Enters("atelier", "public", "space"), otto.At(d.b).Enters("atelier", "public"), ravi.Enters("atelier", "space")
			began := time.Now()
			back := away(d)
			d.hearsByHeads()
			at := time.Now()
			d.channel.Bans(nora) // at a
			f := banned.Await("the room closes", apptest.Type("closed", "space"))
			fmt.Printf("    bus %s: ban on the other node → room closed: %.1f s\n", name, f.At.Sub(at).Seconds())
			if late := f.At.Sub(at); f.Reason != "banned" || late > slowest {
				t.Errorf("closed because %s after %v", f.Reason, late)
			}
			at = time.Now()
			otto.Do("DELETE", "/api/session", nil)
			if code := signedOut.Ended(); code != 4001 {
				t.Errorf("signed out on the other node: closed with %d, want 4001", code)
			}
			fmt.Printf("    bus %s: signed out on the other node → closed: %.1f s\n", name, time.Since(at).Seconds())
			if late := time.Since(at); late > 15*time.Second { // the goal is a lease
				t.Errorf("closed %v after signing out", late)
			}
			f = ended.Await("the right ends", apptest.Type("closed", "space"))
			if late := f.At.Sub(ends); f.Reason != "period_ended" || late > slowest || late < 0 {
				t.Errorf("closed because %s, %v after the end", f.Reason, late)
			}
			apptest.Eventually(t, "the node does not say that its bus is away", func() bool {
				r, err := d.yuna.Ask("GET", "/readyz", nil)
				return err == nil && r.Status == http.StatusServiceUnavailable
			})
			fmt.Printf("    bus %s: noticed by then after %.1f s\n", name, time.Since(began).Seconds())
			time.Sleep(outage - time.Since(began)) // this is how long it is away, at least
			back()
			apptest.Eventually(t, "the bus does not come back", func() bool {
				r, err := d.yuna.Ask("GET", "/readyz", nil)
				return err == nil && r.Status == http.StatusOK
			})
			d.settles("bus away, " + name)
		})
	}
}

// cancels pays and cancels at once, and returns when the right ends.
func (d *duo) cancels(p *apptest.Person) time.Time {
	d.t.Helper()
	var cancelled struct {
		AccessUntil time.Time `json:"access_until"`
	}
	p.Do("POST", "/api/subscriptions/"+p.Pays("atelier")+"/cancel", nil).Into(d.t, &cancelled)
	return cancelled.AccessUntil
}

// hearsByHeads fails unless what is written at a is heard at b all the same.
func (d *duo) hearsByHeads() {
	d.t.Helper()
	worst := time.Duration(0)
	for i := range 4 {
		words := fmt.Sprint("by heads ", i)
		d.speaker.Posts("atelier", "space", words) // at a
		at := time.Now()
		if late := d.inside.Hears("space", words).At.Sub(at); late > slowest {
			d.t.Errorf("%q came %v late", words, late)
		} else {
			worst = max(worst, late)
		}
		time.Sleep(300 * time.Millisecond) // the pace of one person
	}
	fmt.Printf("    without the bus → heard on the other node: at most %.1f s late\n", worst.Seconds())
}

// A node that is stopped while its bus is away ends as it should.
func TestNodeStopsWithoutItsBus(t *testing.T) {
	t.Parallel() // it waits for real time
	w := newWire(t, "tcp", aside(t), natsServer(t))
	s := apptest.Start(t, apptest.Options{Args: []string{"--nats", "nats://" + w.address}})
	s.Found("atelier")
	k := s.Stranger().Enters("atelier", "public")
	w.cut()
	apptest.Eventually(t, "the node does not say that its bus is gone", func() bool {
		r, err := s.Stranger().Ask("GET", "/readyz", nil)
		return err == nil && r.Status == http.StatusServiceUnavailable
	})
	s.Stop() // fails the test when the server ends with an error
	if code := k.Ended(); code != 1001 {
		t.Errorf("closed with %d", code)
	}
}
