package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Event describes event.Envelope for the document. What is sent is storedEvent.
type Event struct {
	Log  string         `json:"log"`
	Seq  int64          `json:"seq"`
	ID   string         `json:"id"`
	Kind string         `json:"kind" doc:"clients ignore kinds they do not know"`
	V    int            `json:"v"`
	At   Moment         `json:"at"`
	Data map[string]any `json:"data" doc:"docs/protocol.md describes each kind"`
}

// storedEvent is one event of a log. Its bytes were fixed when it was written
// and are passed on as they are, so that REST and socket send the same.
type storedEvent struct{ bytes []byte }

// MarshalJSON implements json.Marshaler.
func (e storedEvent) MarshalJSON() ([]byte, error) { return e.bytes, nil }

// Schema implements huma.SchemaProvider.
func (storedEvent) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[Event](), true, "Event")
}
