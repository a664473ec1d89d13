package event

import "github.com/subspace-live/subspace/internal/domain/ident"

// PollOpened says that the creator asks the room to choose.
type PollOpened struct {
	Poll       ident.Poll `json:"poll"`
	Question   string     `json:"question"`
	Options    []string   `json:"options"`    // an option is named by its place here, from 0 on
	Changeable bool       `json:"changeable"` // whether voters may change their vote
	Results    string     `json:"results"`    // live: as they come; end: when it has closed
	ClosesAt   *Time      `json:"closes_at"`  // null: when the creator closes it
}

// EventKind implements Payload.
func (PollOpened) EventKind() (Kind, int) { return "poll.opened", 1 }

// PollClosed is what the room chose. It holds all that is to be shown, for readers
// who never saw the poll open.
type PollClosed struct {
	Poll     ident.Poll   `json:"poll"`
	Question string       `json:"question"`
	Options  []PollOption `json:"options"`
	Voters   int          `json:"voters"`
}

// PollOption is one of the options, and how many chose it.
type PollOption struct {
	Text  string `json:"text"`
	Votes int    `json:"votes"`
}

// EventKind implements Payload.
func (PollClosed) EventKind() (Kind, int) { return "poll.closed", 1 }
