package channel

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Appoint makes the account of that name a moderator of a grade, or gives one
// another. The creator may, and a lead to grades below their own, of people below
// it. Doing it again changes nothing.
func (s *Service) Appoint(ctx context.Context, by ident.Account, id ident.Channel, name string, grade access.Grade) error {
	if grade < access.GradeAssistant || grade > access.GradeLead {
		return fault.New(fault.Invalid, "grade_invalid", "A moderator is an 'assistant', a 'moderator' or a 'lead'.")
	}
	return s.grade(ctx, by, id, name, grade)
}

// Dismiss ends the role of the moderator of that name; who may appoint them may.
func (s *Service) Dismiss(ctx context.Context, by ident.Account, id ident.Channel, name string) error {
	return s.grade(ctx, by, id, name, access.NoGrade)
}

// Moderators lists them; who appoints may ask.
func (s *Service) Moderators(ctx context.Context, by ident.Account, id ident.Channel) (ms []Moderator, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		if _, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: id}, access.Appoint, s.now()); err != nil {
			return err
		}
		ms, err = tx.Moderators(ctx, id)
		return err
	})
	return ms, err
}

// grade gives the account of that name a grade; none takes the role.
func (s *Service) grade(ctx context.Context, by ident.Account, id ident.Channel, name string, grade access.Grade) error {
	return s.store.Update(ctx, func(tx Tx) error {
		actor, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: id}, access.Appoint, s.now())
		if err != nil {
			return err
		}
		was, err := s.graded(ctx, tx, id, name)
		if err != nil {
			return err
		}
		if actor.Role != access.RoleOwner && max(was.Grade, grade) >= actor.Grade {
			return fault.New(fault.Denied, "grade_required", "A lead appoints and dismisses those of lower grades.")
		}
		if was.Grade == grade {
			return nil
		}
		return s.regrade(ctx, tx, actor, was, grade)
	})
}

// graded reads what the account of that name is in the channel.
func (s *Service) graded(ctx context.Context, tx Tx, id ident.Channel, name string) (access.Facts, error) {
	account, ok, err := tx.AccountNamed(ctx, s.fold(name))
	if err != nil {
		return access.Facts{}, err
	}
	if !ok {
		return access.Facts{}, fault.New(fault.Missing, "account_missing", "There is no account of that name.")
	}
	subject := access.Subject{Account: account, Channel: id}
	facts, err := tx.Facts(ctx, []access.Subject{subject})
	if err != nil {
		return access.Facts{}, err
	}
	if facts[subject].Role == access.RoleOwner {
		return access.Facts{}, fault.New(fault.Conflict, "owner_is_staff", "The creator needs no other role.")
	}
	return facts[subject], nil
}

func (s *Service) regrade(ctx context.Context, tx Tx, actor, was access.Facts, grade access.Grade) error {
	var told event.Payload = event.ModeratorAppointed{Account: was.Account, By: actor.Account}
	entry := audit.By(actor, audit.ModeratorAppointed, s.now()).About(was.Account, "")
	entry.Before = audit.State{"grade": was.Grade.String()}
	entry.After = audit.State{"grade": grade.String()}
	var err error
	if grade == access.NoGrade {
		told, entry.Act = event.ModeratorRemoved{Account: was.Account, By: actor.Account}, audit.ModeratorDismissed
		_, err = tx.DropModerator(ctx, was.Channel, was.Account)
	} else {
		err = tx.PutModerator(ctx, was.Channel, was.Account, grade)
	}
	if err != nil {
		return err
	}
	if err := tx.Record(ctx, entry); err != nil {
		return err
	}
	_, err = tx.Append(ctx, business(was.Channel, told))
	return err
}
