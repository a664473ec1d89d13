package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
)

// OnAir is the question that everybody sees.
type OnAir struct {
	Question string `json:"question"`
	Text     string `json:"text"`
	Name     string `json:"name" doc:"empty: 'a subscriber'"`
	Since    Moment `json:"since"`
}

// Question is a question in the queue, as the caller may see it.
type Question struct {
	ID         string     `json:"id"`
	Text       string     `json:"text"`
	Name       string     `json:"name" doc:"the name shown; empty: 'a subscriber'"`
	Author     *Moderator `json:"author,omitempty" doc:"who asked; for staff and the asker"`
	Mine       bool       `json:"mine"`
	State      string     `json:"state" enum:"waiting,on_air,answered,skipped"`
	AskedAt    Moment     `json:"asked_at"`
	AiredAt    *Moment    `json:"aired_at,omitempty"`
	AnsweredAt *Moment    `json:"answered_at,omitempty"`
}

func onAirOf(q question.Question) *OnAir {
	return &OnAir{Question: string(q.ID), Text: q.Text, Name: q.Shown, Since: Moment(q.AiredAt)}
}

// onAir returns the question on air for who may read the public room; nil when
// there is none, or none for them.
func (a *API) onAir(ctx context.Context, s access.Subject) (*OnAir, error) {
	d, err := a.opt.Gate.Decide(ctx, s, access.ReadPublic)
	if err != nil || !d.Allowed {
		return nil, err
	}
	q, on, err := a.opt.Questions.Current(ctx, s.Channel)
	if err != nil || !on {
		return nil, err
	}
	return onAirOf(q), nil
}

func questionOf(q question.Question, by ident.Account, staff bool) Question {
	out := Question{
		ID: string(q.ID), Text: q.Text, Name: q.Shown, Mine: q.Asker == by && by != "",
		State: string(q.State), AskedAt: Moment(q.AskedAt), AiredAt: MomentOf(q.AiredAt), AnsweredAt: MomentOf(q.AnsweredAt),
	}
	if staff || out.Mine {
		out.Author = &Moderator{ID: string(q.Asker), Name: q.AskerName}
	}
	return out
}

func (a *API) questionRoutes() {
	route(a, "GET", "/api/channels/{channel}/questions", "list-questions", "The queue, oldest first (inside)", 200, a.listQuestions)
	route(a, "POST", "/api/channels/{channel}/questions", "ask-question", "Ask a question that may go on air (inside)", 201, a.askQuestion)
	type moved = func(context.Context, ident.Account, ident.Channel, ident.Question) (question.Question, error)
	move := func(verb, id, summary string, act moved) {
		route(a, "POST", "/api/channels/{channel}/questions/{question}/"+verb, id, summary, 200,
			func(ctx context.Context, in *struct {
				InChannel
				Question string `path:"question" maxLength:"40"`
			},
			) (*body[Question], error) {
				c, s, err := a.subject(ctx, in.Channel)
				if err != nil {
					return nil, err
				}
				q, err := act(ctx, s.Account, c.ID, ident.Question(in.Question))
				return answer(questionOf(q, s.Account, true), err)
			})
	}
	move("air", "air-question", "Put on air (creator)", a.opt.Questions.PutOnAir)
	move("answer", "answer-question", "Mark answered (creator)", a.opt.Questions.MarkAnswered)
	move("return", "return-question", "Put back into the queue (creator)", a.opt.Questions.PutBack)
	route(a, "DELETE", "/api/channels/{channel}/questions/{question}", "remove-question",
		"Remove a question and its words from both rooms (staff)", 204,
		func(ctx context.Context, in *struct {
			InChannel
			Question string `path:"question" maxLength:"40"`
		},
		) (*none, error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			return nil, a.opt.Questions.Remove(ctx, s.Account, c.ID, ident.Question(in.Question))
		})
	move("skip", "skip-question", "Take out of the queue (staff)", a.opt.Questions.Skip)
}

func (a *API) listQuestions(ctx context.Context, in *struct {
	InChannel
	State string `query:"state" enum:"waiting,on_air,answered,skipped" doc:"without it: waiting and on air"`
},
) (*body[QuestionList], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	states := []question.State{question.Waiting, question.OnAir}
	if in.State != "" {
		states = []question.State{question.State(in.State)}
	}
	qs, facts, err := a.opt.Questions.List(ctx, s.Account, c.ID, states)
	if err != nil {
		return nil, err
	}
	out := &body[QuestionList]{}
	out.Body.Questions = []Question{}
	for _, q := range qs {
		out.Body.Questions = append(out.Body.Questions, questionOf(q, s.Account, facts.Role.Staff()))
	}
	return out, nil
}

func (a *API) askQuestion(ctx context.Context, in *struct {
	InChannel
	Body struct {
		Key       string `json:"key" maxLength:"64" doc:"chosen by the caller; the same key asks once"`
		Text      string `json:"text" doc:"at most 500 characters; may be shown to everyone"`
		Anonymous bool   `json:"anonymous,omitempty" doc:"shown as 'a subscriber'"`
	}
},
) (*body[Question], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	q, err := a.opt.Questions.Ask(ctx, question.Ask{
		Channel: c.ID, Asker: s.Account, Key: in.Body.Key, Text: in.Body.Text, Anonymous: in.Body.Anonymous,
	})
	return answer(questionOf(q, s.Account, false), err)
}

// QuestionList is a queue, oldest first.
type QuestionList struct {
	Questions []Question `json:"questions" nullable:"false"`
}
