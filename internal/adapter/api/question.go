package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// OnAir is the question that everybody sees.
type OnAir struct {
	Question string `json:"question"`
	Text     string `json:"text"`
	Name     string `json:"name" doc:"empty: 'a subscriber'"`
	Since    Moment `json:"since"`
	Audience string `json:"audience" enum:"public,space" doc:"space: only those inside see that it is on air"`
}

// Question is a question in the queue, as the caller may see it.
type Question struct {
	ID         string   `json:"id"`
	Text       string   `json:"text"`
	Name       string   `json:"name" doc:"the name shown; empty: 'a subscriber'"`
	Author     *Person  `json:"author,omitempty" doc:"who asked; for staff and the asker"`
	Mine       bool     `json:"mine"`
	State      string   `json:"state" enum:"waiting,on_air,answered,skipped"`
	Room       string   `json:"room" enum:"public,space" doc:"where it was asked"`
	Audience   string   `json:"audience" enum:"public,space" doc:"who may have the answer"`
	Votes      int      `json:"votes"`
	Voted      bool     `json:"voted" doc:"by the caller"`
	First      bool     `json:"first" doc:"its asker had nothing answered here, and nothing else in the queue"`
	Placed     bool     `json:"placed" doc:"it stands where the creator put it, not where the rule would"`
	Stands     Moment   `json:"stands" doc:"the rule: whoever stands earlier comes first, each vote counting as rule.vote_seconds earlier"`
	Carried    *Carried `json:"carried" doc:"it has outlasted the live it was asked in; null: it has not"`
	AskedAt    Moment   `json:"asked_at"`
	AiredAt    *Moment  `json:"aired_at,omitempty"`
	AnsweredAt *Moment  `json:"answered_at,omitempty"`
	Aired      *Place   `json:"aired" doc:"where in a broadcast it last went on air; null: in none"`
	Answered   *Place   `json:"answered" doc:"where in a broadcast it was answered; null: in none"`
	Reply      *Reply   `json:"reply" doc:"the answer in text; null: there is none"`
	Consented  bool     `json:"consented" doc:"its asker allows that everybody reads it; told to staff and the asker"`
	Published  *Moment  `json:"published_at,omitempty" doc:"since when everybody may read it by that consent"`
}

// Carried is the live that a question was carried over from.
type Carried struct {
	Broadcast string `json:"broadcast"`
	Title     string `json:"title"`
	Since     Moment `json:"since" doc:"when that live ended"`
}

// Place is a moment of a broadcast.
type Place struct {
	Broadcast string `json:"broadcast"`
	OffsetMS  int64  `json:"offset_ms" doc:"milliseconds since the broadcast began"`
}

// Reply is an answer in text.
type Reply struct {
	Text string `json:"text"`
	Name string `json:"name" doc:"who answered"`
}

// QueueRule is what counts how much in the order of the queue.
type QueueRule struct {
	VoteSeconds    int `json:"vote_seconds" doc:"of waiting that a vote is worth"`
	FirstSeconds   int `json:"first_seconds" doc:"that a person's first question is worth"`
	CarriedSeconds int `json:"carried_seconds" doc:"that being carried over is worth at most"`
}

func queueRule() QueueRule {
	return QueueRule{
		VoteSeconds: int(question.VoteWorth.Seconds()), FirstSeconds: int(question.FirstWorth.Seconds()), CarriedSeconds: int(question.CarriedWorth.Seconds()),
	}
}

func placeOf(m question.Moment) *Place {
	if m.Broadcast == "" {
		return nil
	}
	return &Place{string(m.Broadcast), m.Offset.Milliseconds()}
}

func onAirOf(q question.Question) *OnAir {
	return &OnAir{Question: string(q.ID), Text: q.Text, Name: q.Shown, Since: Moment(q.AiredAt), Audience: string(q.Audience)}
}

// onAir returns the question on air for who may read the public room, and for
// those inside also one that is for subscribers only; nil when there is none, or
// none for them.
func (a *API) onAir(ctx context.Context, s access.Subject) (*OnAir, error) {
	d, err := a.opt.Gate.Decide(ctx, s, access.ReadPublic)
	if err != nil || !d.Allowed {
		return nil, err
	}
	inside, err := a.opt.Gate.Decide(ctx, s, access.ReadSpace)
	if err != nil {
		return nil, err
	}
	q, on, err := a.opt.Questions.Current(ctx, s.Channel, inside.Allowed)
	if err != nil || !on {
		return nil, err
	}
	return onAirOf(q), nil
}

func questionOf(q question.Question, by ident.Account, staff bool) Question {
	out := Question{
		ID: string(q.ID), Text: q.Text, Name: q.Shown, Mine: q.Asker == by && by != "",
		State: string(q.State), Room: string(q.Room), Audience: string(q.Audience),
		Votes: q.Votes, Voted: q.Voted, First: q.First, Placed: q.Place > 0, Stands: Moment(q.Stands),
		AskedAt: Moment(q.AskedAt), AiredAt: MomentOf(q.AiredAt), AnsweredAt: MomentOf(q.AnsweredAt),
		Aired: placeOf(q.Aired), Answered: placeOf(q.Answered),
	}
	out.Published = MomentOf(q.PublishedAt)
	if staff || out.Mine {
		out.Consented = !q.ConsentedAt.IsZero()
		out.Author = &Person{ID: string(q.Asker), Name: q.AskerName}
	}
	if q.CarriedOver() {
		out.Carried = &Carried{string(q.Origin.ID), q.Origin.Title, Moment(q.Origin.Ended)}
	}
	if q.Reply.Text != "" {
		out.Reply = &Reply{q.Reply.Text, q.Reply.Name}
	}
	return out
}

