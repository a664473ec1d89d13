package app

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/api"
	"github.com/subspace-live/subspace/internal/adapter/calendar"
	"github.com/subspace-live/subspace/internal/adapter/gateway"
	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/adapter/media/hls"
	recorder "github.com/subspace-live/subspace/internal/adapter/media/recording"
	"github.com/subspace-live/subspace/internal/adapter/media/webrtc"
	"github.com/subspace-live/subspace/internal/adapter/notify"
	"github.com/subspace-live/subspace/internal/adapter/passkey"
	"github.com/subspace-live/subspace/internal/adapter/payment/patron"
	"github.com/subspace-live/subspace/internal/adapter/picture"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/badge"
	"github.com/subspace-live/subspace/internal/domain/buyer"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/digest"
	"github.com/subspace-live/subspace/internal/domain/dock"
	"github.com/subspace-live/subspace/internal/domain/emote"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/insight"
	"github.com/subspace-live/subspace/internal/domain/live"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/overlay"
	"github.com/subspace-live/subspace/internal/domain/payout"
	"github.com/subspace-live/subspace/internal/domain/poll"
	"github.com/subspace-live/subspace/internal/domain/preview"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/recording"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/schedule"
	"github.com/subspace-live/subspace/internal/domain/space"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// parts is everything that stands on storage and bus.
type parts struct {
	gate          *access.Gate
	accounts      *account.Service
	channels      *channel.Service
	badges        *badge.Service
	emotes        *emote.Service
	space         *space.Service
	chat          *chat.Service
	reactions     *chat.Reactions
	shots         *chat.Pictures
	questions     *question.Service
	previews      *preview.Service // nil: the operator forbids them
	overlay       *overlay.Service
	docks         *dock.Service
	polls         *poll.Service
	digests       *digest.Service
	insight       *insight.Service
	recordings    *recording.Service
	recorder      *recorder.Recorder
	replay        *hls.Replay
	schedule      *schedule.Service
	moderation    *moderation.Service
	audit         *audit.Service
	live          *live.Service
	subscriptions *subscription.Service
	buyers        *buyer.Service
	payouts       *payout.Service
	hub           *media.Hub
	door          *hls.Door
	rtc           *webrtc.Server
	gateway       *gateway.Gateway
	api           *api.API
	sandbox       *payments       // nil unless payments are rehearsed
	stripe        http.Handler    // of its events; nil unless Stripe takes the payments
	desk          *patron.Desk    // nil unless there is a list of patrons
	differences   func() int      // between payment providers and us, that are known
	catcher       *notify.Catcher // nil: letters are sent, or there are none

	log         *slog.Logger
	liveChanged chan struct{} // holds one: a broadcast changed

	background []func(context.Context) error // run until the doors are shut
}

// assemble builds the parts: rules, then pictures, money, the letters that both
// write, and last the doors.
func assemble(ctx context.Context, s *Server) (*parts, error) {
	node, err := nodeName(s)
	if err != nil {
		return nil, err
	}
	rights := s.db.Rights()
	p := &parts{gate: access.NewGate(rights, s.sur.Now), log: s.sur.Log, liveChanged: make(chan struct{}, 1)}
	if err := p.rules(s, rights, node); err != nil {
		return nil, err
	}
	secret, err := secretOf(ctx, s, "playback_secret")
	if err != nil {
		return nil, err
	}
	p.keeping(s, ident.NewSource(s.sur.Now, s.sur.Random), node, secret)
	p.pictures(s, node, secret)
	if err := p.money(ctx, s); err != nil {
		return nil, err
	}
	if err := p.letters(s); err != nil {
		return nil, err
	}
	if err := p.doors(ctx, s, node); err != nil {
		return nil, err
	}
	if err := p.live.Recover(ctx); err != nil { // before an encoder can come back
		return nil, err
	}
	watch := func(ctx context.Context) error {
		return p.live.Run(ctx, func(err error) { s.sur.Log.Warn("broadcasts cannot be swept; will try again", "err", err) })
	}
	retire := func(ctx context.Context) error {
		return s.db.Retiring(ctx, func(err error) { s.sur.Log.Warn("what has expired was not deleted; will try again", "err", err) })
	}
	seen := func(ctx context.Context) error {
		return p.accounts.Run(ctx, func(err error) { s.sur.Log.Warn("sessions are not noted as used", "err", err) })
	}
	closing := func(ctx context.Context) error {
		return p.polls.Sweep(ctx, func(err error) { s.sur.Log.Warn("polls cannot be closed; will try again", "err", err) })
	}
	announce := func(ctx context.Context) error {
		return p.schedule.Run(ctx, func(err error) { s.sur.Log.Warn("changes of schedules are not told; will try again", "err", err) })
	}
	p.background = append(p.background, p.chat.Run, p.reactions.Run, p.polls.Run, closing, announce, seen, watch, p.hub.Run, p.recorder.Run, p.watchBroadcasts, p.gateway.Run, retire)
	return p, nil
}

