// Package question is the answer queue and what goes on air.
//
// Owns: questions, votes, the rule of their order, the one that is on air, answers,
// how attention was shared. Promises: only what was sent as a question can go on
// air; on air, its text and the name its asker chose are copied into the public
// log and nothing else crosses, and nothing at all of one whose answer is for
// subscribers only; at most one question of a channel is on air; a person has one
// vote in a question; the state survives a restart and the end of a live; a
// question that staff remove leaves no words behind. Does not do: drawing it over
// a picture.
package question

import (
	"context"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// State is where a question stands.
type State string

// The states of a question.
const (
	Waiting  State = "waiting"
	OnAir    State = "on_air"
	Answered State = "answered"
	Skipped  State = "skipped"
)

// Question is what somebody asked to be answered in front of others.
type Question struct {
	ID        ident.Question
	Channel   ident.Channel
	Room      room.Audience // where it was asked, and its votes are counted
	Audience  room.Audience // who may have the answer
	Asker     ident.Account
	AskerName string // the account's name; for staff and the asker only
	Shown     string // the name shown to everybody; empty: 'a subscriber', 'a viewer'
	Text      string
	State     State
	First     bool           // nobody had answered its asker here, and they asked nothing else
	Place     int            // where the creator put it, from 1 on; 0: where the rule puts it
	Votes     int            //
	Voted     bool           // by whom it was read for
	Origin    Broadcast      // that was open when it was asked; its zero value: none
	Merged    ident.Question // that has its votes, when it was merged; empty otherwise

	AskedAt    time.Time
	AiredAt    time.Time
	AnsweredAt time.Time
	Aired      Moment // when it last went on air
	Answered   Moment
	Reply      Reply

	ConsentedAt time.Time // since when its asker allows that everybody reads it; zero: not
	PublishedAt time.Time // since when everybody may read it, by that consent; zero: not

	Stands time.Time // set by Order
}

// Moment is a place in a broadcast. Its zero value: outside of any.
type Moment struct {
	Broadcast ident.Broadcast
	Offset    time.Duration // since the broadcast began
}

// Broadcast is what the queue knows of one.
type Broadcast struct {
	ID             ident.Broadcast
	Title          string
	Started, Ended time.Time // Ended is zero while it is open
}

// at returns the moment of a broadcast that now is.
func (b Broadcast) at(now time.Time) Moment {
	if b.ID == "" {
		return Moment{}
	}
	return Moment{b.ID, max(0, now.Sub(b.Started))}
}

// Reply is an answer in text. Its zero value: there is none.
type Reply struct {
	Text string
	By   ident.Account
	Name string
}

// CarriedOver reports whether the question has outlasted the live it was asked in.
func (q Question) CarriedOver() bool {
	return !q.Origin.Ended.IsZero() && (q.State == Waiting || q.State == OnAir)
}

// Home is the log of the room that the question was asked in.
func (q Question) Home() room.Address { return Address(q.Channel, q.Room) }

// Private reports whether nothing of the question may leave the Sub Space.
func (q Question) Private() bool { return q.Audience == room.Space }

// Query selects questions.
type Query struct {
	Channel ident.Channel
	By      ident.Account // whose votes Voted is about
	States  []State
	// Open leaves out what not everybody may read: what was asked inside and neither
	// was on air for everybody nor published.
	Open bool
	// AiredIn selects what was last on air in one broadcast; empty: in any, or none.
	AiredIn ident.Broadcast
	Limit   int // the oldest; of those whose time is over, the newest
}

// over reports whether none of the states is one in which a question waits.
func (q Query) over() bool {
	return !slices.Contains(q.States, Waiting) && !slices.Contains(q.States, OnAir)
}

// Tx is what the queue needs inside one transaction.
type Tx interface {
	room.Appender
	access.Tx
	audit.Recorder
	Names(ctx context.Context, accounts []ident.Account) (map[ident.Account]string, error)
	// Terms returns a channel's blocked terms.
	Terms(ctx context.Context, channel ident.Channel) ([]string, error)
	// InsertQuestion reports false when the asker used the key before.
	InsertQuestion(ctx context.Context, q Question, key string) (bool, error)
	QuestionByKey(ctx context.Context, channel ident.Channel, asker ident.Account, key string) (Question, error)
	QuestionByID(ctx context.Context, channel ident.Channel, id ident.Question, by ident.Account) (Question, bool, error)
	// Questions returns the oldest that a query selects, oldest first; with newest
	// those whose time ended last, the last first.
	Questions(ctx context.Context, q Query, newest bool) ([]Question, error)
	// CountWaiting counts those that wait in a room.
	CountWaiting(ctx context.Context, at room.Address) (int, error)
	// CountWaitingBy counts those of one person.
	CountWaitingBy(ctx context.Context, at room.Address, asker ident.Account) (int, error)
	// NewToQueue reports whether those who may read q see no other question of its
	// asker that was answered or waits. Of who does not show a name it says nothing.
	NewToQueue(ctx context.Context, q Question) (bool, error)
	// SetQuestion writes state, times, moments, words, the answer, what it was merged
	// into, consent and publication.
	SetQuestion(ctx context.Context, q Question) error
	// QuestionEvents returns the sequences at an address that hold the words of q
	// or of its answer.
	QuestionEvents(ctx context.Context, at room.Address, q Question) ([]int64, error)
	Entomb(ctx context.Context, at room.Address, seqs []int64, tomb event.MessageTombstone) error
	// BroadcastNow returns the one that is open.
	BroadcastNow(ctx context.Context, channel ident.Channel) (Broadcast, bool, error)

	// SetVote reports whether anything changed.
	SetVote(ctx context.Context, q ident.Question, by ident.Account, on bool) (bool, error)
	// MoveVotes gives the voters of one question their vote in another, but not its asker.
	MoveVotes(ctx context.Context, from, to ident.Question) error
	// MoveMerged has what was merged into one question stand for another.
	MoveMerged(ctx context.Context, from, to ident.Question) error
	VoteTotals(ctx context.Context, ids []ident.Question) (map[ident.Question]int, error)
	// SetPlaces places the questions of a channel in order, and no others.
	SetPlaces(ctx context.Context, channel ident.Channel, first []ident.Question) error
	// BeginAiring and EndAiring keep how long a question was on air.
	BeginAiring(ctx context.Context, q ident.Question, in ident.Broadcast, at time.Time) error
	EndAiring(ctx context.Context, q ident.Question, at time.Time) error

	AnsweredUntold(ctx context.Context, channel ident.Channel, asker ident.Account) ([]Question, error)
	// SetTold notes that the asker knows of the answer.
	SetTold(ctx context.Context, channel ident.Channel, asker ident.Account, id ident.Question) error
	// AskersOf returns who asked a question, and those who asked what was merged into it.
	AskersOf(ctx context.Context, id ident.Question) ([]ident.Account, error)
	AttentionTx
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Pacer says whether somebody may ask now. A refusal is its error.
type Pacer interface{ Take(key string) error }

// Service is the queue.
type Service struct {
	store Store
	ids   *ident.Source
	now   func() time.Time
	pace  Pacer
	rules Rules
}

// Rules are what questions share with messages; package chat fulfils them.
type Rules struct {
	CleanText func(string) (string, error)
	CleanKey  func(string) error
	Author    func(f access.Facts, name string, now time.Time) event.Author
	// Blocked refuses words that hold one of the channel's blocked terms; nil: none are.
	Blocked func(f access.Facts, terms []string, words string) error

	// VotePace says whether somebody may vote now; nil: always.
	VotePace Pacer
	// Voted hears, after the commit, that a question's votes in a room are others,
	// Answered that somebody's question was answered, and Consented that an asker
	// allows that everybody reads theirs, or no longer. nil: nobody hears.
	Voted     func(room.Address, ident.Question)
	Answered  func(asker ident.Account, in ident.Channel)
	Consented func(ctx context.Context, in ident.Channel)
}

// NewService returns the service.
func NewService(store Store, ids *ident.Source, now func() time.Time, pace Pacer, rules Rules) *Service {
	return &Service{store, ids, now, pace, rules}
}

// The bounds of the queue.
const (
	listLimit    = 200
	waitingLimit = 1000 // in each room
	waitingOfOne = 20   // likewise, of one person
)

// Pace returns the limit that a Pacer for questions should hold.
func Pace() (tries int, every time.Duration) { return 3, 10 * time.Second }

// VotePace returns the limit that a Pacer for votes should hold.
func VotePace() (tries int, every time.Duration) { return 30, time.Second }

// Ask is the wish to put a question into the queue.
type Ask struct {
	Channel   ident.Channel
	Asker     ident.Account
	Key       string
	Text      string
	Anonymous bool // shown as 'a subscriber'; in public everybody has a name

	// Room is where it is asked; empty: in the Sub Space. Inside, Private asks for
	// an answer that only subscribers get.
	Room    room.Audience
	Private bool
}

// question returns what is asked.
func (a Ask) question(id ident.Question, text string, now time.Time) Question {
	q := Question{
		ID: id, Channel: a.Channel, Room: room.Space, Audience: room.Public, Asker: a.Asker,
		Text: text, State: Waiting, AskedAt: now,
	}
	switch {
	case a.Room == room.Public:
		q.Room = room.Public
	case a.Private:
		q.Audience = room.Space
	}
	return q
}

// Ask puts a question into the queue. The same key asks once.
func (s *Service) Ask(ctx context.Context, a Ask) (Question, error) {
	text, err := s.rules.CleanText(a.Text)
	if err != nil {
		return Question{}, err
	}
	if err := s.rules.CleanKey(a.Key); err != nil {
		return Question{}, err
	}
	if err := slowly(s.pace.Take(string(a.Asker)+"\x00"+string(a.Channel)), "You are asking too fast. Please wait a moment."); err != nil {
		return Question{}, err
	}
	q := a.question(ident.Make[ident.Question](s.ids), text, s.now())
	err = s.store.Update(ctx, func(tx Tx) (err error) {
		q, err = s.ask(ctx, tx, a, q)
		return err
	})
	return q, err
}

// slowly says what was done too fast.
func slowly(err error, words string) error {
	if f := fault.Of(err); f != nil {
		return fault.New(fault.Limited, "slow_down", "%s", words).After(f.RetryAfter)
	}
	return err
}

func (s *Service) ask(ctx context.Context, tx Tx, a Ask, q Question) (Question, error) {
	act := access.AskQuestion
	if q.Room == room.Public {
		act = access.AskPublic
	}
	facts, err := s.allowed(ctx, tx, a.Asker, a.Channel, act)
	if err != nil {
		return q, err
	}
	names, err := tx.Names(ctx, []ident.Account{a.Asker})
	if err != nil {
		return q, err
	}
	q.AskerName = names[a.Asker]
	if !a.Anonymous || q.Room == room.Public {
		q.Shown = q.AskerName
	}
	fresh, err := s.insert(ctx, tx, &q, a.Key)
	if err != nil {
		return q, err
	}
	if !fresh {
		return s.repeated(ctx, tx, a, facts, q.Origin)
	}
	if err := s.blocked(ctx, tx, facts, q.Text); err != nil {
		return q, err
	}
	asked := event.QuestionAsked{Question: q.ID, Name: q.Shown, Text: q.Text, Audience: string(q.Audience), First: q.First}
	if q.Shown != "" {
		author := s.rules.Author(facts, q.AskerName, s.now())
		asked.Author = &author
	}
	_, err = tx.Append(ctx, room.Entry{Address: q.Home(), Author: a.Asker, Payload: asked})
	return q, err
}

// repeated returns what was asked with the same key, to somebody who may still read
// the room that it stands in.
func (s *Service) repeated(ctx context.Context, tx Tx, a Ask, facts access.Facts, live Broadcast) (Question, error) {
	q, err := tx.QuestionByKey(ctx, a.Channel, a.Asker, a.Key)
	if err != nil {
		return Question{}, err
	}
	if f := access.Decide(facts, access.Reading(q.Room), s.now()).Fault(s.now()); f != nil {
		return Question{}, f
	}
	q.Stands = standing(q, live.Started)
	return q, nil
}

// blocked refuses words that are not written in the channel.
func (s *Service) blocked(ctx context.Context, tx Tx, facts access.Facts, words string) error {
	if facts.Terms == 0 || s.rules.Blocked == nil {
		return nil
	}
	terms, err := tx.Terms(ctx, facts.Channel)
	if err != nil {
		return err
	}
	return s.rules.Blocked(facts, terms, words)
}

// insert puts a question into the queue if there is room for it. It reports false
// when its key was used.
func (s *Service) insert(ctx context.Context, tx Tx, q *Question, key string) (bool, error) {
	waiting, err := tx.CountWaiting(ctx, q.Home())
	if err != nil {
		return false, err
	}
	if waiting >= waitingLimit {
		return false, fault.New(fault.Limited, "queue_full", "The queue is full. Please ask again later.")
	}
	mine, err := tx.CountWaitingBy(ctx, q.Home(), q.Asker)
	if err != nil {
		return false, err
	}
	if mine >= waitingOfOne {
		return false, fault.New(fault.Limited, "questions_waiting", "%d questions of yours wait already. Ask again when some were answered.", waitingOfOne)
	}
	if q.First, err = tx.NewToQueue(ctx, *q); err != nil {
		return false, err
	}
	if q.Origin, _, err = tx.BroadcastNow(ctx, q.Channel); err != nil {
		return false, err
	}
	q.Stands = standing(*q, q.Origin.Started)
	return tx.InsertQuestion(ctx, *q, key)
}

// List returns the questions in the given states in the order of the queue, for
// those inside.
func (s *Service) List(ctx context.Context, by ident.Account, channel ident.Channel, states []State) ([]Question, access.Facts, error) {
	return s.list(ctx, access.ReadSpace, Query{Channel: channel, By: by, States: states, Limit: 2 * waitingLimit})
}

// OpenList is List of what everybody may read: questions that were asked in public,
// and those from inside that have been on air for everybody.
func (s *Service) OpenList(ctx context.Context, by ident.Account, channel ident.Channel, states []State) ([]Question, access.Facts, error) {
	return s.list(ctx, access.ReadPublic, Query{Channel: channel, By: by, States: states, Open: true, Limit: waitingLimit})
}

// AiredIn returns what was last on air in a broadcast, as far as the person may read it,
// in the order of their airing, and whether they read what was asked inside.
func (s *Service) AiredIn(ctx context.Context, by ident.Account, channel ident.Channel, in ident.Broadcast) (qs []Question, inside bool, err error) {
	query := Query{Channel: channel, By: by, States: []State{OnAir, Answered}, AiredIn: in, Limit: listLimit}
	err = s.store.View(ctx, func(tx Tx) error {
		facts, err := access.AllowUnlocked(ctx, tx, access.Subject{Account: by, Channel: channel}, access.ReadPublic, s.now())
		if err != nil {
			return err
		}
		inside = access.Decide(facts, access.ReadSpace, s.now()).Allowed
		query.Open = !inside
		qs, err = tx.Questions(ctx, query, false)
		slices.SortStableFunc(qs, func(a, b Question) int { return a.AiredAt.Compare(b.AiredAt) })
		return err
	})
	return qs, inside, err
}

func (s *Service) list(ctx context.Context, act access.Action, query Query) (qs []Question, facts access.Facts, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		if facts, err = s.allowed(ctx, tx, query.By, query.Channel, act); err != nil {
			return err
		}
		qs, err = queue(ctx, tx, query)
		return err
	})
	return qs[:min(len(qs), listLimit)], facts, err
}

