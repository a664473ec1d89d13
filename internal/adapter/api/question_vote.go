package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
)

// voteRoutes are the routes of the queue's order: votes, and the creator's hand.
func (a *API) voteRoutes() {
	vote := func(on bool) func(context.Context, ident.Account, ident.Channel, ident.Question, *InQuestion) (question.Question, error) {
		return func(ctx context.Context, by ident.Account, c ident.Channel, q ident.Question, _ *InQuestion) (question.Question, error) {
			return a.opt.Questions.Vote(ctx, by, c, q, on)
		}
	}
	which := func(in *InQuestion) InQuestion { return *in }
	actOn(a, "PUT", "vote", "vote-question", "Vote for a waiting question; once (who may read its room)", which, vote(true))
	actOn(a, "DELETE", "vote", "unvote-question", "Take the vote back", which, vote(false))
	route(a, "PUT", "/api/channels/{channel}/questions/{question}/place", "place-question", "Move to a place in the queue, against the rule (creator)", 200,
		func(ctx context.Context, in *struct {
			InQuestion
			Body struct {
				Index int `json:"index" minimum:"0" maximum:"2000" doc:"0 is the first"`
			}
		},
		) (*body[QuestionList], error) {
			return a.arranged(ctx, in.Channel, func(by ident.Account, c ident.Channel) ([]question.Question, error) {
				return a.opt.Questions.MoveTo(ctx, by, c, ident.Question(in.Question), in.Body.Index)
			})
		})
	route(a, "DELETE", "/api/channels/{channel}/question-places", "order-by-rule", "Back to the rule: forget where questions were moved (creator)", 200,
		func(ctx context.Context, in *InChannel) (*body[QuestionList], error) {
			return a.arranged(ctx, in.Channel, func(by ident.Account, c ident.Channel) ([]question.Question, error) {
				return a.opt.Questions.ByRule(ctx, by, c)
			})
		})
}

func (a *API) arranged(ctx context.Context, handle string, act func(ident.Account, ident.Channel) ([]question.Question, error)) (*body[QuestionList], error) {
	c, s, err := a.subject(ctx, handle)
	if err != nil {
		return nil, err
	}
	qs, err := act(s.Account, c.ID)
	return answer(queueOf(qs, s.Account, true), err)
}

// answerRoutes are the routes of answers in text and of what belongs together.
func (a *API) answerRoutes() {
	type reply struct {
		InQuestion
		Body struct {
			Text string `json:"text" doc:"at most 500 characters"`
		}
	}
	actOn(a, "POST", "text", "reply-question", "Answer in text (staff)", func(in *reply) InQuestion { return in.InQuestion },
		func(ctx context.Context, by ident.Account, c ident.Channel, q ident.Question, in *reply) (question.Question, error) {
			return a.opt.Questions.ReplyInText(ctx, by, c, q, in.Body.Text)
		})
	type merge struct {
		InQuestion
		Body struct {
			Into string `json:"into" maxLength:"40" doc:"the question that asks the same"`
		}
	}
	actOn(a, "POST", "merge", "merge-question", "Merge into another that asks the same (staff)", func(in *merge) InQuestion { return in.InQuestion },
		func(ctx context.Context, by ident.Account, c ident.Channel, q ident.Question, in *merge) (question.Question, error) {
			return a.opt.Questions.Merge(ctx, by, c, q, ident.Question(in.Body.Into))
		})
	quietly := func(act func(context.Context, ident.Account, ident.Channel, ident.Question) error) func(context.Context, *InQuestion) (*none, error) {
		return func(ctx context.Context, in *InQuestion) (*none, error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			return nil, act(ctx, s.Account, c.ID, ident.Question(in.Question))
		}
	}
	route(a, "POST", "/api/channels/{channel}/questions/{question}/told", "know-answer", "I know that my question was answered: do not tell me again", 204, quietly(a.opt.Questions.Told))
	route(a, "DELETE", "/api/channels/{channel}/questions/{question}", "remove-question",
		"Remove a question and its words from both rooms (staff)", 204, quietly(a.opt.Questions.Remove))
}

// answeredTo returns the caller's questions that were answered and of which they
// have not been told.
func (a *API) answeredTo(ctx context.Context, facts access.Facts) ([]Question, error) {
	qs, err := a.opt.Questions.Untold(ctx, facts)
	return queueOf(qs, facts.Account, false).Questions, err
}
