package text

import "strings"

// The lengths of a code.
const (
	CodeMin = 2
	CodeMax = 24
)

// Coded is a code where it stands in words, from its first colon to behind its last.
type Coded struct {
	Code     string
	From, To int
}

// IsCode reports whether something may be a code, what stands between the colons of
// :wave:. It is a-z, 0-9 and _, and begins with a letter, so that no time of day,
// such as 12:30:45, holds one.
func IsCode(s string) bool {
	if len(s) < CodeMin || len(s) > CodeMax || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' })
}

// Codes returns the codes that are known and stand in words between colons, from
// left to right. No two share a colon: of ':a1:b2:' both of which are known, the
// first is one, and what is left is words.
func Codes(words string, known func(code string) bool) []Coded {
	var out []Coded
	for i := strings.IndexByte(words, ':'); i >= 0 && i < len(words); {
		n := strings.IndexByte(words[i+1:], ':')
		if n < 0 {
			break
		}
		end := i + 1 + n
		if code := words[i+1 : end]; IsCode(code) && known(code) {
			out = append(out, Coded{code, i, end + 1})
			next := strings.IndexByte(words[end+1:], ':')
			if next < 0 {
				break
			}
			i = end + 1 + next
			continue
		}
		i = end // it may be the first of another
	}
	return out
}

// HasCode reports whether words hold what may be a code.
func HasCode(words string) bool {
	return len(Codes(words, func(string) bool { return true })) > 0
}
