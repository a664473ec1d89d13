package mail

import (
	netmail "net/mail"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// The length of an address and of what stands before its @ (RFC 5321, 4.5.3.1).
const (
	addressMax = 254
	localMax   = 64
)

// CleanAddress returns an address as it is kept and written to, or the fault
// 'mail_invalid'. It takes less than the standards do: one plain address of
// letters that every server understands, without a name, quotes or comments.
// Nothing in what it returns can begin a new line.
func CleanAddress(s string) (string, error) {
	s = strings.TrimSpace(s)
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(s) > addressMax || len(local) > localMax || strings.ContainsFunc(s, unplain) || !hostName(domain) {
		return "", errAddress()
	}
	a, err := netmail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s {
		return "", errAddress()
	}
	return local + "@" + strings.ToLower(domain), nil
}

// Fold maps a clean address to the form in which one mailbox has one name. What
// stands before the @ may by the standard differ by case; no server that people
// use lets two people have the two, and phones begin words with a capital.
func Fold(address string) string { return strings.ToLower(address) }

// unplain reports what no plain address holds.
func unplain(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),:;<>[\]`, r)
}

// hostName reports labels of letters, digits and hyphens, two at least.
func hostName(s string) bool {
	labels := strings.Split(s, ".")
	for _, l := range labels {
		odd := func(r rune) bool {
			return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		}
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.ContainsFunc(l, odd) {
			return false
		}
	}
	return len(labels) > 1
}

func errAddress() *fault.Fault {
	return fault.New(fault.Invalid, "mail_invalid", "That is not a mail address such as name@example.org.")
}
