package media_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// rulings is a gate whose facts a test changes while connections are open.
type rulings struct {
	mu    sync.Mutex
	facts map[access.Subject]access.Facts
}

func (r *rulings) Decide(_ context.Context, s access.Subject, a access.Action) (access.Decision, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return access.Decide(r.facts[s], a, time.Now()), nil
}

func (r *rulings) Renew(_ context.Context, subjects []access.Subject) (map[access.Subject]access.Facts, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[access.Subject]access.Facts{}
	for _, s := range subjects {
		out[s] = r.facts[s]
	}
	return out, nil
}

func (r *rulings) ReadAt(access.Subject) time.Time { return time.Time{} }

func (r *rulings) set(place ident.Channel, who ident.Account, f access.Facts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f.Account, f.Channel, f.LiveAudience = who, place, access.LiveSubscribers
	r.facts[access.Subject{Account: who, Channel: place}] = f
}

func paid() access.Facts {
	now := time.Now()
	return access.Facts{Grants: []access.Grant{{Starts: now.Add(-time.Hour), Ends: now.Add(time.Hour)}}}
}

func TestOnlyWhoMayWatchIsLetIn(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	open, openKey := s.channel("open")
	gate := &rulings{facts: map[access.Subject]access.Facts{{Channel: open}: {Channel: open}}}
	gate.set(place, "", access.Facts{})
	gate.set(place, "guest", access.Facts{})
	gate.set(place, "member", paid())
	gate.set(place, "other", paid())
	s.door.Gate = gate // before the first request
	s.cast(key, s.pottery())
	s.cast(openKey, s.pottery())
	s.awaitState(place, live.Live)
	s.awaitState(open, live.Live)
	member, public := s.pass("member", place), s.pass("", open)
	if v, got := s.ask(member); got.status != 201 || !strings.HasPrefix(v.resource, "/whep/ines/") {
		t.Fatalf("the member: %d %s", got.status, got.body)
	}
	for name, c := range map[string]struct {
		admits
		status int
		reason string
	}{
		"no token":                {admits{member.path, "", "member"}, 401, "token_missing"},
		"a wrong token":           {admits{member.path, "x.y.z", "member"}, 401, "playback_invalid"},
		"a forged account":        {admits{member.path, strings.Replace(member.token, ".member.", ".other.", 1), "other"}, 401, "playback_invalid"},
		"another channel's":       {admits{member.path, public.token, "member"}, 401, "playback_invalid"},
		"this token elsewhere":    {admits{public.path, member.token, "member"}, 401, "playback_invalid"},
		"no cookie":               {admits{member.path, member.token, ""}, 403, "other_account"},
		"another member's cookie": {admits{member.path, member.token, "other"}, 403, "other_account"},
	} {
		if _, got := s.ask(c.admits); got.status != c.status || got.reason() != c.reason {
			t.Errorf("%s: %d %s, want %d %s", name, got.status, got.body, c.status, c.reason)
		}
	}
	gate.set(place, "member", access.Facts{})
	if _, got := s.ask(member); got.status != 403 || got.reason() != "subscribers_only" {
		t.Errorf("a right that ended: %d %s", got.status, got.body)
	}
	if strings.Contains(s.log.String(), member.token) {
		t.Error("a token was logged")
	}
}

func TestARightThatEndsShutsWithinASecond(t *testing.T) {
	for name, bell := range map[string]bool{"by the bell": true, "by the clock": false} {
		t.Run(name, func(t *testing.T) {
			s := newStudio(t)
			place, key := s.channel("ines")
			gate := &rulings{facts: map[access.Subject]access.Facts{}}
			gate.set(place, "", access.Facts{})
			gate.set(place, "member", paid())
			gate.set(place, "other", paid())
			s.door.Gate = gate
			s.cast(key, s.pottery())
			s.awaitState(place, live.Live)
			leaves, stays := s.whep(s.pass("member", place)), s.whep(s.pass("other", place))
			leaves.plays("the member watches")
			stays.plays("the other watches")
			gate.set(place, "member", access.Facts{Blocks: []access.Block{{Kind: access.BlockBan, Starts: time.Now().Add(-time.Second)}}})
			limit := 1500 * time.Millisecond
			if bell {
				s.rtc.Recheck()
				limit = 500 * time.Millisecond
			}
			took := leaves.shut(limit)
			t.Logf("figure: a viewer by WHEP is shut out after %v %s", took.Round(time.Millisecond), name)
			p, _ := leaves.counts()
			stays.plays("the other still watches")
			if q, _ := leaves.counts(); q > p+1 {
				t.Errorf("%d pictures came after the end", q-p)
			}
		})
	}
}

