// Package text says which characters people's words may hold, where codes such as
// :wave: and addresses stand in them, and when two texts are alike.
//
// Owns: control characters, those that turn the reading direction, those that
// nobody sees, codes, addresses, and look-alikes. Promises: what Line and Cut return stands on
// one line, reads in the order it is stored in and can be seen, or is empty. Does not do: lengths
// and refusals; each noun has its own.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Line returns s as one line, its white space made single spaces; empty when
// there is nothing in it to see. False when s holds what no line may hold.
func Line(s string) (string, bool) {
	if !utf8.ValidString(s) {
		return "", false
	}
	s = strings.Join(strings.Fields(s), " ")
	if strings.ContainsFunc(s, Steers) {
		return "", false
	}
	if Blank(s) {
		return "", true
	}
	return s, true
}

// Cut returns the words of strangers as one line of at most so many characters: what
// no line may hold is left out, and so is what is too much.
func Cut(s string, most int) string {
	if atMost := most * 16; len(s) > atMost { // what comes behind it is not even looked at
		s = s[:atMost]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case Steers(r):
			return -1
		}
		return r
	}, norm.NFC.String(strings.ToValidUTF8(s, "")))
	s = strings.Join(strings.Fields(s), " ")
	if Blank(s) {
		return ""
	}
	if utf8.RuneCountInString(s) > most {
		s = strings.TrimSpace(string([]rune(s)[:most-1])) + "…"
	}
	return s
}

// Steers reports control characters and those that make text read in another
// order than it is stored (Unicode Standard Annex 9, explicit formatting).
func Steers(r rune) bool {
	return unicode.IsControl(r) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069)
}

// Unseen reports characters that take no place or leave it empty: the format
// characters, those that Unicode says may be ignored in display, such as the
// Hangul fillers, and the empty Braille pattern. Some of them join others, in
// emoji and in many scripts, so a text may hold them; it may not consist of them.
func Unseen(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point) || r == emptyBraille
}

const emptyBraille = 0x2800

// Blank reports whether nothing in s can be seen.
func Blank(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsSpace(r) && !Unseen(r) && !unicode.Is(unicode.Variation_Selector, r)
	})
}
