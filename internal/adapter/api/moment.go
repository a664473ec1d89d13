package api

import (
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/subspace-live/subspace/internal/domain/event"
)

// Moment is a time on the wire: RFC 3339, UTC, milliseconds, as in events.
type Moment event.Time

// MomentOf returns t on the wire; nil, which is null, for the zero time.
func MomentOf(t time.Time) *Moment {
	if t.IsZero() {
		return nil
	}
	m := Moment(t)
	return &m
}

// Time is the moment as the domain counts it.
func (m Moment) Time() time.Time { return time.Time(m) }

// MarshalJSON implements json.Marshaler.
func (m Moment) MarshalJSON() ([]byte, error) { return event.Time(m).MarshalJSON() }

// UnmarshalJSON implements json.Unmarshaler.
func (m *Moment) UnmarshalJSON(b []byte) error { return (*event.Time)(m).UnmarshalJSON(b) }

// Schema implements huma.SchemaProvider.
func (Moment) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time"}
}
