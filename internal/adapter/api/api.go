// Package api is the HTTP face of the product: routes, wire types, problems.
//
// Owns: the REST routes and their OpenAPI 3.1 document, the session cookie, the
// mapping of faults to RFC 9457 problems, which headers of a proxy count.
// Promises: every refusal carries a machine reason and a sentence; a request
// from a foreign page cannot change anything. Does not do: rules. A handler
// reads the request, asks the domain, and writes the answer.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/badge"
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
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/recording"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/schedule"
	"github.com/subspace-live/subspace/internal/domain/space"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Gate is the one gate, with memory.
type Gate interface {
	Facts(ctx context.Context, s access.Subject) (access.Facts, error)
	Allow(ctx context.Context, s access.Subject, a access.Action) (access.Decision, error)
	Decide(ctx context.Context, s access.Subject, a access.Action) (access.Decision, error)
	Forget(s access.Subject)
}

// Pages reads stretches of logs.
type Pages interface {
	Page(ctx context.Context, a room.Address, after, before int64, limit int) (room.Page, error)
	// Before returns the last sequence that was written before a moment; 0: none was.
	Before(ctx context.Context, a room.Address, at time.Time) (int64, error)
}

// Options is what the API needs from its surroundings.
type Options struct {
	Version     string
	PublicURL   string // empty: whatever host the request names
	RTMPAddress func(r *http.Request) string
	WHIP        bool // encoders may send by it too
	Proxies     Proxies
	Now         func() time.Time
	Log         *slog.Logger
	Gate        Gate
	Pages       Pages
	Accounts    *account.Service
	Archive     account.Archive
	Channels    *channel.Service
	Badges      *badge.Service
	Emotes      *emote.Service
	Space       *space.Service
	Chat        *chat.Service
	Questions   *question.Service
	Polls       *poll.Service
	Digests     *digest.Service
	Insight     *insight.Service
	Recordings  *recording.Service
	Replay      Replays
	Reactions   *chat.Reactions
	Pictures    *chat.Pictures
	Overlay     *overlay.Service
	Docks       *dock.Service
	Schedule    *schedule.Service
	// Calendar writes what a calendar's address shows; base is the server's address.
	Calendar      func(c schedule.Calendar, base string) []byte
	Moderation    *moderation.Service
	Audit         *audit.Service
	Live          *live.Service
	Subscriptions *subscription.Service
	Buyers        Buyers
	Payouts       *payout.Service
	Sandbox       Sandbox // nil unless the sandbox takes the payments
	Patrons       Patrons // nil unless there is a list of patrons
	Playback      Playbacks
	Health        func(ident.Channel) Health
	Viewers       func(ident.Channel) int
	Inside        func(ident.Channel) int // in the Sub Space, for who is let know; no finer than once a minute
	SignedOut     func(ident.Session)     // closes what the session still holds open
}

// API is the REST routes.
type API struct {
	opt  Options
	huma huma.API
	mux  *http.ServeMux
}

// New registers every route, so that they can be listed in one place: below.
func New(opt Options) *API {
	mux := http.NewServeMux()
	config := huma.DefaultConfig("Subspace", opt.Version)
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "/api/openapi", "", ""
	config.CreateHooks = nil // no $schema links in bodies
	config.Info.Description = "Live rooms with a Sub Space. Problems are RFC 9457 with a machine 'reason'."
	config.Transformers = append(config.Transformers, problems)
	a := &API{opt: opt, mux: mux}
	a.huma = humago.New(mux, config)
	a.huma.UseMiddleware(onlyForDocks) // before any route is there: of all of them
	a.sessionRoutes()
	a.accountRoutes()
	a.channelRoutes()
	a.setupRoutes()
	a.threadRoutes()
	a.readingRoutes()
	a.digestRoutes()
	a.followRoutes()
	a.badgeRoutes()
	a.emoteRoutes()
	a.roomRoutes()
	a.recordingRoutes()
	a.reactionRoutes()
	a.pinRoutes()
	a.pictureRoutes()
	a.modeRoutes()
	a.moderationRoutes()
	a.termRoutes()
	a.moderatorRoutes()
	a.auditRoutes()
	a.noteRoutes()
	a.questionRoutes()
	a.pollRoutes()
	a.overlayRoutes()
	a.dockRoutes()
	a.scheduleRoutes()
	a.liveRoutes()
	a.insightRoutes()
	a.tierRoutes()
	a.subscriptionRoutes()
	a.saleRoutes()
	a.awardRoutes()
	a.buyerRoutes()
	a.payoutRoutes()
	describe(a.huma.OpenAPI())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		WriteProblem(w, fault.New(fault.Missing, "route_missing", "There is no %s of this address. GET /api/openapi.json lists the routes.", r.Method))
	})
	return a
}

// Handler serves the routes: who is calling is found first, and a browser's
// request from a foreign page is refused before any handler runs. No answer is ever
// taken for something else than it says it is.
func (a *API) Handler() http.Handler {
	inner := a.guard(a.identify(a.mux))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		inner.ServeHTTP(w, r)
	})
}

// bodyMax bounds what a client may send in one request.
const bodyMax = 64 << 10

// OpenAPI returns the document of all routes, for the web's types.
func (a *API) OpenAPI() ([]byte, error) { return a.huma.OpenAPI().MarshalJSON() }

// route registers one operation.
func route[I, O any](a *API, method, path, id, summary string, status int, h func(context.Context, *I) (*O, error)) {
	huma.Register(a.huma, huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: status, MaxBodyBytes: bodyMax,
	}, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// body wraps what a route answers with.
type body[T any] struct{ Body T }

func answer[T any](v T, err error) (*body[T], error) {
	if err != nil {
		return nil, err
	}
	return &body[T]{v}, nil
}

// none is the input or output of a route without one.
type none struct{}
