// Package channel owns a creator's place: its handle, its settings, its staff.
//
// Owns: channels, who owns, moderates and follows them, the Sub Space switch, who
// may watch. Promises: a change and its events commit together; only the owner
// changes a channel, only an operator opens one. Does not do: prices (package
// subscription), broadcasts (package live).
package channel

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// Channel is a creator's place.
type Channel struct {
	ID           ident.Channel
	Handle       string // in addresses; lower case, unique
	Title        string
	Owner        ident.Account
	OwnerName    string
	SpaceOpen    bool
	SpaceName    string // empty: the Sub Space has no name of its own
	LiveAudience access.LiveAudience
	Previews     room.Previews
	Created      time.Time
	Followers    int64 // how many follow it
}

// Moderator is a member of a channel's staff who does not own it.
type Moderator struct {
	ID    ident.Account
	Name  string
	Grade access.Grade
}

// titleMax is the length of a title in characters.
const titleMax = 80

// CleanHandle returns the handle in its stored form, or 'handle_invalid'.
func CleanHandle(handle string) (string, error) {
	handle = strings.ToLower(strings.TrimSpace(handle))
	if ok, _ := regexp.MatchString(`^[a-z0-9][a-z0-9_-]{1,29}$`, handle); !ok {
		return "", fault.New(fault.Invalid, "handle_invalid", "A handle has 2 to 30 letters a-z, digits, - or _, and begins with a letter or digit.")
	}
	return handle, nil
}

// CleanTitle returns the title as it is shown, or 'title_invalid'.
func CleanTitle(title string) (string, error) {
	title, ok := text.Line(title)
	if n := utf8.RuneCountInString(title); !ok || n < 1 || n > titleMax {
		return "", fault.New(fault.Invalid, "title_invalid", "A title has 1 to %d printable characters.", titleMax)
	}
	return title, nil
}

func errMissing() *fault.Fault {
	return fault.New(fault.Missing, "channel_missing", "There is no such channel.")
}
