package mail_test

import (
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

func TestAddressesArePlain(t *testing.T) {
	long := strings.Repeat("a", 64)
	for in, want := range map[string]string{
		"yuna@example.org": "yuna@example.org", "  Yuna@Example.ORG ": "Yuna@example.org", "a.b+c@x-y.example.org": "a.b+c@x-y.example.org",
		"o'neil@example.org": "o'neil@example.org", long + "@example.org": long + "@example.org",
		"": "", "yuna": "", "@example.org": "", "yuna@": "", "yuna@localhost": "", "a@b@example.org": "", "yuna@example..org": "", "yuna@-x.org": "",
		"yuna@exa_mple.org": "", "yuna@example.org.": "", ".yuna@example.org": "", "yu..na@example.org": "", long + "a@example.org": "",
		"a@" + strings.Repeat("b.", 130) + "org": "", "a@" + strings.Repeat("b", 64) + ".org": "",
		"Yuna <yuna@example.org>": "", `"yuna"@example.org`: "", `"a b"@example.org`: "", "yuna@[127.0.0.1]": "", "yuna(x)@example.org": "",
		"yuna@example.org, noa@example.org": "", "yuna@example.org\r\nBcc: noa@example.org": "", "yu\x00na@example.org": "", "yu\tna@example.org": "",
		"yu na@example.org": "", "yüna@example.org": "", "yuna@exämple.org": "", "yuna@example.org\u2028": "yuna@example.org", "yun\u202ea@example.org": "",
		"yuna@example.org>": "", "<yuna@example.org": "", "yuna;noa@example.org": "",
	} {
		got, err := mail.CleanAddress(in)
		if got != want || (want == "") != fault.Is(err, "mail_invalid") {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
	if mail.Fold("Yuna@example.org") != mail.Fold("yuna@example.org") || mail.Fold("yuna@example.org") == mail.Fold("yuna@example.net") {
		t.Error("addresses are folded wrongly")
	}
}

func TestLanguagesAreThoseThatLettersAreWrittenIn(t *testing.T) {
	for wanted, want := range map[string]string{"fr": "fr", "en": "en", "de": "en", "": "en", "FR": "en"} {
		if got := mail.Language(wanted); got != want {
			t.Errorf("%q: %q", wanted, got)
		}
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"yuna@example.org", "a@b.c\r\nBcc: d@e.f", `"q"@x.y`, "=?utf-8?q?a?=@x.y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := mail.CleanAddress(in)
		if err != nil {
			return
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r >= 0x7f }) || strings.Count(got, "@") != 1 || strings.ContainsAny(got, "<>,;:\"()[]\\") {
			t.Errorf("%q became %q", in, got)
		}
		if again, err := mail.CleanAddress(got); err != nil || again != got {
			t.Errorf("%q became %q, and that %q, %v", in, got, again, err)
		}
	})
}
