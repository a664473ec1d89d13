package space

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// Teaser is what a creator lets those outside know of the room: nothing at first,
// and then what was ticked, each by itself.
type Teaser struct {
	People bool   // about how many are inside
	Reply  bool   // how long ago somebody last wrote
	Line   bool   // Words
	Words  string // kept while Line is not ticked
}

// Glimpse is what of a room is told to those outside. What was not ticked is nil.
// Nothing in it says who did what, and none of it was written inside.
type Glimpse struct {
	// People is set where about how many are inside is told; who counts them gives
	// them to Roughly.
	People bool
	// Reply says how long ago somebody last wrote, in whole minutes.
	Reply *Age
	Line  *string
}

// Age is how long ago something was.
type Age struct {
	Never   bool // it never was, or is gone
	Minutes int
}

// glimpse is what is ticked, of the present minute's beginning: whoever asks again
// and again learns no finer moment than who asks once a minute.
func (s *Service) glimpse(ctx context.Context, tx Tx, of Setup) (Glimpse, error) {
	g := Glimpse{People: of.Teaser.People}
	if of.Teaser.Line {
		g.Line = &of.Teaser.Words
	}
	if of.Teaser.Reply {
		minute := s.now().Truncate(time.Minute)
		last, err := tx.LastMessage(ctx, room.Address{Channel: of.Channel, Audience: room.Space}, minute)
		if err != nil {
			return g, err
		}
		g.Reply = &Age{Never: last.IsZero()}
		if !last.IsZero() {
			g.Reply.Minutes = int(minute.Sub(last) / time.Minute)
		}
	}
	return g, nil
}

// Roughly rounds a number of people down to one of 0, 5, 10, 20, 50, 100, 200 and so
// on: one person more or less is hardly ever seen from outside.
func Roughly(people int) int {
	rough := 0
	for step, by := 5, 0; step <= people; by++ {
		rough = step
		if by%3 == 2 { // from 20 to 50, from 200 to 500
			step = step / 2 * 5
		} else {
			step *= 2
		}
	}
	return rough
}

func (t *Teaser) apply(ch SetupChange) error {
	if ch.Line != nil {
		words, ok := text.Line(*ch.Line)
		if !ok || utf8.RuneCountInString(words) > lineMax {
			return errLine()
		}
		t.Words = words
	}
	set(&t.People, ch.TellPeople)
	set(&t.Reply, ch.TellReply)
	set(&t.Line, ch.TellLine)
	if t.Line && t.Words == "" {
		return errLine()
	}
	return nil
}

func errLine() *fault.Fault {
	return fault.New(fault.Invalid, "teaser_line_invalid", "The line for those outside has 1 to %d printable characters.", lineMax)
}
