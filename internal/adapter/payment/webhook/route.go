package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// maxBody is the longest event that is read.
const maxBody = 64 << 10

// Source knows one provider's events.
type Source interface {
	// ParseWebhook verifies the signature and then reads the event. What it
	// refuses is a fault.
	ParseWebhook(header http.Header, body []byte) (subscription.Event, error)
}

// Inbox keeps verified events.
type Inbox interface {
	Receive(ctx context.Context, e subscription.Event) error
}

// Route returns the handler for one provider's events.
func Route(source Source, inbox Inbox, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			refuse(w, http.StatusMethodNotAllowed, fault.New(fault.Invalid, "method_not_allowed", "Events are sent by POST."))
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			refuse(w, http.StatusRequestEntityTooLarge, fault.New(fault.Invalid, "body_too_large", "An event has at most %d bytes.", maxBody))
			return
		}
		if err != nil {
			refuse(w, http.StatusBadRequest, fault.New(fault.Invalid, "body_unreadable", "The event broke off."))
			return
		}
		e, err := source.ParseWebhook(r.Header, body)
		if err != nil {
			log.WarnContext(r.Context(), "webhook refused", "error", err)
			refuse(w, http.StatusBadRequest, orUnknown(err))
			return
		}
		if err := inbox.Receive(r.Context(), e); err != nil {
			log.ErrorContext(r.Context(), "webhook not kept; the provider will repeat it", "event", e.ID, "error", err)
			refuse(w, http.StatusServiceUnavailable, orUnknown(err))
			return
		}
		w.WriteHeader(http.StatusOK)
	})
}

// orUnknown is the refusal in err; an accident is told without its words.
func orUnknown(err error) *fault.Fault {
	if f := fault.Of(err); f != nil {
		return f
	}
	return fault.New(fault.Unavailable, "unavailable", "The event could not be taken in. Please send it again.")
}

// refuse answers with a problem (RFC 9457).
func refuse(w http.ResponseWriter, status int, f *fault.Fault) {
	body, err := json.Marshal(map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": f.Detail, "reason": f.Reason,
	})
	if err != nil {
		body = []byte(`{}`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // who went away needs no answer
}
