package app_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/app/apptest"
)

// natsServer runs a NATS server as a cluster would have one, and returns where
// it listens.
func natsServer(t testing.TB) string {
	t.Helper()
	n, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	n.Start()
	if !n.ReadyForConnections(apptest.Patience) {
		t.Fatal("the NATS server did not start")
	}
	t.Cleanup(func() { n.Shutdown(); n.WaitForShutdown() })
	return n.Addr().String()
}

// Two nodes share one PostgreSQL and one NATS; any node serves any request.
func TestTwoNodesAreOnePlace(t *testing.T) {
	if !onPostgres() {
		t.Skip("two nodes need PostgreSQL: SQLite belongs to one process")
	}
	nats, db := natsServer(t), storetest.URL(t)
	node := func(name string) *apptest.Server {
		return apptest.Start(t, apptest.Options{Database: db, Args: []string{"--nats", "nats://" + nats, "--node", name}})
	}
	a, b := node("a"), node("b")
	c := a.Found("atelier")
	yuna := b.SignUp("Yuna")
	own, k := c.Owner.Enters("atelier", "public", "space"), yuna.Enters("atelier", "public")
	// chat, both ways
	own.Says("atelier", "public", "from a")
	k.Hears("public", "from a")
	k.Says("atelier", "public", "from b")
	own.Hears("public", "from b")
	// a session of one node is one of the other
	if st := c.Owner.At(b).Standing("atelier"); st.Role != "owner" {
		t.Errorf("the creator on the other node is %+v", st)
	}
	// subscribing at b, told by a
	if err := yuna.Pay("atelier"); err != nil {
		t.Fatal(err)
	}
	k.Await("the door", apptest.Type("door", "space"))
	k.Enter("atelier", "space")
	own.Says("atelier", "space", "welcome")
	k.Hears("space", "welcome")
	// a question of b on air at a
	var q struct{ ID string }
	yuna.Do("POST", c.Path("/questions"), map[string]any{"key": rand.Text(), "text": "How hot?"}).Into(t, &q)
	c.Owner.Do("POST", c.Path("/questions/"+q.ID+"/air"), nil)
	for who, reader := range map[string]*apptest.Socket{"a": own, "b": k} {
		f := reader.Await("on air at "+who, func(f apptest.Frame) bool {
			return f.Type == "event" && f.Room == "public" && f.Event.Kind == "question.aired"
		})
		if f.Event.Data.Text != "How hot?" || f.Event.Data.Name != "Yuna" {
			t.Errorf("on air at %s: %s", who, f.Raw)
		}
	}
	// signed out at a, closed at b
	guest := a.Light("Guest")
	away := guest.At(b).Enters("atelier", "public")
	guest.Do("DELETE", "/api/session", nil)
	if code := away.Ended(); code != 4001 {
		t.Errorf("signed out on the other node: closed with %d, want 4001", code)
	}
	// counted on both
	k.Await("two viewers", func(f apptest.Frame) bool { return f.Type == "state" && f.Viewers == 2 })
	// banned at a, thrown out at b
	began := time.Now()
	c.Bans(yuna)
	f := k.Await("the room closes", apptest.Type("closed", "space"))
	fmt.Printf("    ban on one node → room closed on the other: %.1f ms\n", ms(f.At.Sub(began)))
	if f.Reason != "banned" || f.At.Sub(began) > slowest {
		t.Errorf("closed because %s after %v", f.Reason, f.At.Sub(began))
	}
	if reason := yuna.Refused("GET", c.Path("/rooms/space/events"), nil); reason != "banned" {
		t.Errorf("reading at b after the ban at a: %s", reason)
	}
}

// With the bus cut, delivery and doors go on by comparing heads; when it comes
// back, so does speed.
func TestDeliveryGoesOnWithoutTheBus(t *testing.T) {
	t.Parallel() // it waits for real time
	target := natsServer(t)
	w := newWire(t, "tcp", aside(t), target)
	db := storetest.URL(t)
	node := func(name string) *apptest.Server {
		return apptest.Start(t, apptest.Options{Database: db, Args: []string{"--nats", "nats://" + w.address, "--node", name}})
	}
	a := node("a")
	b := a
	if onPostgres() {
		b = node("b")
	}
	c := a.Found("atelier")
	yuna := b.SignUp("Yuna")
	yuna.Pays("atelier")
	own, k := c.Owner.Enters("atelier", "public", "space"), yuna.Enters("atelier", "public", "space")
	w.cut()
	apptest.Eventually(t, "the node does not say that its bus is gone", func() bool {
		r, err := yuna.Ask("GET", "/readyz", nil)
		return err == nil && r.Status == http.StatusServiceUnavailable
	})
	for i := range 3 {
		words := fmt.Sprintf("without a bus %d", i)
		own.Says("atelier", "space", words)
		began := time.Now()
		f := k.Hears("space", words)
		if late := f.At.Sub(began); late > slowest {
			t.Errorf("%q came after %v", words, late)
		}
	}
	began := time.Now()
	c.Bans(yuna)
	f := k.Await("the room closes", apptest.Type("closed", "space"))
	fmt.Printf("    ban without the bus → room closed: %.1f ms\n", ms(f.At.Sub(began)))
	if f.Reason != "banned" || f.At.Sub(began) > slowest {
		t.Errorf("closed because %s after %v", f.Reason, f.At.Sub(began))
	}
	w.mend()
	apptest.Eventually(t, "the bus does not come back", func() bool {
		r, err := c.Owner.Ask("GET", "/readyz", nil)
		return err == nil && r.Status == http.StatusOK
	})
	reader := b.Stranger().Enters("atelier", "public")
	own.Says("atelier", "public", "with a bus again")
	reader.Hears("public", "with a bus again")
	gapless(t, k.Stream("atelier", "space"), 1, int64(len(k.Stream("atelier", "space"))))
}

