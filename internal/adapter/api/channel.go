package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// ChannelCard is a channel as home shows it.
type ChannelCard struct {
	Handle    string     `json:"handle"`
	Title     string     `json:"title"`
	OwnerName string     `json:"owner_name"`
	Live      *Broadcast `json:"live" doc:"null while offline"`
	Viewers   int        `json:"viewers"`
	SpaceOpen bool       `json:"space_open"`
}

// Channel is a channel as one caller sees it.
type Channel struct {
	ChannelCard
	Price        *Money      `json:"price" doc:"null while it does not sell"`
	Period       string      `json:"period" enum:"month,year"`
	LiveAudience string      `json:"live_audience" enum:"public,subscribers"`
	SpaceName    string      `json:"space_name" doc:"empty: the Sub Space has no name of its own"`
	SpaceLevel   int         `json:"space_level" doc:"from which level of tier on the Sub Space opens; 1: every subscriber"`
	SpaceOpens   string      `json:"space_opens" enum:"always,lives" doc:"lives: the Sub Space is shut between lives"`
	OnAir        *OnAir      `json:"on_air" doc:"null while nothing is on air"`
	PollOpen     bool        `json:"poll_open" doc:"the public room is asked to choose: its polls say what"`
	Badges       []Badge     `json:"badges" nullable:"false" doc:"which the creator gave a picture"`
	Followers    int64       `json:"followers" doc:"how many follow it"`
	TierBadges   []TierBadge `json:"tier_badges" nullable:"false" doc:"pictures for the subscribers of one tier, in place of those in badges"`
	Modes        RoomModes   `json:"modes"`
	Previews     Previews    `json:"previews"`
	Me           Standing    `json:"me"`
}

// Money is an amount in minor units.
type Money struct {
	Minor    int64  `json:"minor" minimum:"0" maximum:"100000000"`
	Currency string `json:"currency" pattern:"^[A-Z]{3}$"`
}

// Sum is an amount in minor units that may be below zero.
type Sum struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency" pattern:"^[A-Z]{3}$"`
}

// Standing is what the caller is in a channel.
type Standing struct {
	Role       string        `json:"role" enum:"none,moderator,owner"`
	Grade      string        `json:"grade" enum:"none,assistant,moderator,lead" doc:"of a moderator"`
	Subscriber bool          `json:"subscriber"`
	Months     int           `json:"months"`
	Inside     bool          `json:"inside" doc:"may read the Sub Space now"`
	Reason     string        `json:"reason" doc:"why not inside; empty when inside"`
	Until      *Moment       `json:"until" doc:"when this stops being true by the clock; null: no end"`
	Follows    *Moment       `json:"follows_since" doc:"null: the caller does not follow the channel"`
	Writing    RoomWriting   `json:"writing"`
	Gift       *GiftReceived `json:"gift" doc:"the newest gift to the caller that holds or waits; null: none"`
	Answered   []Question    `json:"answered" nullable:"false" doc:"the caller's questions that were answered and of which they were not told"`
}

type InChannel struct {
	Channel string `path:"channel" maxLength:"60"`
}

