package access_test

import (
	"testing"

	"github.com/subspace-live/subspace/internal/domain/access"
)

// A Sub Space may be for a level of tier and those above, and for the time of lives:
// staff are in it always.
func TestWhomTheSubSpaceIsForAndWhen(t *testing.T) {
	first, second := grant(-1, 3), grant(-1, 2)
	first.Level, second.Level = 1, 2
	given := grant(-1, 3) // for no tier
	for name, c := range map[string]struct {
		role      access.Role
		grants    []access.Grant
		level     int
		livesOnly bool
		live      bool
		want      string
	}{
		"a subscriber":                              {access.RoleNone, []access.Grant{first}, 0, false, false, ""},
		"a subscriber between lives":                {access.RoleNone, []access.Grant{first}, 0, true, false, "between_lives"},
		"a subscriber during a live":                {access.RoleNone, []access.Grant{first}, 0, true, true, ""},
		"a subscriber where it is for level 2":      {access.RoleNone, []access.Grant{first}, 2, false, false, "tier_too_low"},
		"a given right where it is for level 2":     {access.RoleNone, []access.Grant{given}, 2, false, false, "tier_too_low"},
		"level 2 where it is for level 2":           {access.RoleNone, []access.Grant{first, second}, 2, false, false, ""},
		"level 2 between lives":                     {access.RoleNone, []access.Grant{second}, 2, true, false, "between_lives"},
		"too low a tier, between lives":             {access.RoleNone, []access.Grant{first}, 2, true, false, "tier_too_low"},
		"somebody who never paid, between lives":    {access.RoleNone, nil, 2, true, false, "subscribers_only"},
		"somebody who never paid, during a live":    {access.RoleNone, nil, 0, true, true, "subscribers_only"},
		"a moderator between lives, without paying": {access.RoleModerator, nil, 3, true, false, ""},
		"the creator between lives":                 {access.RoleOwner, nil, 3, true, false, ""},
	} {
		f := access.Facts{
			Account: "a", SpaceOpen: true, Role: c.role, Grants: c.grants, SpaceLevel: c.level, LivesOnly: c.livesOnly, Live: c.live,
		}
		for _, a := range []access.Action{access.ReadSpace, access.PostSpace, access.AskQuestion, access.VoteSpace} {
			d := access.Decide(f, a, noon())
			if d.Reason != c.want || d.Allowed != (c.want == "") {
				t.Errorf("%s, %s: %+v, want %q", name, a, d, c.want)
			}
			if fault := d.Fault(noon()); fault != nil && fault.Detail == access.Decide(f, "something_new", noon()).Fault(noon()).Detail {
				t.Errorf("%s: nothing is said of why", name)
			}
		}
		if d := access.Decide(f, access.WatchLive, noon()); !d.Allowed {
			t.Errorf("%s: the picture is shut, too: %+v", name, d)
		}
	}
	f := access.Facts{Account: "a", SpaceOpen: true, Role: access.RoleNone, Grants: []access.Grant{first, second}, SpaceLevel: 2}
	if d := access.Decide(f, access.ReadSpace, noon()); !d.Until.Equal(hours(2)) {
		t.Errorf("a right to level 2 ends at %v, want %v", d.Until, hours(2))
	}
}
