package digest

import "time"

// The bounds of absences.
const (
	// Pause is how long nothing may be heard of somebody who is still there. Pages say
	// more often that they are looked at.
	Pause = 5 * time.Minute
	// Break is how long an absence lasts after which one comes again, and is told of
	// what happened since, instead of going on.
	Break = 30 * time.Minute
)

// Visit is somebody's latest stay in a Sub Space, and the absence before it that
// they are told of. Its zero value: they never came.
type Visit struct {
	Since time.Time // when the absence began: the last that was heard of them before
	Until time.Time // when they were back; as Since, when there is nothing to tell
	Last  time.Time // when they were last heard of
}

// Heard returns the visit after somebody was heard of. Who never came has missed
// nothing. A pause is no absence; a break is one of its own; what lies between
// belongs to the absence that is told of, if one is, because it was not put away.
func (v Visit) Heard(now time.Time) Visit {
	if v.Last.IsZero() {
		return Visit{Since: now, Until: now, Last: now}
	}
	away := now.Sub(v.Last)
	if away > Pause {
		if away >= Break || !v.Since.Before(v.Until) {
			v.Since = v.Last
		}
		v.Until = now
	}
	if now.After(v.Last) {
		v.Last = now
	}
	return v
}

// PutAway returns the visit after everything up to a moment was put away. What a
// later absence added stays.
func (v Visit) PutAway(until time.Time) Visit {
	if until.After(v.Until) {
		until = v.Until
	}
	if until.After(v.Since) {
		v.Since = until
	}
	return v
}
