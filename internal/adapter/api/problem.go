package api

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Problem is a refusal on the wire (RFC 9457).
type Problem struct {
	Type       string  `json:"type" doc:"Always about:blank; branch on reason."`
	Title      string  `json:"title"`
	Status     int     `json:"status"`
	Detail     string  `json:"detail" doc:"A sentence for a human, in English."`
	Reason     string  `json:"reason" doc:"The machine word. It does not change between releases."`
	RetryAfter float64 `json:"retry_after,omitempty" doc:"Seconds after which trying again may help."`
}

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{"Cache-Control": {"no-store"}}
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.RetryAfter))))
	}
	return h
}

// statusOf maps the kind of a fault to a status; the only place that does.
func statusOf(f *fault.Fault) int {
	switch f.Kind {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Denied:
		switch f.Reason {
		case "sign_in", "wrong_credentials":
			return http.StatusUnauthorized
		}
		return http.StatusForbidden
	case fault.Missing:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Limited:
		return http.StatusTooManyRequests
	}
	return http.StatusServiceUnavailable
}

func problemOf(f *fault.Fault) *Problem {
	status := statusOf(f)
	return &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Detail: f.Detail, Reason: f.Reason, RetryAfter: f.RetryAfter.Seconds(),
	}
}

// problem turns any error into a Problem. Accidents are logged here, once, and
// told without their inside.
func (a *API) problem(ctx context.Context, err error) error {
	f := fault.Of(err)
	switch {
	case f == nil && ctx.Err() != nil:
		f = fault.New(fault.Unavailable, "cancelled", "The request was cancelled.")
	case f == nil:
		a.opt.Log.Error("request failed", "err", err)
		f = fault.New(fault.Unavailable, "internal", "Something went wrong on the server. Please try again.")
	case f.Kind == fault.Unavailable:
		a.opt.Log.Warn("request refused", "reason", f.Reason, "err", f)
	}
	return problemOf(f)
}

// problems gives huma's own refusals (a body that does not fit the schema, an
// unknown route) our shape.
func problems(_ huma.Context, _ string, v any) (any, error) {
	var m *huma.ErrorModel
	if err, ok := v.(error); !ok || !errors.As(err, &m) {
		return v, nil
	}
	detail := m.Detail
	var parts []string
	for _, d := range m.Errors {
		parts = append(parts, strings.TrimSpace(d.Location+" "+d.Message))
	}
	if len(parts) > 0 {
		detail += ": " + strings.Join(parts, "; ")
	}
	reason := "request_invalid"
	if m.Status == http.StatusRequestEntityTooLarge {
		reason = "request_too_large"
	}
	return &Problem{Type: "about:blank", Title: http.StatusText(m.Status), Status: m.Status, Detail: detail, Reason: reason}, nil
}

// WriteProblem answers a plain handler's request with a fault.
func WriteProblem(w http.ResponseWriter, f *fault.Fault) {
	p := problemOf(f)
	for k, v := range p.GetHeaders() {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p) //nolint:errcheck // the client may be gone
}
