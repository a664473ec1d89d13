package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
)

// Note is what staff tell each other about a person.
type Note struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	At     Moment `json:"at"`
	By     string `json:"by"`
	ByName string `json:"by_name"`
}

// NoteList is the notes on a person, the newest first.
type NoteList struct {
	Notes []Note `json:"notes" nullable:"false"`
}

type InPerson struct {
	InChannel
	Account string `path:"account" maxLength:"40"`
}

func (a *API) noteRoutes() {
	const notes = "/api/channels/{channel}/people/{account}/notes"
	route(a, "GET", notes, "list-notes", "Notes on a person (staff)", 200, func(ctx context.Context, in *InPerson) (*body[NoteList], error) {
		c, s, err := a.subject(ctx, in.Channel)
		if err != nil {
			return nil, err
		}
		list, err := a.opt.Moderation.Notes(ctx, s.Account, c.ID, ident.Account(in.Account))
		out := NoteList{Notes: []Note{}}
		for _, n := range list {
			out.Notes = append(out.Notes, noteOf(n))
		}
		return answer(out, err)
	})
	route(a, "POST", notes, "write-note", "Write a note on a person (staff)", 201, func(ctx context.Context, in *struct {
		InPerson
		Body struct {
			Text string `json:"text" maxLength:"1600"`
		}
	},
	) (*body[Note], error) {
		c, s, err := a.subject(ctx, in.Channel)
		if err != nil {
			return nil, err
		}
		n, err := a.opt.Moderation.WriteNote(ctx, s.Account, c.ID, ident.Account(in.Account), in.Body.Text)
		return answer(noteOf(n), err)
	})
	route(a, "DELETE", notes+"/{note}", "drop-note", "Drop a note (its author, staff who may ban)", 204, func(ctx context.Context, in *struct {
		InPerson
		Note string `path:"note" maxLength:"40"`
	},
	) (*none, error) {
		c, s, err := a.subject(ctx, in.Channel)
		if err != nil {
			return nil, err
		}
		return nil, a.opt.Moderation.DropNote(ctx, s.Account, c.ID, ident.Account(in.Account), ident.Note(in.Note))
	})
}

func noteOf(n moderation.Note) Note {
	return Note{ID: string(n.ID), Text: n.Text, At: Moment(n.At), By: string(n.By), ByName: n.ByName}
}
