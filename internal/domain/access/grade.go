package access

// Grade is how far a moderator's powers reach. Each grade may what those below may.
type Grade int

// The grades.
const (
	NoGrade        Grade = iota
	GradeAssistant       // removes, skips, pins, announces, times out for a short while, writes notes
	GradeModerator       // bans, sets how rooms are written in, reads the audit log
	GradeLead            // appoints and dismisses moderators and assistants
)

func (g Grade) String() string {
	switch g {
	case GradeAssistant:
		return "assistant"
	case GradeModerator:
		return "moderator"
	case GradeLead:
		return "lead"
	}
	return "none"
}

// GradeOf returns the grade of a name, or NoGrade.
func GradeOf(name string) Grade {
	for g := GradeAssistant; g <= GradeLead; g++ {
		if g.String() == name {
			return g
		}
	}
	return NoGrade
}

// graded allows staff from a grade on. A creator is above all grades.
func graded(f Facts, least Grade) Decision {
	if !f.Role.Staff() {
		return Decision{Reason: "moderators_only"}
	}
	return require(f.Role == RoleOwner || f.Grade >= least, "grade_required")
}
