package media_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/media/hls"
	"github.com/subspace-live/subspace/internal/adapter/media/packager"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// stubGate decides as a test says. The real gate has its own tests; here it is
// the door that is asked.
type stubGate struct {
	hls.Gate // of what only viewers by WebRTC need
	facts    map[access.Subject]access.Facts
}

func (g *stubGate) Decide(_ context.Context, s access.Subject, a access.Action) (access.Decision, error) {
	return access.Decide(g.facts[s], a, time.Now()), nil
}

// subscribersOnly makes the channel's broadcasts private.
func (s *studio) subscribersOnly(c ident.Channel) {
	s.t.Helper()
	s.must(s.db.Update(s.t.Context(), func(tx *store.Tx) error {
		return tx.SetChannel(s.t.Context(), channel.Channel{ID: c, Title: string(c), LiveAudience: access.LiveSubscribers})
	}))
	s.gate.Forget(access.Subject{Channel: c})
}

func TestEveryRequestIsDecided(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	s.account("guest")
	s.send(key, s.pottery())
	b := s.awaitState(place, live.Live)
	now := time.Now()
	in := func(who ident.Account, f access.Facts) (access.Subject, access.Facts) {
		f.Account, f.Channel, f.LiveAudience = who, place, access.LiveSubscribers
		return access.Subject{Account: who, Channel: place}, f
	}
	gate := &stubGate{facts: map[access.Subject]access.Facts{}}
	set := func(who ident.Account, f access.Facts) {
		subject, facts := in(who, f)
		gate.facts[subject] = facts
	}
	paid := access.Facts{Grants: []access.Grant{{Starts: now.Add(-time.Hour), Ends: now.Add(time.Hour)}}}
	set("", access.Facts{})
	set("guest", access.Facts{})
	set("member", paid)
	set("other", paid)
	s.door.Gate = gate // before the first request
	member := s.url("member", place)
	s.eventually("the member watches", func() bool { return s.get(member, "member").status == http.StatusOK })
	part := func() string { return beside(member, packager.ListName) }
	public := s.otherBroadcast()

	for _, c := range []struct {
		name, url string
		cookie    ident.Account
		status    int
		reason    string
	}{
		{"own cookie", member, "member", 200, ""},
		{"media playlist", part(), "member", 200, ""},
		{"no cookie", member, "", 403, "other_account"},
		{"another member's cookie", member, "other", 403, "other_account"},
		{"a guest's cookie", member, "guest", 403, "other_account"},
		{"no token", strings.Replace(member, tokenOf(member), "x", 1), "member", 403, "playback_invalid"},
		{"forged account", strings.Replace(member, ".member.", ".other.", 1), "other", 403, "playback_invalid"},
		{"forged broadcast", strings.Replace(member, string(b.ID), string(b.ID[:25])+"z", 1), "member", 403, "playback_invalid"},
		{"cut token", strings.Replace(member, tokenOf(member), tokenOf(member)[:len(tokenOf(member))-1], 1), "member", 403, "playback_invalid"},
		{"another channel's token", strings.Replace(public, "/open/", "/ines/", 1), "member", 403, "playback_invalid"},
		{"this token elsewhere", strings.Replace(member, "/ines/", "/open/", 1), "member", 403, "playback_invalid"},
		{"unknown file", beside(member, "nothing.mp4"), "member", 404, "segment_missing"},
		{"climbing out", beside(member, "..%2f..%2fetc%2fpasswd"), "member", 404, "segment_missing"},
	} {
		got := s.get(c.url, c.cookie)
		if got.status != c.status || (c.reason != "" && got.reason() != c.reason) {
			t.Errorf("%s: %d %s, want %d %s", c.name, got.status, got.body, c.status, c.reason)
		}
	}
	s.guarded(member)
	s.refusals(gate, set, member, paid)
	if strings.Contains(s.log.String(), tokenOf(member)) {
		t.Error("a token was logged")
	}
}

func tokenOf(url string) string { return strings.Split(url, "/")[4] }

// otherBroadcast is public, in a channel named open.
func (s *studio) otherBroadcast() string {
	open, key := s.channel("open")
	s.send(key, s.landscape())
	s.awaitState(open, live.Live)
	g := s.door.Gate.(*stubGate)
	g.facts[access.Subject{Channel: open}] = access.Facts{Channel: open}
	return s.url("", open)
}

