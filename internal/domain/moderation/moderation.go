// Package moderation is what keeps rooms liveable: timeouts, bans, blocked terms.
//
// Owns: sanctions, who may impose them on whom, what they hide; the list of terms
// that a channel blocks; notes on people among staff. Promises: one
// sanction shuts every door of the channel (both chats, the Sub Space, the
// picture) on every node and hides the person's recent messages in both rooms;
// it commits together with the event that says who did it and why. Does not do:
// deciding at the doors (package access reads sanctions as blocks), looking for
// terms in what people write (packages chat and text).
package moderation

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Sanction shuts a person out of a channel.
type Sanction struct {
	Channel ident.Channel
	Account ident.Account
	Name    string // filled when read
	Kind    access.BlockKind
	At      time.Time
	Until   time.Time // zero: until lifted
	Reason  string
	By      ident.Account
	ByName  string // filled when read
}

// The bounds of a sanction.
const (
	timeoutMin = time.Second
	timeoutMax = 28 * 24 * time.Hour
	reasonMax  = 200
	// timeoutShort is the longest timeout that an assistant may impose and lift.
	timeoutShort = time.Hour
	// recent is how far back a sanction hides messages, and at most how many in each room.
	recent      = 24 * time.Hour
	recentLimit = 500
)

// Tx is what sanctions need inside one transaction.
type Tx interface {
	room.Appender
	access.Tx
	audit.Recorder
	TermsTx
	NotesTx
	Names(ctx context.Context, accounts []ident.Account) (map[ident.Account]string, error)
	PutSanction(ctx context.Context, s Sanction) error
	DropSanction(ctx context.Context, channel ident.Channel, account ident.Account) (bool, error)
	Sanctions(ctx context.Context, channel ident.Channel, now time.Time) ([]Sanction, error)
	// SanctionOf reports false when none stands on account.
	SanctionOf(ctx context.Context, channel ident.Channel, account ident.Account, now time.Time) (Sanction, bool, error)
	// RecentBy returns the sequences of what account wrote at an address.
	RecentBy(ctx context.Context, at room.Address, account ident.Account, kinds []event.Kind, since time.Time, limit int) ([]int64, error)
	// ThreadsWrittenIn returns the threads that account wrote into.
	ThreadsWrittenIn(ctx context.Context, channel ident.Channel, account ident.Account, since time.Time) ([]ident.Thread, error)
	// DropPinsBy takes what the account wrote away from above the chats of the
	// channel, threads among them, and returns where it stood.
	DropPinsBy(ctx context.Context, channel ident.Channel, account ident.Account) ([]Unpinned, error)
	Entomb(ctx context.Context, at room.Address, seqs []int64, tomb event.MessageTombstone) error
	// WithdrawQuestions takes the person's questions out of the queue and off the
	// air, and returns them. Of those and of all that were asked, on air or published
	// since, also where they are over, it keeps no words, nor of the person's answers:
	// a room's log keeps none of the same.
	WithdrawQuestions(ctx context.Context, channel ident.Channel, account ident.Account, since time.Time) ([]Withdrawn, error)
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Service imposes and lifts sanctions.
type Service struct {
	store Store
	ids   *ident.Source
	now   func() time.Time
}

// NewService returns the service.
func NewService(store Store, ids *ident.Source, now func() time.Time) *Service {
	return &Service{store, ids, now}
}

// Order is the wish to shut somebody out.
type Order struct {
	Channel ident.Channel
	Account ident.Account
	Kind    access.BlockKind
	For     time.Duration // of a timeout
	Reason  string
}

// Impose shuts a person out and hides what they wrote lately. A new sanction
// replaces the old one. Staff may, an assistant no more than a short timeout in
// place of one; nobody may sanction the creator, and only the creator a moderator.
func (s *Service) Impose(ctx context.Context, by ident.Account, o Order) (Sanction, error) {
	sanction, err := s.sanction(by, o)
	if err != nil {
		return Sanction{}, err
	}
	err = s.store.Update(ctx, func(tx Tx) error {
		if err := tx.LockLogs(ctx, o.Channel); err != nil {
			return err
		}
		was, _, err := tx.SanctionOf(ctx, o.Channel, o.Account, sanction.At)
		if err != nil {
			return err
		}
		actor, err := s.mayImpose(ctx, tx, by, o, was)
		if err != nil {
			return err
		}
		names, err := tx.Names(ctx, []ident.Account{o.Account, by})
		if err != nil {
			return err
		}
		if sanction.Name, sanction.ByName = names[o.Account], names[by]; sanction.Name == "" {
			return fault.New(fault.Missing, "account_missing", "There is no such account.")
		}
		if err := tx.PutSanction(ctx, sanction); err != nil {
			return err
		}
		e := audit.By(actor, audit.SanctionImposed, sanction.At).About(o.Account, "")
		e.Reason, e.Before, e.After = sanction.Reason, was.state(), sanction.state()
		if err := tx.Record(ctx, e); err != nil {
			return err
		}
		return s.tell(ctx, tx, sanction)
	})
	return sanction, err
}

func (s *Service) sanction(by ident.Account, o Order) (Sanction, error) {
	x := Sanction{Channel: o.Channel, Account: o.Account, Kind: o.Kind, At: s.now(), By: by}
	x.Reason = strings.Join(strings.Fields(o.Reason), " ")
	if n := utf8.RuneCountInString(x.Reason); n > reasonMax || !utf8.ValidString(o.Reason) {
		return x, fault.New(fault.Invalid, "reason_too_long", "A reason has at most %d characters.", reasonMax)
	}
	switch o.Kind {
	case access.BlockBan:
	case access.BlockTimeout:
		if o.For < timeoutMin || o.For > timeoutMax {
			return x, fault.New(fault.Invalid, "timeout_invalid", "A timeout lasts between a second and 28 days.")
		}
		x.Until = x.At.Add(o.For)
	default:
		return x, fault.New(fault.Invalid, "sanction_invalid", "A sanction is a 'timeout' or a 'ban'.")
	}
	return x, nil
}

func (s *Service) mayImpose(ctx context.Context, tx Tx, by ident.Account, o Order, was Sanction) (access.Facts, error) {
	act := access.Moderate
	if o.For > timeoutShort || o.Kind == access.BlockBan || was.heavy(s.now()) {
		act = access.Ban
	}
	actor, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: o.Channel}, act, s.now())
	if err != nil {
		return actor, err
	}
	return actor, s.protected(ctx, tx, actor, o.Account)
}