// outside is a question as those see it who may not read the room it was asked
// in: what everybody saw on air, and where, or what was published.
func outside(q question.Question) question.Question {
	if q.Room == room.Public {
		return q
	}
	if !q.PublishedAt.IsZero() {
		return question.Question{
			ID: q.ID, Room: q.Room, Audience: q.Audience, Shown: q.Shown, Text: q.Text, State: q.State, Reply: q.Reply,
			AskedAt: q.PublishedAt, Stands: q.PublishedAt, AnsweredAt: q.AnsweredAt, PublishedAt: q.PublishedAt,
		}
	}
	return question.Question{
		ID: q.ID, Room: q.Room, Audience: q.Audience, Shown: q.Shown, Text: q.Text, State: q.State,
		AskedAt: q.AiredAt, Stands: q.AiredAt, AiredAt: q.AiredAt, AnsweredAt: q.AnsweredAt, Aired: q.Aired, Answered: q.Answered,
	}
}

// InQuestion names a question of a channel.
type InQuestion struct {
	InChannel
	Question string `path:"question" maxLength:"40"`
}

func (a *API) questionRoutes() {
	route(a, "GET", "/api/channels/{channel}/questions", "list-questions", "The queue in its order (inside; with room=public: everybody)", 200, a.listQuestions)
	route(a, "POST", "/api/channels/{channel}/questions", "ask-question", "Ask a question that may go on air", 201, a.askQuestion)
	q := a.opt.Questions
	a.moveQuestion("air", "air-question", "Put on air (creator)", q.PutOnAir)
	a.moveQuestion("answer", "answer-question", "Mark answered (creator)", q.MarkAnswered)
	a.moveQuestion("return", "return-question", "Put back into the queue (creator)", q.PutBack)
	a.moveQuestion("skip", "skip-question", "Take out of the queue (staff)", q.Skip)
	a.answerRoutes()
	a.publishRoutes()
	a.voteRoutes()
	a.attentionRoutes()
}

// actOn makes a route of something that is done to one question.
func actOn[I any](a *API, method, path, id, summary string, of func(*I) InQuestion,
	act func(context.Context, ident.Account, ident.Channel, ident.Question, *I) (question.Question, error),
) {
	route(a, method, "/api/channels/{channel}/questions/{question}/"+path, id, summary, 200, func(ctx context.Context, in *I) (*body[Question], error) {
		which := of(in)
		c, s, err := a.subject(ctx, which.Channel)
		if err != nil {
			return nil, err
		}
		q, err := act(ctx, s.Account, c.ID, ident.Question(which.Question), in)
		return answer(questionOf(q, s.Account, false), err)
	})
}

func (a *API) moveQuestion(verb, id, summary string,
	act func(context.Context, ident.Account, ident.Channel, ident.Question) (question.Question, error),
) {
	route(a, "POST", "/api/channels/{channel}/questions/{question}/"+verb, id, summary, 200, func(ctx context.Context, in *InQuestion) (*body[Question], error) {
		c, s, err := a.subject(ctx, in.Channel)
		if err != nil {
			return nil, err
		}
		q, err := act(ctx, s.Account, c.ID, ident.Question(in.Question))
		return answer(questionOf(q, s.Account, callerOf(ctx).dock == nil), err)
	})
}

func (a *API) listQuestions(ctx context.Context, in *struct {
	InChannel
	State string `query:"state" enum:"waiting,on_air,answered,skipped" doc:"without it: waiting and on air"`
	Room  string `query:"room" enum:"public,space" doc:"public: what was asked or aired in public, for everybody; otherwise all, for those inside"`
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
	list := a.opt.Questions.List
	if in.Room == string(room.Public) {
		list = a.opt.Questions.OpenList
	}
	qs, facts, err := list(ctx, s.Account, c.ID, states)
	if err != nil {
		return nil, err
	}
	if !access.Decide(facts, access.ReadSpace, a.opt.Now()).Allowed {
		for i := range qs {
			qs[i] = outside(qs[i])
		}
	}
	// A dock may be seen by whoever sees the screen: who stays unnamed is unnamed there.
	return &body[QuestionList]{Body: queueOf(qs, s.Account, facts.Role.Staff() && callerOf(ctx).dock == nil)}, nil
}

func queueOf(qs []question.Question, by ident.Account, staff bool) QuestionList {
	out := QuestionList{Questions: []Question{}, Rule: queueRule()}
	for _, q := range qs {
		out.Questions = append(out.Questions, questionOf(q, by, staff))
	}
	return out
}

func (a *API) askQuestion(ctx context.Context, in *struct {
	InChannel
	Body struct {
		Key       string `json:"key" maxLength:"64" doc:"chosen by the caller; the same key asks once"`
		Text      string `json:"text" doc:"at most 500 characters; may be shown to everyone"`
		Anonymous bool   `json:"anonymous,omitempty" doc:"shown as 'a subscriber'; in public questions have a name"`
		Room      string `json:"room,omitempty" enum:"public,space" doc:"where it is asked; without it: in the Sub Space"`
		Audience  string `json:"audience,omitempty" enum:"public,space" doc:"who may have the answer to what is asked inside; without it: everybody"`
	}
},
) (*body[Question], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	q, err := a.opt.Questions.Ask(ctx, question.Ask{
		Channel: c.ID, Asker: s.Account, Key: in.Body.Key, Text: in.Body.Text, Anonymous: in.Body.Anonymous,
		Room: room.Audience(in.Body.Room), Private: in.Body.Audience == string(room.Space),
	})
	return answer(questionOf(q, s.Account, false), err)
}

// QuestionList is a queue in its order, and the rule of that order.
type QuestionList struct {
	Questions []Question `json:"questions" nullable:"false"`
	Rule      QueueRule  `json:"rule"`
}
