package access_test

import (
	"testing"

	"github.com/subspace-live/subspace/internal/domain/access"
)

// A recording is for whom it says, whatever the lives of today are for, and whether or
// not the Sub Space is open.
func TestWhoWatchesARecording(t *testing.T) {
	type answers struct{ public, space string }
	base := access.Facts{Channel: "c", Account: "a", Full: true, Role: access.RoleNone, LivesOnly: true, SpaceLevel: 3}
	with := func(change func(*access.Facts)) access.Facts {
		f := base
		change(&f)
		return f
	}
	ban := []access.Block{{Kind: access.BlockBan, Starts: hours(-1)}}
	for name, c := range map[string]struct {
		facts access.Facts
		want  answers
	}{
		"nobody":             {with(func(f *access.Facts) { f.Account = "" }), answers{"", "sign_in"}},
		"full":               {base, answers{"", "subscribers_only"}},
		"subscriber":         {with(func(f *access.Facts) { f.Grants = []access.Grant{grant(-1, 1)} }), answers{"", ""}},
		"whose time is over": {with(func(f *access.Facts) { f.Grants = []access.Grant{grant(-2, -1)} }), answers{"", "period_ended"}},
		"private lives":      {with(func(f *access.Facts) { f.LiveAudience = access.LiveSubscribers }), answers{"", "subscribers_only"}},
		"banned":             {with(func(f *access.Facts) { f.Grants, f.Blocks = []access.Grant{grant(-1, 1)}, ban }), answers{"banned", "banned"}},
		"moderator":          {with(func(f *access.Facts) { f.Role = access.RoleModerator }), answers{"", ""}},
		"owner":              {with(func(f *access.Facts) { f.Role, f.Blocks = access.RoleOwner, ban }), answers{"", ""}},
	} {
		got := answers{access.Decide(c.facts, access.WatchReplay, noon()).Reason, access.Decide(c.facts, access.WatchSpaceReplay, noon()).Reason}
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
