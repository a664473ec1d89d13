package chat

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/batch"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Emoji is the short name of one of the few that a message is reacted to with.
type Emoji string

// Emojis are all there are, in the order in which they are offered.
func Emojis() []Emoji { return []Emoji{"heart", "laugh", "fire", "clap", "wow", "sad"} }

// Counts is how many people reacted to a message with each emoji; none is absent.
type Counts map[Emoji]int

// React is the wish to have a reaction stand at a message or, with On false, not.
type React struct {
	Place
	By    ident.Account
	Emoji Emoji
	On    bool

	scope access.Scope // it is done within; Reactions.React fills it in
}

// Reacted is how a message stands with everybody, and what of it is one's own.
type Reacted struct {
	Seq    int64
	Counts Counts
	Mine   []Emoji // in the order of Emojis
}

// Reaction is one that stands.
type Reaction struct {
	Place
	Emoji Emoji
	By    ident.Account
}

// ReactionTx is what reactions need inside one transaction, asked for sets.
type ReactionTx interface {
	access.Tx
	ThreadTx
	EventsAt(ctx context.Context, places []Place) (map[Place]Stored, error)
	// Standing returns which of the reactions stand.
	Standing(ctx context.Context, asked []Reaction) (map[Reaction]bool, error)
	// PutReactions adds some that do not stand and takes away some that do.
	PutReactions(ctx context.Context, add, drop []Reaction, at time.Time) error
	// ReactionTotals counts, also those of nobody.
	ReactionTotals(ctx context.Context, places []Place) (map[Place]Counts, error)
	// ReactionsIn returns what stands at the messages of a stretch of a log, both
	// ends included, in ascending order, with what of it is the account's.
	ReactionsIn(ctx context.Context, at room.Address, by ident.Account, from, to int64) ([]Reacted, error)
}

// ReactionStore runs transactions. f may run more than once.
type ReactionStore interface {
	Update(ctx context.Context, f func(ReactionTx) error) error
	View(ctx context.Context, f func(ReactionTx) error) error
}

// Reactions is what people do to messages without words. Whoever writes into a
// room reacts in it, in an update thread everybody who reads it. No event says so:
// rows are kept, those that arrive while the previous commit runs together, and
// rooms are sent totals.
type Reactions struct {
	store  ReactionStore
	now    func() time.Time
	pace   Pacer
	moved  func(Place)
	writer *batch.Writer[*reacting]
}

type reacting struct {
	React
	answer  Reacted
	changed bool
	err     error
}

// ReactionPace is how fast one person reacts in one channel.
func ReactionPace() (atOnce int, every time.Duration) { return 20, 500 * time.Millisecond }

// NewReactions returns the service; Run must be running for React to answer. moved
// hears, after the commit, at which messages something changed; it must not block.
func NewReactions(store ReactionStore, now func() time.Time, pace Pacer, moved func(Place)) *Reactions {
	r := &Reactions{store: store, now: now, pace: pace, moved: moved}
	r.writer = batch.NewWriter(func(ctx context.Context, jobs []*reacting) error {
		return store.Update(ctx, func(tx ReactionTx) error { return r.write(ctx, tx, jobs) })
	})
	return r
}

// Run writes what React queues until ctx ends; then it refuses what still waits.
func (r *Reactions) Run(ctx context.Context) error { return r.writer.Run(ctx) }

// React has a reaction stand, or not, and returns after the commit. Doing so again
// changes nothing. Refusals: emoji_missing, slow_down, chat_busy, message_missing,
// thread_missing, thread_closed, and whatever the gate says.
func (r *Reactions) React(ctx context.Context, w React) (Reacted, error) {
	if !slices.Contains(Emojis(), w.Emoji) {
		return Reacted{}, fault.New(fault.Missing, "emoji_missing", "There is no such emoji to react with.")
	}
	if w.By == "" {
		return Reacted{}, access.Decision{Reason: "sign_in"}.Fault(r.now())
	}
	if err := r.pace.Take(string(w.By) + "\x00" + string(w.Channel)); err != nil {
		return Reacted{}, slowDown(err)
	}
	w.scope = access.ScopeOf(ctx)
	job := &reacting{React: w}
	err := r.writer.Do(ctx, job)
	if errors.Is(err, batch.ErrFull) {
		err = errBusy()
	}
	if err != nil {
		return Reacted{}, err
	}
	if job.err == nil && job.changed {
		r.moved(w.Place)
	}
	return job.answer, job.err
}

// In returns what stands at the messages of a stretch of a log, both ends included,
// for somebody who may read it: who asks has asked the gate.
func (r *Reactions) In(ctx context.Context, at room.Address, by ident.Account, from, to int64) (out []Reacted, err error) {
	err = r.store.View(ctx, func(tx ReactionTx) error {
		out, err = tx.ReactionsIn(ctx, at, by, from, to)
		return err
	})
	return out, err
}

