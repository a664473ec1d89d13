package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// LiveFigures are what happened during one live.
type LiveFigures struct {
	Broadcast string        `json:"broadcast"`
	Title     string        `json:"title"`
	Started   Moment        `json:"started"`
	Ended     *Moment       `json:"ended" doc:"null while it goes on"`
	Messages  MessageCounts `json:"messages" doc:"that were posted and still stand"`
	Followers int           `json:"followers" doc:"who began to follow, once each"`
	SignUps   int           `json:"sign_ups" doc:"people whose own subscription began"`
	Gifts     int           `json:"gifts" doc:"rights that people were given, as the room was told"`
	Sales     []LiveSales   `json:"sales" nullable:"false" doc:"one for each currency: first charges of subscriptions, changes to dearer plans and gifts, no renewals"`
}

// MessageCounts are the messages of both rooms.
type MessageCounts struct {
	Public int `json:"public"`
	Space  int `json:"space" doc:"its threads included"`
}

// LiveSales are what was sold in one currency.
type LiveSales struct {
	Count int   `json:"count"`
	Paid  Money `json:"paid" doc:"what buyers paid, less what they were paid back since"`
}

func (a *API) insightRoutes() {
	route(a, "GET", "/api/channels/{channel}/figures", "get-figures", "What happened during a live, in numbers (creator)", 200,
		func(ctx context.Context, in *struct {
			InChannel
			Broadcast string `query:"broadcast" maxLength:"40" doc:"without it: the open one, or else the last"`
		},
		) (*body[LiveFigures], error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			l, err := a.opt.Insight.Live(ctx, s.Account, c.ID, ident.Broadcast(in.Broadcast))
			if err != nil {
				return nil, err
			}
			out := LiveFigures{
				Broadcast: string(l.Broadcast), Title: l.Title, Started: Moment(l.Started), Ended: MomentOf(l.Ended),
				Messages: MessageCounts{l.Public, l.Space}, Followers: l.Followers, SignUps: l.SignUps, Gifts: l.Gifts, Sales: []LiveSales{},
			}
			for _, sold := range l.Sales {
				out.Sales = append(out.Sales, LiveSales{sold.Count, moneyOf(sold.Paid)})
			}
			return &body[LiveFigures]{Body: out}, nil
		})
}
