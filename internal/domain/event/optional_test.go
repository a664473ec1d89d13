package event_test

import (
	"encoding/json"
	"testing"

	"github.com/subspace-live/subspace/internal/domain/event"
)

// What messages learned to say later leaves the bytes of those without it as they
// were released, and is written in one way.
func TestWhatMessagesLearnedLater(t *testing.T) {
	for want, m := range map[string]event.MessagePosted{
		`{"author":{"id":"a","name":"","role":"","subscriber":false,"months":0,"badge":""},"text":"x"}`: {Author: event.Author{ID: "a"}, Text: "x"},
		`{"author":{"id":"a","name":"","role":"","subscriber":false,"months":0,"badge":""},"text":"x","announcement":true,"pictures":[{"id":"p1","width":4,"height":3,"alt":"A kiln"}]}`: {
			Author: event.Author{ID: "a"}, Text: "x", Announcement: true, Pictures: []event.Picture{{ID: "p1", Width: 4, Height: 3, Alt: "A kiln"}},
		},
		`{"author":{"id":"a","name":"","role":"","subscriber":false,"months":0,"badge":""},"text":"@B","mentions":[{"id":"b","name":"B"}]}`: {
			Author: event.Author{ID: "a"}, Text: "@B", Mentions: []event.Mention{{ID: "b", Name: "B"}},
		},
		`{"author":{"id":"a","name":"","role":"","subscriber":false,"months":0,"badge":"","tier":"t1"},"text":":wave:","emotes":[{"code":"wave","id":"e1"}]}`: {
			Author: event.Author{ID: "a", Tier: "t1"}, Text: ":wave:", Emotes: []event.Emote{{Code: "wave", ID: "e1"}},
		},
	} {
		if got, err := json.Marshal(m); err != nil || string(got) != want {
			t.Errorf("%s\n%s %v", got, want, err)
		}
	}
}

func TestWhatPinsLearnedLater(t *testing.T) {
	for want, p := range map[string]event.MessagePinned{
		`{"seq":7,"author":{"id":"","name":"","role":"","subscriber":false,"months":0,"badge":""},"text":"x","by":"owner"}`: {Seq: 7, Text: "x", By: "owner"},
		`{"seq":7,"author":{"id":"","name":"","role":"","subscriber":false,"months":0,"badge":""},"text":":wave:","by":"owner","emotes":[{"code":"wave","id":"e1"}]}`: {
			Seq: 7, Text: ":wave:", By: "owner", Emotes: []event.Emote{{Code: "wave", ID: "e1"}},
		},
	} {
		if got, err := json.Marshal(p); err != nil || string(got) != want {
			t.Errorf("%s\n%s %v", got, want, err)
		}
	}
}