// protected is why somebody is not for the actor to shut out or let in again: the
// creator and oneself never are, and moderators are the creator's.
func (s *Service) protected(ctx context.Context, tx Tx, actor access.Facts, account ident.Account) error {
	target := access.Subject{Account: account, Channel: actor.Channel}
	facts, err := tx.Facts(ctx, []access.Subject{target})
	if err != nil {
		return err
	}
	role := facts[target].Role
	if role == access.RoleOwner || account == actor.Account || (role == access.RoleModerator && actor.Role != access.RoleOwner) {
		return fault.New(fault.Denied, "target_protected", "Nobody can shut out the creator or themselves, and only the creator a moderator.")
	}
	return nil
}

// heavy reports whether an assistant may not take the sanction back, nor put
// another in its place.
func (x Sanction) heavy(now time.Time) bool {
	return x.Kind == access.BlockBan || (x.Kind == access.BlockTimeout && x.Until.Sub(now) > timeoutShort)
}

// state is how a person stood under the sanction; nothing without one.
func (x Sanction) state() audit.State {
	if x.Kind == "" {
		return nil
	}
	out := audit.State{"kind": string(x.Kind)}
	if !x.Until.IsZero() {
		out["until"] = audit.Moment(x.Until)
	}
	if x.Reason != "" {
		out["reason"] = x.Reason
	}
	return out
}

// tell hides the person's recent words in both rooms and writes the events.
func (s *Service) tell(ctx context.Context, tx Tx, x Sanction) error {
	payload := event.SanctionImposed{Account: x.Account, Kind: string(x.Kind), Reason: x.Reason, By: x.By}
	if !x.Until.IsZero() {
		until := event.Time(x.Until)
		payload.Until = &until
	}
	entries := []room.Entry{{Address: room.Address{Channel: x.Channel, Audience: room.Business}, Payload: payload}}
	written := []room.Address{{Channel: x.Channel, Audience: room.Public}, {Channel: x.Channel, Audience: room.Space}}
	threads, err := tx.ThreadsWrittenIn(ctx, x.Channel, x.Account, s.now().Add(-recent))
	if err != nil {
		return err
	}
	for _, id := range threads {
		written = append(written, room.ThreadAddress(x.Channel, id))
	}
	for _, at := range written {
		hidden, err := s.hide(ctx, tx, at, x.Account)
		if err != nil {
			return err
		}
		entries = append(entries, hidden...)
	}
	unpinned, err := tx.DropPinsBy(ctx, x.Channel, x.Account)
	if err != nil {
		return err
	}
	for _, u := range unpinned {
		entries = append(entries, room.Entry{Address: u.Address, Payload: event.MessageUnpinned{Seq: u.Seq, By: "sanction"}})
	}
	withdrawn, err := s.withdraw(ctx, tx, x)
	if err != nil {
		return err
	}
	_, err = tx.Append(ctx, append(entries, withdrawn...)...)
	return err
}

