package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/recording"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Replays makes the address at which a caller may watch a recording; empty where the
// files are on another server.
type Replays func(ctx context.Context, s access.Subject, r recording.Recording) (string, error)

// RecordingCard is a recording in a list.
type RecordingCard struct {
	ID        string  `json:"id" doc:"of its broadcast"`
	Title     string  `json:"title" doc:"empty: show the channel's"`
	Audience  string  `json:"audience" enum:"public,subscribers"`
	State     string  `json:"state" enum:"growing,kept" doc:"growing: its live goes on, or has just ended"`
	StartedAt Moment  `json:"started_at"`
	LengthMS  int64   `json:"length_ms"`
	Refused   string  `json:"refused" doc:"why the caller may not watch it; empty: they may"`
	Bytes     int64   `json:"bytes,omitempty" doc:"to its creator: how much is stored"`
	Trouble   string  `json:"trouble,omitempty" enum:"disk_full,storage_failed" doc:"to its creator: why it ends before its live did"`
	ExpiresAt *Moment `json:"expires_at,omitempty" doc:"to its creator: when it is deleted by itself"`
}

// RecordingList is a channel's recordings, the newest first.
type RecordingList struct {
	Recordings []RecordingCard `json:"recordings" nullable:"false"`
}

// Replayed is a recording as it is watched.
type Replayed struct {
	RecordingCard
	// Stretches tell where in the recording a moment is.
	Stretches []RecordingStretch `json:"stretches" nullable:"false" doc:"without a gap in themselves; empty where the caller may not watch"`
	Chapters  []Chapter          `json:"chapters" nullable:"false" doc:"in the order of the recording"`
	URL       string             `json:"url" doc:"the caller's own playlist address; empty when there is none"`
	Reason    string             `json:"reason" doc:"why there is no address: other_node, or as refused says"`
}

// RecordingStretch is a part that was recorded in one go.
type RecordingStretch struct {
	At       Moment `json:"at" doc:"when its first picture was made"`
	BeginsMS int64  `json:"begins_ms" doc:"where in the recording that is"`
	LengthMS int64  `json:"length_ms"`
}

// Chapter is a moment of a recording that has a name.
type Chapter struct {
	AtMS     int64  `json:"at_ms" doc:"where in the recording"`
	Kind     string `json:"kind" enum:"question,mark"`
	ID       string `json:"id" doc:"of the question or mark"`
	Text     string `json:"text" doc:"of a mark without a name: empty"`
	Name     string `json:"name" doc:"who asked, as they chose to be named; empty: not named, or a mark"`
	Audience string `json:"audience" enum:"public,space" doc:"who may read it"`
}

// Marked is a moment that was marked.
type Marked struct {
	ID string `json:"id"`
	At Moment `json:"at"`
}

// RecordingSetup is what is kept of a channel's lives from now on.
type RecordingSetup struct {
	Keep bool `json:"keep"`
	Days int  `json:"days" minimum:"0" maximum:"3650" doc:"how long; 0: until it is deleted"`
}

// Place in a room's log.
type LogPlace struct {
	After int64 `json:"after" doc:"the last sequence before the moment: ask for the events after it"`
}

// InRecording names a recording of a channel.
type InRecording struct {
	InChannel
	Recording string `path:"recording" maxLength:"40"`
}

func (a *API) recordingRoutes() {
	route(a, "GET", "/api/channels/{channel}/recordings", "list-recordings", "What is kept of a channel's lives, the newest first", 200, a.listRecordings)
	route(a, "GET", "/api/channels/{channel}/recordings/{recording}", "get-recording", "A recording with its chapters, and where I may watch it", 200, a.getRecording)
	route(a, "PATCH", "/api/channels/{channel}/recordings/{recording}", "change-recording", "Title, audience, keeping (creator)", 200, a.changeRecording)
	route(a, "DELETE", "/api/channels/{channel}/recordings/{recording}", "delete-recording", "Delete a recording (creator)", 204,
		func(ctx context.Context, in *InRecording) (*none, error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			return nil, a.opt.Recordings.Delete(ctx, s.Account, c.ID, ident.Broadcast(in.Recording))
		})
	route(a, "GET", "/api/channels/{channel}/recordings/{recording}/rooms/{room}", "find-in-room", "Where in a room's log a moment of the recording is", 200, a.findInRoom)
	route(a, "GET", "/api/channels/{channel}/recording", "get-recording-setup", "Whether lives are kept, and for how long (creator)", 200,
		func(ctx context.Context, in *InChannel) (*body[RecordingSetup], error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			setup, err := a.opt.Recordings.Setup(ctx, s.Account, c.ID)
			return answer(RecordingSetup(setup), err)
		})
	route(a, "PUT", "/api/channels/{channel}/recording", "set-recording-setup", "Keep lives or not, and for how long (creator)", 200,
		func(ctx context.Context, in *struct {
			InChannel
			Body RecordingSetup
		},
		) (*body[RecordingSetup], error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			return answer(in.Body, a.opt.Recordings.SetUp(ctx, s.Account, c.ID, recording.Setup(in.Body)))
		})
	a.markRoutes()
}

func (a *API) markRoutes() {
	route(a, "POST", "/api/channels/{channel}/marks", "mark-moment", "Mark this moment of the live (staff)", 201,
		func(ctx context.Context, in *struct {
			InChannel
			Body struct {
				Label string `json:"label" maxLength:"400" doc:"at most 80 characters; may be empty"`
			}
		},
		) (*body[Marked], error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			m, err := a.opt.Recordings.Mark(ctx, s.Account, c.ID, in.Body.Label)
			return answer(Marked{string(m.ID), Moment(m.At)}, err)
		})
	route(a, "DELETE", "/api/channels/{channel}/marks/{mark}", "forget-mark", "Forget a marked moment (staff)", 204,
		func(ctx context.Context, in *struct {
			InChannel
			Mark string `path:"mark" maxLength:"40"`
		},
		) (*none, error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			return nil, a.opt.Recordings.Unmark(ctx, s.Account, c.ID, ident.Mark(in.Mark))
		})
}

