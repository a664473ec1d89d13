// Package media takes pictures and sound from encoders and hands them on.
//
// Owns: the streams that are being sent to this node, who sends them, and how
// well. Promises: one encoder per channel, the newest one; an output outlives
// its encoder for as long as the broadcast waits for it, so that players go on
// when it returns; what the database says about a broadcast is carried out here
// within about a second. Does not do: protocols (subfolders), recording, rights.
package media

import (
	"errors"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// Frame is one picture or one stretch of sound. Times are the encoder's own.
type Frame struct {
	PTS, DTS time.Duration
	At       time.Time // by the server's clock, when it was made
	// Units are the NAL units of a picture (of AV1, the OBUs of a temporal unit),
	// or one AAC access unit or Opus packet. None is empty.
	Units [][]byte
}

// Output is what the frames of one broadcast are written into. It is called by
// one goroutine at a time.
type Output interface {
	// Begin says that an encoder starts, or starts again, with its own times.
	Begin(f Format, take int64) error
	Video(f Frame) error
	Audio(f Frame) error
	// Close ends the broadcast for those who receive it.
	Close()
}

// OpenOutput makes the output of a broadcast.
type OpenOutput func(b live.Broadcast) Output

// Health is how well a channel is being sent, for the creator's eyes.
type Health struct {
	Publishing      bool
	Video, Audio    string // names of codecs, empty when absent
	Width, Height   int
	BitrateKbps     int
	KeyframeSeconds float64
	BFrames         bool
	// LastError says in a sentence why the last encoder was refused or lost;
	// empty once one sends again. LastReason is its machine word.
	LastError  string
	LastReason string
	At         time.Time // of LastError
}

// Why a publication is over before its encoder says so.
var (
	ErrDisplaced = errors.New("another encoder took over with the same key")
	ErrWithdrawn = errors.New("the broadcast was taken from this connection")
	ErrStopped   = errors.New("the server is shutting down")
)

// errHeld is shown while an encoder keeps sending to a broadcast that its owner
// has ended.
func errHeld() *fault.Fault {
	return fault.New(fault.Conflict, "still_sending", "You ended the broadcast, but the encoder is still sending. Nobody sees it. Stop the encoder and start it again for a new broadcast.")
}
