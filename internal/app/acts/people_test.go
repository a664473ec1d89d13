package acts_test

import (
	"time"

	"pgregory.net/rapid"
)

func (st *actorsStage) plans(r *rapid.T) {
	p, private := st.creatorOr(r), rapid.Bool().Draw(r, "private")
	whom, what := forAll, "a plan"
	if private {
		whom, what = forPlanned, "a private plan"
	}
	var plan struct{ ID string }
	if st.tries(p, p.owner, "POST", "/schedule", map[string]any{
		"title": st.writes(what, p, whom), "private": private, "starts": time.Now().Add(time.Hour).Format(time.RFC3339),
	}, &plan) {
		st.ids["plan"] = append(st.ids["plan"], plan.ID)
	}
}

func (st *actorsStage) setsUp(r *rapid.T) {
	change := map[string]any{}
	level, hours := st.level, st.hours
	switch rapid.SampledFrom([]string{"welcome", "line", "level", "opens"}).Draw(r, "what") {
	case "welcome":
		change["welcome"] = st.writes("words of welcome", st.cast[0], forInside)
	case "line":
		change["line"] = st.writes("a line of the teaser that is not told", st.cast[0], forStaff)
	case "level":
		level = 3 - level
		change["level"] = level
	case "opens":
		hours = !hours
		change["opens"] = map[bool]string{true: "lives", false: "always"}[hours]
	}
	st.narrows(st.cast, func() {
		st.c.Owner.Do("PATCH", st.c.Path("/space/setup"), change)
		st.level, st.hours = level, hours
	})
}

func (st *actorsStage) notes(r *rapid.T) {
	p, about := st.one(r), st.id(r, "account")
	st.tries(p, st.may(p, forStaff), "POST", "/people/"+about+"/notes", map[string]any{"text": st.writes("a note on a person", p, forStaff)}, nil)
}

func (st *actorsStage) blocks(r *rapid.T) {
	p := st.one(r)
	st.tries(p, st.may(p, forStaff), "POST", "/terms", map[string]any{"term": st.writes("a blocked term", p, forStaff)}, nil)
}

// ordinary draws somebody who is neither the creator nor the first moderator.
func (st *actorsStage) ordinary(r *rapid.T) *actor {
	return rapid.SampledFrom(st.cast[2:7]).Draw(r, "who")
}

func (st *actorsStage) changesRight(r *rapid.T) {
	p := rapid.SampledFrom(st.cast[2:5]).Draw(r, "whose")
	st.narrows([]*actor{p}, func() {
		if p.right != "" {
			st.c.Owner.Do("DELETE", st.c.Path("/rights/"+p.right), nil)
			p.level, p.right = 0, ""
			return
		}
		st.grants(p, rapid.IntRange(1, 2).Draw(r, "level"))
	})
}

func (st *actorsStage) bans(r *rapid.T) {
	p := st.ordinary(r)
	if p.staff {
		return
	}
	st.narrows([]*actor{p}, func() {
		if p.banned {
			st.c.Lifts(p.Person)
			p.banned = false
			return
		}
		why := st.writes("why somebody was shut out", st.cast[0], forStaff)
		st.said[why].about = p.Name
		st.c.Owner.Do("POST", st.c.Path("/sanctions"), map[string]any{"account": p.ID, "kind": "ban", "reason": why})
		p.banned = true
	})
	if p.banned { // their words go with them
		st.gone(func(m message) bool { return m.by == p.Name })
	}
}

func (st *actorsStage) staffs(r *rapid.T) {
	p := rapid.SampledFrom(st.cast[1:6]).Draw(r, "who")
	if p.banned {
		return
	}
	if !p.staff {
		st.narrows([]*actor{p}, func() { st.appoints(p) })
		return
	}
	st.shutsDocks(func(d *docked) bool { return d.by == p }, func() {
		st.narrows([]*actor{p}, func() {
			st.c.Owner.Do("DELETE", st.c.Path("/moderators/"+p.Name), nil)
			p.staff = false
		})
	})
}
