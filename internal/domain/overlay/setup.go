package overlay

import (
	"context"
	"strconv"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// Theme is how the plates are coloured.
type Theme string

// Size is how large the plates are.
type Size string

// Place is where on the picture a plate stands.
type Place string

// Themes returns all there are, the first one's first.
func Themes() []Theme { return []Theme{"dark", "light", "contrast"} }

// Sizes returns all there are.
func Sizes() []Size { return []Size{"small", "medium", "large"} }

// Places returns all there are: corners and the middle of two edges, never the
// middle of the picture.
func Places() []Place {
	return []Place{"top_left", "top", "top_right", "bottom_left", "bottom", "bottom_right"}
}

// Setup is how a creator has set the overlay up: out of closed sets, but for the
// words of the goal. All of it is everybody's to see.
type Setup struct {
	Theme Theme
	Size  Size
	// Where each plate stands; several at one place stand above each other.
	Question Place
	Poll     Place
	Goal     Place
	Alerts   Place
	// The goal: how many people shall hold a right, and the creator's words for it.
	GoalOn    bool
	GoalOf    int
	GoalWords string // empty: the page says "Subscribers" in its language
	// Gifts shows what the public room is told of gifts.
	Gifts bool
	// Subscriptions shows that somebody subscribed. Nobody is told who, nor anything
	// else of it: only the creator's own wish makes the moment public.
	Subscriptions bool
}

// The bounds of a goal.
const (
	goalMax  = 1_000_000
	wordsMax = 40
)

// First is the set-up of who never set anything.
func First() Setup {
	return Setup{
		Theme: "dark", Size: "medium", Question: "bottom_left", Poll: "bottom_right", Goal: "top_right", Alerts: "top_left",
		GoalOf: 100, Gifts: true,
	}
}

// Setup returns all of the set-up. Only the creator may ask.
func (s *Service) Setup(ctx context.Context, by ident.Account, channel ident.Channel) (out Setup, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		if _, err := s.owner(ctx, tx, by, channel); err != nil {
			return err
		}
		out, err = setupIn(ctx, tx, channel)
		return err
	})
	return out, err
}

// Change is what the creator may set. Nil leaves as it is.
type Change struct {
	Theme                        *Theme
	Size                         *Size
	Question, Poll, Goal, Alerts *Place
	GoalOn                       *bool
	GoalOf                       *int
	GoalWords                    *string
	Gifts, Subscriptions         *bool
}

// Change sets what is given and tells open overlays. Only the creator may.
// Refusals: overlay_choice_invalid, goal_invalid, goal_words_invalid, and those of
// the gate.
func (s *Service) Change(ctx context.Context, by ident.Account, channel ident.Channel, ch Change) (out Setup, err error) {
	err = s.store.Update(ctx, func(tx Tx) error {
		owner, err := s.owner(ctx, tx, by, channel)
		if err != nil {
			return err
		}
		was, err := setupIn(ctx, tx, channel)
		if err != nil {
			return err
		}
		if out, err = ch.apply(was); err != nil || out == was {
			return err
		}
		if err := tx.PutOverlaySetup(ctx, channel, out); err != nil {
			return err
		}
		if err := tx.Record(ctx, audit.By(owner, audit.OverlayChanged, s.now()).Changing(was.state(), out.state())); err != nil {
			return err
		}
		_, err = tx.Append(ctx, business(channel, event.OverlayChanged{By: by}))
		return err
	})
	return out, err
}

func setupIn(ctx context.Context, tx Tx, channel ident.Channel) (Setup, error) {
	set, err := tx.OverlaySetups(ctx, []ident.Channel{channel})
	if s, ok := set[channel]; ok {
		return s, err
	}
	return First(), err
}

func (ch Change) apply(s Setup) (Setup, error) {
	known := pick(&s.Theme, ch.Theme, Themes()) && pick(&s.Size, ch.Size, Sizes())
	for _, p := range []struct{ to, from *Place }{{&s.Question, ch.Question}, {&s.Poll, ch.Poll}, {&s.Goal, ch.Goal}, {&s.Alerts, ch.Alerts}} {
		known = known && pick(p.to, p.from, Places())
	}
	if !known {
		return s, fault.New(fault.Invalid, "overlay_choice_invalid", "Choose one of the themes, sizes and places there are.")
	}
	if ch.GoalOf != nil {
		if *ch.GoalOf < 1 || *ch.GoalOf > goalMax {
			return s, fault.New(fault.Invalid, "goal_invalid", "A goal is a whole number from 1 to %d.", goalMax)
		}
		s.GoalOf = *ch.GoalOf
	}
	if ch.GoalWords != nil {
		words, ok := text.Line(*ch.GoalWords)
		if !ok || utf8.RuneCountInString(words) > wordsMax {
			return s, fault.New(fault.Invalid, "goal_words_invalid", "The words of a goal have at most %d printable characters.", wordsMax)
		}
		s.GoalWords = words
	}
	set(&s.GoalOn, ch.GoalOn)
	set(&s.Gifts, ch.Gifts)
	set(&s.Subscriptions, ch.Subscriptions)
	return s, nil
}

// pick sets one of a closed set, or reports false.
func pick[T comparable](to, from *T, of []T) bool {
	if from == nil {
		return true
	}
	for _, one := range of {
		if one == *from {
			*to = one
			return true
		}
	}
	return false
}

func set(to, from *bool) {
	if from != nil {
		*to = *from
	}
}

// state is the set-up as the audit log has it.
func (s Setup) state() audit.State {
	return audit.State{
		"theme": string(s.Theme), "size": string(s.Size),
		"question": string(s.Question), "poll": string(s.Poll), "goal": string(s.Goal), "alerts": string(s.Alerts),
		"goal_on": strconv.FormatBool(s.GoalOn), "goal_of": strconv.Itoa(s.GoalOf), "goal_words": s.GoalWords,
		"gifts": strconv.FormatBool(s.Gifts), "subscriptions": strconv.FormatBool(s.Subscriptions),
	}
}
