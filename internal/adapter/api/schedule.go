package api

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/schedule"
)

// PlannedLive is a live that is to come.
type PlannedLive struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Starts    Moment `json:"starts"`
	Minutes   int    `json:"minutes" doc:"how long it is meant to last; 0: nobody said"`
	Private   bool   `json:"private" doc:"only those inside know of it"`
	Cancelled bool   `json:"cancelled"`
}

// Schedule is the planned lives that the caller may know of, the next first.
type Schedule struct {
	Lives    []PlannedLive `json:"lives" nullable:"false"`
	Calendar bool          `json:"calendar" doc:"the caller has a calendar address for this channel"`
	Letters  bool          `json:"letters" doc:"the caller gets a letter when a date changes"`
}

// CalendarAddress is the secret address of a calendar.
type CalendarAddress struct {
	URL string `json:"url" doc:"told this once; whoever has it sees what its person may know of"`
}

// InPlan names a planned live of a channel.
type InPlan struct {
	InChannel
	Plan string `path:"plan" maxLength:"40"`
}

func (a *API) scheduleRoutes() {
	route(a, "GET", "/api/channels/{channel}/schedule", "get-schedule", "The planned lives I may know of", 200, a.schedule)
	route(a, "POST", "/api/channels/{channel}/schedule", "plan-live", "Plan a live (creator)", 201, a.planLive)
	route(a, "PATCH", "/api/channels/{channel}/schedule/{plan}", "change-planned-live", "Change a planned live (creator)", 200, a.replan)
	route(a, "DELETE", "/api/channels/{channel}/schedule/{plan}", "cancel-planned-live", "Call a planned live off (creator)", 200, a.cancelPlan)
	route(a, "POST", "/api/channels/{channel}/schedule/calendar", "renew-calendar", "A fresh calendar address; the old one stops", 200, a.renewCalendar)
	route(a, "DELETE", "/api/channels/{channel}/schedule/calendar", "revoke-calendar", "Revoke my calendar address", 204,
		func(ctx context.Context, in *InChannel) (*none, error) {
			return a.asMyself(ctx, in.Channel, a.opt.Schedule.RevokeFeed)
		})
	for method, want := range map[string]bool{"PUT": true, "DELETE": false} {
		id, summary := "get-schedule-letters", "A letter when a date changes"
		if !want {
			id, summary = "drop-schedule-letters", "No more letters about dates"
		}
		route(a, method, "/api/channels/{channel}/schedule/letters", id, summary, 204,
			func(ctx context.Context, in *InChannel) (*none, error) {
				return a.asMyself(ctx, in.Channel, func(ctx context.Context, by ident.Account, channel ident.Channel) error {
					return a.opt.Schedule.WantLetters(ctx, by, channel, want)
				})
			})
	}
	route(a, "GET", "/api/calendar/{secret}/lives.ics", "read-calendar", "What a calendar address shows (iCalendar)", 200, a.readCalendar)
}

func (a *API) asMyself(ctx context.Context, handle string, act func(context.Context, ident.Account, ident.Channel) error) (*none, error) {
	session, err := callerOf(ctx).signedIn()
	if err != nil {
		return nil, err
	}
	c, err := a.opt.Channels.ByHandle(ctx, handle)
	if err != nil {
		return nil, err
	}
	return nil, act(ctx, session.Account.ID, c.ID)
}

func (a *API) schedule(ctx context.Context, in *InChannel) (*body[Schedule], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	plans, err := a.opt.Schedule.List(ctx, s.Account, c.ID)
	if err != nil {
		return nil, err
	}
	wants, err := a.opt.Schedule.Wants(ctx, s.Account, c.ID)
	out := Schedule{Lives: []PlannedLive{}, Calendar: wants.Feed, Letters: wants.Letters}
	for _, p := range plans {
		out.Lives = append(out.Lives, plannedOf(p))
	}
	return answer(out, err)
}

func (a *API) planLive(ctx context.Context, in *struct {
	InChannel
	Body struct {
		Title   string    `json:"title" maxLength:"600"`
		Starts  time.Time `json:"starts"`
		Minutes int       `json:"minutes,omitempty" doc:"how long it is meant to last"`
		Private bool      `json:"private,omitempty" doc:"only those inside know of it; this never changes"`
	}
},
) (*body[PlannedLive], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	b := in.Body
	return a.planned(a.opt.Schedule.Add(ctx, s.Account, c.ID, wishOf(&b.Title, &b.Starts, &b.Minutes), b.Private))
}

func (a *API) replan(ctx context.Context, in *struct {
	InPlan
	Body struct {
		Title   *string    `json:"title,omitempty" maxLength:"600"`
		Starts  *time.Time `json:"starts,omitempty"`
		Minutes *int       `json:"minutes,omitempty"`
	}
},
) (*body[PlannedLive], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	b := in.Body
	return a.planned(a.opt.Schedule.Change(ctx, s.Account, c.ID, ident.Plan(in.Plan), wishOf(b.Title, b.Starts, b.Minutes)))
}

func (a *API) cancelPlan(ctx context.Context, in *InPlan) (*body[PlannedLive], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	return a.planned(a.opt.Schedule.Cancel(ctx, s.Account, c.ID, ident.Plan(in.Plan)))
}

func (a *API) planned(p schedule.Plan, err error) (*body[PlannedLive], error) {
	return answer(plannedOf(p), err)
}

func (a *API) renewCalendar(ctx context.Context, in *InChannel) (*body[CalendarAddress], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	secret, err := a.opt.Schedule.RenewFeed(ctx, s.Account, c.ID)
	return answer(CalendarAddress{a.Address(callerOf(ctx).request) + "/api/calendar/" + secret + "/lives.ics"}, err)
}

// calendarFile is a calendar as it is sent. It is one person's, and of this moment.
type calendarFile struct {
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control"`
	Body         []byte
}

func (a *API) readCalendar(ctx context.Context, in *struct {
	Secret string `path:"secret" maxLength:"100"`
},
) (*calendarFile, error) {
	c, err := a.opt.Schedule.Calendar(ctx, in.Secret)
	if err != nil {
		return nil, err
	}
	return &calendarFile{"text/calendar; charset=utf-8", "private, no-store", a.opt.Calendar(c, a.Address(callerOf(ctx).request))}, nil
}

func wishOf(title *string, starts *time.Time, minutes *int) schedule.Wish {
	w := schedule.Wish{Title: title, Starts: starts}
	if minutes != nil {
		length := time.Duration(min(max(*minutes, -1), 1<<20)) * time.Minute
		w.Length = &length
	}
	return w
}

func plannedOf(p schedule.Plan) PlannedLive {
	return PlannedLive{
		ID: string(p.ID), Title: p.Title, Starts: Moment(p.Starts), Minutes: int(p.Length / time.Minute), Private: p.Private, Cancelled: p.Cancelled,
	}
}
