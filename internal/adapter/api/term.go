package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/moderation"
)

// Term is what nobody but staff may write in a channel.
type Term struct {
	ID     string `json:"id" doc:"by which it is dropped; terms that find the same have the same"`
	Term   string `json:"term"`
	ByName string `json:"by_name"`
	At     Moment `json:"at"`
}

// TermList is a channel's blocked terms.
type TermList struct {
	Terms []Term `json:"terms" nullable:"false"`
}

func (a *API) termRoutes() {
	route(a, "GET", "/api/channels/{channel}/terms", "list-terms", "Blocked terms (staff)", 200, a.listTerms)
	route(a, "POST", "/api/channels/{channel}/terms", "block-term", "Block a term (staff)", 201,
		func(ctx context.Context, in *struct {
			InChannel
			Body struct {
				Term string `json:"term" maxLength:"240" doc:"one to five words; * stands for any characters of a word"`
			}
		},
		) (*body[Term], error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			t, err := a.opt.Moderation.Block(ctx, s.Account, c.ID, in.Body.Term)
			return answer(termOf(t), err)
		})
	route(a, "DELETE", "/api/channels/{channel}/terms/{term}", "unblock-term", "Drop a blocked term (staff)", 204,
		func(ctx context.Context, in *struct {
			InChannel
			Term string `path:"term" maxLength:"240" doc:"its id"`
		},
		) (*none, error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			return nil, a.opt.Moderation.Unblock(ctx, s.Account, c.ID, in.Term)
		})
}

func (a *API) listTerms(ctx context.Context, in *InChannel) (*body[TermList], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	list, err := a.opt.Moderation.Terms(ctx, s.Account, c.ID)
	if err != nil {
		return nil, err
	}
	out := TermList{Terms: []Term{}}
	for _, t := range list {
		out.Terms = append(out.Terms, termOf(t))
	}
	return answer(out, nil)
}

func termOf(t moderation.Term) Term {
	return Term{ID: t.Folded, Term: t.Term, ByName: t.ByName, At: Moment(t.At)}
}
