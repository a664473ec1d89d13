package event

import (
	"bytes"
	"slices"
	"strconv"
	"time"
)

// Removal is what a removal leaves of the events that stand before it in its log.
// Whoever keeps events, on disk or in memory, has the same bytes afterwards.
type Removal struct {
	seqs []int64 // ascending
	tomb MessageTombstone
}

// NewRemoval takes events back, under their sequences, as a tombstone says.
func NewRemoval(seqs []int64, tomb MessageTombstone) Removal {
	return Removal{slices.Sorted(slices.Values(seqs)), tomb}
}

// RemovalIn returns what an event takes back; false when it takes back nothing
// that this program understands: Removes tells the two apart.
func RemovalIn(encoded []byte) (Removal, bool) {
	if !Removes(encoded) {
		return Removal{}, false
	}
	env, err := Decode(encoded)
	if err != nil {
		return Removal{}, false
	}
	m, ok := As[MessageRemoved](env)
	return NewRemoval(m.Seqs, MessageTombstone{m.By}), ok
}

// Since returns the lowest sequence of which something is taken back; no event
// below it is touched.
func (r Removal) Since() int64 {
	if len(r.seqs) == 0 {
		return 0
	}
	return r.seqs[0]
}

// Left returns what is left of an event: a tombstone, or itself without the words
// that it quotes of one that is gone; false when that is all of it.
func (r Removal) Left(e Encoded) (left Encoded, less bool, err error) {
	var p Payload
	if _, gone := slices.BinarySearch(r.seqs, e.Seq); gone {
		p = r.tomb
	} else if _, gone := slices.BinarySearch(r.seqs, Quoted(e.Bytes)); !gone {
		return e, false, nil
	}
	env, err := Decode(e.Bytes)
	if err != nil {
		return e, false, err
	}
	if p == nil {
		if p = unquoted(env); p == nil {
			return e, false, nil
		}
	}
	left, err = Encode(e.Log, e.Seq, env.ID, time.Time(env.At), p)
	return left, err == nil, err
}

// unquoted returns what is left of an event without the words it quotes; nil when
// it quotes none.
func unquoted(env Envelope) Payload {
	if m, is := As[MessagePosted](env); is && m.ReplyTo != nil {
		m.ReplyTo = &ReplyTo{Seq: m.ReplyTo.Seq}
		return m
	}
	if p, is := As[MessagePinned](env); is {
		return MessagePinned{Seq: p.Seq, By: p.By}
	}
	if p, is := As[MessagePreviewed](env); is {
		return MessagePreviewed{Seq: p.Seq}
	}
	return nil
}

// Quoted returns the sequence of the message whose words an event repeats, or tells
// more of; 0 for none.
func Quoted(encoded []byte) int64 {
	name := `"reply_to":{"seq":`
	switch {
	case is[MessagePinned](encoded), is[MessagePreviewed](encoded):
		name = `"data":{"seq":`
	case !is[MessagePosted](encoded):
		return 0
	}
	_, rest, _ := bytes.Cut(encoded, []byte(name))
	end := 0
	for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	seq, _ := strconv.ParseInt(string(rest[:end]), 10, 64) // 0 when there is none
	return seq
}
