package event

import "github.com/subspace-live/subspace/internal/domain/ident"

// ScheduleEdited tells pages to read the schedule again. It stands where those read
// who may know of what was edited.
type ScheduleEdited struct{}

// EventKind implements Payload.
func (ScheduleEdited) EventKind() (Kind, int) { return "schedule.edited", 1 }

// ScheduleChanged says, once for all edits of a short time, that a live is planned,
// is at another time, or is off.
type ScheduleChanged struct {
	Plan      ident.Plan `json:"plan"`
	Title     string     `json:"title"`
	Starts    Time       `json:"starts"`
	Was       *Time      `json:"was,omitempty"` // when it was to start, where that changed
	Cancelled bool       `json:"cancelled"`
}

// EventKind implements Payload.
func (ScheduleChanged) EventKind() (Kind, int) { return "schedule.changed", 1 }
