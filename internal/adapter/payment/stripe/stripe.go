// Package stripe charges real cards on Stripe's own pages.
//
// Owns: how our checkouts, subscriptions, gifts and payouts are written in
// Stripe's terms, and how what Stripe says is read back. Promises: nothing of
// another product or server that shares the Stripe account is read as ours or
// changed (every object carries this server's mark); what makes money move, or
// makes an object, happens once for one key of ours; a period counts once it is
// paid, whatever Stripe's own period says by then; a word of Stripe's that is
// not known gives no right; an error never carries a key, a mail address or a
// sentence of Stripe's that might. Does not do: keeping subscriptions, grants
// or checkouts; believing what an event claims (it is a hint to ask).
package stripe

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	sdk "github.com/stripe/stripe-go/v85"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/payout"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Name is what Stripe is stored under.
const Name = "stripe"

// Tx is what the adapter needs inside one transaction.
type Tx interface {
	// PutSettingOnce keeps a value unless there is one, and returns the one kept.
	PutSettingOnce(ctx context.Context, name, value string) (string, error)
	// StripeObject returns false when nothing is kept.
	StripeObject(ctx context.Context, kind, name string) (ref string, found bool, err error)
	PutStripeObject(ctx context.Context, kind, name, ref string) error
	// PlanTitle names a tier and its channel, for receipts.
	PlanTitle(ctx context.Context, tier ident.Tier) (string, error)
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Config is what a Stripe needs from its surroundings.
type Config struct {
	Store  Store
	Now    func() time.Time
	Random io.Reader // cryptographic; for the mark of the first start
	// Key is a secret or restricted key of the account.
	Key string
	// Secrets are those of the webhook: the one in use, and the one before it
	// while it is being replaced.
	Secrets []string
	// Tax lets Stripe Tax reckon the tax that is contained in every price.
	Tax bool
	// API is where Stripe is; empty: where it is for everybody. Tests set it.
	API string
}

// Stripe is a subscription.Provider, a payout.Payer and a webhook.Source.
type Stripe struct {
	Config
	api   *sdk.Client
	http  *http.Client
	mark  string // this server's name on its objects at Stripe
	rates rates
}

var (
	_ subscription.Provider = (*Stripe)(nil)
	_ payout.Payer          = (*Stripe)(nil)
	_ subscription.Resolver = (*Stripe)(nil)
)

// The bounds of one call. A caller's context may be shorter.
const (
	dialTimeout   = 5 * time.Second
	answerTimeout = 20 * time.Second
	callTimeout   = 30 * time.Second
	retries       = 1 // of the library, with the same idempotency key
	idleTimeout   = 90 * time.Second
)

// pageSize is how many objects Stripe lists at a time, at most.
const pageSize = 100

// New returns the adapter. On the first start of a database it makes the mark
// that this server's objects carry; every node finds the same one later.
func New(ctx context.Context, c Config) (*Stripe, error) {
	fresh := make([]byte, 12)
	if _, err := io.ReadFull(c.Random, fresh); err != nil {
		return nil, fmt.Errorf("stripe mark: %w", err)
	}
	s := &Stripe{Config: c, http: client()}
	s.api = connect(c, s.http)
	err := c.Store.Update(ctx, func(tx Tx) (err error) {
		s.mark, err = tx.PutSettingOnce(ctx, "stripe_mark", fmt.Sprintf("%x", fresh))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("stripe mark: %w", err)
	}
	return s, nil
}

// Close lets go of the connections to Stripe.
func (s *Stripe) Close() { s.http.CloseIdleConnections() }

// Name implements subscription.Provider.
func (s *Stripe) Name() string { return Name }

func client() *http.Client {
	return &http.Client{
		Timeout: callTimeout,
		Transport: &http.Transport{
			Proxy:       http.ProxyFromEnvironment,
			DialContext: (&net.Dialer{Timeout: dialTimeout}).DialContext, TLSHandshakeTimeout: dialTimeout,
			ResponseHeaderTimeout: answerTimeout, IdleConnTimeout: idleTimeout, MaxIdleConnsPerHost: 8, ForceAttemptHTTP2: true,
		},
	}
}

func connect(c Config, client *http.Client) *sdk.Client {
	b := &sdk.BackendConfig{
		HTTPClient: client, LeveledLogger: silent{}, MaxNetworkRetries: sdk.Int64(retries), EnableTelemetry: sdk.Bool(false),
	}
	if c.API != "" {
		b.URL = sdk.String(c.API)
	}
	return sdk.NewClient(c.Key, sdk.WithBackends(&sdk.Backends{API: sdk.GetBackendWithConfig(sdk.APIBackend, b)}))
}

// silent is the library's log: it would repeat Stripe's sentences, which may
// hold what no log may. Errors are returned, and told by trouble.
type silent struct{}

func (silent) Debugf(string, ...any) {}
func (silent) Errorf(string, ...any) {}
func (silent) Infof(string, ...any)  {}
func (silent) Warnf(string, ...any)  {}

// The names of our metadata at Stripe.
const (
	metaMark     = "subspace" // which server's object it is
	metaCheckout = "checkout"
	metaAccount  = "account"
	metaChannel  = "channel"
	metaPurpose  = "purpose"
	metaTier     = "tier"
	metaInterval = "interval"
	metaPrice    = "price"
	metaTrial    = "trial_days"
	metaKey      = "key"
)

// marked returns metadata with this server's mark; more holds names and values
// in turn.
func (s *Stripe) marked(more ...string) map[string]string {
	m := map[string]string{metaMark: s.mark}
	for i := 0; i+1 < len(more); i += 2 {
		m[more[i]] = more[i+1]
	}
	return m
}

// ours reports metadata that carries this server's mark.
func (s *Stripe) ours(metadata map[string]string) bool { return metadata[metaMark] == s.mark }

// foreign reports metadata with the mark of another server.
func (s *Stripe) foreign(metadata map[string]string) bool {
	mark, is := metadata[metaMark]
	return is && mark != s.mark
}

// key is an idempotency key: the same words on the same server give the same.
// It is for what makes an object or moves money. What sets a state carries
// none of ours: Stripe would answer a second pause, after a resumption, with
// its answer to the first.
func (s *Stripe) key(words ...string) *string {
	key := "subspace:" + s.mark
	for _, w := range words {
		key += ":" + w
	}
	return &key
}

func errUnknown() *fault.Fault {
	return fault.New(fault.Missing, "provider_object_missing", "Stripe does not know this, or it is not of this server.")
}

func errCannot(why string) *fault.Fault {
	return fault.New(fault.Conflict, "provider_cannot", "%s", why)
}

func errEnded() *fault.Fault {
	return fault.New(fault.Conflict, "subscription_ended", "This subscription has already ended.")
}

// at is a moment of Stripe's; 0 stands for never.
func at(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
