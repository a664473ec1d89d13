package sandbox

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/payment/webhook"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// SignatureHeader carries the signature of an event.
const SignatureHeader = "Sandbox-Signature"

// The kinds of event, in Stripe's words.
const (
	kindCreated       = "customer.subscription.created"
	kindUpdated       = "customer.subscription.updated"
	kindDeleted       = "customer.subscription.deleted"
	kindPaid          = "invoice.paid"
	kindFailed        = "invoice.payment_failed"
	kindRefunded      = "charge.refunded"
	kindDisputed      = "charge.dispute.created"
	kindDisputeClosed = "charge.dispute.closed"
	kindCompleted     = "checkout.session.completed"
)

// wireEvent is an event in the shape of Stripe's. It names the subscription
// that it concerns and says nothing about its state.
type wireEvent struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Type    string `json:"type"`
	Created int64  `json:"created"`
	Data    struct {
		Object struct {
			Subscription string `json:"subscription"`
		} `json:"object"`
	} `json:"data"`
}

func encode(e subscription.SandboxEvent) ([]byte, error) {
	w := wireEvent{ID: e.ID, Object: "event", Type: e.Kind, Created: e.Created.Unix()}
	w.Data.Object.Subscription = e.Subscription
	return json.Marshal(w)
}

// ParseWebhook implements webhook.Source.
func (s *Sandbox) ParseWebhook(header http.Header, body []byte) (subscription.Event, error) {
	if err := webhook.Verify(header.Get(SignatureHeader), body, s.Now(), s.secret); err != nil {
		return subscription.Event{}, err
	}
	var w wireEvent
	if err := json.Unmarshal(body, &w); err != nil || w.ID == "" {
		return subscription.Event{}, fault.New(fault.Invalid, "event_malformed", "The event cannot be read.").Because(err)
	}
	return event(w.ID, w.Type, w.Data.Object.Subscription), nil
}

func event(id, kind, object string) subscription.Event {
	return subscription.Event{
		Provider: Name, ID: id, Kind: kind, Object: object,
		Terminal: kind == kindDeleted || kind == kindDisputed || kind == kindRefunded,
	}
}

// sign returns the request headers of a delivery at now.
func (s *Sandbox) sign(body []byte, now time.Time) http.Header {
	return http.Header{
		"Content-Type":  {"application/json"},
		SignatureHeader: {SignWith(s.secret, body, now)},
	}
}

// SignWith is the signature of a body that is sent now, by a secret of New.
func SignWith(secret string, body []byte, now time.Time) string {
	return webhook.Sign(body, now, secret)
}
