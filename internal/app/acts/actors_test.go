package acts_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"regexp"
	"testing"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// readership is whom words are for.
type readership string

const (
	forAll     readership = "everybody"
	forPlanned readership = "whom the Sub Space is for, open or not"
	forInside  readership = "those inside"
	forUpper   readership = "those inside with the dearer tier"
	forStaff   readership = "the creator and moderators"
	forOwner   readership = "the creator"
	forNobody  readership = "nobody any more"
)

// words are one sentinel: what it was written as, whom it is for, and whose it is.
type words struct {
	what   string
	for_   readership
	author string // who wrote them may always have them back
	about  string // and this one may have them too
}

var sentinelPattern = regexp.MustCompile(`zz[A-Z2-7]{26}`)

// actor is one person of the evening as the model knows them.
type actor struct {
	*apptest.Person
	socket *apptest.Socket
	rooms  map[string]string // where the socket is: the room or thread, and for whom it is
	level  int               // of the tier they have a right to; 0: none
	right  string            // the name of that right
	staff  bool
	owner  bool
	banned bool
	feed   string // of their calendar
}

// GoString says who it is where rapid tells what it drew.
func (p *actor) GoString() string { return p.Name }

// actorsStage is a channel, its people, everything that was written there and
// whom it is for: the model that answers are held against.
type actorsStage struct {
	s      *apptest.Server
	c      apptest.Channel
	t      fataler
	tb     *testing.T
	tier   string // the dearer one
	cast   []*actor
	said   map[string]*words
	level  int  // that the Sub Space is for
	hours  bool // it is open only during lives
	routes []string
	ids    map[string][]string // by the parameter of a route
	posted []message           // that can be removed
	seen   map[string]int      // how often words of a kind were received by somebody else than their author
	acts   int

	pages  *pages
	docks  []*docked
	emotes []*emote
	badged bool // the dearer tier has pictures of its own
}

// nobody is the author of what its author should be seen to read.
var nobody = &actor{Person: &apptest.Person{}}

type message struct {
	by, where, path string // the room or thread, and its route
	seq             int64
	text, page      string // its words, and those of the page it links to; empty: none
}

// fataler is a test or one run of rapid.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// may reports whether the model lets p have words for r.
func (st *actorsStage) may(p *actor, r readership) bool {
	entitled := p.staff || p.owner || (p.level >= st.level && p.level > 0)
	inside := p.staff || p.owner || (entitled && !st.hours)
	switch {
	case r == forAll:
		return true
	case r == forNobody || (p.banned && !p.owner):
		return false
	case r == forOwner:
		return p.owner
	case r == forStaff:
		return p.owner || p.staff
	case r == forPlanned:
		return entitled
	case r == forUpper:
		return inside && (p.staff || p.owner || p.level >= 2)
	}
	return inside
}

// writes returns fresh words that nobody has received.
func (st *actorsStage) writes(what string, by *actor, r readership) string {
	w := "zz" + rand.Text()
	st.said[w] = &words{what: what, for_: r, author: by.Name}
	return w
}

// looks reads what a person received since the last look, and fails for every word
// of it that is not for them as things stand.
func (st *actorsStage) looks(p *actor) {
	st.t.Helper()
	for _, b := range p.New() {
		for _, found := range sentinelPattern.FindAll(b, -1) {
			w := st.said[string(found)]
			if w == nil || w.author == p.Name {
				continue // of an earlier evening on this server, or their own
			}
			if !st.may(p, w.for_) && w.about != p.Name {
				st.t.Fatalf("after %d acts %s (level %d, staff %v, banned %v) received %s, which is for %s:\n%s",
					st.acts, p.Name, p.level, p.staff, p.banned, w.what, w.for_, around(b, found))
			}
			st.seen[w.what]++
		}
		if !st.may(p, forInside) && !bytes.Contains(b, []byte(`"openapi"`)) && apptest.CountsInside(b) {
			st.t.Fatalf("after %d acts %s was told how many are inside:\n%s", st.acts, p.Name, b)
		}
	}
}

func around(b, found []byte) []byte {
	at := bytes.Index(b, found)
	return b[max(0, at-400):min(len(b), at+200)]
}

// settles waits until everything on its way to p's socket has come, and looks at it.
func (st *actorsStage) settles(p *actor) {
	st.t.Helper()
	if p.socket != nil {
		if _, err := p.socket.Calls(map[string]any{"type": "ping"}); err != nil && !p.banned {
			st.t.Fatalf("%s's socket is gone: %v", p.Name, err)
		} else if err != nil { // the banned are asked to stay away
			p.socket, p.rooms = nil, nil
		}
	}
	st.looks(p)
}

