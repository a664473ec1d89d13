package chat

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// onlyEmotes reports whether a message is emoji and nothing else. The rule, by
// Unicode's properties: besides white space there are symbols (categories So, and
// Sm from the arrows on) that belong to no script, each maybe followed by what
// varies and joins emoji; and flags, two regional indicators each. A symbol that
// shows a letter or a digit, such as a boxed 'OK' or a circled 'A', is a word.
// The channel's own emotes that its writer may use count too: they are taken out
// before (beside).
func onlyEmotes(words string) bool {
	after := nothing
	for _, r := range words {
		switch {
		case unicode.IsSpace(r) && after != halfFlag:
			after = nothing
		case regional(r) && after == halfFlag:
			after = emoji
		case after == halfFlag:
			return false
		case regional(r):
			after = halfFlag
		case pictures(r):
			if after = emoji; r == blackFlag {
				after = namedFlag
			}
		case after != nothing && varies(r):
		case after == namedFlag && r >= 0xe0020 && r <= 0xe007f: // tags: which region's flag
		default:
			return false
		}
	}
	return after != halfFlag
}

const blackFlag = '🏴'

// before is what stands before a character.
type before int

const (
	nothing   before = iota
	emoji            // a whole one
	namedFlag        // one that tags may follow
	halfFlag         // the first of two regional indicators
)

// pictures reports symbols without letters in them. The enclosed alphanumerics of
// the supplementary plane are letters in boxes, and do not all decompose.
func pictures(r rune) bool {
	symbol := unicode.Is(unicode.So, r) || (unicode.Is(unicode.Sm, r) && r >= '←')
	if !symbol || !unicode.Is(unicode.Common, r) || (r >= 0x1f100 && r <= 0x1f1ff) {
		return false
	}
	for _, part := range norm.NFKD.String(string(r)) {
		if unicode.IsLetter(part) || unicode.IsDigit(part) {
			return false
		}
	}
	return true
}

func regional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// varies reports the joiner, the variation selectors and the skin tones.
func varies(r rune) bool {
	return r == 0x200d || unicode.Is(unicode.Variation_Selector, r) || (r >= 0x1f3fb && r <= 0x1f3ff)
}
