package app_test

import (
	"crypto/rand"
	"strconv"
	"testing"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

type auditedAct struct {
	ID, As, Act, Thing, Reason string
	By                         struct{ Name string }
	On                         *struct{ ID, Name string }
	Before, After              map[string]string
}

// Every act of staff stands in the audit log with who, as what, whom it was about
// and how things stood; who may not read it learns nothing.
func TestEveryActOfStaffIsAudited(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	mod, assistant, noa, yuna := s.SignUp("Maud"), s.SignUp("Ada"), s.Light("Noa"), s.SignUp("Yuna")
	c.Owner.Do("PUT", c.Path("/moderators/Maud"), nil)
	c.Owner.Do("PUT", c.Path("/moderators/Ada"), map[string]any{"grade": "assistant"})
	yuna.Pays("atelier")
	text := func(words string) map[string]any { return map[string]any{"key": rand.Text(), "text": words} }

	seq := noa.Posts("atelier", "public", "spam")
	mod.Do("DELETE", c.Path("/rooms/public/messages/"+strconv.FormatInt(seq, 10)), nil)
	kept := noa.Posts("atelier", "public", "keep me")
	own := noa.Posts("atelier", "public", "my own")
	noa.Do("DELETE", c.Path("/rooms/public/messages/"+strconv.FormatInt(own, 10)), nil) // no act of staff
	var skipped, removed struct{ ID string }
	yuna.Do("POST", c.Path("/questions"), text("skip me")).Into(t, &skipped)
	yuna.Do("POST", c.Path("/questions"), text("remove me")).Into(t, &removed)
	assistant.Do("POST", c.Path("/questions/"+skipped.ID+"/skip"), nil)
	assistant.Do("DELETE", c.Path("/questions/"+removed.ID), nil)
	mod.Do("PUT", c.Path("/rooms/public/modes"), map[string]any{
		"slow": 30, "followers": false, "followed_for": 0, "subscribers": false, "emotes": false, "unique": false,
	})
	pin := c.Path("/rooms/public/messages/" + strconv.FormatInt(kept, 10) + "/pin")
	for _, method := range []string{"PUT", "PUT", "DELETE", "DELETE"} { // the second of each changes nothing
		assistant.Do(method, pin, nil)
	}
	c.Owner.Do("PATCH", c.Path("/space/setup"), map[string]any{"opens": "lives"})
	c.Owner.Do("PATCH", c.Path("/space/setup"), map[string]any{"opens": "always"})
	c.Owner.Do("PATCH", c.Path("/overlay/setup"), map[string]any{"theme": "light"})
	mod.Do("POST", c.Path("/terms"), map[string]any{"term": "idiot"})
	mod.Do("DELETE", c.Path("/terms/idiot"), nil)
	thread := threadOf(t, c, map[string]any{"title": "Glazes"})
	mod.Do("PATCH", c.Path("/threads/"+thread), map[string]any{"closed": true})
	c.Owner.Do("PATCH", "/api/channels/atelier", map[string]any{"title": "Another title"})
	mod.Do("POST", c.Path("/sanctions"), map[string]any{"account": noa.ID, "kind": "ban", "reason": "spam"})
	mod.Do("DELETE", c.Path("/sanctions/"+noa.ID), nil)
	assistant.Do("POST", c.Path("/people/"+noa.ID+"/notes"), map[string]any{"text": "warned"})
	c.Owner.Do("DELETE", c.Path("/moderators/Ada"), nil)

	var log struct {
		Acts []auditedAct
		More bool
	}
	mod.Do("GET", c.Path("/audit"), nil).Into(t, &log)
	want := []struct{ act, by, as, on, key, before, after string }{
		{"moderator.dismissed", c.Owner.Name, "owner", "Ada", "grade", "assistant", "none"},
		{"note.written", "Ada", "assistant", "Noa", "", "", ""},
		{"sanction.lifted", "Maud", "moderator", "Noa", "kind", "ban", ""},
		{"sanction.imposed", "Maud", "moderator", "Noa", "kind", "", "ban"},
		{"channel.changed", c.Owner.Name, "owner", "", "title", "", "Another title"},
		{"thread.changed", "Maud", "moderator", "", "closed", "false", "true"},
		{"term.dropped", "Maud", "moderator", "", "", "", ""},
		{"term.blocked", "Maud", "moderator", "", "", "", ""},
		{"overlay.changed", c.Owner.Name, "owner", "", "theme", "dark", "light"},
		{"space.changed", c.Owner.Name, "owner", "", "lives_only", "true", "false"},
		{"space.changed", c.Owner.Name, "owner", "", "lives_only", "false", "true"},
		{"message.unpinned", "Ada", "assistant", "Noa", "", "", ""},
		{"message.pinned", "Ada", "assistant", "Noa", "", "", ""},
		{"modes.set", "Maud", "moderator", "", "slow", "0", "30"},
		{"question.removed", "Ada", "assistant", "Yuna", "state", "waiting", ""},
		{"question.skipped", "Ada", "assistant", "Yuna", "state", "waiting", ""},
		{"message.removed", "Maud", "moderator", "Noa", "", "", ""},
		{"moderator.appointed", c.Owner.Name, "owner", "Ada", "grade", "none", "assistant"},
		{"moderator.appointed", c.Owner.Name, "owner", "Maud", "grade", "none", "moderator"},
	}
	var acts []auditedAct
	for _, a := range log.Acts {
		if a.Act != "channel.changed" || a.After["title"] != "" { // founding opened the Sub Space
			acts = append(acts, a)
		}
	}
	if len(acts) != len(want) || log.More {
		t.Fatalf("%d acts, want %d: %+v", len(acts), len(want), acts)
	}
	for i, w := range want {
		a, on := acts[i], ""
		if a.On != nil {
			on = a.On.Name
		}
		if a.Act != w.act || a.By.Name != w.by || a.As != w.as || on != w.on {
			t.Errorf("act %d: %+v, want %+v", i, a, w)
		}
		if w.key != "" && (w.before != "" && a.Before[w.key] != w.before || a.After[w.key] != w.after) {
			t.Errorf("act %d, %s: before %v, after %v, want %+v", i, w.act, a.Before, a.After, w)
		}
	}
	if last := acts[len(want)-3]; last.Thing != "public/"+strconv.FormatInt(seq, 10) || last.Before["written"] == "" {
		t.Errorf("where the message stood: %+v", last)
	}
	for who, p := range map[string]*apptest.Person{"a stranger": s.Stranger(), "a subscriber": yuna, "the person": noa, "who was dismissed": assistant} {
		for _, path := range []string{"/audit", "/people/" + noa.ID + "/notes", "/moderators"} {
			if reason := p.Refused("GET", c.Path(path), nil); reason != "moderators_only" {
				t.Errorf("%s reads %s: %s", who, path, reason)
			}
		}
	}
	for _, path := range []string{"/moderators"} {
		if reason := mod.Refused("GET", c.Path(path), nil); reason != "grade_required" {
			t.Errorf("a moderator reads %s: %s", path, reason)
		}
	}
}