// queue returns the questions that a query selects, in order.
func queue(ctx context.Context, tx Tx, query Query) ([]Question, error) {
	qs, err := tx.Questions(ctx, query, query.over())
	if err != nil || query.over() {
		return qs, err
	}
	live, _, err := tx.BroadcastNow(ctx, query.Channel)
	if err != nil {
		return nil, err
	}
	Order(qs, live.Started)
	return qs, nil
}

// Current returns the question on air as the public may know it; inside, also one
// that is on air for subscribers only. False when there is none.
func (s *Service) Current(ctx context.Context, channel ident.Channel, inside bool) (Question, bool, error) {
	var qs []Question
	err := s.store.View(ctx, func(tx Tx) (err error) {
		qs, err = tx.Questions(ctx, Query{Channel: channel, States: []State{OnAir}, Limit: 1}, false)
		return err
	})
	if err != nil || len(qs) == 0 || (qs[0].Private() && !inside) {
		return Question{}, false, err
	}
	return qs[0], true, nil
}

func (s *Service) allowed(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel, act access.Action) (access.Facts, error) {
	return access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, act, s.now())
}

// Address is the log of a room.
func Address(id ident.Channel, a room.Audience) room.Address {
	return room.Address{Channel: id, Audience: a}
}

func space(id ident.Channel) room.Address { return Address(id, room.Space) }
