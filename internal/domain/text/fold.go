package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold maps s to the form in which look-alikes are equal: compatibility
// decomposition, marks dropped, lower case, letters of other scripts and digits
// that look like a Latin letter replaced (after the confusables of Unicode
// Technical Standard 39, the common ones; small capitals too), everything else
// but letters and digits that can be seen dropped.
func Fold(s string) string { return fold(s, isWord) }

// Same maps s to a form that two texts share when they say the same: what Fold
// keeps, and symbols, emoji among them. Case, marks, spacing and punctuation do
// not count; a text of nothing else is itself without its spaces.
func Same(s string) string {
	if same := fold(s, func(r rune) bool { return isWord(r) || unicode.IsSymbol(r) }); same != "" {
		return same
	}
	return strings.Join(strings.Fields(s), "")
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func fold(s string, keep func(rune) bool) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		r = unicode.ToLower(r)
		if l := lookAlike(r); l != 0 {
			r = l
		}
		if keep(r) && !Unseen(r) {
			b.WriteRune(r)
		}
	}
	// Pairs that read as one letter in most typefaces.
	return strings.NewReplacer("rn", "m", "vv", "w").Replace(b.String())
}

func lookAlike(r rune) rune {
	switch r {
	case 'а', 'α', 'ɑ', 'ᴀ', '4':
		return 'a'
	case 'в', 'ь', 'β', 'ß', 'ʙ':
		return 'b'
	case 'с', 'ϲ', 'ᴄ':
		return 'c'
	case 'ԁ', 'ᴅ':
		return 'd'
	case 'е', 'ε', 'ҽ', '3', 'з', 'ᴇ', 'ꬲ':
		return 'e'
	case 'ꜰ', 'ƒ':
		return 'f'
	case 'ɡ', 'ɢ', 'ց':
		return 'g'
	case 'һ', 'н', 'η', 'ʜ':
		return 'h'
	case 'і', 'ι', 'ı', '1', 'l', '|', 'ӏ', 'ⅼ', 'ɪ', 'ʟ':
		return 'i'
	case 'ј', 'ϳ', 'ᴊ': // not 'i': Jan and Ian are two people
		return 'j'
	case 'к', 'κ', 'ᴋ':
		return 'k'
	case 'м', 'μ', 'ᴍ':
		return 'm'
	case 'п', 'ո', 'ɴ':
		return 'n'
	case 'о', 'ο', 'σ', '0', 'օ', 'ø', 'ᴏ':
		return 'o'
	case 'р', 'ρ', 'ᴘ':
		return 'p'
	case 'ꞯ':
		return 'q'
	case 'ʀ':
		return 'r'
	case 'ѕ', '5', '$', 'ꜱ':
		return 's'
	case 'т', 'τ', '7', 'ᴛ':
		return 't'
	case 'υ', 'ս', 'ц', 'ᴜ':
		return 'u'
	case 'ν', 'ѵ', 'ᴠ':
		return 'v'
	case 'ω', 'ш', 'щ', 'ԝ', 'ᴡ':
		return 'w'
	case 'х', 'χ', '×':
		return 'x'
	case 'у', 'γ', 'ү', 'ʏ':
		return 'y'
	case 'ᴢ':
		return 'z'
	}
	return 0
}
