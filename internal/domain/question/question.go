// Package question is the answer queue and what goes on air.
//
// Owns: questions, their order, the one that is on air. Promises: only what was
// sent as a question can go on air; on air, its text and the name its asker
// chose are copied into the public log and nothing else crosses; at most one
// question of a channel is on air; the state survives a restart; a question that
// staff remove leaves no words behind. Does not do: drawing it over a picture.
package question

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
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

// Question is what a subscriber asked to be answered in front of everybody.
type Question struct {
	ID         ident.Question
	Channel    ident.Channel
	Asker      ident.Account
	AskerName  string // the account's name; for staff and the asker only
	Shown      string // the name shown to everybody; empty: 'a subscriber'
	Text       string
	State      State
	AskedAt    time.Time
	AiredAt    time.Time
	AnsweredAt time.Time
}

// Tx is what the queue needs inside one transaction.
type Tx interface {
	room.Appender
	access.Tx
	Names(ctx context.Context, accounts []ident.Account) (map[ident.Account]string, error)
	// Terms returns a channel's blocked terms.
	Terms(ctx context.Context, channel ident.Channel) ([]string, error)
	// InsertQuestion reports false when the asker used the key before.
	InsertQuestion(ctx context.Context, q Question, key string) (bool, error)
	QuestionByKey(ctx context.Context, channel ident.Channel, asker ident.Account, key string) (Question, error)
	QuestionByID(ctx context.Context, channel ident.Channel, id ident.Question) (Question, bool, error)
	// Questions returns those in the states, oldest first, at most limit.
	Questions(ctx context.Context, channel ident.Channel, states []State, limit int) ([]Question, error)
	// SetQuestion writes state, times and words.
	SetQuestion(ctx context.Context, q Question) error
	// QuestionEvents returns the sequences at an address that hold the words of q.
	QuestionEvents(ctx context.Context, at room.Address, q Question) ([]int64, error)
	Entomb(ctx context.Context, at room.Address, seqs []int64, tomb event.MessageTombstone) error
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
}

// NewService returns the service.
func NewService(store Store, ids *ident.Source, now func() time.Time, pace Pacer, rules Rules) *Service {
	return &Service{store, ids, now, pace, rules}
}

// The bounds of the queue.
const (
	listLimit    = 200
	waitingLimit = 1000
)

// Pace returns the limit that a Pacer for questions should hold.
func Pace() (tries int, every time.Duration) { return 3, 10 * time.Second }

// Ask is the wish to put a question into the queue.
type Ask struct {
	Channel   ident.Channel
	Asker     ident.Account
	Key       string
	Text      string
	Anonymous bool // shown as 'a subscriber'
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
	if err := s.pace.Take(string(a.Asker) + "\x00" + string(a.Channel)); err != nil {
		if f := fault.Of(err); f != nil {
			err = fault.New(fault.Limited, "slow_down", "You are asking too fast. Please wait a moment.").After(f.RetryAfter)
		}
		return Question{}, err
	}
	q := Question{
		ID: ident.Make[ident.Question](s.ids), Channel: a.Channel, Asker: a.Asker,
		Text: text, State: Waiting, AskedAt: s.now(),
	}
	err = s.store.Update(ctx, func(tx Tx) (err error) {
		q, err = s.ask(ctx, tx, a, q)
		return err
	})
	return q, err
}

func (s *Service) ask(ctx context.Context, tx Tx, a Ask, q Question) (Question, error) {
	facts, err := s.allowed(ctx, tx, a.Asker, a.Channel, access.AskQuestion)
	if err != nil {
		return q, err
	}
	names, err := tx.Names(ctx, []ident.Account{a.Asker})
	if err != nil {
		return q, err
	}
	q.AskerName = names[a.Asker]
	if !a.Anonymous {
		q.Shown = q.AskerName
	}
	waiting, err := tx.Questions(ctx, a.Channel, []State{Waiting}, waitingLimit)
	if err != nil {
		return q, err
	}
	if len(waiting) >= waitingLimit {
		return q, fault.New(fault.Limited, "queue_full", "The queue is full. Please ask again later.")
	}
	fresh, err := tx.InsertQuestion(ctx, q, a.Key)
	if err != nil {
		return q, err
	}
	if !fresh {
		return tx.QuestionByKey(ctx, a.Channel, a.Asker, a.Key)
	}
	if err := s.blocked(ctx, tx, facts, q.Text); err != nil {
		return q, err
	}
	asked := event.QuestionAsked{Question: q.ID, Name: q.Shown, Text: q.Text}
	if !a.Anonymous {
		author := s.rules.Author(facts, q.AskerName, s.now())
		asked.Author = &author
	}
	_, err = tx.Append(ctx, room.Entry{Address: space(a.Channel), Author: a.Asker, Payload: asked})
	return q, err
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

// List returns the questions in the given states, oldest first, for those inside.
func (s *Service) List(ctx context.Context, by ident.Account, channel ident.Channel, states []State) ([]Question, access.Facts, error) {
	var qs []Question
	var facts access.Facts
	err := s.store.View(ctx, func(tx Tx) (err error) {
		if facts, err = s.allowed(ctx, tx, by, channel, access.ReadSpace); err != nil {
			return err
		}
		qs, err = tx.Questions(ctx, channel, states, listLimit)
		return err
	})
	return qs, facts, err
}

// Current returns the question on air, for everybody; false when there is none.
func (s *Service) Current(ctx context.Context, channel ident.Channel) (Question, bool, error) {
	var qs []Question
	err := s.store.View(ctx, func(tx Tx) (err error) {
		qs, err = tx.Questions(ctx, channel, []State{OnAir}, 1)
		return err
	})
	if err != nil || len(qs) == 0 {
		return Question{}, false, err
	}
	return qs[0], true, nil
}

func (s *Service) allowed(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel, act access.Action) (access.Facts, error) {
	return access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, act, s.now())
}

func space(id ident.Channel) room.Address { return room.Address{Channel: id, Audience: room.Space} }

func public(id ident.Channel) room.Address { return room.Address{Channel: id, Audience: room.Public} }
