package event

import "github.com/subspace-live/subspace/internal/domain/ident"

// Author is who wrote, as they stood at that moment.
type Author struct {
	ID         ident.Account `json:"id"`
	Name       string        `json:"name"`
	Role       string        `json:"role"`       // none, moderator, owner
	Subscriber bool          `json:"subscriber"` // pays for this channel
	Months     int           `json:"months"`     // tenure
	Badge      string        `json:"badge"`      // '', m1, m3, m6, m12, m24
	// Tier is the one whose badges are shown, where it has pictures of its own: of
	// other tiers nobody is told who has them. Absent it leaves the bytes as they were.
	Tier ident.Tier `json:"tier,omitempty"`
}

// ReplyTo points at the message answered, with enough of it to be shown alone.
type ReplyTo struct {
	Seq     int64  `json:"seq"`
	Name    string `json:"name"`
	Excerpt string `json:"excerpt"`
}

// MessagePosted says that somebody wrote into a room.
type MessagePosted struct {
	Author  Author   `json:"author"`
	Text    string   `json:"text"`
	ReplyTo *ReplyTo `json:"reply_to,omitempty"`
	// What follows came later: absent it leaves the bytes as they were.
	Announcement bool      `json:"announcement,omitempty"` // staff want nobody to miss it
	Pictures     []Picture `json:"pictures,omitempty"`     // of an update
	Mentions     []Mention `json:"mentions,omitempty"`     // who is meant, where the text has their name after an @
	Emotes       []Emote   `json:"emotes,omitempty"`       // the pictures that codes in the text stand for
}

// Mention is somebody who is meant, by the name they had.
type Mention struct {
	ID   ident.Account `json:"id"`
	Name string        `json:"name"`
}

// Picture is one that an update shows, with its measures, so that room for it is kept.
type Picture struct {
	ID     ident.Picture `json:"id"`
	Width  int           `json:"width"`
	Height int           `json:"height"`
	Alt    string        `json:"alt"`
}

// EventKind implements Payload.
func (MessagePosted) EventKind() (Kind, int) { return "message.posted", 1 }

// MessageRemoved tells those who already have them that messages are gone.
type MessageRemoved struct {
	Seqs []int64 `json:"seqs"`
	By   string  `json:"by"` // author, moderator, sanction
}

// EventKind implements Payload.
func (MessageRemoved) EventKind() (Kind, int) { return "message.removed", 1 }

// MessageTombstone stands under the sequence of a removed event: no words, no name.
type MessageTombstone struct {
	By string `json:"by"`
}

// EventKind implements Payload.
func (MessageTombstone) EventKind() (Kind, int) { return "message.tombstone", 1 }

// SpaceOpened says that the creator opened the Sub Space.
type SpaceOpened struct{}

// EventKind implements Payload.
func (SpaceOpened) EventKind() (Kind, int) { return "space.opened", 1 }

// SpaceClosed says that the creator closed the Sub Space.
type SpaceClosed struct{}

// EventKind implements Payload.
func (SpaceClosed) EventKind() (Kind, int) { return "space.closed", 1 }

// ChannelChanged tells pages to read the channel again: title, price, audience.
type ChannelChanged struct{}

// EventKind implements Payload.
func (ChannelChanged) EventKind() (Kind, int) { return "channel.changed", 1 }
