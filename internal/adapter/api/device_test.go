package api

import (
	"testing"

	"github.com/subspace-live/subspace/internal/domain/account"
)

func TestPageNamesItsLanguage(t *testing.T) {
	for header, want := range map[string]string{"fr": "fr", "en": "en", "": "", "de": "", "fr-FR,fr;q=0.9": "", "en, fr": ""} {
		if got := pageLanguage(header); got != want {
			t.Errorf("%q is %q, want %q", header, got, want)
		}
	}
}

func TestDevicesAreNamedCoarsely(t *testing.T) {
	const safari = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
	for words, want := range map[string]account.Device{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                {Browser: "Firefox", System: "Windows"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0": {Browser: "Edge", System: "Mac"},
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                           {Browser: "Chrome", System: "Linux"},
		"Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0 Mobile":        {Browser: "Samsung Internet", System: "Android"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) " + safari + " Version/19.0 Mobile/15E148 Safari/604.1":                   {Browser: "Safari", System: "iPhone"},
		"Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) " + safari + " CriOS/140.0 Mobile/15E148 Safari/604.1":                             {Browser: "Chrome", System: "iPad"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) " + safari + " FxiOS/140.0 Mobile/15E148 Safari/605.1.15":                 {Browser: "Firefox", System: "iPhone"},
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 OPR/120.0":            {Browser: "Opera", System: "ChromeOS"},
		"curl/8.0": {}, "": {}, "<script>alert(1)</script>": {},
	} {
		if got := deviceOf(words); got != want {
			t.Errorf("%.60q is %+v, want %+v", words, got, want)
		}
	}
}
