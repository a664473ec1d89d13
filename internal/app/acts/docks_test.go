package acts_test

import (
	"crypto/rand"
	"net/url"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// docked is an address of a dock: it reads what its maker does in both rooms and of
// their queue, and nothing else of what they may.
type docked struct {
	*apptest.Person
	by     *actor
	id     string
	socket *apptest.Socket // in both rooms
	over   bool
}

// GoString says which it is where rapid tells what it drew.
func (d *docked) GoString() string { return d.Name }

// mayRead reports whether a dock may be told words that are for r.
func (st *actorsStage) mayRead(d *docked, r readership) bool {
	return !d.over && (r == forAll || (r == forInside && st.may(d.by, forInside)))
}

// looksAtDock is looks, of a dock.
func (st *actorsStage) looksAtDock(d *docked) {
	st.t.Helper()
	for _, b := range d.New() {
		for _, found := range sentinelPattern.FindAll(b, -1) {
			w := st.said[string(found)]
			if w == nil {
				continue // of an earlier evening on this server
			}
			if !st.mayRead(d, w.for_) {
				st.t.Fatalf("after %d acts %s (over: %v) received %s, which is for %s:\n%s", st.acts, d.Name, d.over, w.what, w.for_, around(b, found))
			}
			st.seen[w.what+", by a dock"]++
		}
	}
}

// settlesDock waits until everything on its way to a dock has come, and looks at it.
func (st *actorsStage) settlesDock(d *docked) {
	st.t.Helper()
	if d.socket != nil {
		if _, err := d.socket.Calls(map[string]any{"type": "ping"}); err != nil {
			st.t.Fatalf("%s's socket is gone: %v", d.Name, err)
		}
	}
	st.looksAtDock(d)
}

func (st *actorsStage) makesDock(r *rapid.T) {
	p := st.one(r)
	var made struct{ ID, URL string }
	if !st.tries(p, st.may(p, forStaff), "POST", "/docks", map[string]any{"label": "OBS"}, &made) {
		return
	}
	u, err := url.Parse(made.URL)
	if err != nil {
		st.t.Fatalf("the address of a dock: %v", err)
	}
	apptest.Secret(st.tb, u.Fragment)
	d := &docked{Person: st.s.Stranger(), by: p, id: made.ID}
	d.Name, d.Bearer = "a dock of "+p.Name, u.Fragment
	st.docks = append(st.docks, d)
	k, err := d.Dial()
	if err != nil {
		st.t.Fatalf("%s connects: %v", d.Name, err)
	}
	if err := k.Send(map[string]any{"type": "sign_in", "id": "dock", "dock": u.Fragment}); err != nil {
		st.t.Fatalf("%s signs in: %v", d.Name, err)
	}
	d.socket = k
	for _, room := range []string{"public", "space"} {
		if _, err := k.Calls(map[string]any{"type": "enter", "channel": st.c.Handle, "room": room, "cursor": 0}); err != nil {
			st.t.Fatalf("%s enters %s: %v", d.Name, room, err)
		}
	}
	st.looksAtDock(d)
}

// readsByDock asks by the address of a dock what it is for, and anything else.
func (st *actorsStage) readsByDock(r *rapid.T) {
	if len(st.docks) == 0 {
		return
	}
	d := rapid.SampledFrom(st.docks).Draw(r, "dock")
	if rapid.Bool().Draw(r, "all") {
		st.readsAll(d)
		return
	}
	st.asksByDock(d, st.route(r))
}

func (st *actorsStage) readsAll(d *docked) {
	st.t.Helper()
	for _, path := range []string{
		"/rooms/public/events", "/rooms/space/events", "/rooms/channel/events", "/questions?room=public", "/questions?room=space", "/questions?room=space&state=answered",
		"/polls", "/polls?room=public", "/polls?room=space", "", "/audit", "/terms", "/docks",
	} {
		st.asksByDock(d, st.c.Path(path))
	}
	for _, thread := range st.ids["thread"] {
		st.asksByDock(d, st.c.Path("/threads/"+thread+"/events"))
		st.asksByDock(d, st.c.Path("/polls?room=thread&thread="+thread))
	}
	st.asksByDock(d, "/api/dock")
	if d.socket != nil {
		st.settlesDock(d)
	}
}

func (st *actorsStage) asksByDock(d *docked, path string) {
	st.t.Helper()
	answer, err := d.Ask("GET", path, nil)
	if err != nil || answer.Status >= 500 {
		st.t.Fatalf("%s: GET %s: %d, %v: %s", d.Name, path, answer.Status, err, answer.Body)
	}
	if d.over && strings.HasPrefix(path, st.c.Path("/rooms/")) && !strings.Contains(string(answer.Body), `"dock_revoked"`) {
		st.t.Fatalf("%s, which is over, asks for %s and is answered %d: %s", d.Name, path, answer.Status, answer.Body)
	}
	st.looksAtDock(d)
}

func (st *actorsStage) revokesDock(r *rapid.T) {
	standing := slices.DeleteFunc(slices.Clone(st.docks), func(d *docked) bool { return d.over })
	if len(standing) == 0 {
		return
	}
	p, d := st.one(r), rapid.SampledFrom(standing).Draw(r, "dock")
	path := "/docks/" + d.id
	if !p.owner && p != d.by {
		st.sends(p, "DELETE", st.c.Path(path), nil)
		if answer, err := d.Ask("GET", "/api/dock", nil); err != nil || answer.Status != 200 {
			st.t.Fatalf("%s revoked %s: %d, %v", p.Name, d.Name, answer.Status, err)
		}
		return
	}
	st.shutsDocks(func(other *docked) bool { return other == d }, func() { p.Do("DELETE", st.c.Path(path), nil) })
}

// setsPassword is a new password, which shuts all docks of its person and leaves their
// browsers signed in.
func (st *actorsStage) setsPassword(r *rapid.T) {
	p := rapid.SampledFrom(st.cast[:6]).Draw(r, "who")
	st.shutsDocks(func(d *docked) bool { return d.by == p }, func() {
		fresh := "pass " + rand.Text()
		apptest.Secret(st.tb, fresh)
		p.Do("PUT", "/api/account/password", map[string]any{"current": p.Password, "password": fresh, "keep_sessions": true})
		p.Password = fresh
	})
}

// shutsDocks does something that ends docks: what they received up to then is held
// against how things stood; then each must shut, for good.
func (st *actorsStage) shutsDocks(which func(*docked) bool, change func()) {
	st.t.Helper()
	var ending []*docked
	for _, d := range st.docks {
		if !d.over && which(d) {
			st.settlesDock(d)
			ending = append(ending, d)
		}
	}
	could := map[*docked]bool{}
	for _, d := range ending {
		could[d] = st.may(d.by, forInside)
	}
	change()
	for _, d := range ending {
		answer, err := d.Ask("GET", "/api/dock", nil)
		if err != nil || !strings.Contains(string(answer.Body), `"dock_revoked"`) {
			st.t.Fatalf("%s still opens: %d, %v", d.Name, answer.Status, err)
		}
		if code := d.socket.Ended(); code != 4001 {
			st.t.Fatalf("%s's socket ended with %d", d.Name, code)
		}
		for _, b := range d.New() { // came while it changed
			for _, found := range sentinelPattern.FindAll(b, -1) {
				if w := st.said[string(found)]; w != nil && w.for_ != forAll && !(w.for_ == forInside && could[d]) {
					st.t.Fatalf("%s received %s, which never was for it:\n%s", d.Name, w.what, around(b, found))
				}
			}
		}
		d.over, d.socket = true, nil
	}
}