func TestSigningOutEndsWhatIsWatched(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	gate := &rulings{facts: map[access.Subject]access.Facts{}}
	gate.set(place, "", access.Facts{})
	gate.set(place, "member", paid())
	gate.set(place, "other", paid())
	s.door.Gate = gate
	s.cast(key, s.pottery())
	s.awaitState(place, live.Live)
	leaves, stays := s.whep(s.pass("member", place)), s.whep(s.pass("other", place))
	leaves.plays("the member watches")
	stays.plays("the other watches")
	s.rtc.SignedOut("of nobody")
	s.rtc.SignedOut("of member")
	leaves.shut(5 * time.Second)
	stays.plays("the other still watches")
}

func TestTheEndOfABroadcastEndsItsViewers(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	s.cast(key, s.pottery())
	s.awaitState(place, live.Live)
	a := s.pass("", place)
	v := s.whep(a)
	v.plays("it is watched")
	s.must(s.live.End(t.Context(), ident.Account(place), place))
	v.shut(5 * time.Second)
	if _, got := s.ask(a); got.status != 404 || got.reason() != "offline" {
		t.Errorf("afterwards: %d %s", got.status, got.body)
	}
}

func TestAViewerOutlivesTheEncodersReturn(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	first := s.cast(key, s.pottery())
	s.awaitState(place, live.Live)
	v := s.whep(s.pass("", place))
	v.plays("the first")
	first.hangUp()
	s.awaitState(place, live.Interrupted)
	s.cast(key, s.pottery())
	s.awaitState(place, live.Live)
	v.plays("the second, by the same connection")
}

func TestViewersAreCounted(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	s.cast(key, s.pottery())
	s.awaitState(place, live.Live)
	first := s.pass("", place)
	a, b, c := s.whep(first), s.whep(s.pass("", place)), s.whep(s.pass("", place))
	a.plays("the first watches")
	if _, got := s.ask(s.pass("", place)); got.status != 503 || got.reason() != "viewers_full" {
		t.Errorf("one too many: %d %s", got.status, got.body)
	}
	broadcast, _ := s.current(place)
	if why := s.rtc.Way(broadcast); why != "viewers_full" {
		t.Errorf("way: %q", why)
	}
	again := s.whep(first) // the same page, once more: it takes its own place
	a.shut(5 * time.Second)
	again.plays("the place was free")
	if got := b.hangUp(); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
	b.shut(5 * time.Second)
	s.eventually("the place is free", func() bool { return s.rtc.Way(broadcast) == "" })
	s.whep(s.pass("", place)).plays("somebody else")
	c.plays("the third was not disturbed")
}

func TestWhatWebRTCCannotCarryIsSaid(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	s.send(key, s.pottery()) // RTMP: AAC
	b := s.awaitState(place, live.Live)
	s.eventually("the reason is known", func() bool { return s.rtc.Way(b) == "aac_only" })
	if _, got := s.ask(s.pass("", place)); got.status != 409 || got.reason() != "aac_only" {
		t.Errorf("%d %s", got.status, got.body)
	}
	off := s.newRTC()
	if why := off.Way(b); why != "webrtc_off" {
		t.Errorf("without a port: %q", why)
	}
	if why := s.rtc.Way(live.Broadcast{Channel: "nobody"}); why != "offline" {
		t.Errorf("a broadcast that is not: %q", why)
	}
}

// An encoder that another takes over from, with sound that WebRTC cannot carry,
// leaves its viewers to their playlist.
func TestViewersLeaveWhenTheSoundIsAnother(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	s.cast(key, s.pottery())
	b := s.awaitState(place, live.Live)
	v := s.whep(s.pass("", place))
	v.plays("by WebRTC")
	s.send(key, s.pottery())
	v.shut(10 * time.Second)
	if why := s.rtc.Way(b); why != "aac_only" {
		t.Errorf("way: %q", why)
	}
}
