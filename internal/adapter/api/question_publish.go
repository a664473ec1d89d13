package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
)

func (a *API) publishRoutes() {
	q := a.opt.Questions
	consent := func(on bool) publicationAct {
		return func(ctx context.Context, by ident.Account, in ident.Channel, which ident.Question) (question.Question, error) {
			return q.Consent(ctx, by, in, which, on)
		}
	}
	for _, r := range []struct {
		method, path, id, summary string
		staff                     bool
		act                       publicationAct
	}{
		{"PUT", "consent", "give-consent", "Allow that everybody reads my answered question", false, consent(true)},
		{"DELETE", "consent", "take-back-consent", "No longer allow it: what was published is taken back", false, consent(false)},
		{"PUT", "publication", "publish-question", "Have everybody read a question whose asker allows it (creator)", true, q.Publish},
		{"DELETE", "publication", "unpublish-question", "Take a published question back (creator)", true, q.Unpublish},
	} {
		route(a, r.method, "/api/channels/{channel}/questions/{question}/"+r.path, r.id, r.summary, 200, func(ctx context.Context, in *InQuestion) (*body[Question], error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			done, err := r.act(ctx, s.Account, c.ID, ident.Question(in.Question))
			return answer(questionOf(done, s.Account, r.staff), err)
		})
	}
}

type publicationAct = func(context.Context, ident.Account, ident.Channel, ident.Question) (question.Question, error)