func (p *parts) rules(s *Server, rights *store.Rights, node string) (err error) {
	now, ids := s.sur.Now, ident.NewSource(s.sur.Now, s.sur.Random)
	if p.accounts, err = account.NewService(account.Config{
		Store: store.UnitOf(s.db, as[account.Tx]), Sessions: rights, IDs: ids, Now: now, Random: s.sur.Random, Keys: passkey.Authenticators{}, Letters: s.cfg.SMTPURL != "",
	}); err != nil {
		return err
	}
	p.channels = channel.NewService(store.UnitOf(s.db, as[channel.Tx]), ids, now, account.Fold)
	p.channels.FollowPace = account.NewThrottle(limitOf(channel.FollowPace()), now)
	painter := picture.NewPainter(2)
	p.badges = &badge.Service{Store: store.UnitOf(s.db, as[badge.Tx]), Redraw: painter.Square, Now: now}
	p.emotes = &emote.Service{Store: store.UnitOf(s.db, as[emote.Tx]), IDs: ids, Redraw: painter.Square, Pace: account.NewThrottle(limitOf(emote.Pace()), now), Now: now}
	p.space = space.NewService(store.UnitOf(s.db, as[space.Tx]), ids, now)
	p.space.Redraw = painter.Square
	p.chat = chat.NewService(store.UnitOf(s.db, as[chat.Tx]), now,
		account.NewThrottle(account.Limit{Tries: s.cfg.MessageBurst, Every: s.cfg.MessagePace}, now))
	p.chat.Mentions = account.NewThrottle(limitOf(chat.MentionPace()), now)
	p.reactions = chat.NewReactions(store.UnitOf(s.db, as[chat.ReactionTx]), now, account.NewThrottle(limitOf(chat.ReactionPace()), now),
		func(at chat.Place) { s.bus.Stir(room.Stir{Address: at.Address, Seq: at.Seq}) })
	photos := picture.NewPainter(1)
	p.shots = &chat.Pictures{
		Store: store.UnitOf(s.db, as[chat.Tx]), IDs: ids, Now: now,
		Redraw: func(ctx context.Context, upload []byte, side int) (jpeg []byte, width, height int, err error) {
			photo, err := photos.Photo(ctx, upload, side)
			return photo.JPEG, photo.Width, photo.Height, err
		},
	}
	p.questions = p.answerQueue(s, ids)
	p.polls = poll.NewService(poll.Config{
		Store: store.UnitOf(s.db, as[poll.Tx]), IDs: ids, Now: now, CleanKey: chat.CleanKey, Count: s.db.Polls().Count,
		Pace:  account.NewThrottle(limitOf(poll.Pace()), now),
		Voted: func(at room.Address, id ident.Poll) { s.bus.Tally(room.Tally{Address: at, Poll: id}) },
	})
	p.insideOBS(s, ids)
	p.links(s)
	p.digests = &digest.Service{Store: store.UnitOf(s.db, as[digest.Tx]), Now: now, Pace: account.NewThrottle(limitOf(digest.Pace()), now)}
	p.insight = &insight.Service{Store: store.UnitOf(s.db, as[insight.Tx]), Now: now}
	p.schedule = &schedule.Service{Store: store.UnitOf(s.db, as[schedule.Tx]), IDs: ids, Now: now, Random: s.sur.Random}
	p.moderation = moderation.NewService(store.UnitOf(s.db, as[moderation.Tx]), ids, now)
	p.audit = audit.NewService(store.UnitOf(s.db, as[audit.Tx]), now)
	p.live = live.NewService(live.Config{
		Store: store.UnitOf(s.db, as[live.Tx]), IDs: ids, Now: now, Random: s.sur.Random, Node: node,
		Ending: func(ctx context.Context, tx live.Tx, channel ident.Channel) error {
			return p.questions.EndOfLive(ctx, tx.(question.Tx), channel)
		},
	})
	return nil
}

