package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/payment/webhook"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func TestVerify(t *testing.T) {
	now := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
	body := []byte(`{"id":"evt_1"}`)
	sign := func(at time.Time, secrets ...string) string { return webhook.Sign(body, at, secrets...) }
	for name, c := range map[string]struct {
		header string
		body   []byte
		reason string
	}{
		"good":                     {sign(now, "new"), body, ""},
		"one of two signatures":    {sign(now, "old", "new"), body, ""},
		"the other order":          {sign(now, "new", "old"), body, ""},
		"signed before a rotation": {sign(now, "previous"), body, ""},
		"almost five minutes old":  {sign(now.Add(-5*time.Minute), "new"), body, ""},
		"more than that":           {sign(now.Add(-5*time.Minute-time.Second), "new"), body, "signature_stale"},
		"a clock a minute ahead":   {sign(now.Add(time.Minute), "new"), body, ""},
		"from the future":          {sign(now.Add(time.Minute+time.Second), "new"), body, "signature_stale"},
		"another secret":           {sign(now, "guess"), body, "signature_invalid"},
		"the empty secret":         {sign(now, ""), body, "signature_invalid"},
		"another body":             {sign(now, "new"), []byte(`{"id":"evt_2"}`), "signature_invalid"},
		"another time":             {"t=1" + sign(now, "new")[2:], body, "signature_invalid"},
		"no header":                {"", body, "signature_invalid"},
		"no signature":             {"t=1772395200", body, "signature_invalid"},
		"not hexadecimal":          {"t=1772395200,v1=zz", body, "signature_invalid"},
		"an older scheme":          {strings.Replace(sign(now, "new"), "v1=", "v0=", 1), body, "signature_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			err := webhook.Verify(c.header, c.body, now, "new", "previous", "")
			if c.reason == "" && err != nil || c.reason != "" && !fault.Is(err, c.reason) {
				t.Errorf("got %v, want %q", err, c.reason)
			}
		})
	}
}

// TestTheShapeIsStripes holds the header to a sum made by another tool: printf
// '1772395200.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test.
func TestTheShapeIsStripes(t *testing.T) {
	got := webhook.Sign([]byte(`{"id":"evt_1"}`), time.Unix(1772395200, 0), "whsec_test")
	if want := "t=1772395200,v1=44e49bda534c34d6a6f9c2f94745c13d15063db87b42df1c996b21db88872fd8"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// parser verifies nothing: the route is tested here.
type parser struct{ err error }

func (p parser) ParseWebhook(http.Header, []byte) (subscription.Event, error) {
	return subscription.Event{ID: "evt_1"}, p.err
}

type inbox struct {
	received int
	err      error
}

func (i *inbox) Receive(context.Context, subscription.Event) error { i.received++; return i.err }

func TestRoute(t *testing.T) {
	forged := fault.New(fault.Invalid, "signature_invalid", "no")
	for name, c := range map[string]struct {
		method string
		size   int
		parse  error
		keep   error
		status int
		reason string
	}{
		"good":              {http.MethodPost, 10, nil, nil, 200, ""},
		"just fits":         {http.MethodPost, 64 << 10, nil, nil, 200, ""},
		"too large":         {http.MethodPost, 64<<10 + 1, nil, nil, 413, "body_too_large"},
		"forged":            {http.MethodPost, 10, forged, nil, 400, "signature_invalid"},
		"cannot be kept":    {http.MethodPost, 10, nil, errors.New("disk is on fire"), 503, "unavailable"},
		"asked, not posted": {http.MethodGet, 0, nil, nil, 405, "method_not_allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			in := &inbox{err: c.keep}
			w := httptest.NewRecorder()
			r := httptest.NewRequest(c.method, "/", bytes.NewReader(make([]byte, c.size)))
			webhook.Route(parser{c.parse}, in, slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
			var problem struct{ Reason string }
			_ = json.Unmarshal(w.Body.Bytes(), &problem) // an empty body has no reason
			if w.Code != c.status || problem.Reason != c.reason || strings.Contains(w.Body.String(), "fire") {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
			if believed := in.received > 0; believed != (c.status == 200 || c.status == 503) {
				t.Errorf("received %d", in.received)
			}
		})
	}
}
