package event

import "github.com/subspace-live/subspace/internal/domain/ident"

// QuestionAsked is a question in the log of the room it was asked in. Author is
// absent when the asker chose to be 'a subscriber' or 'a viewer'; Name is then
// empty. Audience is who may have the answer: 'public' or 'space'.
type QuestionAsked struct {
	Question ident.Question `json:"question"`
	Name     string         `json:"name"`
	Text     string         `json:"text"`
	Author   *Author        `json:"author,omitempty"`
	Audience string         `json:"audience"`
	First    bool           `json:"first"` // nobody had answered its asker here before
}

// EventKind implements Payload.
func (QuestionAsked) EventKind() (Kind, int) { return "question.asked", 2 }

// QuestionAskedV1 is a question as it was told before there were public ones. It
// is read and never written.
type QuestionAskedV1 struct {
	Question ident.Question `json:"question"`
	Name     string         `json:"name"`
	Text     string         `json:"text"`
	Author   *Author        `json:"author,omitempty"`
}

// EventKind implements Payload.
func (QuestionAskedV1) EventKind() (Kind, int) { return "question.asked", 1 }

// QuestionAired is all that crosses into the public log: text and chosen name.
// One whose answer is for subscribers only stays in the Sub Space's log.
type QuestionAired struct {
	Question ident.Question `json:"question"`
	Name     string         `json:"name"`
	Text     string         `json:"text"`
}

// EventKind implements Payload.
func (QuestionAired) EventKind() (Kind, int) { return "question.aired", 1 }

// QuestionAnswered takes a question off the air, answered.
type QuestionAnswered struct {
	Question ident.Question `json:"question"`
}

// EventKind implements Payload.
func (QuestionAnswered) EventKind() (Kind, int) { return "question.answered", 1 }

// QuestionReplied is an answer in text, in the log of the room that its question
// was asked in. The question has left the queue.
type QuestionReplied struct {
	Question ident.Question `json:"question"`
	Author   Author         `json:"author"`
	Text     string         `json:"text"`
}

// EventKind implements Payload.
func (QuestionReplied) EventKind() (Kind, int) { return "question.replied", 1 }

// QuestionPublished is an answered question of the Sub Space that everybody may read
// since its asker allowed it, in the public log: the name its asker chose, and the
// answer in text with who gave it; both empty when it was given on camera.
type QuestionPublished struct {
	Question ident.Question `json:"question"`
	Name     string         `json:"name"`
	Text     string         `json:"text"`
	Answer   string         `json:"answer"`
	By       string         `json:"by"`
}

// EventKind implements Payload.
func (QuestionPublished) EventKind() (Kind, int) { return "question.published", 1 }

// QuestionReturned takes a question off the air, back into the queue.
type QuestionReturned struct {
	Question ident.Question `json:"question"`
}

// EventKind implements Payload.
func (QuestionReturned) EventKind() (Kind, int) { return "question.returned", 1 }

// QuestionSkipped takes a waiting question out of the queue.
type QuestionSkipped struct {
	Question ident.Question `json:"question"`
}

// EventKind implements Payload.
func (QuestionSkipped) EventKind() (Kind, int) { return "question.skipped", 1 }

// QuestionsArranged says which waiting questions the creator put first, in which
// order; all others follow by the rule. Nobody in it: the rule orders all. A
// public log names public questions only.
type QuestionsArranged struct {
	First []ident.Question `json:"first"`
}

// EventKind implements Payload.
func (QuestionsArranged) EventKind() (Kind, int) { return "questions.arranged", 1 }

// QuestionMerged takes a waiting question out of the queue: another asks the same,
// and has its votes too.
type QuestionMerged struct {
	Question ident.Question `json:"question"`
	Into     ident.Question `json:"into"`
}

// EventKind implements Payload.
func (QuestionMerged) EventKind() (Kind, int) { return "question.merged", 1 }