func (p *parts) answerQueue(s *Server, ids *ident.Source) *question.Service {
	now := s.sur.Now
	return question.NewService(store.UnitOf(s.db, as[question.Tx]), ids, now, account.NewThrottle(limitOf(question.Pace()), now),
		question.Rules{
			CleanText: chat.CleanText, CleanKey: chat.CleanKey, Author: chat.AuthorOf, Blocked: chat.Blocked,
			VotePace: account.NewThrottle(limitOf(question.VotePace()), now),
			Voted:    func(at room.Address, q ident.Question) { s.bus.Tally(room.Tally{Address: at, Question: q}) },
			Answered: func(asker ident.Account, in ident.Channel) { s.bus.Notice(access.Subject{Account: asker, Channel: in}) },
			Consented: func(ctx context.Context, in ident.Channel) {
				c, err := p.channels.ByID(ctx, in)
				if err != nil {
					s.sur.Log.Warn("the creator is not told of a consent", "channel", in, "error", err)
					return
				}
				s.bus.Notice(access.Subject{Account: c.Owner, Channel: in})
			},
		})
}

// insideOBS joins what creators have of us there: a layer and a column.
func (p *parts) insideOBS(s *Server, ids *ident.Source) {
	p.overlay = overlay.NewService(store.UnitOf(s.db, as[overlay.Tx]), s.sur.Now, s.sur.Random)
	p.docks = &dock.Service{Store: store.UnitOf(s.db, as[dock.Tx]), IDs: ids, Now: s.sur.Now, Random: s.sur.Random}
}

// as gives a package of the domain its view of a transaction.
func as[T any](tx *store.Tx) T { return any(tx).(T) }

func (p *parts) pictures(s *Server, node string, secret []byte) {
	p.door = hls.NewDoor(hls.Config{
		Gate: p.gate, Broadcasts: p.live, Secret: secret, Random: s.sur.Random, Node: node, Now: s.sur.Now, Log: s.sur.Log,
		Handle: func(ctx context.Context, id ident.Channel) (string, error) {
			c, err := p.channels.ByID(ctx, id)
			return c.Handle, err
		},
		Caller: p.caller, SignedIn: p.signedIn, Segment: p.record,
	})
	origin := api.Proxies(s.cfg.TrustedProxies()).Origin
	calls := account.NewThrottle(limitOf(webrtc.Pace()), s.sur.Now)
	p.rtc = webrtc.New(webrtc.Config{
		Door: p.door, Pace: func(r *http.Request) error { return calls.Take(origin(r)) }, Viewers: s.cfg.RTCViewers,
		Random: s.sur.Random, Now: s.sur.Now, Log: s.sur.Log,
	})
	p.hub = media.NewHub(media.Config{Broadcasts: p.live, Output: media.Outputs(p.door.Open, p.recorder.Open, p.rtc.Open), Node: node, Now: s.sur.Now, Log: s.sur.Log})
}

// caller returns whom the request's cookie belongs to; nobody when in doubt.
func (p *parts) caller(r *http.Request) ident.Account {
	who, _ := p.signedIn(r)
	return who
}

// signedIn is caller, and by which session.
func (p *parts) signedIn(r *http.Request) (ident.Account, ident.Session) {
	session, _, err := p.api.Session(r)
	if err != nil {
		return "", ""
	}
	return session.Account.ID, session.ID
}

