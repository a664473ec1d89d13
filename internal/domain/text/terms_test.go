package text_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/text"
)

func TestTermsFindWhatTheyMean(t *testing.T) {
	for term, c := range map[string]struct{ in, out []string }{
		"idiot": {
			in:  []string{"idiot", "you IDIOT!", "you.idiot", "ïdíøt", "іdiоt", "1d10t", "i d i o t", "i.d.i.o.t", "i-d-iot", "ıdıot", "id\u200biot", "i\u0301diot", "𝕚𝕕𝕚𝕠𝕥", "🄸🄳🄸🄾🅃", "ⒾⒹⓘⓞⓣ", "🅸🅳🅸🅾🆃", "🅘🅓🅘🅞🅣", "🇮🇩🇮🇴🇹", "🇮 🇩 🇮 🇴 🇹"},
			out: []string{"idiotic", "an idea", "idio t x", "", "🎉", "idi", "di ot"},
		},
		"idiot*":          {in: []string{"idiotic", "idiot", "such an idiotic thing"}, out: []string{"videot", "nidiot"}},
		"*idiot*":         {in: []string{"superidiotic", "idiot"}, out: []string{"id iot"}},
		"bar*":            {in: []string{"barn", "bar"}, out: []string{"bam"}},
		"f*k":             {in: []string{"fork", "fk", "f**k"}, out: []string{"f xx k", "fog"}},
		"a*b*c":           {in: []string{"abc", "axxbxxc", "abbcbc"}, out: []string{"acb", "ab c"}},
		"*aba*":           {in: []string{"abaaba", "bbaba"}, out: []string{"abba", "aabbaa"}},
		"*aab*":           {in: []string{"aaab"}, out: []string{"abab"}},
		"buy followers":   {in: []string{"BUY followers now", "buy, followers"}, out: []string{"buy more followers", "followers buy", "buyfollowers"}},
		"buy * followers": {in: []string{"buy more followers"}, out: []string{"buy followers", "buy many more followers"}},
		"*词*":             {in: []string{"这个词语"}, out: []string{"这个"}},
		"Straße":          {in: []string{"strabe"}, out: []string{"strasse"}}, // as names are folded
	} {
		terms := text.NewTerms([]string{term})
		if term == "*词*" { // one letter finds too much
			if text.FoldTerm(term) != "" {
				t.Errorf("%q is a term", term)
			}
			continue
		}
		for _, s := range c.in {
			if !terms.In(s) {
				t.Errorf("%q does not find %q", term, s)
			}
		}
		for _, s := range c.out {
			if terms.In(s) {
				t.Errorf("%q finds %q", term, s)
			}
		}
	}
}

func TestWhatIsNoTerm(t *testing.T) {
	for _, term := range []string{"", "*", "***", "a", "*a*", "!!", "* *", "🎉", "a b c d e f", "\u200b\u200b"} {
		if folded := text.FoldTerm(term); folded != "" {
			t.Errorf("%q is a term: %q", term, folded)
		}
		if text.NewTerms([]string{term}).In("a b c d e f anything at all 🎉") {
			t.Errorf("%q finds something", term)
		}
	}
	if a, b := text.FoldTerm("  Idiot** "), text.FoldTerm("1D10T*"); a != b || a != "idiot*" {
		t.Errorf("%q and %q are two terms", a, b)
	}
}

// What makes patterns slow elsewhere costs here what its length costs: twice the
// text, twice the steps.
func TestTermsTakeLinearTime(t *testing.T) {
	for name, c := range map[string]struct{ term, text string }{
		"many stars":          {strings.Repeat("a*", 25) + "b", "a"},
		"stars around":        {"*" + strings.Repeat("a*", 25) + "b*", "a"},
		"almost, everywhere":  {"*" + strings.Repeat("a", 40) + "b*", "a"},
		"almost, with a tail": {"*aab*aab*aab*aac*", "aab"},
		"phrases":             {"a* a* a* a* b", "a "},
		"phrases of long":     {"*ab* *ab* *ab* *ab* *c", "abababab "},
		"letters in a row":    {"*abcabcabd*", "a b c "},
		"marks":               {"*aa*ab*", "a\u0301"},
	} {
		terms := text.NewTerms([]string{c.term})
		steps := func(times int) int {
			found, n := terms.Steps(strings.Repeat(c.text, times))
			if found {
				t.Fatalf("%s: %q was found: nothing is measured", name, c.term)
			}
			return n
		}
		small, large := steps(1_000), steps(16_000)
		per := float64(large) / float64(16_000*len(c.text))
		if large > 17*small || per > 3*5*8 {
			t.Errorf("%s: %d steps for one text, %d for sixteen times as much (%.1f a byte)", name, small, large, per)
		}
	}
}

// Against regular expressions of the same meaning, on plain words.
func TestTermsMatchAsTheyAreRead(t *testing.T) {
	letters := rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 2, 14, -1)
	part := rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 0, 5, -1)
	rapid.Check(t, func(rt *rapid.T) {
		term := strings.Join(rapid.SliceOfN(part, 1, 4).Draw(rt, "parts"), "*")
		if text.FoldTerm(term) == "" {
			rt.Skip("no term")
		}
		word := letters.Draw(rt, "word")
		want := regexp.MustCompile("^" + strings.ReplaceAll(term, "*", ".*") + "$").MatchString(word)
		if got := text.NewTerms([]string{term}).In(word); got != want {
			rt.Fatalf("%q in %q: %v, want %v", term, word, got, want)
		}
	})
}
