package access_test

import (
	"testing"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Who may write may react, and nobody else.
func TestWhoReacts(t *testing.T) {
	modes := map[room.Audience]room.Modes{room.Public: {Subscribers: true}, room.Space: {Followers: true}}
	for name, f := range map[string]access.Facts{
		"nobody":                {SpaceOpen: true},
		"somebody":              {Account: "a", SpaceOpen: true, Role: access.RoleNone},
		"somebody in modes":     {Account: "a", SpaceOpen: true, Role: access.RoleNone, Modes: modes},
		"a subscriber":          {Account: "a", SpaceOpen: true, Grants: []access.Grant{grant(-1, 1)}},
		"a subscriber in modes": {Account: "a", SpaceOpen: true, Grants: []access.Grant{grant(-1, 1)}, Modes: modes},
		"an expired one":        {Account: "a", SpaceOpen: true, Grants: []access.Grant{grant(-2, -1)}},
		"a banned one":          {Account: "a", SpaceOpen: true, Grants: []access.Grant{grant(-1, 1)}, Blocks: []access.Block{{Kind: access.BlockBan, Starts: hours(-1)}}},
		"a moderator":           {Account: "a", SpaceOpen: true, Role: access.RoleModerator, Modes: modes},
		"the creator":           {Account: "a", Role: access.RoleOwner},
	} {
		for act, as := range map[access.Action]access.Action{access.ReactPublic: access.PostPublic, access.ReactSpace: access.PostSpace} {
			if got, want := access.Decide(f, act, noon()), access.Decide(f, as, noon()); got != want {
				t.Errorf("%s, %s: %+v, want %+v as %s", name, act, got, want, as)
			}
		}
	}
}