// Totals counts what stands at messages.
func (r *Reactions) Totals(ctx context.Context, places []Place) (totals map[Place]Counts, err error) {
	err = r.store.View(ctx, func(tx ReactionTx) error {
		totals, err = tx.ReactionTotals(ctx, places)
		return err
	})
	return totals, err
}

// write decides and writes many in one transaction. A refusal is kept in its job.
func (r *Reactions) write(ctx context.Context, tx ReactionTx, jobs []*reacting) error {
	allowed, err := r.allowed(ctx, tx, jobs)
	if err != nil || len(allowed) == 0 {
		return err
	}
	var asked []Reaction
	var places []Place
	for _, j := range allowed {
		places = append(places, j.Place)
		for _, e := range Emojis() {
			asked = append(asked, Reaction{j.Place, e, j.By})
		}
	}
	before, err := tx.Standing(ctx, asked)
	if err != nil {
		return err
	}
	after := maps.Clone(before)
	for _, j := range allowed {
		key := Reaction{j.Place, j.Emoji, j.By}
		j.changed = after[key] != j.On
		after[key] = j.On
		for _, e := range Emojis() {
			if after[Reaction{j.Place, e, j.By}] {
				j.answer.Mine = append(j.answer.Mine, e)
			}
		}
	}
	var add, drop []Reaction
	for key, on := range after {
		switch {
		case on && !before[key]:
			add = append(add, key)
		case !on && before[key]:
			drop = append(drop, key)
		}
	}
	if err := tx.PutReactions(ctx, add, drop, r.now()); err != nil {
		return err
	}
	totals, err := tx.ReactionTotals(ctx, places)
	for _, j := range allowed {
		j.answer.Seq, j.answer.Counts = j.Seq, totals[j.Place]
	}
	return err
}

// allowed decides all jobs and returns those that go on, in their order.
func (r *Reactions) allowed(ctx context.Context, tx ReactionTx, jobs []*reacting) (out []*reacting, err error) {
	var channels []ident.Channel
	var subjects []access.Subject
	var threads []room.Address
	var places []Place
	for _, j := range jobs {
		j.answer, j.changed, j.err = Reacted{}, false, nil
		channels, places = append(channels, j.Channel), append(places, j.Place)
		subjects = append(subjects, access.Subject{Account: j.By, Channel: j.Channel})
		if j.Thread != "" {
			threads = append(threads, j.Address)
		}
	}
	if err = tx.LockLogs(ctx, channels...); err != nil {
		return nil, err
	}
	k := known{}
	if k.threads, err = tx.LockThreads(ctx, threads); err != nil {
		return nil, err
	}
	if k.facts, err = tx.Facts(ctx, subjects); err != nil {
		return nil, err
	}
	if k.replied, err = tx.EventsAt(ctx, places); err != nil {
		return nil, err
	}
	for _, j := range jobs {
		if j.err = r.mayReact(j.React, k); j.err == nil {
			out = append(out, j)
		}
	}
	return out, nil
}

// mayReact asks the gate first: a stranger learns nothing of which messages there are.
func (r *Reactions) mayReact(w React, k known) error {
	facts, ok := k.facts[access.Subject{Account: w.By, Channel: w.Channel}]
	if !ok {
		return fault.New(fault.Missing, "channel_missing", "There is no such channel.")
	}
	facts = facts.Within(w.scope)
	act, err := reacts(w.Audience)
	if err != nil {
		return err
	}
	if f := access.Decide(facts, act, r.now()).Fault(r.now()); f != nil {
		return f
	}
	if w.Audience == room.ThreadRoom {
		t, ok := k.threads[w.Thread]
		if !ok || t.Channel != w.Channel || !access.Decide(facts.From(t.Level), act, r.now()).Allowed {
			return room.ThreadMissing()
		}
		if err := open(t, facts); err != nil {
			return err
		}
	}
	return posted(k.replied[w.Place])
}

// reacts is what reacting in a room needs.
func reacts(a room.Audience) (access.Action, error) {
	switch a {
	case room.Public:
		return access.ReactPublic, nil
	case room.Space, room.ThreadRoom:
		return access.ReactSpace, nil
	}
	return "", fault.New(fault.Missing, "room_missing", "There is no such room to write in.")
}

// posted is nil for a message that is still there.
func posted(s Stored) error {
	if env, err := event.Decode(s.Event.Bytes); err == nil {
		if _, is := event.As[event.MessagePosted](env); is {
			return nil
		}
	}
	return messageMissing()
}

func messageMissing() *fault.Fault {
	return fault.New(fault.Missing, "message_missing", "There is no such message.")
}

func errBusy() *fault.Fault {
	return fault.New(fault.Unavailable, "chat_busy", "Too much is being written right now. Please try again.").After(time.Second)
}
