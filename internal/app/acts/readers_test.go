package acts_test

import (
	"errors"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// reads asks any route that answers to a GET, with names that exist and names that do not.
func (st *actorsStage) reads(r *rapid.T) {
	st.sends(st.one(r), "GET", st.route(r), nil)
}

// route draws a route that answers to a GET.
func (st *actorsStage) route(r *rapid.T) string {
	path := rapid.SampledFrom(st.routes).Draw(r, "route")
	for strings.Contains(path, "{") {
		begin, end := strings.Index(path, "{"), strings.Index(path, "}")
		of := path[begin+1 : end]
		if of == "secret" {
			of = "overlay"
		}
		if of == "channel" {
			path = path[:begin] + st.c.Handle + path[end+1:]
			continue
		}
		path = path[:begin] + st.id(r, of) + path[end+1:]
	}
	return path + rapid.SampledFrom([]string{
		"", "?after=0&limit=500", "?before=1000", "?room=public", "?room=space", "?room=space&state=answered", "?state=on_air", "?state=skipped",
		"?archived=true", "?from=1&to=500", "?room=thread&thread=" + st.id(r, "thread"),
	}).Draw(r, "query")
}

// visits looks at the Sub Space and goes: what happens from then on was missed.
func (st *actorsStage) visits(r *rapid.T) {
	p := st.one(r)
	for _, ask := range [][2]string{{"PUT", "/visit"}, {"GET", "/digest"}} {
		st.sends(p, ask[0], st.c.Path(ask[1]), nil)
	}
	st.looks(p)
}

func (st *actorsStage) readsPages(r *rapid.T) {
	p := st.one(r)
	path := rapid.SampledFrom([]string{"/c/" + st.c.Handle, "/", "/api/account/export", p.feed, "/api/overlay/" + st.ids["overlay"][0]}).Draw(r, "page")
	if path == "" {
		return
	}
	st.sends(p, "GET", path, nil)
}

func (st *actorsStage) enters(r *rapid.T) {
	p, room := st.one(r), rapid.SampledFrom([]string{"public", "space"}).Draw(r, "room")
	whom := forAll
	if room == "space" {
		whom = forInside
	}
	st.goesIn(p, room, whom, st.may(p, whom), map[string]any{"room": room})
}

func (st *actorsStage) entersThread(r *rapid.T) {
	p, thread := st.one(r), st.id(r, "thread")
	whom := st.upper(thread)
	may := st.may(p, whom) && slices.Contains(st.ids["thread"], thread) && p.rooms["space"] != ""
	st.goesIn(p, thread, whom, may, map[string]any{"room": "thread", "thread": thread})
}

func (st *actorsStage) goesIn(p *actor, where string, whom readership, may bool, frame map[string]any) {
	if p.socket == nil {
		return
	}
	frame["type"], frame["channel"], frame["cursor"] = "enter", st.c.Handle, 0
	_, err := p.socket.Calls(frame)
	var refused *apptest.Problem
	if err != nil && p.banned && !errors.As(err, &refused) { // they are asked to stay away
		p.socket, p.rooms = nil, nil
		st.looks(p)
		return
	}
	if err != nil && !errors.As(err, &refused) {
		st.t.Fatalf("%s enters %s: %v", p.Name, where, err)
	}
	if err == nil && !may && !st.may(p, whom) {
		st.t.Fatalf("%s (level %d, banned %v) came into %s", p.Name, p.level, p.banned, where)
	}
	if err == nil {
		p.rooms[where] = string(whom)
	}
	if err != nil && may && !p.banned && refused.RetryAfter == 0 {
		st.t.Fatalf("%s may enter %s, and was refused: %v", p.Name, where, err)
	}
	st.looks(p)
}

func (st *actorsStage) reconnects(r *rapid.T) {
	p := st.one(r)
	st.settles(p)
	st.connects(p)
}

// ends has everybody read what there is once more, and leave.
func (st *actorsStage) ends() {
	for _, p := range st.cast {
		for _, path := range []string{
			"", "/rooms/public/events", "/rooms/space/events", "/threads", "/polls?room=space", "/polls?room=public", "/questions?room=space", "/questions?room=public",
			"/questions?room=space&state=answered", "/questions?room=public&state=answered", "/schedule", "/space", "/audit", "/terms", "/sanctions", "/subscribers",
		} {
			st.sends(p, "GET", st.c.Path(path), nil)
		}
		for _, thread := range st.ids["thread"] {
			st.sends(p, "GET", st.c.Path("/threads/"+thread+"/events"), nil)
		}
		for _, account := range st.ids["account"] {
			st.sends(p, "GET", st.c.Path("/people/"+account+"/notes"), nil)
		}
		st.settles(p)
		if p.socket != nil {
			p.socket.Close()
		}
	}
	for _, d := range st.docks {
		st.readsAll(d)
		if d.socket != nil {
			d.socket.Close()
		}
	}
}
