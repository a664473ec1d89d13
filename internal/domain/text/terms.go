package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Terms finds words and phrases in texts. A term is words, in each of which '*'
// stands for any characters: 'idiot' finds that word, 'idiot*' words that begin
// so, 'buy * followers' three words in a row. Case, accents and look-alikes do not
// count, nor does what is put between the letters of a word. The work grows with
// the length of the text, whatever it and the terms look like.
type Terms struct {
	exact   map[string]bool // whole words
	phrases []phrase        // all other terms
}

// The bounds of one term.
const (
	termWords   = 5
	termLetters = 2 // at least
)

// NewTerms returns what finds all the terms; those by which nothing can be found
// find nothing.
func NewTerms(terms []string) Terms {
	t := Terms{exact: map[string]bool{}}
	for _, term := range terms {
		folded := FoldTerm(term)
		switch {
		case folded == "":
		case strings.ContainsAny(folded, " *"):
			t.phrases = append(t.phrases, newPhrase(folded))
		default:
			t.exact[folded] = true
		}
	}
	return t
}

// FoldTerm returns a term in the form in which those that find the same are
// equal; empty when it is no term: less than two letters or digits, or more than
// five words.
func FoldTerm(term string) string {
	words := foldedWords(term, func(r rune) bool { return r == '*' }, false)
	letters := 0
	for i, w := range words {
		for strings.Contains(w, "**") {
			w = strings.ReplaceAll(w, "**", "*")
		}
		words[i] = w
		letters += len([]rune(strings.ReplaceAll(w, "*", "")))
	}
	if letters < termLetters || len(words) > termWords {
		return ""
	}
	return strings.Join(words, " ")
}

// In reports whether any of the terms is in s.
func (t Terms) In(s string) bool {
	steps := 0
	return t.in(s, &steps)
}

// in counts its steps: the characters it looks at.
func (t Terms) in(s string, steps *int) bool {
	if len(t.exact) == 0 && len(t.phrases) == 0 {
		return false
	}
	none := func(rune) bool { return false }
	apart := foldedWords(s, none, true)
	for _, words := range [][]string{foldedWords(s, none, false), apart, spelled(apart)} {
		for _, w := range words {
			if *steps += len(w); t.exact[w] {
				return true
			}
		}
		for _, p := range t.phrases {
			if p.in(words, steps) {
				return true
			}
		}
	}
	return false
}

// foldedWords folds the words of s. apart: what is no letter or digit parts words,
// as in 'you.idiot'; otherwise white space alone does, so that 'i.d.i.o.t' is one.
func foldedWords(s string, keep func(rune) bool, apart bool) []string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		r = unicode.ToLower(r)
		if l := max(lookAlike(r), boxed(r)); l != 0 {
			r = l
		}
		switch {
		case keep(r), isWord(r) && !Unseen(r):
			b.WriteRune(r)
		case unicode.IsSpace(r), apart && !unicode.IsMark(r) && !Unseen(r):
			b.WriteByte(' ')
		}
	}
	return strings.Fields(b.String())
}

// boxed returns the letter that a symbol shows in a box or a circle, white on black, or
// that is half of a flag; zero: it shows none. Those that are black on white decompose by themselves.
func boxed(r rune) rune {
	for _, first := range []rune{'🅐', '🅰', '🇦'} {
		if r >= first && r < first+26 {
			return 'a' + r - first
		}
	}
	return 0
}

// spelled returns the words that are spelled letter by letter: 'i d i o t'.
func spelled(words []string) (out []string) {
	run := ""
	for _, w := range append(words, "") {
		if len([]rune(w)) == 1 {
			run += w
			continue
		}
		if len([]rune(run)) > 1 {
			out = append(out, run)
		}
		run = ""
	}
	return out
}

// phrase is words in a row.
type phrase []glob

func newPhrase(folded string) (p phrase) {
	for _, w := range strings.Fields(folded) {
		p = append(p, newGlob(w))
	}
	return p
}

// in looks at each word at most once for each word of the phrase.
func (p phrase) in(words []string, steps *int) bool {
	for from := 0; from+len(p) <= len(words); from++ {
		n := 0
		for n < len(p) && p[n].is(words[from+n], steps) {
			n++
		}
		if n == len(p) {
			return true
		}
	}
	return false
}

// glob is one word with '*' in it: what stands before the first, between them and
// after the last.
type glob struct {
	whole       bool // no '*': first is all of it
	first, last string
	between     []needle
}

func newGlob(w string) glob {
	parts := strings.Split(w, "*")
	if len(parts) == 1 {
		return glob{whole: true, first: w}
	}
	g := glob{first: parts[0], last: parts[len(parts)-1]}
	for _, part := range parts[1 : len(parts)-1] {
		if part != "" {
			g.between = append(g.between, newNeedle(part))
		}
	}
	return g
}

// is takes each part where it is found first: if any way fits, so does this one,
// and it never goes back.
func (g glob) is(word string, steps *int) bool {
	*steps += len(g.first) + len(g.last) + 1
	if g.whole {
		return word == g.first
	}
	if len(word) < len(g.first)+len(g.last) || !strings.HasPrefix(word, g.first) || !strings.HasSuffix(word, g.last) {
		return false
	}
	word = word[len(g.first) : len(word)-len(g.last)]
	for _, n := range g.between {
		end := n.end(word, steps)
		if end < 0 {
			return false
		}
		word = word[end:]
	}
	return true
}

// needle is searched for without going back in the text (Knuth, Morris, Pratt).
type needle struct {
	text string
	back []int // how much of it is still matched when the next byte is not
}

func newNeedle(text string) needle {
	n := needle{text, make([]int, len(text))}
	for i, k := 1, 0; i < len(text); i++ {
		for k > 0 && text[i] != text[k] {
			k = n.back[k-1]
		}
		if text[i] == text[k] {
			k++
		}
		n.back[i] = k
	}
	return n
}

// end returns where the needle ends first in s; -1: it is not there.
func (n needle) end(s string, steps *int) int {
	k := 0
	for i := range len(s) {
		*steps++
		for k > 0 && s[i] != n.text[k] {
			*steps++
			k = n.back[k-1]
		}
		if s[i] == n.text[k] {
			k++
		}
		if k == len(n.text) {
			return i + 1
		}
	}
	return -1
}