// narrows changes who may have what. What a person received up to then is held
// against how things stood; then every door that is not theirs any more must shut
// on them; and from then on they are held against how things stand.
func (st *actorsStage) narrows(touched []*actor, change func()) {
	st.t.Helper()
	marks := map[*actor]int{}
	for _, p := range touched {
		st.settles(p)
		if p.socket != nil {
			marks[p] = p.socket.Mark()
		}
	}
	before := map[*actor]map[readership]bool{}
	for _, p := range touched {
		before[p] = map[readership]bool{}
		for _, r := range []readership{forInside, forUpper, forPlanned, forStaff, forOwner} {
			before[p][r] = st.may(p, r)
		}
	}
	change()
	for _, p := range touched {
		apptest.Eventually(st.tb, p.Name+" is not told where they stand", func() bool {
			now := p.Standing(st.c.Handle)
			return now.Inside == st.may(p, forInside) && (now.Reason == "banned") == p.banned
		})
		st.shut(p, marks[p])
		for _, b := range p.New() { // came while it changed: as before or as now
			for _, found := range sentinelPattern.FindAll(b, -1) {
				if w := st.said[string(found)]; w != nil && w.author != p.Name && w.about != p.Name && !st.may(p, w.for_) && !before[p][w.for_] {
					st.t.Fatalf("%s received %s, which never was for them:\n%s", p.Name, w.what, around(b, found))
				}
			}
		}
	}
}

// shut waits until the server has closed every room on p's socket that is not
// theirs any more.
func (st *actorsStage) shut(p *actor, mark int) {
	st.t.Helper()
	if p.socket == nil {
		return
	}
	for where, r := range p.rooms {
		if st.may(p, readership(r)) && !p.banned {
			continue
		}
		_, err := p.socket.Find(mark, func(f apptest.Frame) bool {
			return f.Type == "closed" && (f.Room == where || f.Thread == where)
		})
		if err != nil && p.banned {
			p.socket, p.rooms = nil, nil // the banned are asked to stay away
			return
		}
		if err != nil {
			st.t.Fatalf("%s is still in %s: %v", p.Name, where, err)
		}
		delete(p.rooms, where)
	}
}

// newActorsStage opens a channel of its own on s, with everybody who will act.
func newActorsStage(t *testing.T, r fataler, s *apptest.Server, first apptest.Channel, n int) *actorsStage {
	c := s.Another(first, fmt.Sprintf("evening%d", n))
	st := &actorsStage{
		s: s, c: c, t: r, tb: t, said: map[string]*words{}, seen: map[string]int{}, level: 1,
		ids: map[string][]string{"channel": {c.Handle}, "room": {"public", "space", "channel"}, "seq": {"1", "2", "3", "5", "8"}, "emoji": {"sad", "wow"}},
	}
	st.tier = c.SellsDearer()
	c.Set(map[string]any{"preview_public": true, "preview_space": true})
	named := func(who string) string { return fmt.Sprintf("%s %d", who, n) }
	st.cast = []*actor{
		{Person: c.Owner, owner: true},
		{Person: s.SignUp(named("Mod"))},
		{Person: s.SignUp(named("Rich"))},
		{Person: s.SignUp(named("Yuna"))},
		{Person: s.SignUp(named("Wander"))},
		{Person: s.SignUp(named("Free"))},
		{Person: s.Light(named("Light"))},
		{Person: s.Stranger()},
	}
	stranger := st.cast[len(st.cast)-1]
	stranger.Name = named("Stranger")
	st.appoints(st.cast[1])
	st.grants(st.cast[2], 2)
	st.grants(st.cast[3], 1)
	for _, p := range st.cast {
		if p.ID != "" {
			st.ids["account"] = append(st.ids["account"], p.ID)
			st.ids["name"] = append(st.ids["name"], p.Name)
			p.feed = p.Calendar(c)
		}
		st.connects(p)
	}
	var overlay struct{ Secret string }
	c.Owner.Do("POST", c.Path("/overlay"), nil).Into(t, &overlay)
	st.ids["overlay"] = []string{overlay.Secret}
	c.Owner.Do("PUT", c.Path("/badges/m1?tier="+st.tier), drawing())
	st.badged = true
	st.opensThread(1, "topic")
	st.opensThread(2, "topic")
	return st
}

func (st *actorsStage) connects(p *actor) {
	if p.socket != nil {
		p.socket.Close()
	}
	p.socket, p.rooms = nil, map[string]string{}
	if k, err := p.Dial(); err == nil {
		p.socket = k
	}
}

func (st *actorsStage) appoints(p *actor) {
	st.c.Owner.Do("PUT", st.c.Path("/moderators/"+p.Name), map[string]any{"grade": "lead"})
	p.staff = true
	// The gate remembers until the bell: whoever was inside already sees no door that tells.
	apptest.Eventually(st.tb, p.Name+" is not told that they were appointed", func() bool { return p.Standing(st.c.Handle).Role == "moderator" })
}

func (st *actorsStage) grants(p *actor, level int) {
	want := map[string]any{"key": rand.Text(), "name": p.Name, "source": "comp", "months": 1, "note": st.writes("a note on a right", nobody, forOwner)}
	if level == 2 {
		want["tier"] = st.tier
	}
	var right struct{ ID string }
	if err := st.c.Owner.Try("POST", st.c.Path("/rights"), want, &right); err != nil {
		st.t.Fatalf("grant %s level %d: %v", p.Name, level, err)
	}
	p.level, p.right = level, right.ID
}
