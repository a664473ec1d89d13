package hls

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// refuse answers with RFC 9457's form. Nothing about the request is repeated.
func refuse(w http.ResponseWriter, f *fault.Fault) {
	status := statusOf(f.Kind)
	body := map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": f.Detail, "reason": f.Reason,
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	if f.RetryAfter > 0 {
		seconds := int(f.RetryAfter.Seconds() + 0.999)
		body["retry_after"] = seconds
		h.Set("Retry-After", strconv.Itoa(seconds))
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a viewer who went away
}

func statusOf(k fault.Kind) int {
	switch k {
	case fault.Denied:
		return http.StatusForbidden
	case fault.Missing:
		return http.StatusNotFound
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Limited:
		return http.StatusTooManyRequests
	}
	return http.StatusBadRequest
}

func missing(w http.ResponseWriter) {
	refuse(w, fault.New(fault.Missing, "segment_missing", "This piece of the broadcast is not here any more."))
}

func offline(w http.ResponseWriter) {
	refuse(w, fault.New(fault.Missing, "offline", "This broadcast is not being sent."))
}

func unavailable(w http.ResponseWriter) {
	refuse(w, fault.New(fault.Unavailable, "not_ready", "The broadcast has no picture yet.").After(1e9))
}
