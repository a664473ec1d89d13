package event

import "github.com/subspace-live/subspace/internal/domain/ident"

// LiveStarted says that a broadcast began.
type LiveStarted struct {
	Broadcast ident.Broadcast `json:"broadcast"`
	Title     string          `json:"title"`
}

// EventKind implements Payload.
func (LiveStarted) EventKind() (Kind, int) { return "live.started", 1 }

// LiveInterrupted says that the encoder is gone and may come back.
type LiveInterrupted struct {
	Broadcast ident.Broadcast `json:"broadcast"`
}

// EventKind implements Payload.
func (LiveInterrupted) EventKind() (Kind, int) { return "live.interrupted", 1 }

// LiveResumed says that the encoder came back in time.
type LiveResumed struct {
	Broadcast ident.Broadcast `json:"broadcast"`
}

// EventKind implements Payload.
func (LiveResumed) EventKind() (Kind, int) { return "live.resumed", 1 }

// LiveEnded says that a broadcast is over.
type LiveEnded struct {
	Broadcast ident.Broadcast `json:"broadcast"`
}

// EventKind implements Payload.
func (LiveEnded) EventKind() (Kind, int) { return "live.ended", 1 }

// LiveTitled says that a broadcast got another title.
type LiveTitled struct {
	Broadcast ident.Broadcast `json:"broadcast"`
	Title     string          `json:"title"`
}

// EventKind implements Payload.
func (LiveTitled) EventKind() (Kind, int) { return "live.titled", 1 }
