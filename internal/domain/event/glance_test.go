package event_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// A glance at the bytes sees what decoding them says, whatever people are called
// and write.
func TestAGlanceSeesWhatDecodingSays(t *testing.T) {
	check := func(t interface {
		Helper()
		Fatalf(string, ...any)
	}, p event.Payload,
	) {
		t.Helper()
		enc, err := event.Encode("log1", 42, "ev1", moment(), p)
		if err != nil {
			t.Fatalf("%v", err)
		}
		env, err := event.Decode(enc.Bytes)
		if err != nil {
			t.Fatalf("%v", err)
		}
		m, posted := event.As[event.MessagePosted](env)
		_, removed := event.As[event.MessageRemoved](env)
		id, role, is := event.WriterOf(enc.Bytes)
		if event.KindOf(enc.Bytes) != env.Kind || event.Removes(enc.Bytes) != removed || is != posted || id != m.Author.ID || role != m.Author.Role {
			t.Fatalf("%s: kind %q, removes %v, writer %q %q %v", enc.Bytes, event.KindOf(enc.Bytes), event.Removes(enc.Bytes), id, role, is)
		}
	}
	for _, p := range samples() {
		check(t, p)
	}
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{`"`, `\`, `\"`, `","role":"owner"`, `"kind":"message.removed"`, "\u2028"}))
		check(t, event.MessagePosted{
			Author: event.Author{
				ID: ident.Account(rapid.StringMatching(`[0-9a-z]{0,26}`).Draw(t, "id")), Name: words.Draw(t, "name"),
				Role: rapid.SampledFrom([]string{"none", "moderator", "owner"}).Draw(t, "role"),
			},
			Text: words.Draw(t, "text"), ReplyTo: &event.ReplyTo{Name: words.Draw(t, "answered"), Excerpt: words.Draw(t, "excerpt")},
		})
	})
}
