// Package acts_test has people do at random whatever can be done in a channel, and holds
// what each of them receives against a model of whom every word is for.
package acts_test

import (
	"errors"
	"net/http"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// actsOfAnEvening is how many acts one run of rapid does; there are a hundred runs.
const actsOfAnEvening = 100

// Ten thousand acts, drawn at random, of eight people in a hundred channels: whatever
// somebody does and however rights come and go between, nobody receives words that
// are not for them when they come, on any route, socket, feed or page.
func TestTenThousandActsLeakNothing(t *testing.T) {
	t.Parallel() // it waits for real time
	pages := newPages(t)
	s := apptest.Start(t, apptest.Options{Args: []string{"--message-burst", "1000000", "--link-rehearsal", pages.address}})
	first := s.Found("atelier")
	var routes []string
	for _, r := range s.Routes() {
		if r.Method == http.MethodGet && r.Path != "/api/openapi.json" {
			routes = append(routes, r.Path)
		}
	}
	each := actsOfAnEvening
	if os.Getenv("SUBSPACE_TEST_DATABASE") != "" {
		each /= 5 // the gate is the same code; this looks for what one database does otherwise
	}
	n, acts, seen := 0, 0, map[string]int{}
	rapid.Check(t, func(r *rapid.T) {
		n++
		st := newActorsStage(t, r, s, first, n)
		st.routes, st.pages = routes, pages
		names := make([]string, 0, len(deeds))
		for name := range deeds {
			names = append(names, name)
		}
		slices.Sort(names)
		for range each {
			deeds[rapid.SampledFrom(names).Draw(r, "act")](st, r)
			st.acts++
		}
		st.ends()
		acts += st.acts
		for what, times := range st.seen {
			seen[what] += times
		}
	})
	if t.Failed() {
		return
	}
	t.Logf("%d acts in %d channels; words received by those they are for: %v", acts, n, seen)
	for _, what := range []string{
		"a message", "a thread", "a message in a thread", "a question", "an answer in text", "a poll", "a private plan", "words of welcome",
		"a note on a person", "a blocked term", "why somebody was shut out", "a note on a right", "a preview",
		"a message, by a dock", "a question, by a dock", "emotes that were written", "a badge of a tier",
	} {
		if seen[what] == 0 {
			t.Errorf("nobody received %s: its absence elsewhere proves nothing", what)
		}
	}
}

// deeds are what may happen, by name.
var deeds = map[string]func(*actorsStage, *rapid.T){
	"post": (*actorsStage).posts, "open a thread": (*actorsStage).opens, "post into a thread": (*actorsStage).postsInThread,
	"ask": (*actorsStage).asks, "treat a question": (*actorsStage).treats, "answer in text": (*actorsStage).replies,
	"publish": (*actorsStage).publishes, "poll": (*actorsStage).polls, "vote": (*actorsStage).votes, "plan": (*actorsStage).plans,
	"set the space up": (*actorsStage).setsUp, "note": (*actorsStage).notes, "block a term": (*actorsStage).blocks,
	"grant or revoke": (*actorsStage).changesRight, "ban or lift": (*actorsStage).bans, "appoint or dismiss": (*actorsStage).staffs,
	"pin or react": (*actorsStage).marks, "read": (*actorsStage).reads, "read at random": (*actorsStage).reads,
	"visit":      (*actorsStage).visits,
	"read pages": (*actorsStage).readsPages, "enter": (*actorsStage).enters, "enter a thread": (*actorsStage).entersThread,
	"switch previews": (*actorsStage).switchesPreviews, "write codes": (*actorsStage).writesCodes, "write codes once more": (*actorsStage).writesCodes,
	"add an emote": (*actorsStage).addsEmote, "change an emote": (*actorsStage).changesEmote, "draw a tier's badge": (*actorsStage).drawsBadge,
	"make a dock": (*actorsStage).makesDock, "read by a dock": (*actorsStage).readsByDock, "read by a dock once more": (*actorsStage).readsByDock,
	"revoke a dock": (*actorsStage).revokesDock, "set a password": (*actorsStage).setsPassword,
	"connect anew": (*actorsStage).reconnects, "post once more": (*actorsStage).posts, "remove": (*actorsStage).removes,
	"post into a thread once more": (*actorsStage).postsInThread, "enter once more": (*actorsStage).enters, "enter a thread once more": (*actorsStage).entersThread,
}

func (st *actorsStage) one(r *rapid.T) *actor { return rapid.SampledFrom(st.cast).Draw(r, "who") }

// creatorOr draws the creator, or as often anybody, for what others are refused.
func (st *actorsStage) creatorOr(r *rapid.T) *actor {
	if rapid.Bool().Draw(r, "the creator") {
		return st.cast[0]
	}
	return st.one(r)
}

// id draws something that exists, or something that does not.
func (st *actorsStage) id(r *rapid.T, of string) string {
	return rapid.SampledFrom(append([]string{"06h0000000000000000000000"}, st.ids[of]...)).Draw(r, of)
}

// sends makes a request of which the model says nothing but who may have what comes
// back. No answer, or trouble of the server's own, is a failure.
func (st *actorsStage) sends(p *actor, method, path string, in any) {
	st.t.Helper()
	answer, err := p.Ask(method, path, in)
	if err != nil || answer.Status >= http.StatusInternalServerError {
		st.t.Fatalf("%s: %s %s: %d, %v: %s", p.Name, method, path, answer.Status, err, answer.Body)
	}
	st.looks(p)
}

// tries asks for something that the model allows or not; the server must agree.
// Refusals because there is too much or nothing to do it to are neither.
func (st *actorsStage) tries(p *actor, may bool, method, path string, in, out any) bool {
	st.t.Helper()
	err := p.Try(method, st.c.Path(path), in, out)
	var refused *apptest.Problem
	if err != nil && !errors.As(err, &refused) {
		st.t.Fatalf("%s %s: %v", method, path, err)
	}
	if err == nil && !may {
		st.t.Fatalf("%s (level %d, banned %v) was let do %s %s", p.Name, p.level, p.banned, method, path)
	}
	if err != nil && may && refused.Status == http.StatusForbidden {
		st.t.Fatalf("%s may %s %s, and was refused: %v", p.Name, method, path, err)
	}
	st.looks(p)
	return err == nil
}
