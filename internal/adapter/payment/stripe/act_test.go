package stripe_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/payment/stripe"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

const (
	update  = "POST /v1/subscriptions/sub_1"
	end     = "DELETE /v1/subscriptions/sub_1"
	release = "POST /v1/subscription_schedules/sub_sched_1/release"
)

// TestActs is what each wish writes at Stripe, by where the subscription stands.
func TestActs(t *testing.T) {
	base := newWorld(t)
	plan := monthly(bronze, 499)
	schedule := js{"id": "sub_sched_1", "object": "subscription_schedule", "status": "active", "phases": []js{}}
	paused := js{"pause_collection": js{"behavior": "void"}}
	cancelled := js{"cancel_at_period_end": true}
	cancel := func(w *world) error { return w.stripe.CancelAtPeriodEnd(w.t.Context(), "sub_1") }
	pause := func(w *world) error { return w.stripe.Pause(w.t.Context(), "sub_1") }
	resume := func(w *world) error { return w.stripe.Resume(w.t.Context(), "sub_1") }
	stop := func(w *world) error { return w.stripe.End(w.t.Context(), "sub_1") }
	over := began.AddDate(0, 1, 0) // the end of the paid month
	for name, c := range map[string]struct {
		changes js
		now     time.Time
		act     func(*world) error
		trail   []string
		form    map[string]string // of the update
		reason  string
	}{
		"cancel":                            {nil, began, cancel, []string{update}, map[string]string{"cancel_at_period_end": "true"}, ""},
		"cancel again":                      {cancelled, began, cancel, nil, nil, ""},
		"cancel in the trial":               {js{"status": "trialing"}, began, cancel, []string{update}, map[string]string{"cancel_at_period_end": "true"}, ""},
		"cancel with a planned change":      {js{"schedule": schedule}, began, cancel, []string{release, update}, map[string]string{"cancel_at_period_end": "true"}, ""},
		"cancel what owes":                  {js{"status": "past_due"}, began, cancel, []string{end}, nil, ""},
		"cancel what was given up":          {js{"status": "unpaid"}, began, cancel, []string{end}, nil, ""},
		"cancel in a pause":                 {paused, over.Add(-1), cancel, []string{update}, map[string]string{"cancel_at_period_end": "true"}, ""},
		"cancel in a pause past the period": {paused, over, cancel, []string{end}, nil, ""},
		"cancel what has ended":             {js{"status": "canceled"}, began, cancel, nil, nil, ""},
		"pause":                             {nil, began, pause, []string{update}, map[string]string{"pause_collection[behavior]": "void"}, ""},
		"pause again":                       {paused, began, pause, nil, nil, ""},
		"pause what has ended":              {js{"status": "canceled"}, began, pause, nil, nil, "subscription_ended"},
		"resume what runs":                  {nil, began, resume, nil, nil, ""},
		"resume from a cancellation":        {cancelled, began, resume, []string{update}, map[string]string{"cancel_at_period_end": "false", "billing_cycle_anchor": ""}, ""},
		"resume from a date":                {js{"cancel_at": over.Unix()}, began, resume, []string{update}, map[string]string{"cancel_at": "", "cancel_at_period_end": ""}, ""},
		"resume from a pause": {
			paused, over.Add(-1), resume,
			[]string{update},
			map[string]string{"pause_collection": "", "billing_cycle_anchor": "", "payment_behavior": ""},
			"",
		},
		"resume from a pause past the period": {
			paused, over, resume,
			[]string{update},
			map[string]string{"pause_collection": "", "billing_cycle_anchor": "now", "proration_behavior": "none", "payment_behavior": "error_if_incomplete"},
			"",
		},
		"resume what has ended": {js{"status": "canceled"}, began, resume, nil, nil, "subscription_ended"},
		"end":                   {nil, began, stop, []string{end}, nil, ""},
		"end again":             {js{"status": "canceled"}, began, stop, nil, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			w.now = c.now
			invoice, charge := month(0, plan)
			w.sells(w.subscribed(plan, c.changes), []js{invoice}, charge)
			for _, call := range []string{update, end} {
				w.on(call, w.subscribed(plan, nil))
			}
			w.on(release, schedule)
			if err := c.act(w); (c.reason == "" && err != nil) || (c.reason != "" && !fault.Is(err, c.reason)) {
				t.Fatalf("got %v, want %q", err, c.reason)
			}
			if got := w.trail(); !slices.Equal(got, c.trail) {
				t.Fatalf("wrote %v, want %v", got, c.trail)
			}
			for field, value := range c.form {
				if got := w.one(update).form.Get(field); got != value {
					t.Errorf("%s is %q, want %q", field, got, value)
				}
			}
		})
	}
}

