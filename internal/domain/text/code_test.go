package text_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/text"
)

func TestWhatACodeIs(t *testing.T) {
	for s, want := range map[string]bool{
		"wave": true, "w2": true, "a_b": true, strings.Repeat("a", 24): true,
		"": false, "w": false, "2w": false, "_w": false, "Wave": false, "wéve": false, "a b": false, "a-b": false, "a:b": false,
		strings.Repeat("a", 25): false,
	} {
		if text.IsCode(s) != want {
			t.Errorf("%q is a code: %t", s, !want)
		}
	}
}

func TestCodesInWords(t *testing.T) {
	for words, want := range map[string][]string{
		"":                       nil,
		"hello":                  nil,
		"hello :wave: you":       {"wave"},
		":wave::fire:":           {"wave", "fire"},
		":wave:fire:":            {"wave"},
		":no:wave:":              {"wave"},
		"::wave::":               {"wave"},
		"at 12:30:45":            nil,
		":wave":                  nil,
		": wave:":                nil,
		":Wave: :wave :":         nil,
		":wave: and :wave: :no:": {"wave", "wave"},
	} {
		var got []string
		for _, c := range text.Codes(words, func(code string) bool { return code == "wave" || code == "fire" }) {
			got = append(got, c.Code)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q holds %q, want %q", words, got, want)
		}
	}
	if text.HasCode("12:30:45") || !text.HasCode("12:30 :no:") {
		t.Error("what may hold a code")
	}
}

// Whoever knows only the codes that were found finds them in the same places: readers
// split a text by what its event lists.
func TestCodesAreFoundAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.StringOfN(rapid.SampledFrom([]rune(":::ab1_é ")), 0, 40, -1).Draw(t, "words")
		known := rapid.SliceOf(rapid.SampledFrom([]string{"ab", "aa", "ba", "b1", "a_", "aab"})).Draw(t, "known")
		found := text.Codes(words, func(code string) bool { return slices.Contains(known, code) })
		var listed []string
		end := 0
		for _, c := range found {
			if c.From < end || words[c.From:c.To] != ":"+c.Code+":" || !slices.Contains(known, c.Code) {
				t.Fatalf("%+v in %q after %d", c, words, end)
			}
			end = c.To
			listed = append(listed, c.Code)
		}
		if again := text.Codes(words, func(code string) bool { return slices.Contains(listed, code) }); !slices.Equal(again, found) {
			t.Fatalf("in %q %v, and of those %v", words, found, again)
		}
	})
}