// hide removes what the person wrote lately at an address and returns what to
// tell. Each question is told apart from the rest, so that no list says whose the
// anonymous ones were. That is all it hides: one decision is one transaction, and
// its events follow each other in the same moment. Who looks at the log closely
// can conclude that a question that went with somebody's messages was theirs.
func (s *Service) hide(ctx context.Context, tx Tx, at room.Address, account ident.Account) ([]room.Entry, error) {
	var entries []room.Entry
	since := s.now().Add(-recent)
	remove := func(seqs ...int64) error {
		entries = append(entries, room.Entry{Address: at, Payload: event.MessageRemoved{Seqs: seqs, By: "sanction"}})
		return tx.Entomb(ctx, at, seqs, event.MessageTombstone{By: "sanction"})
	}
	messages, err := tx.RecentBy(ctx, at, account, kinds(event.MessagePosted{}), since, recentLimit)
	if err != nil {
		return nil, err
	}
	if len(messages) > 0 {
		if err := remove(messages...); err != nil {
			return nil, err
		}
	}
	questions, err := tx.RecentBy(ctx, at, account, kinds(event.QuestionAsked{}, event.QuestionAired{}, event.QuestionReplied{}, event.QuestionPublished{}), since, recentLimit)
	if err != nil {
		return nil, err
	}
	for _, seq := range questions {
		if err := remove(seq); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// Unpinned is a message that stood above the chat of a room.
type Unpinned struct {
	room.Address
	Seq int64
}

// Withdrawn is a question that was taken out of the queue or off the air.
type Withdrawn struct {
	ID       ident.Question
	Room     room.Audience // where it was asked
	Audience room.Audience // who may have its answer, and sees it on air
	OnAir    bool
}

// withdraw takes the person's questions out of the queue and off the air. Each is
// told where it was told of before, and nowhere else.
func (s *Service) withdraw(ctx context.Context, tx Tx, x Sanction) ([]room.Entry, error) {
	withdrawn, err := tx.WithdrawQuestions(ctx, x.Channel, x.Account, s.now().Add(-recent))
	if err != nil {
		return nil, err
	}
	at := func(a room.Audience) room.Address { return room.Address{Channel: x.Channel, Audience: a} }
	var entries []room.Entry
	for _, q := range withdrawn {
		if !q.OnAir {
			continue
		}
		off := event.QuestionReturned{Question: q.ID}
		if q.Audience == room.Public {
			entries = append(entries, room.Entry{Address: at(room.Public), Payload: off})
		}
		entries = append(entries, room.Entry{Address: at(room.Space), Payload: off})
	}
	for _, q := range withdrawn {
		entries = append(entries, room.Entry{Address: at(q.Room), Payload: event.QuestionSkipped{Question: q.ID}})
	}
	return entries, nil
}

func kinds(payloads ...event.Payload) []event.Kind {
	out := make([]event.Kind, len(payloads))
	for i, p := range payloads {
		out[i], _ = p.EventKind()
	}
	return out
}

// Lift takes a sanction back; who could impose it may. Lifting what is not there
// changes nothing.
func (s *Service) Lift(ctx context.Context, by ident.Account, channel ident.Channel, account ident.Account) error {
	return s.store.Update(ctx, func(tx Tx) error {
		if err := tx.LockLogs(ctx, channel); err != nil {
			return err
		}
		was, standing, err := tx.SanctionOf(ctx, channel, account, s.now())
		if err != nil {
			return err
		}
		act := access.Moderate
		if was.heavy(s.now()) {
			act = access.Ban
		}
		actor, err := s.staff(ctx, tx, by, channel, act)
		if err != nil {
			return err
		}
		if err := s.protected(ctx, tx, actor, account); err != nil {
			return err
		}
		changed, err := tx.DropSanction(ctx, channel, account)
		if err != nil || !changed || !standing {
			return err
		}
		e := audit.By(actor, audit.SanctionLifted, s.now()).About(account, "")
		e.Before = was.state()
		if err := tx.Record(ctx, e); err != nil {
			return err
		}
		_, err = tx.Append(ctx, room.Entry{
			Address: room.Address{Channel: channel, Audience: room.Business},
			Payload: event.SanctionLifted{Account: account, By: by},
		})
		return err
	})
}

// List returns the sanctions that stand; staff may ask.
func (s *Service) List(ctx context.Context, by ident.Account, channel ident.Channel) ([]Sanction, error) {
	var out []Sanction
	err := s.store.View(ctx, func(tx Tx) error {
		if _, err := s.staff(ctx, tx, by, channel, access.Moderate); err != nil {
			return err
		}
		var err error
		out, err = tx.Sanctions(ctx, channel, s.now())
		return err
	})
	return out, err
}

func (s *Service) staff(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel, act access.Action) (access.Facts, error) {
	return access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, act, s.now())
}