// TestUnsetFieldsAreSent: an empty value is what takes a pause back.
func TestUnsetFieldsAreSent(t *testing.T) {
	w := newWorld(t)
	invoice, charge := month(0, monthly(bronze, 499))
	w.sells(w.subscribed(monthly(bronze, 499), js{"pause_collection": js{"behavior": "void"}, "cancel_at": began.Unix()}), []js{invoice}, charge)
	w.on(update, w.subscribed(monthly(bronze, 499), nil))
	if err := w.stripe.Resume(t.Context(), "sub_1"); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"pause_collection", "cancel_at"} {
		if got, sent := w.one(update).form[field]; !sent || got[0] != "" {
			t.Errorf("%s is %q", field, got)
		}
	}
}

// TestAStateIsSetAnew: a second pause after a resumption is not the first one
// again, as an idempotency key of ours would make it.
func TestAStateIsSetAnew(t *testing.T) {
	w := newWorld(t)
	w.on("GET /v1/subscriptions/sub_1", w.subscribed(monthly(bronze, 499), nil))
	w.on(update, w.subscribed(monthly(bronze, 499), nil))
	for range 2 {
		if err := w.stripe.Pause(t.Context(), "sub_1"); err != nil {
			t.Fatal(err)
		}
	}
	if asked := w.calls(update); len(asked) != 2 || asked[0].key == asked[1].key {
		t.Errorf("asked %+v", asked)
	}
}

// TestNothingOfOthersIsTouched: whatever is asked of a subscription without our
// mark, it is not there, and nothing is written.
func TestNothingOfOthersIsTouched(t *testing.T) {
	w := newWorld(t)
	w.on("GET /v1/subscriptions/sub_1", w.subscribed(monthly(bronze, 499), js{"metadata": js{"subspace": "0123", "checkout": "01checkout"}}))
	ctx, to := t.Context(), monthly(gold, 1499)
	for name, act := range map[string]func() error{
		"cancel":           func() error { return w.stripe.CancelAtPeriodEnd(ctx, "sub_1") },
		"pause":            func() error { return w.stripe.Pause(ctx, "sub_1") },
		"resume":           func() error { return w.stripe.Resume(ctx, "sub_1") },
		"end":              func() error { return w.stripe.End(ctx, "sub_1") },
		"preview":          func() error { _, err := w.stripe.PreviewChange(ctx, "sub_1", to); return err },
		"change now":       func() error { return w.stripe.ChangeNow(ctx, "sub_1", to, "key") },
		"change at period": func() error { return w.stripe.ChangeAtPeriodEnd(ctx, "sub_1", to) },
		"card page":        func() error { _, err := w.stripe.CardPage(ctx, "sub_1", back); return err },
	} {
		if err := act(); !fault.Is(err, "provider_object_missing") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if wrote := w.trail(); len(wrote) != 0 {
		t.Errorf("wrote %v", wrote)
	}
}

// TestAResumptionPastThePeriodIsChargedOnce: two tabs, two servers and a double
// click have all seen the pause; Stripe makes of one key one charge. A card that
// was declined may be tried again, and so may a later pause.
func TestAResumptionPastThePeriodIsChargedOnce(t *testing.T) {
	w := newWorld(t)
	plan := monthly(bronze, 499)
	w.now = began.AddDate(0, 2, 0)
	invoice, charge := month(0, plan)
	w.sells(w.subscribed(plan, js{"pause_collection": js{"behavior": "void"}}), []js{invoice}, charge)
	resume := func(s *stripe.Stripe) (key string, err error) {
		before := len(w.calls(update))
		err = s.Resume(t.Context(), "sub_1")
		return w.calls(update)[before].key, err
	}
	other := w.start()
	w.say(update, http.StatusPaymentRequired, refusal("card_error", "card_declined", ""))
	first, err := resume(w.stripe)
	if !fault.Is(err, "card_declined") {
		t.Fatalf("got %v", err)
	}
	w.on(update, w.subscribed(plan, nil))
	var keys []string
	for _, s := range []*stripe.Stripe{w.stripe, other, w.stripe} { // the fake goes on saying that it is paused
		key, err := resume(s)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	if keys[0] == "" || keys[0] == first || keys[0] != keys[1] || keys[0] != keys[2] {
		t.Errorf("the card was declined under %q, and charged under %q", first, keys)
	}
	w.say(update, http.StatusInternalServerError, refusal("api_error", "", ""))
	if key, err := resume(w.stripe); !fault.Is(err, "provider_unavailable") || key != keys[0] {
		t.Errorf("without an answer it is another charge, %q: %v", key, err)
	}
	w.on(update, w.subscribed(plan, nil))
	next, more := month(1, plan)
	w.sells(w.subscribed(plan, js{"pause_collection": js{"behavior": "void"}}), []js{invoice, next}, charge, more)
	if key, err := resume(w.stripe); err != nil || key == keys[0] {
		t.Errorf("the pause after the next period: %q, %v", key, err)
	}
}

// TestAResumptionLooksAtItsBillsOnce: one who was charged between two looks would
// move what the second makes a key of, and both would be charged.
func TestAResumptionLooksAtItsBillsOnce(t *testing.T) {
	base := newWorld(t)
	for name, changes := range map[string]js{"paused": nil, "paused, and it owes": {"status": "past_due"}} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			plan := monthly(bronze, 499)
			w.now = began.AddDate(0, 2, 0)
			invoice, charge := month(0, plan)
			next, _ := month(2, plan) // what the other one pays meanwhile
			w.sells(w.subscribed(plan, after(js{"pause_collection": js{"behavior": "void"}}, changes)), []js{invoice}, charge)
			w.on(update, w.subscribed(plan, nil))
			if err := w.stripe.Resume(t.Context(), "sub_1"); err != nil {
				t.Fatal(err)
			}
			for _, seen := range []int{0, 1} { // how often the second finds the bills as they were
				looks := 0
				w.reply("GET /v1/invoices", func(request) (int, js) {
					if looks++; looks <= seen {
						return http.StatusOK, list(invoice)
					}
					return http.StatusOK, list(next, invoice)
				})
				if err := w.stripe.Resume(t.Context(), "sub_1"); err != nil {
					t.Fatal(err)
				}
			}
			asked := w.calls(update)
			for _, r := range asked[1:] {
				if again := r.form.Get("billing_cycle_anchor") == "now"; again && r.key != asked[0].key {
					t.Errorf("a second charge, as %q beside %q", r.key, asked[0].key)
				}
			}
			if len(asked) != 3 || asked[2].key != asked[0].key {
				t.Errorf("asked %+v", asked)
			}
		})
	}
}

