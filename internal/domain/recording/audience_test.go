package recording_test

import (
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/recording"
)

// liveFor has the channel's lives be for an audience from now on.
func (s *stage) liveFor(audience access.LiveAudience) {
	s.t.Helper()
	s.must(s.World.Update(s.t.Context(), func(tx *store.Tx) error {
		c, _, err := tx.ChannelByID(s.t.Context(), s.place)
		if err != nil {
			return err
		}
		c.LiveAudience = audience
		return tx.SetChannel(s.t.Context(), c)
	}))
}

// A live that becomes one for subscribers does not go on for everybody in its recording,
// and what it held is not for more people again before it is over.
func TestALiveThatShutsShutsItsRecording(t *testing.T) {
	s := newStage(t)
	bea, sub := s.Person("Bea"), s.Person("Sub")
	s.Subscriber(s.place, sub, 1)
	s.kept()
	public := access.LivePublic
	sees := func(moment, want string, audience access.LiveAudience) {
		t.Helper()
		for by, want := range map[ident.Account]string{bea: want, sub: ""} {
			l, _, err := s.Get(t.Context(), by, s.place, s.live)
			s.must(err)
			list, err := s.List(t.Context(), by, s.place, s.Clock.Now(), 1)
			s.must(err)
			if l.Refused != want || list[0].Refused != want || l.Audience != audience {
				t.Errorf("%s, to %q: %q, in the list %q, for %s; want %q, for %s", moment, by, l.Refused, list[0].Refused, l.Audience, want, audience)
			}
		}
	}
	opens := func(moment string) {
		t.Helper()
		r, err := s.Edit(t.Context(), s.ada, s.place, s.live, recording.Change{Audience: &public})
		s.must(err)
		if r.Audience != s.found().Audience {
			t.Errorf("%s the creator was told it is for %s", moment, r.Audience)
		}
	}
	s.liveFor(access.LiveSubscribers)
	sees("before its next segment", "subscribers_only", access.LivePublic)
	s.grows(time.Second)
	sees("from its next segment on", "subscribers_only", access.LiveSubscribers)
	opens("while its live is shut")
	sees("opened while its live is shut", "subscribers_only", access.LiveSubscribers)
	s.liveFor(access.LivePublic)
	s.grows(time.Second)
	sees("while its live is open again", "subscribers_only", access.LiveSubscribers)
	opens("while its live is open")
	sees("opened while its live is open", "", access.LivePublic)
	s.liveFor(access.LiveSubscribers)
	if keep, err := s.Begin(t.Context(), s.live, s.place); err != nil || !keep {
		t.Fatal(keep, err)
	}
	sees("when the encoder came back", "subscribers_only", access.LiveSubscribers)
	s.ends()
	s.must(s.Finish(t.Context(), s.live, ""))
	sees("kept", "subscribers_only", access.LiveSubscribers)
	opens("when it is kept")
	sees("opened when it is kept", "", access.LivePublic)
}
