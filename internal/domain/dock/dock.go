// Package dock owns the column that a creator keeps open inside OBS: a secret address
// by which somebody of the staff works there without signing in.
//
// Owns: making, listing and revoking such addresses, and whom one stands for. Promises:
// an address stands for the person who made it, in one channel, within a scope that the
// gate knows (access.Scope); it is told once and kept by nobody; it opens nothing any
// more once it is revoked, once its person is no longer what they were in the channel,
// and once they sign out everywhere or set a new password, also one that leaves their
// browsers signed in. Does not do: deciding what may be done by one (package access),
// carrying anything to a browser.
package dock

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// Dock is an address that somebody made.
type Dock struct {
	ID      ident.Dock
	Channel ident.Channel
	Account ident.Account
	Name    string // of the account; filled when read
	Role    access.Role
	Label   string
	Made    time.Time
	Used    time.Time // about; zero: never
}

// Scope is what the dock's address is for.
func (d Dock) Scope() access.Scope {
	return access.Scope{Dock: d.ID, Channel: d.Channel, Role: d.Role}
}

// Prefix begins every secret, so that it is known for what it is wherever it turns up.
const Prefix = "dock_"

// The limits.
const (
	// Max is how many addresses a channel has at once.
	Max = 10
	// LabelMax is how many characters the name of one has.
	LabelMax = 40
	// usedEvery is how finely is kept when one was last used.
	usedEvery = 5 * time.Minute
)

// Tx is what docks need inside one transaction.
type Tx interface {
	room.Appender
	access.Tx
	audit.Recorder
	PutDock(ctx context.Context, d Dock, hash string) error
	// DocksOf returns a channel's, the newest first.
	DocksOf(ctx context.Context, channel ident.Channel) ([]Dock, error)
	DockByHash(ctx context.Context, hash string) (Dock, bool, error)
	// DropDock reports whether there was one.
	DropDock(ctx context.Context, channel ident.Channel, id ident.Dock) (bool, error)
	// UseDock notes that one was used.
	UseDock(ctx context.Context, id ident.Dock, at time.Time) error
	// LiveDocks returns those of the docks whose address still opens them.
	LiveDocks(ctx context.Context, ids []ident.Dock) (map[ident.Dock]bool, error)
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Service gives out addresses of docks and is asked whom one stands for.
type Service struct {
	Store  Store
	IDs    *ident.Source
	Now    func() time.Time
	Random io.Reader // a cryptographic source
}

// Make gives somebody of the staff an address, and returns its secret, which nobody is
// told again. Refusals: dock_label_invalid, too_many_docks, and those of the gate.
func (s *Service) Make(ctx context.Context, by ident.Account, channel ident.Channel, label string) (d Dock, secret string, err error) {
	label, ok := text.Line(label)
	if !ok || label == "" || utf8.RuneCountInString(label) > LabelMax {
		return Dock{}, "", fault.New(fault.Invalid, "dock_label_invalid", "The name of a dock has 1 to %d characters.", LabelMax)
	}
	if secret, err = s.secret(); err != nil {
		return Dock{}, "", err
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		maker, err := s.staff(ctx, tx, by, channel)
		if err != nil {
			return err
		}
		all, err := tx.DocksOf(ctx, channel)
		if err != nil {
			return err
		}
		if len(all) >= Max {
			return fault.New(fault.Conflict, "too_many_docks", "A channel has at most %d docks. Revoke one that nobody uses.", Max)
		}
		d = Dock{ID: ident.Make[ident.Dock](s.IDs), Channel: channel, Account: by, Role: maker.Role, Label: label, Made: s.Now()}
		if err := tx.PutDock(ctx, d, hashOf(secret)); err != nil {
			return err
		}
		return tx.Record(ctx, audit.By(maker, audit.DockMade, s.Now()).About("", label))
	})
	return d, secret, err
}

// List returns the docks of a channel, the newest first: to the creator all, to a
// moderator their own.
func (s *Service) List(ctx context.Context, by ident.Account, channel ident.Channel) (docks []Dock, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		docks, _, err = s.theirs(ctx, tx, by, channel)
		return err
	})
	return docks, err
}

// Revoke has an address open nothing any more; the creator any, a moderator their own.
// It refuses with 'dock_missing' what is not there, for whoever asks.
func (s *Service) Revoke(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Dock) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		docks, actor, err := s.theirs(ctx, tx, by, channel)
		if err != nil {
			return err
		}
		for _, d := range docks {
			if d.ID == id {
				return s.revoke(ctx, tx, actor, d)
			}
		}
		return fault.New(fault.Missing, "dock_missing", "There is no such dock.")
	})
}

func (s *Service) revoke(ctx context.Context, tx Tx, actor access.Facts, d Dock) error {
	if _, err := tx.DropDock(ctx, d.Channel, d.ID); err != nil {
		return err
	}
	var on ident.Account
	if d.Account != actor.Account {
		on = d.Account
	}
	if err := tx.Record(ctx, audit.By(actor, audit.DockRevoked, s.Now()).About(on, d.Label)); err != nil {
		return err
	}
	_, err := tx.Append(ctx, room.Entry{
		Address: room.Address{Channel: d.Channel, Audience: room.Business}, Payload: event.DockRevoked{Dock: d.ID, By: actor.Account},
	})
	return err
}

// Open returns the dock that a secret is the address of, or the fault 'dock_revoked'. It
// says nothing of whether its person is still what they were: the gate does.
func (s *Service) Open(ctx context.Context, secret string) (d Dock, err error) {
	if !strings.HasPrefix(secret, Prefix) {
		return d, access.DockRevoked()
	}
	err = s.Store.View(ctx, func(tx Tx) error {
		var ok bool
		if d, ok, err = tx.DockByHash(ctx, hashOf(secret)); err == nil && !ok {
			err = access.DockRevoked()
		}
		return err
	})
	if err != nil {
		return Dock{}, err
	}
	if now := s.Now(); now.Sub(d.Used) >= usedEvery {
		// It is of no weight: what cannot be noted now is when it is used next.
		_ = s.Store.Update(ctx, func(tx Tx) error { return tx.UseDock(ctx, d.ID, now) })
	}
	return d, nil
}

// Live returns those of the docks whose address still opens them.
func (s *Service) Live(ctx context.Context, ids []ident.Dock) (live map[ident.Dock]bool, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		live, err = tx.LiveDocks(ctx, ids)
		return err
	})
	return live, err
}

// theirs returns the docks of a channel that somebody may see and revoke.
func (s *Service) theirs(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel) ([]Dock, access.Facts, error) {
	actor, err := s.staff(ctx, tx, by, channel)
	if err != nil {
		return nil, actor, err
	}
	all, err := tx.DocksOf(ctx, channel)
	var docks []Dock
	for _, d := range all {
		if actor.Role == access.RoleOwner || d.Account == by {
			docks = append(docks, d)
		}
	}
	return docks, actor, err
}

func (s *Service) staff(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel) (access.Facts, error) {
	return access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, access.KeepDocks, s.Now())
}

func (s *Service) secret() (string, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(s.Random, b); err != nil {
		return "", fmt.Errorf("a dock's secret: %w", err)
	}
	return Prefix + base64.RawURLEncoding.EncodeToString(b), nil
}

// hashOf is what a dock is found by, so that looking it up compares no secret bytes.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