// TestARefusedResumptionIsAskedAnew: Stripe repeats its answer to a key for a day,
// so whoever has mended what it refused needs another; as long as it is not known
// whether it charged, the key stays.
func TestARefusedResumptionIsAskedAnew(t *testing.T) {
	base := newWorld(t)
	for name, c := range map[string]struct {
		status int
		body   js
		anew   bool
	}{
		"declined":          {http.StatusPaymentRequired, refusal("card_error", "card_declined", ""), true},
		"no card":           {http.StatusBadRequest, refusal("invalid_request_error", "resource_missing", ""), true},
		"a wrong key":       {http.StatusUnauthorized, refusal("invalid_request_error", "", ""), true},
		"another wish":      {http.StatusBadRequest, refusal("idempotency_error", "", ""), false},
		"too many requests": {http.StatusTooManyRequests, refusal("invalid_request_error", "rate_limit", ""), false},
		"locked":            {http.StatusConflict, refusal("invalid_request_error", "lock_timeout", ""), false},
		"down":              {http.StatusInternalServerError, refusal("api_error", "", ""), false},
		"a cut line":        {0, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			plan := monthly(bronze, 499)
			w.now = began.AddDate(0, 2, 0)
			invoice, charge := month(0, plan)
			w.sells(w.subscribed(plan, js{"pause_collection": js{"behavior": "void"}}), []js{invoice}, charge)
			w.say(update, c.status, c.body)
			if err := w.stripe.Resume(t.Context(), "sub_1"); err == nil {
				t.Fatal("it went through")
			}
			w.on(update, w.subscribed(plan, nil))
			if err := w.stripe.Resume(t.Context(), "sub_1"); err != nil {
				t.Fatal(err)
			}
			asked := w.calls(update)
			if first, last := asked[0].key, asked[len(asked)-1].key; first == "" || (first != last) != c.anew {
				t.Errorf("first %q, then %q", first, last)
			}
		})
	}
}

// TestADeclinedResumptionStaysPaused: Stripe is asked to change nothing unless
// the card pays.
func TestADeclinedResumptionStaysPaused(t *testing.T) {
	w := newWorld(t)
	w.now = began.AddDate(0, 2, 0)
	invoice, charge := month(0, monthly(bronze, 499))
	w.sells(w.subscribed(monthly(bronze, 499), js{"pause_collection": js{"behavior": "void"}}), []js{invoice}, charge)
	w.say(update, http.StatusPaymentRequired, refusal("card_error", "card_declined", ""))
	if err := w.stripe.Resume(t.Context(), "sub_1"); !fault.Is(err, "card_declined") {
		t.Errorf("got %v", err)
	}
}
