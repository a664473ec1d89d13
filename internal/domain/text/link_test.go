package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/text"
)

// The same cases as those of the page (web/src/features/chat/link.test.ts).
func TestTheFirstAddressInWords(t *testing.T) {
	for words, want := range map[string]string{
		"look: https://example.org/a?b=c#d, or http://example.net.": "https://example.org/a?b=c#d",
		"(see https://example.org/a)":                               "https://example.org/a",
		"https://en.example.org/wiki/Glaze_(ceramics)":              "https://en.example.org/wiki/Glaze_(ceramics)",
		"« https://example.org/é »":                                 "https://example.org/é",
		"HTTPS://EXAMPLE.ORG/A!":                                    "HTTPS://EXAMPLE.ORG/A",
		"a ://b https://example.org":                                "https://example.org",
		"https://b@evil.example/ http://example.org":                "http://example.org",
		"http://example.org:8080/x":                                 "http://example.org:8080/x",
		"http://192.0.2.7/x":                                        "http://192.0.2.7/x",
		"https://example.org\u00a0x":                                "https://example.org",

		"javascript:alert(1)":                "",
		"data:text/html,https":               "",
		"https://":                           "",
		"https://...":                        "",
		"https://bank.example@evil.example/": "",
		"https://bank.example\u2044login.evil.example/": "",
		"https://bank.example%2eevil.example/":          "",
		"https://bank.example\u200b.evil.example/":      "",
		"https://bank.example\u3002evil.example/":       "",
		"https://\u0430pple.com/":                       "",
		"https://2130706433/":                           "",
		"https://0x7f.1/":                               "",
		"https://017700000001/":                         "",
		"https://127.1/":                                "",
		"https://example.0x7f000001/":                   "",
		"https:\\\\example.org":                         "",
		"https://example.org\\@evil.example/":           "",
		"http://user:word@example.org/":                 "",
		"http://example.org:99999/":                     "",
		"http://example.org:080/":                       "",
		"http://[::1]/":                                 "",
		"xhttps://example.org is no word":               "",
		"http\u017f://example.org":                      "",
		"example.org":                                   "",
		"ftp://example.org/":                            "",
		"https://b@http://example.org":                  "",
	} {
		if got := text.Link(words); got != want {
			t.Errorf("in %.60q stands %.60q, want %q", words, got, want)
		}
	}
}

// Whatever is written, what is found stands in it and is an address.
func TestAnAddressStandsInTheWords(t *testing.T) {
	part := rapid.SampledFrom([]string{"https://", "HTTP://", "a", "b.c", " ", ")", "(", "@", ".", "…", "<", "é", "🙂", ":", "/", "80", "\\", "ſ"})
	rapid.Check(t, func(t *rapid.T) {
		words := strings.Join(rapid.SliceOfN(part, 0, 12).Draw(t, "parts"), "")
		got := text.Link(words)
		if got == "" {
			return
		}
		if !strings.Contains(words, got) || !utf8.ValidString(got) || !strings.HasPrefix(strings.ToLower(got), "http") {
			t.Fatalf("in %q stands %q", words, got)
		}
	})
}

func TestWordsWithoutTheirAddresses(t *testing.T) {
	for words, want := range map[string]string{
		"no address":                             "no address",
		"a http://b.example/:wave:/ :wave:":      "a " + strings.Repeat(" ", 24) + " :wave:",
		"http://b.example/:wave: :wave:":         strings.Repeat(" ", 22) + ": :wave:",
		"http://a.example, http://b.example.":    "                , " + "                .",
		"http://u@a.example http://b.example/é!": "http://u@a.example                    !",
	} {
		if got := text.WithoutLinks(words); got != want || len(got) != len(words) {
			t.Errorf("%q becomes %q, want %q", words, got, want)
		}
	}
}

func TestStrangersWordsAreCut(t *testing.T) {
	for in, want := range map[string]string{
		"  Two\n cups ":                "Two cups",
		"a\x00b\u202ec\u2066d":         "abcd",
		"\xff\xfe":                     "",
		"\u200b \u3164":                "",
		"<script>alert(1)</script>":    "<script>a…",
		"123456789":                    "123456789",
		"1234567890":                   "1234567890",
		"12345678901":                  "123456789…",
		"12345678 01":                  "12345678…",
		"e\u0301":                      "é",
		strings.Repeat("🙂", 50):        strings.Repeat("🙂", 9) + "…",
		strings.Repeat("x", 1_000_000): "xxxxxxxxx…",
	} {
		if got := text.Cut(in, 10); got != want {
			t.Errorf("%.40q becomes %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		got := text.Cut(rapid.String().Draw(t, "words"), 10)
		line, ok := text.Line(got)
		if !ok || line != got || utf8.RuneCountInString(got) > 10 {
			t.Fatalf("%q is no line of at most 10 characters", got)
		}
	})
}
