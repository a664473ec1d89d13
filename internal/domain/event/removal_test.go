package event_test

import (
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// A removal leaves a tombstone of what it names, and the words of others without
// those they quote; whatever people write, nothing else is touched.
func TestRemovalLeavesNothingOfWhatItNames(t *testing.T) {
	at := time.Date(2026, 11, 28, 20, 0, 0, 123_000_000, time.UTC)
	encode := func(seq int64, p event.Payload) event.Encoded {
		t.Helper()
		e, err := event.Encode("l", seq, ident.Event("e"), at, p)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	quotes := func(seq int64) *event.ReplyTo { return &event.ReplyTo{Seq: seq, Name: "Yuna", Excerpt: "secret"} }
	yuna := event.Author{ID: "y", Name: "Yuna", Role: "none"}
	tricky := `"reply_to":{"seq":4,"data":{"seq":4`
	removed := encode(20, event.MessageRemoved{Seqs: []int64{9, 4}, By: "moderator"})
	removal, ok := event.RemovalIn(removed.Bytes)
	if !ok || removal.Since() != 4 {
		t.Fatalf("%+v, %v", removal, ok)
	}
	for name, c := range map[string]struct{ before, after event.Payload }{
		"4 a message":              {event.MessagePosted{Author: yuna, Text: "secret"}, event.MessageTombstone{By: "moderator"}},
		"9 a question":             {event.QuestionAsked{Question: "q", Name: "Yuna", Text: "secret"}, event.MessageTombstone{By: "moderator"}},
		"4 a tombstone":            {event.MessageTombstone{By: "author"}, event.MessageTombstone{By: "moderator"}},
		"5 an answer":              {event.MessagePosted{Text: "words", ReplyTo: quotes(4)}, event.MessagePosted{Text: "words", ReplyTo: &event.ReplyTo{Seq: 4}}},
		"6 a pin":                  {event.MessagePinned{Seq: 9, Author: yuna, Text: "secret", By: "owner"}, event.MessagePinned{Seq: 9, By: "owner"}},
		"7 an answer to another":   {event.MessagePosted{Text: "words", ReplyTo: quotes(40)}, nil},
		"8 another message":        {event.MessagePosted{Author: yuna, Text: tricky}, nil},
		"10 a pin of another":      {event.MessagePinned{Seq: 3, Author: yuna, Text: tricky, By: "owner"}, nil},
		"11 an end of a pin":       {event.MessageUnpinned{Seq: 4, By: "moderator"}, nil},
		"13 a preview":             {event.MessagePreviewed{Seq: 4, URL: "https://secret.example/", Site: "secret", Title: "secret", Description: "secret"}, event.MessagePreviewed{Seq: 4}},
		"14 a preview of another":  {event.MessagePreviewed{Seq: 3, URL: "https://example.org/", Title: tricky}, nil},
		"12 an answer with tricks": {event.MessagePosted{Text: tricky, ReplyTo: quotes(9)}, event.MessagePosted{Text: tricky, ReplyTo: &event.ReplyTo{Seq: 9}}},
	} {
		var seq int64
		for _, d := range strings.Fields(name)[0] {
			seq = seq*10 + int64(d-'0')
		}
		before := encode(seq, c.before)
		left, less, err := removal.Left(before)
		if err != nil {
			t.Fatal(err)
		}
		want := before
		if c.after != nil {
			want = encode(seq, c.after)
		}
		if string(left.Bytes) != string(want.Bytes) || left.Seq != seq || less != (c.after != nil) {
			t.Errorf("of %s is left %s, %v; want %s", name, left.Bytes, less, want.Bytes)
		}
	}
	if _, ok := event.RemovalIn([]byte(`{"log":"l","seq":1,"id":"e","kind":"message.removed","v":2,"at":"2026-11-23T05:35:20.493Z","data":{}}`)); ok {
		t.Error("a removal of a later version is thought to be understood")
	}
}
