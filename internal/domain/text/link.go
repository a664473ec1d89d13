package text

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Link returns the first address in words, as it is written; empty: there is none.
// It is what pages make a link of (web/src/features/chat/link.ts): http or https,
// and the place is the one that can be read, with no name before an @, no letters
// that only look like those of another name, no number in place of a name.
func Link(words string) string {
	from, to := linkFrom(words, 0)
	return words[from:to]
}

// WithoutLinks returns words of the same length, with nothing where addresses stand.
func WithoutLinks(words string) string {
	for from, to := linkFrom(words, 0); to > from; from, to = linkFrom(words, to) {
		words = words[:from] + strings.Repeat(" ", to-from) + words[to:]
	}
	return words
}

// linkFrom returns where the first address stands behind a place; twice the same:
// there is none.
func linkFrom(words string, at int) (from, to int) {
	for {
		i := strings.Index(words[at:], "://")
		if i < 0 {
			return 0, 0
		}
		i += at
		at = i + len("://")
		begin := i - schemeBefore(words[:i])
		if begin == i || (begin > 0 && wordByte(words[begin-1])) {
			continue
		}
		end := at + addressEnd(words[at:])
		typed := trimmed(words[begin:end])
		if len(typed) > at-begin && leadsWhereItSays(typed[at-begin:]) {
			return begin, begin + len(typed)
		}
		at = end
	}
}

// schemeBefore returns how long the scheme is that words end with; zero: it is none.
func schemeBefore(words string) int {
	for _, scheme := range []string{"https", "http"} {
		if n := len(words) - len(scheme); n >= 0 && strings.EqualFold(words[n:], scheme) && ascii(words[n:]) {
			return len(scheme)
		}
	}
	return 0
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

func wordByte(b byte) bool {
	return b == '_' || (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z')
}

// addressEnd returns where an address ends that words begin with the rest of.
func addressEnd(words string) int {
	end := strings.IndexFunc(words, func(r rune) bool {
		return unicode.IsSpace(r) || r == '\ufeff' || strings.ContainsRune("<>\"'`", r)
	})
	if end < 0 {
		return len(words)
	}
	return end
}

// trimmed is without what ends the sentence: a closing bracket belongs to the
// address where it was opened there.
func trimmed(typed string) string {
	for {
		last, size := utf8.DecodeLastRuneInString(typed)
		opened := last == ')' && strings.Count(typed, "(") >= strings.Count(typed, ")")
		if opened || !strings.ContainsRune(".,;:!?)]}»”’…*_", last) {
			return typed
		}
		typed = typed[:len(typed)-size]
	}
}

// leadsWhereItSays reports whether what follows a scheme begins with a host that is
// the one that can be read.
func leadsWhereItSays(rest string) bool {
	host := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		host = rest[:end]
	}
	host = strings.ToLower(host)
	if name, port, has := strings.Cut(host, ":"); has {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || strconv.FormatUint(n, 10) != port {
			return false
		}
		host = name
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	for _, l := range labels {
		if l == "" || strings.ContainsFunc(l, func(r rune) bool { return r != '-' && (r >= utf8.RuneSelf || !wordByte(byte(r))) }) {
			return false
		}
	}
	if top := labels[len(labels)-1]; numeric(top) {
		a, err := netip.ParseAddr(host)
		return err == nil && a.Is4()
	}
	return true
}

// numeric reports a last label that makes the whole a number to whoever dials it.
func numeric(label string) bool {
	_, err := strconv.ParseUint(label, 0, 64)
	digits := !strings.ContainsFunc(label, func(r rune) bool { return r < '0' || r > '9' })
	return err == nil || digits || strings.HasPrefix(label, "0x")
}
