package apptest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/media/loop"
	"github.com/subspace-live/subspace/internal/adapter/media/loop/clip"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// Channel is a channel with its creator.
type Channel struct {
	Handle string
	Owner  *Person
}

// Path is the channel's REST address with more behind it.
func (c Channel) Path(more string) string { return "/api/channels/" + c.Handle + more }

// Found makes the first owner with a channel that sells and whose Sub Space is open.
func (s *Server) Found(handle string) Channel {
	s.t.Helper()
	secret, open, err := s.SetupSecret(context.Background())
	if err != nil || !open {
		s.t.Fatalf("the server has an owner already (%v)", err)
	}
	return s.FoundWith(secret, handle)
}

// FoundWith is Found with the secret of the link that the server printed.
func (s *Place) FoundWith(secret, handle string) Channel {
	s.t.Helper()
	p := s.Stranger()
	p.Name, p.Password = "Owner of "+handle, "pass "+rand.Text()
	Secret(s.t, p.Password, secret)
	p.as(p.Do("POST", "/api/setup", map[string]any{
		"token": secret, "name": p.Name, "password": p.Password, "handle": handle, "title": "The place of " + handle,
	}))
	c := Channel{handle, p}
	c.opens()
	return c
}

// Another opens one more channel on the same server, with a creator of its own.
func (s *Place) Another(first Channel, handle string) Channel {
	s.t.Helper()
	p := s.SignUp("Owner of " + handle)
	first.Owner.Do("POST", "/api/channels", map[string]any{"handle": handle, "title": "The place of " + handle, "owner": p.Name})
	c := Channel{handle, p}
	c.opens()
	return c
}

func (c Channel) opens() {
	c.Set(map[string]any{"space_open": true, "price": map[string]any{"minor": 499, "currency": "EUR"}})
}

// SellsDearer puts a second, dearer tier on sale and returns its name.
func (c Channel) SellsDearer() string {
	c.Owner.t.Helper()
	var tier struct{ ID string }
	c.Owner.Do("POST", c.Path("/tiers"), map[string]any{
		"name": "Kiln", "month": map[string]any{"minor": 999, "currency": "EUR"}, "on_sale": true,
	}).Into(c.Owner.t, &tier)
	return tier.ID
}

// Set changes settings of the channel.
func (c Channel) Set(change map[string]any) {
	c.Owner.t.Helper()
	c.Owner.Do("PATCH", c.Path(""), change)
}

// Bans shuts a person out.
func (c Channel) Bans(p *Person) {
	c.Owner.t.Helper()
	c.Owner.Do("POST", c.Path("/sanctions"), map[string]any{"account": p.ID, "kind": "ban", "reason": "test"})
}

// Lifts takes a sanction back.
func (c Channel) Lifts(p *Person) {
	c.Owner.t.Helper()
	c.Owner.Do("DELETE", c.Path("/sanctions/"+p.ID), nil)
}

// GoesLive sends the demo's clip by RTMP until the test ends, and returns when
// the broadcast is on.
func (c Channel) GoesLive(s *Server) {
	s.t.Helper()
	var ingest struct{ Key string }
	c.Owner.Do("GET", c.Path("/ingest"), nil).Into(s.t, &ingest)
	Secret(s.t, ingest.Key)
	pottery, err := loop.Read(clip.Pottery())
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- loop.Run(ctx, s.RTMPAddress(), live.ParseKey(ingest.Key), pottery) }() // the cleanup waits
	s.t.Cleanup(func() {
		cancel()
		select {
		case <-ended: // the server may have gone first
		case <-time.After(Patience):
			s.t.Error("the encoder has not stopped")
		}
	})
	Eventually(s.t, c.Handle+" is not live", func() bool {
		var p struct{ State, URL string }
		return c.Owner.Try("GET", c.Path("/playback"), nil, &p) == nil && p.State == "live" && p.URL != ""
	})
}

// Playback returns the caller's playlist address, or why there is none.
func (p *Person) Playback(handle string) (path, reason string) {
	p.t.Helper()
	var out struct{ URL, Reason string }
	p.Do("GET", "/api/channels/"+handle+"/playback", nil).Into(p.t, &out)
	return out.URL, out.Reason
}

// JSON is a value as it goes over the wire, for comparing.
func JSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
