package text_test

import (
	"testing"

	"github.com/subspace-live/subspace/internal/domain/text"
)

func TestALineIsReadableOrRefused(t *testing.T) {
	for in, want := range map[string]string{
		"  Evening \n studio ": "Evening studio",
		"":                     "",
		" \t ":                 "",
		"👩\u200d🚀 ❤️":          "👩\u200d🚀 ❤️",
		"क्\u200dष":            "क्\u200dष",
		"\u3164\u3164":         "", // Hangul fillers
		"\u115f\u1160\uffa0":   "",
		"\u200b\u2800\ufe0f":   "",
		"a\u3164":              "a\u3164",
	} {
		if got, ok := text.Line(in); !ok || got != want {
			t.Errorf("%q becomes %q, %v; want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"a\x00b", "a\x1b[31m", "a\u202eb", "a\u2066b", "\xff\xfe", "a\u009bb"} {
		if got, ok := text.Line(in); ok {
			t.Errorf("%q is let in as %q", in, got)
		}
	}
}
