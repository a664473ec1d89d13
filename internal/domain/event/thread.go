package event

import "github.com/subspace-live/subspace/internal/domain/ident"

// ThreadOpened says that the creator opened a thread of the Sub Space. Where
// everybody inside may read the thread it stands in the Sub Space's log too.
type ThreadOpened struct {
	Thread ident.Thread `json:"thread"`
	Kind   string       `json:"kind"`   // topic, update
	Title  string       `json:"title"`  // empty when the prompt is the title
	Prompt string       `json:"prompt"` // the suggested topic that it began with; empty: the creator's own
	Level  int          `json:"level"`  // from which level of tier on it may be read; 1: by every subscriber
}

// EventKind implements Payload.
func (ThreadOpened) EventKind() (Kind, int) { return "thread.opened", 1 }

// ThreadChanged says what a thread is now. It stands where ThreadOpened does.
type ThreadChanged struct {
	Thread   ident.Thread `json:"thread"`
	Title    string       `json:"title"`
	Pinned   bool         `json:"pinned"`
	Closed   bool         `json:"closed"`
	Archived bool         `json:"archived"`
}

// EventKind implements Payload.
func (ThreadChanged) EventKind() (Kind, int) { return "thread.changed", 1 }
