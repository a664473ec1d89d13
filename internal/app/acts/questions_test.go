package acts_test

import (
	"crypto/rand"
	"slices"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

func (st *actorsStage) asks(r *rapid.T) {
	p := st.one(r)
	room := rapid.SampledFrom([]string{"public", "space"}).Draw(r, "room")
	audience := rapid.SampledFrom([]string{"public", "space"}).Draw(r, "audience")
	whom := forInside
	if room == "public" {
		whom, audience = forAll, "public"
	}
	want := st.message(st.writes("a question", p, whom))
	want["room"], want["audience"], want["anonymous"] = room, audience, rapid.Bool().Draw(r, "anonymous")
	var q struct{ ID string }
	if st.tries(p, p.ID != "" && !p.banned && st.may(p, whom), "POST", "/questions", want, &q) {
		st.ids["question"] = append(st.ids["question"], q.ID)
		st.ids["asked "+audience] = append(st.ids["asked "+audience], q.ID)
		st.ids["text of "+q.ID] = []string{want["text"].(string)}
		st.ids["asker of "+q.ID] = []string{p.Name}
	}
}

// shows widens a question to everybody when its asker asked for a public answer.
func (st *actorsStage) shows(question string) {
	if slices.Contains(st.ids["asked public"], question) {
		for _, text := range st.ids["text of "+question] {
			st.said[text].for_ = forAll
		}
	}
}

func (st *actorsStage) treats(r *rapid.T) {
	p, q := st.one(r), st.id(r, "question")
	act := rapid.SampledFrom([]string{"air", "answer", "return", "skip", "told", "merge", "place", "vote"}).Draw(r, "treatment")
	method, path, may := "POST", "/questions/"+q+"/"+act, p.owner
	var in any
	switch act {
	case "skip", "merge":
		may = st.may(p, forStaff)
		in = map[string]any{"into": st.id(r, "question")}
	case "place":
		method, in = "PUT", map[string]any{"index": 0}
	case "vote", "told": // who may is the gate's and the asker's: only what they receive is looked at
		if act == "vote" {
			method = "PUT"
		}
		st.sends(p, method, st.c.Path(path), nil)
		return
	}
	if act == "skip" {
		in = nil
	}
	if act == "air" && p.owner {
		st.shows(q) // before others hear of it
	}
	st.tries(p, may, method, path, in, nil)
}

func (st *actorsStage) replies(r *rapid.T) {
	p, q := st.one(r), st.id(r, "question")
	whom := forInside
	if slices.Contains(st.ids["asked public"], q) {
		whom = forAll
	}
	text := st.writes("an answer in text", p, whom)
	if st.may(p, forStaff) {
		st.shows(q)
	}
	if st.tries(p, st.may(p, forStaff), "POST", "/questions/"+q+"/text", map[string]any{"text": text}, nil) {
		st.ids["text of "+q] = append(st.ids["text of "+q], text)
	}
}

// publishes has a question and its answers read by everybody, or takes them back.
func (st *actorsStage) publishes(r *rapid.T) {
	q := st.id(r, "question")
	asker := slices.IndexFunc(st.cast, func(p *actor) bool { return slices.Contains(st.ids["asker of "+q], p.Name) })
	if asker < 0 {
		return
	}
	if _, err := st.cast[asker].Ask("PUT", st.c.Path("/questions/"+q+"/consent"), nil); err != nil {
		st.t.Fatalf("consent: %v", err)
	}
	was := map[string]readership{}
	for _, text := range st.ids["text of "+q] {
		was[text] = st.said[text].for_
		st.said[text].for_ = forAll
	}
	if st.c.Owner.Try("PUT", st.c.Path("/questions/"+q+"/publication"), nil, nil) != nil {
		for text, whom := range was {
			st.said[text].for_ = whom
		}
		return
	}
	if !rapid.Bool().Draw(r, "taken back") {
		return
	}
	taken := func() {
		st.c.Owner.Do("DELETE", st.c.Path("/questions/"+q+"/publication"), nil)
		st.drains()
		for text, whom := range was {
			st.said[text].for_ = whom
		}
	}
	taken()
}

// drains has a public word reach everybody who listens: what was said before it has come.
func (st *actorsStage) drains() {
	st.t.Helper()
	text := st.writes("a last word", st.cast[0], forAll)
	st.c.Owner.Posts(st.c.Handle, "public", text)
	for _, p := range st.cast {
		if p.socket != nil && p.rooms["public"] != "" {
			if _, err := p.socket.Find(0, func(f apptest.Frame) bool { return f.Type == "event" && f.Event.Data.Text == text }); err != nil {
				st.t.Fatalf("%s has not heard the last word: %v", p.Name, err)
			}
		}
		st.settles(p)
	}
}

func (st *actorsStage) polls(r *rapid.T) {
	p := st.one(r)
	room := rapid.SampledFrom([]string{"public", "space", "thread"}).Draw(r, "room")
	want := map[string]any{"key": rand.Text(), "room": room, "results": rapid.SampledFrom([]string{"live", "end"}).Draw(r, "results")}
	whom, exists := forAll, true
	switch room {
	case "space":
		whom = forInside
	case "thread":
		thread := st.id(r, "thread")
		whom, exists = st.upper(thread), slices.Contains(st.ids["thread"], thread)
		want["thread"] = thread
	}
	want["question"] = st.writes("a poll", p, whom)
	want["options"] = []string{st.writes("an option", p, whom), "Another"}
	var poll struct{ ID string }
	if st.tries(p, exists && p.owner, "POST", "/polls", want, &poll) {
		st.ids["poll"] = append(st.ids["poll"], poll.ID)
	}
}

func (st *actorsStage) votes(r *rapid.T) {
	p, poll := st.one(r), st.id(r, "poll")
	if rapid.IntRange(0, 3).Draw(r, "close") == 0 {
		st.sends(p, "POST", st.c.Path("/polls/"+poll+"/close"), nil)
	} else {
		st.sends(p, "PUT", st.c.Path("/polls/"+poll+"/vote"), map[string]any{"option": rapid.IntRange(0, 1).Draw(r, "option")})
	}
	st.looks(p)
}