func (a *API) channelRoutes() {
	route(a, "GET", "/api/channels", "list-channels", "Channels, live ones first", 200, a.listChannels)
	route(a, "POST", "/api/channels", "open-channel", "Open a channel (operators)", 201, a.openChannel)
	route(a, "GET", "/api/channels/{channel}", "get-channel", "A channel as I see it", 200,
		func(ctx context.Context, in *InChannel) (*body[Channel], error) {
			c, err := a.opt.Channels.ByHandle(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			return answer(a.channel(ctx, c))
		})
	route(a, "PATCH", "/api/channels/{channel}", "change-channel", "Change settings (creator)", 200, a.changeChannel)
}

// subject finds the channel of a handle and who asks about it.
func (a *API) subject(ctx context.Context, handle string) (channel.Channel, access.Subject, error) {
	c, err := a.opt.Channels.ByHandle(ctx, handle)
	return c, access.Subject{Account: callerOf(ctx).actor(), Channel: c.ID}, err
}

func (a *API) listChannels(ctx context.Context, _ *none) (*body[ChannelList], error) {
	cs, err := a.opt.Channels.List(ctx)
	if err != nil {
		return nil, err
	}
	open, err := a.opt.Live.Open(ctx)
	if err != nil {
		return nil, err
	}
	lives := map[ident.Channel]live.Broadcast{}
	for _, b := range open {
		lives[b.Channel] = b
	}
	first, rest := []ChannelCard{}, []ChannelCard{}
	for _, c := range cs {
		b, on := lives[c.ID]
		if card := a.card(c, b, on); on {
			first = append(first, card)
		} else {
			rest = append(rest, card)
		}
	}
	out := &body[ChannelList]{}
	out.Body.Channels = append(first, rest...)
	return out, nil
}

func (a *API) card(c channel.Channel, b live.Broadcast, on bool) ChannelCard {
	card := ChannelCard{
		Handle: c.Handle, Title: c.Title, OwnerName: c.OwnerName, SpaceOpen: c.SpaceOpen,
		Viewers: a.opt.Viewers(c.ID),
	}
	if on {
		card.Live = broadcastOf(b)
	}
	return card
}

// channel gathers what one caller may know of a channel.
func (a *API) channel(ctx context.Context, c channel.Channel) (Channel, error) {
	b, on, err := a.opt.Live.Current(ctx, c.ID)
	if err != nil {
		return Channel{}, err
	}
	out := Channel{ChannelCard: a.card(c, b, on), Period: "month", LiveAudience: string(c.LiveAudience), SpaceName: c.SpaceName}
	tier, sells, err := a.opt.Subscriptions.Tier(ctx, c.ID)
	if err != nil {
		return Channel{}, err
	}
	if sells {
		price := moneyOf(tier.Prices[0].Amount)
		out.Price, out.Period = &price, string(tier.Prices[0].Interval)
	}
	art, err := a.opt.Badges.Of(ctx, c.ID)
	if err != nil {
		return Channel{}, err
	}
	out.Badges, out.TierBadges = badgesOf(c.Handle, art)
	if out.OnAir, err = a.onAir(ctx, access.Subject{Account: callerOf(ctx).account(), Channel: c.ID}); err != nil {
		return Channel{}, err
	}
	if out.PollOpen, err = a.opt.Polls.Asked(ctx, room.Address{Channel: c.ID, Audience: room.Public}); err != nil {
		return Channel{}, err
	}
	facts, err := a.opt.Gate.Facts(ctx, access.Subject{Account: callerOf(ctx).account(), Channel: c.ID})
	if err != nil {
		return Channel{}, err
	}
	out.SpaceOpens, out.SpaceLevel = opens(facts.LivesOnly), max(1, facts.SpaceLevel)
	out.Followers, out.Modes, out.Previews = c.Followers, roomModes(facts, a.opt.Now()), a.previews(facts)
	out.Me, err = a.standing(ctx, facts)
	return out, err
}

func (a *API) standing(ctx context.Context, facts access.Facts) (_ Standing, err error) {
	now := a.opt.Now()
	d := access.Decide(facts, access.ReadSpace, now)
	s := Standing{Role: string(facts.Role), Grade: facts.Grade.String(), Subscriber: facts.SubscriberAt(now), Inside: d.Allowed, Reason: d.Reason}
	if s.Subscriber {
		s.Months = facts.Tenure(now)
	}
	s.Until, s.Follows, s.Writing = MomentOf(d.Until), MomentOf(facts.Follows), writing(facts, now)
	if s.Gift, err = a.giftReceived(ctx, facts); err != nil {
		return s, err
	}
	s.Answered, err = a.answeredTo(ctx, facts)
	return s, err
}

func (a *API) openChannel(ctx context.Context, in *struct {
	Body struct {
		Handle string `json:"handle" maxLength:"60"`
		Title  string `json:"title" maxLength:"200"`
		Owner  string `json:"owner" maxLength:"120" doc:"the name of the account that will own it"`
	}
},
) (*body[Channel], error) {
	session, err := callerOf(ctx).signedIn()
	if err != nil {
		return nil, err
	}
	facts := access.Facts{Account: session.Account.ID, Full: session.Account.Full(), Operator: session.Account.Operator}
	c, err := a.opt.Channels.Open(ctx, facts, in.Body.Handle, in.Body.Title, in.Body.Owner)
	if err != nil {
		return nil, err
	}
	return answer(a.channel(ctx, c))
}

func (a *API) changeChannel(ctx context.Context, in *struct {
	InChannel
	Body struct {
		Title          *string `json:"title,omitempty" maxLength:"200"`
		BroadcastTitle *string `json:"broadcast_title,omitempty" maxLength:"200"`
		SpaceOpen      *bool   `json:"space_open,omitempty"`
		Price          *Money  `json:"price,omitempty"`
		LiveAudience   *string `json:"live_audience,omitempty" enum:"public,subscribers"`
		PreviewPublic  *bool   `json:"preview_public,omitempty" doc:"whether the server looks up links in the public chat"`
		PreviewSpace   *bool   `json:"preview_space,omitempty" doc:"whether it does in the Sub Space and its threads"`
	}
},
) (*body[Channel], error) {
	session, err := callerOf(ctx).signedIn()
	if err != nil {
		return nil, err
	}
	c, err := a.opt.Channels.ByHandle(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	by, b := session.Account.ID, in.Body
	if b.BroadcastTitle != nil { // what can be refused is refused before anything is changed
		if _, err := live.CleanTitle(*b.BroadcastTitle); err != nil {
			return nil, err
		}
	}
	if b.Price != nil {
		if err := subscription.CheckPrice(subscription.Price{Interval: subscription.Month, Amount: b.Price.amount()}); err != nil {
			return nil, err
		}
	}
	change := channel.Change{Title: b.Title, SpaceOpen: b.SpaceOpen, PreviewPublic: b.PreviewPublic, PreviewSpace: b.PreviewSpace}
	if b.LiveAudience != nil {
		audience := access.LiveAudience(*b.LiveAudience)
		change.LiveAudience = &audience
	}
	if c, err = a.opt.Channels.Change(ctx, by, c.ID, change); err != nil {
		return nil, err
	}
	if b.BroadcastTitle != nil {
		if err := a.opt.Live.Retitle(ctx, by, c.ID, *b.BroadcastTitle); err != nil {
			return nil, err
		}
	}
	if b.Price != nil {
		if _, err := a.opt.Subscriptions.SetPrice(ctx, by, c.ID, b.Price.amount()); err != nil {
			return nil, err
		}
	}
	a.opt.Gate.Forget(access.Subject{Channel: c.ID}) // the answer below must not be older than the change
	return answer(a.channel(ctx, c))
}

// ChannelList is what home shows.
type ChannelList struct {
	Channels []ChannelCard `json:"channels" nullable:"false"`
}
