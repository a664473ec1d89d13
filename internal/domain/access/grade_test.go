package access_test

import (
	"testing"

	"github.com/subspace-live/subspace/internal/domain/access"
)

// Each grade may what those below may, and no grade what is the creator's.
func TestWhatEachGradeMay(t *testing.T) {
	const yes, staff, grade = "", "moderators_only", "grade_required"
	acts := []access.Action{access.Moderate, access.Ban, access.SetManners, access.ReadAudit, access.Appoint, access.RunChannel}
	for _, c := range []struct {
		name  string
		facts access.Facts
		want  [6]string
	}{
		{"nobody", access.Facts{}, [6]string{staff, staff, staff, staff, staff, "owner_only"}},
		{
			"a subscriber whose row says lead",
			access.Facts{Account: "a", Role: access.RoleNone, Grade: access.GradeLead, Grants: []access.Grant{grant(-1, 1)}},
			[6]string{staff, staff, staff, staff, staff, "owner_only"},
		},
		{
			"an assistant",
			access.Facts{Account: "a", Role: access.RoleModerator, Grade: access.GradeAssistant},
			[6]string{yes, grade, grade, grade, grade, "owner_only"},
		},
		{
			"a moderator",
			access.Facts{Account: "a", Role: access.RoleModerator, Grade: access.GradeModerator},
			[6]string{yes, yes, yes, yes, grade, "owner_only"},
		},
		{
			"a lead",
			access.Facts{Account: "a", Role: access.RoleModerator, Grade: access.GradeLead},
			[6]string{yes, yes, yes, yes, yes, "owner_only"},
		},
		{"the creator", access.Facts{Account: "a", Role: access.RoleOwner}, [6]string{}},
		{
			"a banned lead",
			access.Facts{
				Account: "a", Role: access.RoleModerator, Grade: access.GradeLead,
				Blocks: []access.Block{{Kind: access.BlockBan, Starts: hours(-1)}},
			},
			[6]string{"banned", "banned", "banned", "banned", "banned", "banned"},
		},
	} {
		for i, a := range acts {
			if d := access.Decide(c.facts, a, noon()); d.Reason != c.want[i] || d.Allowed != (c.want[i] == "") {
				t.Errorf("%s, %s: %+v, want %q", c.name, a, d, c.want[i])
			}
		}
	}
}

func TestGradesHaveNames(t *testing.T) {
	for g := access.GradeAssistant; g <= access.GradeLead; g++ {
		if access.GradeOf(g.String()) != g {
			t.Errorf("%d is called %q, which is grade %d", g, g, access.GradeOf(g.String()))
		}
	}
	if access.GradeOf("none") != access.NoGrade || access.GradeOf("owner") != access.NoGrade {
		t.Error("what is no grade has one")
	}
}