// guarded looks at what surrounds an answer.
func (s *studio) guarded(url string) {
	s.t.Helper()
	for file, cache := range map[string]string{"main.m3u8": "no-store", packager.ListName: "no-store"} {
		h := s.get(beside(url, file), "member").header
		if h.Get("Cache-Control") != cache || h.Get("Access-Control-Allow-Origin") != "" || h.Get("Referrer-Policy") != "no-referrer" ||
			h.Get("Cross-Origin-Resource-Policy") != "same-origin" || h.Get("Content-Type") != "application/vnd.apple.mpegurl" {
			s.t.Errorf("%s: %v", file, h)
		}
	}
	list := s.get(beside(url, packager.ListName), "member").body
	for _, file := range []string{wordWith(list, "_init"), wordWith(list, "_seg"), wordWith(list, "_part")} {
		a := s.get(beside(url, file), "member")
		if a.status != 200 || a.header.Get("Cache-Control") != "private, max-age=60" || a.header.Get("Content-Type") != "video/mp4" {
			s.t.Errorf("%s: %d %v", file, a.status, a.header)
		}
	}
	if a := s.get(url, ""); a.header.Get("Cache-Control") != "no-store" {
		s.t.Errorf("a refusal may be cached: %v", a.header)
	}
}

// wordWith returns the last file name in a playlist that holds a text. The part to
// come is none.
func wordWith(list, text string) string {
	list, _, _ = strings.Cut(list, "#EXT-X-PRELOAD-HINT")
	words := strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune("\n\",= ", r) })
	for i := len(words) - 1; i >= 0; i-- {
		if strings.Contains(words[i], text) {
			return words[i]
		}
	}
	return ""
}

// refusals takes rights away while the member watches: the next request shuts.
func (s *studio) refusals(gate *stubGate, set func(ident.Account, access.Facts), member string, paid access.Facts) {
	s.t.Helper()
	segment := beside(member, wordWith(s.get(beside(member, packager.ListName), "member").body, "_seg"))
	now := time.Now()
	lapsed := access.Facts{Grants: []access.Grant{{Starts: now.Add(-2 * time.Hour), Ends: now.Add(-time.Minute)}}}
	banned := paid
	banned.Blocks = []access.Block{{Kind: access.BlockBan, Starts: now.Add(-time.Minute)}}
	for _, c := range []struct {
		facts  access.Facts
		reason string
	}{{banned, "banned"}, {lapsed, "period_ended"}, {access.Facts{}, "subscribers_only"}} {
		set("member", c.facts)
		for _, url := range []string{member, beside(member, packager.ListName), segment} {
			if got := s.get(url, "member"); got.status != 403 || got.reason() != c.reason {
				s.t.Errorf("%s: %d %s", c.reason, got.status, got.body)
			}
		}
		if p, err := s.door.Playback(s.t.Context(), "member", "ines"); err != nil || p.URL != "" || p.Reason != c.reason || p.State != "live" {
			s.t.Errorf("playback %+v %v", p, err)
		}
		set("member", paid)
		if got := s.get(segment, "member"); got.status != 200 {
			s.t.Errorf("let in again: %d %s", got.status, got.body)
		}
	}
}

func TestAPublicAddressShutsWhenTheBroadcastTurnsPrivate(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	s.account("guest")
	s.send(key, s.pottery())
	s.awaitState(place, live.Live)
	anonymous, guest := s.url("", place), s.url("guest", place)
	for _, url := range []string{anonymous, guest} { // passed on to anybody
		s.eventually("it plays", func() bool { return s.get(url, "").status == 200 })
	}
	s.subscribersOnly(place)
	if got := s.get(anonymous, "guest"); got.reason() != "sign_in" {
		t.Errorf("anonymous: %s", got.body)
	}
	if got := s.get(guest, "guest"); got.reason() != "subscribers_only" {
		t.Errorf("guest: %s", got.body)
	}
	if p, err := s.door.Playback(t.Context(), ident.Account(place), place); err != nil || p.URL == "" {
		t.Errorf("the owner: %+v %v", p, err)
	}
}

func TestPlaybackSaysWhyNot(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	want := func(p hls.Playback) {
		t.Helper()
		got, err := s.door.Playback(t.Context(), "", place)
		if err != nil || got != p {
			t.Errorf("%+v %v, want %+v", got, err, p)
		}
	}
	want(hls.Playback{State: "offline", Reason: "offline"})
	elsewhere := live.NewService(live.Config{
		Store: s.live.Store, IDs: s.live.IDs, Now: s.live.Now, Random: s.live.Random, Node: "two",
	})
	b, err := elsewhere.Begin(t.Context(), key)
	s.must(err)
	want(hls.Playback{State: "live", Reason: "other_node"})
	s.must(elsewhere.Interrupt(t.Context(), b))
	if _, err := s.live.Begin(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	s.must(s.live.Recover(t.Context())) // as after a restart: nothing in memory
	want(hls.Playback{State: "interrupted", Reason: "offline"})
}
