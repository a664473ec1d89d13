package contender

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/bench/internal/chatter"
	"github.com/subspace-live/subspace/bench/internal/wire"
)

const written = `{"log":"06h0","seq":12,"id":"06h1","kind":"message.posted","v":1,"at":"2026-11-23T05:35:20.493Z",` +
	`"data":{"author":{"id":"06h2","name":"Viewer bbbbb","role":"none","subscriber":false,"months":0,"badge":""},"text":"what is around me"}}`

func TestAnEnvelopeIsFilledAsTheServerWouldHave(t *testing.T) {
	e, err := learn([]byte(written))
	if err != nil {
		t.Fatal(err)
	}
	if got := e.event(12, probe); got != written {
		t.Errorf("got  %s\nwant %s", got, written)
	}
	if _, err := learn([]byte(`{"seq":1}`)); err == nil {
		t.Error("an event without the probe was learned from")
	}
}

func TestOpponentsSendAsManyBytes(t *testing.T) {
	e, err := learn([]byte(written))
	if err != nil {
		t.Fatal(err)
	}
	lines := chatter.New(3)
	for seq := range int64(200) {
		text := chatter.Marked(time.Now(), lines.Next())
		ours := wire.Plain(nil, wire.Text, []byte(ourHead+e.event(seq, text)+ourTail))
		theirs := wire.Plain(nil, wire.Text, []byte(theirHead+e.publication(seq, text)+theirTail))
		if !json.Valid([]byte(e.publication(seq, text))) {
			t.Fatalf("no JSON: %s", e.publication(seq, text))
		}
		if len(ours) != len(theirs) {
			t.Errorf("%d bytes of ours, %d of theirs for %q", len(ours), len(theirs), text)
		}
		if n := strings.Count(e.publication(seq, text), string(chatter.Mark)); n != 1 {
			t.Errorf("a message has %d marks", n)
		}
	}
}