// With the database cut, private rooms close when the lease ends and say so;
// public ones stay open and refuse posts with a reason. Both heal.
func TestDatabaseCutClosesPrivateRoomsAndKeepsPublicOnesReadable(t *testing.T) {
	t.Parallel() // it waits for real time
	if !onPostgres() {
		t.Skip("SQLite is a file and cannot be cut off; the gateway's own test takes the facts away instead")
	}
	address, w := postgresBehindWire(t, storetest.URL(t))
	s := apptest.Start(t, apptest.Options{Database: address})
	c := s.Found("atelier")
	yuna := s.SignUp("Yuna")
	yuna.Pays("atelier")
	k := yuna.Enters("atelier", "public", "space")
	k.Says("atelier", "space", "before")
	w.cut()
	began := time.Now()
	f := k.Await("the room closes", apptest.Type("closed", "space"))
	fmt.Printf("    database cut → private room closed: %.1f ms\n", ms(f.At.Sub(began)))
	if late := f.At.Sub(began); f.Reason != "unconfirmed" || late > 15*time.Second {
		t.Errorf("closed because %s after %v", f.Reason, late)
	}
	if _, err := k.Post("atelier", "public", rand.Text(), "while cut"); reasonOf(err) != "storage_unavailable" {
		t.Errorf("posting while the database is cut: %v", err)
	}
	if a, err := yuna.Ask("GET", "/readyz", nil); err != nil || a.Status != http.StatusServiceUnavailable {
		t.Errorf("readyz: %d %v", a.Status, err)
	}
	if a, err := yuna.Ask("GET", c.Path("/rooms/space/events"), nil); err != nil || a.Status != http.StatusServiceUnavailable {
		t.Errorf("reading the space: %d %s %v", a.Status, a.Body, err)
	}
	for _, f := range k.Frames() {
		if f.Type == "closed" && f.Room == "public" {
			t.Errorf("the public room closed too: %s", f.Raw)
		}
	}
	w.mend()
	apptest.Eventually(t, "the node is not ready again", func() bool {
		a, err := yuna.Ask("GET", "/readyz", nil)
		return err == nil && a.Status == http.StatusOK
	})
	if _, err := k.EnterAt("atelier", "space", 1); err != nil {
		t.Fatalf("the room does not open again: %v", err)
	}
	k.Says("atelier", "space", "after")
	k.Hears("space", "after")
}

// What happens in one channel stays there.
func TestTwoChannelsDoNotCross(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	one := s.Found("one")
	two := s.Another(one, "two")
	yuna, nora := s.SignUp("Yuna"), s.SignUp("Nora")
	yuna.Pays("one")
	nora.Pays("two")
	y, n := yuna.Enters("one", "public", "space"), nora.Enters("two", "public", "space")
	for _, room := range []string{"public", "space"} {
		y.Says("one", room, "in one "+room)
		n.Says("two", room, "in two "+room)
		y.Hears(room, "in one "+room)
		n.Hears(room, "in two "+room)
	}
	if _, err := y.EnterAt("two", "space", 0); reasonOf(err) != "subscribers_only" {
		t.Errorf("a subscriber of one enters two: %v", err)
	}
	if reason := two.Owner.Refused("POST", one.Path("/sanctions"), map[string]any{"account": yuna.ID, "kind": "ban"}); reason != "moderators_only" {
		t.Errorf("the creator of two bans in one: %s", reason)
	}
	if reason := two.Owner.Refused("GET", one.Path("/ingest"), nil); reason != "owner_only" {
		t.Errorf("the creator of two reads one's stream key: %s", reason)
	}
	two.Bans(yuna) // shuts no door of one
	one.GoesLive(s)
	two.GoesLive(s)
	p1, _ := nora.Playback("one")
	p2, _ := nora.Playback("two")
	if p1 == "" || p2 == "" || p1 == p2 {
		t.Errorf("both are live at %q and %q", p1, p2)
	}
	y.Says("one", "space", "still here")
	_, heard := y.Frames(), n.Frames()
	for _, f := range heard {
		if f.Channel == "one" {
			t.Errorf("somebody in two received %s", f.Raw)
		}
	}
	for _, f := range y.Frames() {
		if f.Channel == "two" && f.Type != "refused" {
			t.Errorf("somebody in one received %s", f.Raw)
		}
	}
	for room := range map[string]bool{"public": true, "space": true} {
		for _, e := range one.Owner.History("one", room, 0) {
			if e.Data.Text == "in two "+room {
				t.Errorf("the log of one holds %s", e.Raw)
			}
		}
	}
}