func (a *API) listRecordings(ctx context.Context, in *struct {
	InChannel
	Before string `query:"before" format:"date-time" doc:"only those that began earlier"`
	Limit  int    `query:"limit" minimum:"1" maximum:"50" default:"20"`
},
) (*body[RecordingList], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	before := a.opt.Now().Add(time.Hour)
	if in.Before != "" {
		if before, err = time.Parse(time.RFC3339, in.Before); err != nil {
			return nil, err
		}
	}
	list, err := a.opt.Recordings.List(ctx, s.Account, c.ID, before, in.Limit)
	out := RecordingList{Recordings: []RecordingCard{}}
	for _, r := range list {
		out.Recordings = append(out.Recordings, cardOf(r, c.Owner == s.Account))
	}
	return answer(out, err)
}

func cardOf(r recording.Listed, own bool) RecordingCard {
	card := RecordingCard{
		ID: string(r.ID), Title: r.Title, Audience: string(r.Audience), State: string(r.State),
		StartedAt: Moment(r.Started), LengthMS: r.Length().Milliseconds(), Refused: r.Refused,
	}
	if own {
		card.Bytes, card.Trouble, card.ExpiresAt = r.Bytes, r.Trouble, MomentOf(r.Expires)
	}
	return card
}

func (a *API) getRecording(ctx context.Context, in *InRecording) (*body[Replayed], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	l, marks, err := a.opt.Recordings.Get(ctx, s.Account, c.ID, ident.Broadcast(in.Recording))
	if err != nil {
		return nil, err
	}
	out := Replayed{
		RecordingCard: cardOf(l, c.Owner == s.Account), Stretches: []RecordingStretch{}, Chapters: []Chapter{}, Reason: l.Refused,
	}
	if l.Refused != "" {
		return answer(out, nil)
	}
	for _, x := range l.Stretches {
		out.Stretches = append(out.Stretches, RecordingStretch{Moment(x.At), x.Begins.Milliseconds(), x.Length.Milliseconds()})
	}
	for _, m := range marks {
		out.Chapters = append(out.Chapters, Chapter{AtMS: l.Offset(m.At).Milliseconds(), Kind: "mark", ID: string(m.ID), Text: m.Label, Audience: "public"})
	}
	if err := a.questionChapters(ctx, s, l.Recording, &out.Chapters); err != nil {
		return nil, err
	}
	slices.SortStableFunc(out.Chapters, func(x, y Chapter) int { return cmp.Compare(x.AtMS, y.AtMS) })
	if out.URL, err = a.opt.Replay(ctx, s, l.Recording); err == nil && out.URL == "" {
		out.Reason = "other_node"
	}
	return answer(out, err)
}

// questionChapters adds the questions that were on air, as far as the caller may read
// them.
func (a *API) questionChapters(ctx context.Context, s access.Subject, r recording.Recording, chapters *[]Chapter) error {
	qs, inside, err := a.opt.Questions.AiredIn(ctx, s.Account, s.Channel, r.ID)
	for _, q := range qs {
		if !inside {
			q = outside(q)
		}
		if q.Text == "" || q.AiredAt.IsZero() {
			continue // it was removed, or what is known of it out here is not when it was on air
		}
		*chapters = append(*chapters, Chapter{
			AtMS: r.Offset(q.AiredAt).Milliseconds(), Kind: "question", ID: string(q.ID), Text: q.Text, Name: q.Shown, Audience: string(q.Audience),
		})
	}
	return err
}

func (a *API) changeRecording(ctx context.Context, in *struct {
	InRecording
	Body struct {
		Title    *string `json:"title,omitempty" doc:"at most 140 characters"`
		Audience *string `json:"audience,omitempty" enum:"public,subscribers"`
		Keep     bool    `json:"keep,omitempty" doc:"it is not deleted by itself any more"`
	}
},
) (*body[RecordingCard], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	change := recording.Change{Title: in.Body.Title, Keep: in.Body.Keep}
	if in.Body.Audience != nil {
		to := access.LiveAudience(*in.Body.Audience)
		change.Audience = &to
	}
	r, err := a.opt.Recordings.Edit(ctx, s.Account, c.ID, ident.Broadcast(in.Recording), change)
	return answer(cardOf(recording.Listed{Recording: r}, true), err)
}

func (a *API) findInRoom(ctx context.Context, in *struct {
	InRecording
	Room string `path:"room" enum:"public,space"`
	AtMS int64  `query:"at_ms" minimum:"0" doc:"the moment, from the beginning of the recording"`
},
) (*body[LogPlace], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	audience := room.Audience(in.Room)
	if _, err := a.opt.Gate.Allow(ctx, s, access.Reading(audience)); err != nil {
		return nil, err
	}
	l, _, err := a.opt.Recordings.Get(ctx, s.Account, c.ID, ident.Broadcast(in.Recording))
	if err != nil {
		return nil, err
	}
	for _, action := range l.Actions() {
		if _, err := a.opt.Gate.Allow(ctx, s, action); err != nil {
			return nil, err
		}
	}
	at := l.Moment(time.Duration(in.AtMS) * time.Millisecond)
	after, err := a.opt.Pages.Before(ctx, room.Address{Channel: c.ID, Audience: audience}, at)
	return answer(LogPlace{after}, err)
}
