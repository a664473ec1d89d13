package channel_test

import (
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func TestModeratorsComeAndGo(t *testing.T) {
	w := storetest.NewWorld(t)
	s := newService(w)
	owner := named(t, w, "Inès")
	c := w.Channel(owner)
	sam := named(t, w, "Sam")
	role := func() access.Role {
		t.Helper()
		subject := access.Subject{Account: sam, Channel: c}
		facts, err := w.Rights().Facts(t.Context(), []access.Subject{subject})
		if err != nil {
			t.Fatal(err)
		}
		return facts[subject].Role
	}
	for range 2 { // the second time changes nothing
		if err := s.Appoint(t.Context(), owner, c, "sam", access.GradeModerator); err != nil || role() != access.RoleModerator {
			t.Fatalf("%v, %s", err, role())
		}
	}
	if ms, err := s.Moderators(t.Context(), owner, c); err != nil || len(ms) != 1 || ms[0].Name != "Sam" || ms[0].ID != sam {
		t.Errorf("moderators: %v %v", ms, err)
	}
	for name, want := range map[string]string{"Nobody": "account_missing", "Inès": "owner_is_staff"} {
		if err := s.Appoint(t.Context(), owner, c, name, access.GradeLead); reason(err) != want {
			t.Errorf("appointing %s: %v", name, err)
		}
	}
	for range 2 {
		if err := s.Dismiss(t.Context(), owner, c, "Sam"); err != nil || role() != access.RoleNone {
			t.Fatalf("%v, %s", err, role())
		}
	}
	events := w.Events(c, room.Business)
	if len(events) != 2 {
		t.Fatalf("%d events, want 2", len(events))
	}
	in, ok := event.As[event.ModeratorAppointed](events[0])
	out, is := event.As[event.ModeratorRemoved](events[1])
	if !ok || !is || in.Account != sam || out.Account != sam || in.By != owner || out.By != owner {
		t.Errorf("told: %s, %s", events[0].Data, events[1].Data)
	}
}

// Who appoints whom: the creator anybody to anything, a lead below their own grade.
func TestWhoAppointsWhom(t *testing.T) {
	w := storetest.NewWorld(t)
	s := newService(w)
	owner := named(t, w, "Inès")
	c := w.Channel(owner)
	grades := map[string]access.Grade{
		"Plain": access.NoGrade, "Assistant": access.GradeAssistant, "Moderator": access.GradeModerator, "Lead": access.GradeLead, "Another lead": access.GradeLead,
	}
	who := map[string]ident.Account{"Owner": owner, "Nobody": "", "Yuna": w.Subscriber(c, named(t, w, "Yuna"), 1)}
	for name, g := range grades {
		if who[name] = named(t, w, name); g != access.NoGrade {
			w.Graded(c, who[name], g)
		}
	}
	for _, try := range []struct {
		by, whom string
		to       access.Grade
		want     string
	}{
		{"Nobody", "Plain", access.GradeAssistant, "moderators_only"},
		{"Yuna", "Plain", access.GradeAssistant, "moderators_only"},
		{"Assistant", "Plain", access.GradeAssistant, "grade_required"},
		{"Moderator", "Plain", access.GradeAssistant, "grade_required"},
		{"Moderator", "Assistant", access.NoGrade, "grade_required"},
		{"Lead", "Plain", access.GradeLead, "grade_required"},
		{"Lead", "Lead", access.NoGrade, "grade_required"},
		{"Lead", "Another lead", access.GradeModerator, "grade_required"},
		{"Lead", "Another lead", access.NoGrade, "grade_required"},
		{"Lead", "Plain", access.GradeLead + 1, "grade_invalid"},
		{"Lead", "Plain", access.GradeModerator, ""},
		{"Lead", "Plain", access.GradeAssistant, ""},
		{"Lead", "Plain", access.NoGrade, ""},
		{"Owner", "Plain", access.GradeLead, ""},
		{"Owner", "Plain", access.NoGrade, ""},
	} {
		var err error
		if try.to == access.NoGrade {
			err = s.Dismiss(t.Context(), who[try.by], c, try.whom)
		} else {
			err = s.Appoint(t.Context(), who[try.by], c, try.whom, try.to)
		}
		if reason(err) != try.want {
			t.Errorf("%s makes %s a %s: %v, want %q", try.by, try.whom, try.to, err, try.want)
		}
	}
	for name, want := range map[string]string{"Moderator": "grade_required", "Lead": "", "Owner": ""} {
		if _, err := s.Moderators(t.Context(), who[name], c); reason(err) != want {
			t.Errorf("%s lists the moderators: %v", name, err)
		}
	}
}
