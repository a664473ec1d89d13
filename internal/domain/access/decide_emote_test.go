package access_test

import (
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// An emote for everybody takes a name; one of a tier takes a right to that tier or above,
// wherever it is written and whether or not the room inside is open, and no longer than
// the right holds. Staff write any.
func TestWhoWritesWhichEmotes(t *testing.T) {
	of := func(level, from, to int) access.Grant {
		return access.Grant{Starts: hours(from), Ends: hours(to), Level: level}
	}
	for name, c := range map[string]struct {
		facts           access.Facts
		all, one, three string // of a level of nobody's, 1 and 3
		until           time.Time
	}{
		"nobody":              {access.Facts{}, "sign_in", "sign_in", "sign_in", time.Time{}},
		"somebody":            {access.Facts{Account: "a"}, "", "subscribers_only", "subscribers_only", time.Time{}},
		"a first tier":        {access.Facts{Account: "a", Grants: []access.Grant{of(1, -1, 1)}}, "", "", "subscribers_only", hours(1)},
		"a right to no tier":  {access.Facts{Account: "a", Grants: []access.Grant{of(0, -1, 1)}}, "", "", "subscribers_only", hours(1)},
		"a dearer tier":       {access.Facts{Account: "a", Grants: []access.Grant{of(4, -1, 1)}}, "", "", "", hours(1)},
		"one that is over":    {access.Facts{Account: "a", Grants: []access.Grant{of(4, -2, 0)}}, "", "period_ended", "period_ended", time.Time{}},
		"a first beside it":   {access.Facts{Account: "a", Grants: []access.Grant{of(4, -2, 0), of(1, -1, 2)}}, "", "", "period_ended", hours(2)},
		"in a closed space":   {access.Facts{Account: "a", LivesOnly: true, SpaceLevel: 9, Grants: []access.Grant{of(3, -1, 1)}}, "", "", "", hours(1)},
		"a moderator":         {access.Facts{Account: "a", Role: access.RoleModerator}, "", "", "", time.Time{}},
		"the creator":         {access.Facts{Account: "a", Role: access.RoleOwner}, "", "", "", time.Time{}},
		"a banned subscriber": {access.Facts{Account: "a", Grants: []access.Grant{of(3, -1, 1)}, Blocks: []access.Block{{Kind: access.BlockBan, Starts: hours(-1)}}}, "banned", "banned", "banned", time.Time{}},
	} {
		for level, want := range map[int]string{0: c.all, 1: c.one, 3: c.three} {
			d := access.Decide(c.facts.From(level), access.Emoting(level), noon())
			if d.Allowed != (want == "") || d.Reason != want {
				t.Errorf("%s, level %d: %+v, want %q", name, level, d, want)
			}
			if level == 1 && d.Allowed && !d.Until.Equal(c.until) {
				t.Errorf("%s: until %v, want %v", name, d.Until, c.until)
			}
		}
	}
}

// Whose pictures a badge shows is the highest right's that holds, of two as high the
// younger's.
func TestWhoseBadgesAreShown(t *testing.T) {
	g := func(id string, level, from, to int, tier string) access.Grant {
		return access.Grant{ID: ident.Grant(id), Starts: hours(from), Ends: hours(to), Level: level, Badges: ident.Tier(tier)}
	}
	for name, c := range map[string]struct {
		grants []access.Grant
		want   string
	}{
		"none":               {nil, ""},
		"one":                {[]access.Grant{g("1", 1, -1, 1, "a")}, "a"},
		"the higher":         {[]access.Grant{g("1", 2, -1, 1, "b"), g("2", 1, -1, 1, "a")}, "b"},
		"which has none":     {[]access.Grant{g("1", 1, -1, 1, "a"), g("2", 2, -1, 1, "")}, ""},
		"which is over":      {[]access.Grant{g("1", 1, -1, 1, "a"), g("2", 2, -2, 0, "b")}, "a"},
		"which is to come":   {[]access.Grant{g("1", 1, -1, 1, "a"), g("2", 2, 1, 2, "b")}, "a"},
		"the younger of two": {[]access.Grant{g("2", 1, -1, 1, "b"), g("1", 1, -1, 1, "a")}, "b"},
	} {
		if got := (access.Facts{Grants: c.grants}).Badges(noon()); string(got) != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
