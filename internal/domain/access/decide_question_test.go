package access_test

import (
	"testing"

	"github.com/subspace-live/subspace/internal/domain/access"
)

// Who may write in public may ask and vote there; votes inside are theirs who may
// read inside.
func TestWhoAsksAndVotes(t *testing.T) {
	ban := []access.Block{{Kind: access.BlockBan, Starts: hours(-1)}}
	for name, f := range map[string]access.Facts{
		"nobody":          {SpaceOpen: true},
		"somebody":        {Account: "a", SpaceOpen: true, Role: access.RoleNone},
		"a subscriber":    {Account: "a", SpaceOpen: true, Grants: []access.Grant{grant(-1, 1)}},
		"an expired one":  {Account: "a", SpaceOpen: true, Grants: []access.Grant{grant(-2, -1)}},
		"of a closed one": {Account: "a", Grants: []access.Grant{grant(-1, 1)}},
		"a banned one":    {Account: "a", SpaceOpen: true, Grants: []access.Grant{grant(-1, 1)}, Blocks: ban},
		"a moderator":     {Account: "a", SpaceOpen: true, Role: access.RoleModerator},
		"the creator":     {Account: "a", Role: access.RoleOwner},
	} {
		for act, as := range map[access.Action]access.Action{
			access.AskPublic: access.PostPublic, access.VotePublic: access.PostPublic, access.VoteSpace: access.ReadSpace,
		} {
			if got, want := access.Decide(f, act, noon()), access.Decide(f, as, noon()); got != want {
				t.Errorf("%s, %s: %+v, want %+v as %s", name, act, got, want, as)
			}
		}
	}
}
