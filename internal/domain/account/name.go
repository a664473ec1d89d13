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

// Fold maps a name to the form in which look-alikes are equal.
func Fold(name string) string { return text.Fold(name) }
