package stripe

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	sdk "github.com/stripe/stripe-go/v85"

	"github.com/subspace-live/subspace/internal/adapter/payment/webhook"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// signatureHeader carries the signature of an event.
const signatureHeader = "Stripe-Signature"

// chargePrefix tells the objects of events about charges. Such an event does not
// name the subscription that the charge was for; Resolve finds it.
const chargePrefix = "charge:"

// kinds lists the events that say something about what was sold here. Stripe
// filters by at most 20 at a time.
func kinds() []string {
	return []string{
		"checkout.session.completed", "checkout.session.expired",
		"checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed",
		"customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted",
		"customer.subscription.paused", "customer.subscription.resumed", "customer.subscription.pending_update_applied",
		"invoice.paid", "invoice.payment_failed", "invoice.voided",
		"charge.refunded", "refund.updated", "refund.failed",
		"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
	}
}

// wireEvent is what is read of an event: which object it is about. Whatever
// else it says may be old by now, and is asked for instead.
type wireEvent struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Account string `json:"account"` // set on events of accounts connected to ours
	Data    struct {
		Object json.RawMessage `json:"object"`
	} `json:"data"`
}

// wireObject holds the fields by which the objects of events name one another.
// The place of an invoice's subscription changed in 2025; both are read, since
// an endpoint made by hand keeps the version it was made with.
type wireObject struct {
	ID           string            `json:"id"`
	Metadata     map[string]string `json:"metadata"`
	Subscription name              `json:"subscription"`
	Charge       name              `json:"charge"`
	Refunded     bool              `json:"refunded"`
	Parent       struct {
		Details wireDetails `json:"subscription_details"`
	} `json:"parent"`
	Details wireDetails `json:"subscription_details"`
}

type wireDetails struct {
	Subscription name              `json:"subscription"`
	Metadata     map[string]string `json:"metadata"`
}

// name is a reference to another object: its id, or the object itself.
type name string

// UnmarshalJSON implements json.Unmarshaler.
func (n *name) UnmarshalJSON(b []byte) error {
	var object struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(b, (*string)(n)) == nil {
		return nil
	}
	if json.Unmarshal(b, &object) == nil {
		*n = name(object.ID)
	}
	return nil // what is neither names nothing
}

// ParseWebhook implements webhook.Source.
func (s *Stripe) ParseWebhook(header http.Header, body []byte) (subscription.Event, error) {
	if err := webhook.Verify(header.Get(signatureHeader), body, s.Now(), s.Secrets...); err != nil {
		return subscription.Event{}, err
	}
	var w wireEvent
	if err := json.Unmarshal(body, &w); err != nil || w.ID == "" {
		return subscription.Event{}, fault.New(fault.Invalid, "event_malformed", "The event cannot be read.")
	}
	return s.event(w), nil
}

// event says which of our objects an event concerns; none for what another
// product, or another server, sold by the same account.
func (s *Stripe) event(w wireEvent) subscription.Event {
	e := subscription.Event{Provider: Name, ID: w.ID, Kind: w.Type}
	var o wireObject
	if w.Account != "" || json.Unmarshal(w.Data.Object, &o) != nil {
		return e
	}
	e.Object = s.concerned(w.Type, o)
	switch w.Type {
	case "customer.subscription.deleted", "charge.dispute.created":
		e.Terminal = e.Object != ""
	case "charge.refunded":
		e.Terminal = e.Object != "" && o.Refunded
	}
	return e
}

func (s *Stripe) concerned(kind string, o wireObject) string {
	switch {
	case strings.HasPrefix(kind, "checkout.session.") && s.ours(o.Metadata) && o.ID != "":
		return subscription.CheckoutObject(o.ID)
	case strings.HasPrefix(kind, "customer.subscription.") && s.ours(o.Metadata):
		return o.ID
	case strings.HasPrefix(kind, "invoice.") && s.ours(o.Parent.Details.Metadata):
		return string(o.Parent.Details.Subscription)
	case strings.HasPrefix(kind, "invoice.") && s.ours(o.Details.Metadata):
		return string(o.Subscription)
	case kind == "charge.refunded" && !s.foreign(o.Metadata):
		return charge(o.ID)
	case (strings.HasPrefix(kind, "charge.dispute.") || strings.HasPrefix(kind, "refund.")) && !s.foreign(o.Metadata):
		return charge(string(o.Charge))
	}
	return ""
}

func charge(id string) string {
	if id == "" {
		return ""
	}
	return chargePrefix + id
}

// EventsSince implements subscription.Provider: Stripe knows which deliveries
// have not succeeded, and keeps events for 30 days.
func (s *Stripe) EventsSince(ctx context.Context, since time.Time) ([]subscription.Event, error) {
	params := &sdk.EventListParams{
		Types: sdk.StringSlice(kinds()), DeliverySuccess: sdk.Bool(false),
		CreatedRange: &sdk.RangeQueryParams{GreaterThanOrEqual: since.Unix()},
	}
	params.Limit = sdk.Int64(pageSize)
	var out []subscription.Event
	for e, err := range s.api.V1Events.List(ctx, params).All(ctx) {
		if err != nil {
			return nil, trouble("list events", err)
		}
		w := wireEvent{ID: e.ID, Type: string(e.Type), Account: e.Account}
		if e.Data != nil {
			w.Data.Object = e.Data.Raw
		}
		out = append(out, s.event(w))
	}
	return out, nil
}
