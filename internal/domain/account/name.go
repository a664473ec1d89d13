package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// The length of a name in characters.
const (
	nameMin = 2
	nameMax = 30
)

// CleanName returns the name as it is shown, or the fault 'name_invalid'.
func CleanName(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", errName()
	}
	name = strings.Join(strings.Fields(norm.NFC.String(name)), " ")
	n := utf8.RuneCountInString(name)
	if n < nameMin || n > nameMax || Fold(name) == "" {
		return "", errName()
	}
	for _, r := range name {
		if !unicode.IsPrint(r) && r != ' ' || text.Unseen(r) || r == '@' || r == '/' {
			return "", errName()
		}
	}
	return name, nil
}

func errName() *fault.Fault {
	return fault.New(fault.Invalid, "name_invalid", "A name has %d to %d printable characters, without @ and /.", nameMin, nameMax)
}

// Fold maps a name to the form in which look-alikes are equal: compatibility
// decomposition, marks dropped, lower case, letters of other scripts and digits
// that look like a Latin letter replaced (after the confusables of Unicode
// Technical Standard 39, the common ones; small capitals too), everything else
// but letters and digits that can be seen dropped.
func Fold(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(name) {
		r = unicode.ToLower(r)
		if l := lookAlike(r); l != 0 {
			r = l
		}
		if (unicode.IsLetter(r) || unicode.IsDigit(r)) && !text.Unseen(r) {
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