func (p *parts) doors(ctx context.Context, s *Server, node string) (err error) {
	history, err := s.db.History(ctx)
	if err != nil {
		return err
	}
	options := api.Options{
		Version: s.sur.Version, PublicURL: s.cfg.PublicURL, RTMPAddress: s.rtmpURL, WHIP: s.cfg.RTC(), Proxies: s.cfg.TrustedProxies(),
		Now: s.sur.Now, Log: s.sur.Log, Gate: p.gate, Pages: s.db.Logs(),
		Accounts: p.accounts, Archive: s.db.Archive(), Channels: p.channels, Badges: p.badges, Emotes: p.emotes, Space: p.space, Chat: p.chat, Reactions: p.reactions, Pictures: p.shots, Questions: p.questions, Overlay: p.overlay, Polls: p.polls, Digests: p.digests, Insight: p.insight, Recordings: p.recordings, Replay: p.replayed, Docks: p.docks,
		Schedule: p.schedule, Calendar: calendar.Write,
		Moderation: p.moderation, Audit: p.audit, Live: p.live, Subscriptions: p.subscriptions, Buyers: p.buyers, Payouts: p.payouts,
		Playback: p.playback, Health: p.health,
		SignedOut: func(id ident.Session) {
			p.gateway.CloseSession(id)
			p.rtc.SignedOut(id)
		},
		Viewers: func(id ident.Channel) int { return p.gateway.Viewers(id) },
		Inside:  func(id ident.Channel) int { return p.gateway.Inside(id) },
	}
	if p.sandbox != nil {
		options.Sandbox = p.sandbox
	}
	if p.desk != nil {
		options.Patrons = p.desk
	}
	p.api = api.New(options)
	p.gateway, err = gateway.New(gateway.Options{
		Node: node, History: history, Gate: p.gate, Logs: s.db.Logs(), Sessions: s.db.Rights(), Chat: p.chat, Polls: p.polls,
		Channel: func(ctx context.Context, handle string) (ident.Channel, error) {
			c, err := p.channels.ByHandle(ctx, handle)
			return c.ID, err
		},
		Overlay: func(ctx context.Context, secret string) (ident.Channel, string, error) {
			id, err := p.overlay.Channel(ctx, secret)
			if err != nil {
				return "", "", err
			}
			c, err := p.channels.ByID(ctx, id)
			return id, c.Handle, err
		},
		DockOf: p.dockOf, LiveDocks: p.docks.Live,
		Session: p.api.Session, Recall: p.api.Recall, Learn: p.api.Learn, SessionOf: p.sessionOf, Refuse: p.refuse,
		Origin: api.Proxies(s.cfg.TrustedProxies()).Origin, SameOrigin: p.api.SameOrigin, Announce: s.bus.Announce, Totals: p.questions.Totals, PollTotals: p.polls.Totals,
		Reactions: p.reactions.Totals, Overlays: p.overlay.Standings,
		Now: s.sur.Now, Log: s.sur.Log, Readable: s.cfg.ReadableRate,
		Frames: gateway.FramesFor(s.cfg.MessageBurst, s.cfg.MessagePace),
	})
	return err
}

// refuse answers a request with an error.
func (p *parts) refuse(w http.ResponseWriter, err error) {
	f := fault.Of(err)
	if f == nil {
		p.log.Error("request failed", "err", err)
		f = fault.New(fault.Unavailable, "internal", "Something went wrong on the server. Please try again.")
	}
	api.WriteProblem(w, f)
}

// sessionOf returns whose a session's token is, for clients that have no cookie.
func (p *parts) sessionOf(ctx context.Context, token string) (account.Session, error) {
	session, known, err := p.accounts.Whose(ctx, token)
	if err == nil && !known {
		err = fault.New(fault.Denied, "sign_in", "This token is nobody's. Sign in again.")
	}
	return session, err
}

// dockOf returns whom a dock's address stands for, and where.
func (p *parts) dockOf(ctx context.Context, secret string) (gateway.Dock, error) {
	d, err := p.docks.Open(ctx, secret)
	if err != nil {
		return gateway.Dock{}, err
	}
	c, err := p.channels.ByID(ctx, d.Channel)
	return gateway.Dock{Account: d.Account, Name: d.Name, Handle: c.Handle, Scope: d.Scope()}, err
}

func (p *parts) playback(ctx context.Context, s access.Subject) (api.Playback, error) {
	out, err := p.door.Playback(ctx, s.Account, s.Channel)
	answer := api.Playback{State: out.State, URL: out.URL, Reason: out.Reason, Video: out.Video, Codecs: out.Codecs}
	if err != nil || out.URL == "" {
		return answer, err
	}
	if answer.WHEPReason = p.rtc.Way(out.Broadcast); answer.WHEPReason == "" {
		answer.WHEP, answer.Token = webrtc.WatchPath(out.Handle), out.Token
	}
	return answer, nil
}

func (p *parts) health(id ident.Channel) api.Health {
	h := p.hub.Health(id)
	return api.Health{
		Publishing: h.Publishing, Video: h.Video, Audio: h.Audio, Width: h.Width, Height: h.Height,
		BitrateKbps: h.BitrateKbps, KeyframeSeconds: h.KeyframeSeconds, BFrames: h.BFrames,
		LastError: h.LastError, LastReason: h.LastReason, LastErrorAt: api.MomentOf(h.At),
	}
}

// limitOf is how fast one person may do something in one channel.
func limitOf(tries int, every time.Duration) account.Limit {
	return account.Limit{Tries: tries, Every: every}
}

// OpenAPI returns the document of the REST API, with all optional routes, without a server.
func OpenAPI(version string) ([]byte, error) {
	return api.New(api.Options{Version: version, Questions: &question.Service{}, Sandbox: &payments{}, Patrons: &patron.Desk{}}).OpenAPI()
}
