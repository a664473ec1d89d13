package api

import (
	"slices"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

// deviceOf reads from a browser's own words what it is, coarsely: enough for its
// person to recognise it in a list, and nothing that tells two such browsers
// apart. What it does not know it leaves empty.
func deviceOf(userAgent string) account.Device {
	return account.Device{Browser: firstOf(userAgent, browsers()), System: firstOf(userAgent, systems())}
}

// pageLanguage returns the language of the page that asks. Our pages name the one
// they are written in; a browser's own list of wishes says nothing about it.
func pageLanguage(header string) string {
	if slices.Contains(mail.Languages(), header) {
		return header
	}
	return ""
}

// sign is a word in the browser's own words, and what it stands for.
type sign struct{ word, name string }

// browsers lists signs in the order in which they count: nearly every browser
// also claims to be others.
func browsers() []sign {
	return []sign{
		{"Edg/", "Edge"},
		{"EdgA/", "Edge"},
		{"EdgiOS/", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"FxiOS/", "Firefox"},
		{"Firefox/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
	}
}

func systems() []sign {
	return []sign{
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Android", "Android"},
		{"CrOS", "ChromeOS"},
		{"Windows", "Windows"},
		{"Macintosh", "Mac"},
		{"Linux", "Linux"},
	}
}

func firstOf(words string, signs []sign) string {
	for _, s := range signs {
		if strings.Contains(words, s.word) {
			return s.name
		}
	}
	return ""
}
