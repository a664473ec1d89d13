package app_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/app/apptest"
)

type modes struct {
	Slow        int64 `json:"slow"`
	Followers   bool  `json:"followers"`
	FollowedFor int64 `json:"followed_for"`
	Subscribers bool  `json:"subscribers"`
	Emotes      bool  `json:"emotes"`
	Unique      bool  `json:"unique"`
}

// channelAs is what a channel's answer says of following and modes.
type channelAs struct {
	Followers int
	Modes     struct {
		Public modes
		Space  *modes
	}
	Me struct {
		Follows *string `json:"follows_since"`
		Writing struct{ Public, Space struct{ Reason string } }
	}
}

func seen(t *testing.T, p *apptest.Person, handle string) (c channelAs) {
	t.Helper()
	p.Do("GET", "/api/channels/"+handle, nil).Into(t, &c)
	return c
}

func entered(t *testing.T, f apptest.Frame) *modes {
	t.Helper()
	var got struct {
		State struct{ Modes *modes }
	}
	if err := json.Unmarshal(f.Raw, &got); err != nil {
		t.Fatal(err)
	}
	return got.State.Modes
}

// Staff set modes, everybody hears of it, and every door tells why somebody may
// not write and how long to wait: on two nodes where the database lets there be two.
func TestModesByEveryDoor(t *testing.T) {
	options := apptest.Options{Database: storetest.URL(t)}
	if onPostgres() {
		options.Args = []string{"--nats", "nats://" + natsServer(t)}
	}
	a := apptest.Start(t, options)
	b := a
	if onPostgres() {
		b = apptest.Start(t, options)
	}
	c := a.Found("atelier")
	noa := b.Light("Noa")
	ear := noa.Enters("atelier", "public")
	if got := entered(t, ear.Await("the room", apptest.Type("entered", "public"))); got == nil || *got != (modes{}) {
		t.Errorf("the state of a room without modes: %+v", got)
	}
	want := modes{Slow: 30, Followers: true, Unique: true}
	c.Owner.Do("PUT", c.Path("/rooms/public/modes"), want)
	ear.Await("the modes", func(f apptest.Frame) bool {
		var got modes
		return f.Type == "event" && f.Event.Kind == "modes.changed" && json.Unmarshal(data(t, f.Event.Raw), &got) == nil && got == want
	})
	if got := entered(t, b.Stranger().Enters("atelier", "public").Await("the room", apptest.Type("entered", "public"))); got == nil || *got != want {
		t.Errorf("who enters is told %+v, want %+v", got, want)
	}
	if reason := noa.Refused("PUT", c.Path("/rooms/public/modes"), modes{}); reason != "moderators_only" {
		t.Errorf("a viewer sets modes: %s", reason)
	}
	if reason := noa.Refused("DELETE", c.Path("/rooms/public/modes"), nil); reason != "method_not_allowed" && reason != "route_missing" {
		t.Errorf("modes are deleted: %s", reason)
	}
	apptest.Eventually(t, "Noa is told before she writes", func() bool {
		return seen(t, noa, "atelier").Me.Writing.Public.Reason == "followers_only"
	})
	if _, err := ear.Post("atelier", "public", rand.Text(), "hello"); refusal(err).Reason != "followers_only" {
		t.Errorf("who does not follow writes: %v", err)
	}
	// Following is heard by the gate of the other node, and by the open page.
	mark := ear.Mark()
	var now channelAs
	noa.At(a).Do("PUT", c.Path("/follow"), nil).Into(t, &now)
	if now.Followers != 1 || now.Me.Follows == nil || now.Me.Writing.Public.Reason != "" {
		t.Errorf("after following: %+v", now)
	}
	ear.Since(mark, "that her standing changed", apptest.Type("standing", ""))
	apptest.Eventually(t, "the other node knows that she follows", func() bool {
		return seen(t, noa, "atelier").Me.Writing.Public.Reason == ""
	})
	if got := seen(t, noa, "atelier"); got.Modes.Public != want || got.Modes.Space != nil {
		t.Errorf("the modes a viewer sees: %+v", got.Modes)
	}
	if got := seen(t, c.Owner, "atelier"); got.Modes.Space == nil {
		t.Error("the creator does not see how the space is written in")
	}
	key := rand.Text()
	if _, err := ear.Post("atelier", "public", key, "hello"); err != nil {
		t.Fatal(err)
	}
	if _, err := ear.Post("atelier", "public", key, "hello"); err != nil {
		t.Errorf("the same key again: %v", err)
	}
	if _, err := ear.Post("atelier", "public", rand.Text(), "more"); !waits(err, "slow_mode") {
		t.Errorf("by the socket: %v", err)
	}
	post := func(p *apptest.Person, text string) error {
		return p.Try("POST", c.Path("/rooms/public/messages"), map[string]any{"key": rand.Text(), "text": text}, nil)
	}
	if err := post(noa.At(a), "more"); !waits(err, "slow_mode") {
		t.Errorf("by REST, on the other node: %v", err)
	}
	if err := post(c.Owner, "one"); err != nil {
		t.Error(err)
	}
	if err := post(c.Owner, "two"); err != nil {
		t.Errorf("the creator is held back: %v", err)
	}
	// A minimum time of following is waited for.
	c.Owner.Do("PUT", c.Path("/rooms/public/modes"), modes{Followers: true, FollowedFor: 3600})
	if err := post(noa, "more"); !waits(err, "followers_only") {
		t.Errorf("who has just begun to follow: %v", err)
	}
	noa.Do("DELETE", c.Path("/follow"), nil).Into(t, &now)
	if now.Followers != 0 || now.Me.Follows != nil {
		t.Errorf("after it: %+v", now)
	}
}

func data(t *testing.T, raw json.RawMessage) json.RawMessage {
	t.Helper()
	var e struct{ Data json.RawMessage }
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return e.Data
}

func refusal(err error) *apptest.Problem {
	var p *apptest.Problem
	if errors.As(err, &p) {
		return p
	}
	return &apptest.Problem{}
}

func waits(err error, reason string) bool {
	p := refusal(err)
	return p.Reason == reason && p.RetryAfter > 0
}
