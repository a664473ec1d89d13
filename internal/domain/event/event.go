// Package event is what the product promises to the world: the envelope of a
// log's events and the payload of each kind.
//
// Owns: the wire form of events, the only one in the domain. Promises: an event
// is encoded once, inside the transaction that gave it its sequence; the same
// bytes go to the database, the bus, the socket and the replay; released bytes
// stay readable for ever (a golden file per kind and version). Does not do:
// storing, ordering or delivering.
package event

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Kind names what happened, in the past tense.
type Kind string

// Envelope is one event as every reader of its log sees it.
type Envelope struct {
	Log  ident.Log       `json:"log"`
	Seq  int64           `json:"seq"`
	ID   ident.Event     `json:"id"`
	Kind Kind            `json:"kind"`
	V    int             `json:"v"`
	At   Time            `json:"at"`
	Data json.RawMessage `json:"data"`
}

// Payload is the data of one kind of event.
type Payload interface {
	// EventKind returns the kind and the version of the encoding.
	EventKind() (Kind, int)
}

// Encoded is an event whose bytes are fixed.
type Encoded struct {
	Log   ident.Log
	Seq   int64
	Bytes []byte
}

// Encode fixes the bytes of one event.
func Encode(log ident.Log, seq int64, id ident.Event, at time.Time, p Payload) (Encoded, error) {
	data, err := json.Marshal(p)
	if err != nil {
		return Encoded{}, fmt.Errorf("encode event: %w", err)
	}
	kind, v := p.EventKind()
	// Written by hand, in the order of Envelope: each message comes through here,
	// and nothing but the payload needs escaping.
	b := make([]byte, 0, len(data)+192)
	b = append(append(b, `{"log":"`...), log...)
	b = strconv.AppendInt(append(b, `","seq":`...), seq, 10)
	b = append(append(b, `,"id":"`...), id...)
	b = append(append(b, `","kind":"`...), kind...)
	b = strconv.AppendInt(append(b, `","v":`...), int64(v), 10)
	b = at.UTC().AppendFormat(append(b, `,"at":"`...), timeLayout)
	b = append(append(b, `","data":`...), data...)
	return Encoded{Log: log, Seq: seq, Bytes: append(b, '}')}, nil
}

// Decode reads an envelope. The payload stays raw; As reads it.
func Decode(b []byte) (Envelope, error) {
	var e Envelope
	if err := json.Unmarshal(b, &e); err != nil {
		return Envelope{}, fmt.Errorf("decode event: %w", err)
	}
	return e, nil
}

// As reads the payload of e as a P. It reports false for another kind.
func As[P Payload](e Envelope) (P, bool) {
	var p P
	if kind, v := p.EventKind(); kind != e.Kind || v != e.V {
		return p, false
	}
	if err := json.Unmarshal(e.Data, &p); err != nil {
		return p, false
	}
	return p, true
}

// Time is a moment in UTC, written with milliseconds (RFC 3339).
type Time time.Time

const timeLayout = "2006-01-02T15:04:05.000Z"

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(`"` + time.Time(t).UTC().Format(timeLayout) + `"`), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Time) UnmarshalJSON(b []byte) error {
	p, err := time.Parse(`"`+time.RFC3339Nano+`"`, string(b))
	if err != nil {
		return fmt.Errorf("event time: %w", err)
	}
	*t = Time(p)
	return nil
}
