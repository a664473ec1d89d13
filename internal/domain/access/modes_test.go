package access_test

import (
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Who may write where modes say so; and staff always may.
func TestModesNarrowWhoMayWrite(t *testing.T) {
	followers := room.Modes{Followers: true, FollowedFor: 10 * time.Minute}
	for name, c := range map[string]struct {
		public, space room.Modes
		change        func(*access.Facts)
		act           access.Action
		want          string
		until         time.Time
	}{
		"followers: who does not follow":         {public: followers, act: access.PostPublic, want: "followers_only"},
		"followers: for too short a time":        {public: followers, act: access.PostPublic, change: follows(noon().Add(-time.Minute)), want: "followers_only", until: noon().Add(9 * time.Minute)},
		"followers: to the second":               {public: followers, act: access.PostPublic, change: follows(noon().Add(-10 * time.Minute))},
		"followers: no time asked":               {public: room.Modes{Followers: true}, act: access.PostPublic, change: follows(noon())},
		"followers: of the space alone":          {space: followers, act: access.PostPublic},
		"followers: a subscriber in the space":   {space: followers, act: access.PostSpace, change: subscribes, want: "followers_only"},
		"followers: a stranger to the space":     {space: followers, act: access.PostSpace, want: "subscribers_only"},
		"followers: reading needs nothing":       {public: followers, space: followers, act: access.ReadPublic},
		"followers: asking inside needs nothing": {space: followers, act: access.AskQuestion, change: subscribes, until: hours(1)},
		"followers: asking stands in the chat":   {public: followers, act: access.AskPublic, want: "followers_only"},
		"subscribers: asking stands in the chat": {public: room.Modes{Subscribers: true}, act: access.AskPublic, want: "subscribers_mode"},
		"followers: voting needs nothing":        {public: followers, act: access.VotePublic},
		"followers: a moderator":                 {public: followers, act: access.PostPublic, change: is(access.RoleModerator)},
		"followers: the owner":                   {space: followers, act: access.PostSpace, change: is(access.RoleOwner)},
		"followers: nobody signs in first":       {public: followers, act: access.PostPublic, change: func(f *access.Facts) { f.Account = "" }, want: "sign_in"},
		"subscribers: who does not":              {public: room.Modes{Subscribers: true}, act: access.PostPublic, want: "subscribers_mode"},
		"subscribers: who does, while they do":   {public: room.Modes{Subscribers: true}, act: access.PostPublic, change: subscribes, until: hours(1)},
		"subscribers: who did":                   {public: room.Modes{Subscribers: true}, act: access.PostPublic, change: func(f *access.Facts) { f.Grants = []access.Grant{grant(-2, -1)} }, want: "subscribers_mode"},
		"subscribers: a moderator":               {public: room.Modes{Subscribers: true}, act: access.PostPublic, change: is(access.RoleModerator)},
		"both: a subscriber who does not follow": {public: room.Modes{Subscribers: true, Followers: true}, act: access.PostPublic, change: subscribes, want: "followers_only"},
	} {
		f := access.Facts{
			Account: "a", Full: true, Channel: "c", SpaceOpen: true, Role: access.RoleNone,
			Modes: map[room.Audience]room.Modes{room.Public: c.public, room.Space: c.space},
		}
		if c.change != nil {
			c.change(&f)
		}
		d := access.Decide(f, c.act, noon())
		if d.Reason != c.want || d.Allowed != (c.want == "") || !d.Until.Equal(c.until) {
			t.Errorf("%s: %+v, want %q until %v", name, d, c.want, c.until)
		}
		refused := d.Fault(noon())
		if wait := c.until.Sub(noon()); c.want == "followers_only" && !c.until.IsZero() && refused.RetryAfter != wait {
			t.Errorf("%s: wait %v, want %v", name, refused.RetryAfter, wait)
		}
	}
}

func follows(since time.Time) func(*access.Facts) {
	return func(f *access.Facts) { f.Follows = since }
}

func subscribes(f *access.Facts) { f.Grants = []access.Grant{grant(-1, 1)} }

func is(r access.Role) func(*access.Facts) { return func(f *access.Facts) { f.Role = r } }
