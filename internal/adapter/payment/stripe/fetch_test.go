package stripe_test

import (
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func (w *world) fetch() subscription.Object {
	w.t.Helper()
	o, err := w.stripe.FetchSubscription(w.t.Context(), "sub_1")
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

func TestASubscriptionInItsFirstMonth(t *testing.T) {
	w := newWorld(t)
	plan := monthly(bronze, 499)
	invoice, charge := month(0, plan)
	w.sells(w.subscribed(plan, nil), []js{invoice}, charge)
	card := subscription.Card{Brand: "visa", Last4: "4242", Fingerprint: "fp_1"}
	want := subscription.Object{
		Ref: "sub_1", Checkout: "01checkout", Status: subscription.StatusActive, Plan: plan,
		Started: began, PeriodStart: began, PeriodEnd: began.AddDate(0, 1, 0), Months: 1, Card: card,
		Charges: []subscription.Charge{{
			Ref: "ch_a", Kind: subscription.ChargePeriod, Plan: plan, Total: plan.Price, Fee: 39, At: began, Card: card,
			Tax: subscription.Tax{Country: "FR", Proof: "DE"}, PeriodStart: began, PeriodEnd: began.AddDate(0, 1, 0),
		}},
	}
	if got := w.fetch(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := w.one("GET /v1/invoices").form; got.Get("subscription") != "sub_1" || got.Get("status") != "paid" || got.Get("limit") != "100" {
		t.Errorf("asked for the invoices with %v", got)
	}
}

// TestEveryWordOfStripes is the table of statuses: what Stripe says, and what it
// is to us.
func TestEveryWordOfStripes(t *testing.T) {
	base := newWorld(t)
	for word, want := range map[string]subscription.Status{
		"incomplete":         subscription.StatusIncomplete,
		"incomplete_expired": subscription.StatusEnded,
		"trialing":           subscription.StatusTrialing,
		"active":             subscription.StatusActive,
		"past_due":           subscription.StatusPastDue,
		"canceled":           subscription.StatusEnded,
		"unpaid":             subscription.StatusUnknown,
		"paused":             subscription.StatusUnknown,
		"asleep":             subscription.StatusUnknown,
		"":                   subscription.StatusUnknown,
	} {
		t.Run(word, func(t *testing.T) {
			w := base.in(t)
			w.sells(w.subscribed(monthly(bronze, 499), js{"status": word}), nil)
			if got := w.fetch(); got.Status != want || !got.PeriodEnd.IsZero() || got.Months != 0 {
				t.Errorf("got %+v, want %s", got, want)
			}
		})
	}
}

func TestAPeriodCountsOnceItIsPaid(t *testing.T) {
	base := newWorld(t)
	plan := monthly(bronze, 499)
	first, paidFirst := month(0, plan)
	second, paidSecond := month(1, plan)
	// Stripe has moved its own period already, an hour before it charges for it.
	moved := func(w *world, status string) js {
		sub := w.subscribed(plan, js{"status": status})
		i := sub["items"].(js)["data"].([]js)[0]
		i["current_period_start"], i["current_period_end"] = began.AddDate(0, 1, 0).Unix(), began.AddDate(0, 2, 0).Unix()
		return sub
	}
	for name, c := range map[string]struct {
		status   string
		invoices []js
		charges  []js
		months   int
		end      time.Time
	}{
		"before it is charged": {"active", []js{first}, []js{paidFirst}, 1, began.AddDate(0, 1, 0)},
		"when it is declined":  {"past_due", []js{first}, []js{paidFirst}, 1, began.AddDate(0, 1, 0)},
		"paid":                 {"active", []js{second, first}, []js{paidSecond, paidFirst}, 2, began.AddDate(0, 2, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			w.sells(moved(w, c.status), c.invoices, c.charges...)
			got := w.fetch()
			if got.Months != c.months || !got.PeriodEnd.Equal(c.end) || len(got.Charges) != c.months {
				t.Errorf("got %d months until %v with %d charges, want %d until %v", got.Months, got.PeriodEnd, len(got.Charges), c.months, c.end)
			}
			for i, ch := range got.Charges {
				if !ch.PeriodStart.Equal(began.AddDate(0, i, 0)) {
					t.Errorf("charge %d pays from %v", i, ch.PeriodStart)
				}
			}
		})
	}
}

func TestATrialAndTheFirstPaymentAfterIt(t *testing.T) {
	plan := monthly(bronze, 499)
	ends := began.Add(7 * day)
	trial := invoiced("in_trial", "", began, line(0, "price_1", began, ends, false))
	trialing := js{"status": "trialing", "trial_start": began.Unix(), "trial_end": ends.Unix()}
	w := newWorld(t)
	w.sells(w.subscribed(plan, trialing), []js{trial})
	got := w.fetch()
	if got.Status != subscription.StatusTrialing || !got.TrialEnd.Equal(ends) || !got.PeriodStart.Equal(began) || !got.PeriodEnd.Equal(ends) ||
		got.Months != 0 || got.Plan != plan || len(got.Charges) != 0 {
		t.Errorf("in the trial: %+v", got)
	}
	if len(w.calls("GET /v1/charges")) != 0 {
		t.Error("charges were asked for where nothing was paid")
	}
	until := ends.AddDate(0, 1, 0)
	paid := invoiced("in_b", "pi_b", ends, line(499, "price_1", ends, until, false))
	w.sells(w.subscribed(plan, after(trialing, js{"status": "active"})), []js{paid, trial}, charged("ch_b", "pi_b", 499, ends, nil))
	got = w.fetch()
	if got.Months != 1 || !got.PeriodStart.Equal(ends) || !got.PeriodEnd.Equal(until) || !got.TrialEnd.Equal(ends) || len(got.Charges) != 1 {
		t.Errorf("after it: %+v", got)
	}
}

func TestADearerPlanCountsByWhatWasPaid(t *testing.T) {
	base := newWorld(t)
	was, is := monthly(bronze, 499), monthly(gold, 1499)
	first, paidFirst := month(0, was)
	change := began.Add(10 * day)
	end := began.AddDate(0, 1, 0)
	diff := invoiced("in_up", "pi_up", change,
		line(-338, "price_1", change, end, true), line(1015, "price_2", change, end, true))
	paidDiff := charged("ch_up", "pi_up", 677, change, nil)
	// Depending on the subscription's billing mode, prorations hang on its item or
	// are items of the invoice.
	items := js{"lines": list()}
	for _, l := range diff["lines"].(js)["data"].([]js) {
		l = after(l, js{"parent": js{"type": "invoice_item_details", "invoice_item_details": js{"proration": true, "subscription": "sub_1"}}})
		items["lines"].(js)["data"] = append(items["lines"].(js)["data"].([]js), l)
	}
	for name, diff := range map[string]js{"by the item": diff, "by the invoice": after(diff, items)} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			sub := w.subscribed(is, nil)
			sub["items"].(js)["data"].([]js)[0]["price"] = w.price("price_2", is)
			w.on("GET /v1/prices/price_1", w.price("price_1", was))
			w.sells(sub, []js{diff, first}, paidDiff, paidFirst)
			got := w.fetch()
			if got.Plan != is || got.Months != 1 || !got.PeriodEnd.Equal(end) || len(got.Charges) != 2 {
				t.Fatalf("got %+v", got)
			}
			if c := got.Charges[0]; c.Kind != subscription.ChargePeriod || c.Plan != was {
				t.Errorf("the first charge: %+v", c)
			}
			if c := got.Charges[1]; c.Kind != subscription.ChargeChange || c.Plan != is || c.Total.Minor != 677 || !c.PeriodEnd.IsZero() {
				t.Errorf("the difference: %+v", c)
			}
		})
	}
}

// TestAPlanThatIsNotPaidIsNotGiven: at the period's end a plan changes, and the
// card is declined. What is paid for is still the old one.
func TestAPlanThatIsNotPaidIsNotGiven(t *testing.T) {
	was, is := monthly(bronze, 499), yearly(gold, 14990)
	first, paidFirst := month(0, was)
	w := newWorld(t)
	sub := w.subscribed(is, js{"status": "past_due"})
	sub["items"].(js)["data"].([]js)[0]["price"] = w.price("price_2", is)
	w.on("GET /v1/prices/price_1", w.price("price_1", was))
	w.sells(sub, []js{first}, paidFirst)
	if got := w.fetch(); got.Plan != was || got.Months != 1 || !got.PeriodEnd.Equal(began.AddDate(0, 1, 0)) {
		t.Errorf("got %+v", got)
	}
}

func TestAYearBeginsWhenAMonthIsChangedForIt(t *testing.T) {
	was, is := monthly(bronze, 499), yearly(bronze, 4990)
	first, paidFirst := month(0, was)
	change := began.Add(10 * day)
	end := change.AddDate(1, 0, 0)
	year := invoiced("in_y", "pi_y", change,
		line(-338, "price_1", change, began.AddDate(0, 1, 0), true), line(4990, "price_2", change, end, false))
	w := newWorld(t)
	sub := w.subscribed(is, nil)
	sub["items"].(js)["data"].([]js)[0]["price"] = w.price("price_2", is)
	w.on("GET /v1/prices/price_1", w.price("price_1", was))
	w.sells(sub, []js{year, first}, charged("ch_y", "pi_y", 4652, change, nil), paidFirst)
	got := w.fetch()
	if got.Months != 13 || !got.PeriodStart.Equal(change) || !got.PeriodEnd.Equal(end) || got.Plan != is {
		t.Fatalf("got %+v", got)
	}
	if c := got.Charges[1]; c.Kind != subscription.ChargePeriod || c.Total.Minor != 4652 || !c.PeriodEnd.Equal(end) {
		t.Errorf("the year's charge: %+v", c)
	}
}

func TestWhatIsAboutToHappen(t *testing.T) {
	base := newWorld(t)
	plan, next := monthly(gold, 1499), monthly(bronze, 499)
	invoice, charge := month(0, plan)
	end := began.AddDate(0, 1, 0)
	scheduled := func(w *world) js {
		return js{"id": "sub_sched_1", "object": "subscription_schedule", "status": "active", "phases": []js{
			{"start_date": began.Unix(), "end_date": end.Unix(), "items": []js{{"price": w.price("price_1", plan), "quantity": 1}}},
			{"start_date": end.Unix(), "end_date": end.AddDate(0, 1, 0).Unix(), "items": []js{{"price": w.price("price_2", next), "quantity": 1}}},
		}}
	}
	for name, c := range map[string]struct {
		changes func(*world) js
		want    func(*subscription.Object)
	}{
		"a cancellation": {
			func(*world) js { return js{"cancel_at_period_end": true, "cancel_at": end.Unix()} },
			func(o *subscription.Object) { o.CancelAtPeriodEnd = true },
		},
		"an end that was set for this period": {
			func(*world) js { return js{"cancel_at": end.Add(-day).Unix()} },
			func(o *subscription.Object) { o.CancelAtPeriodEnd = true },
		},
		"an end that was set for a later period": {
			func(*world) js { return js{"cancel_at": end.Add(day).Unix()} },
			func(*subscription.Object) {},
		},
		"a pause": {
			func(*world) js { return js{"pause_collection": js{"behavior": "void"}} },
			func(o *subscription.Object) { o.Paused = true },
		},
		"another plan": {
			func(w *world) js { return js{"schedule": scheduled(w)} },
			func(o *subscription.Object) { o.Next = next },
		},
		"an end": {
			func(*world) js { return js{"status": "canceled", "ended_at": began.Add(9 * day).Unix()} },
			func(o *subscription.Object) {
				o.Status, o.EndedAt = subscription.StatusEnded, began.Add(9*day)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			w.sells(w.subscribed(plan, nil), []js{invoice}, charge)
			want := w.fetch()
			c.want(&want)
			w.sells(w.subscribed(plan, c.changes(w)), []js{invoice}, charge)
			if got := w.fetch(); !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestTheCardIsThatOfTheNextCharge(t *testing.T) {
	base := newWorld(t)
	customer := js{"id": "cus_1", "object": "customer", "invoice_settings": js{"default_payment_method": js{
		"id": "pm_2", "object": "payment_method", "type": "card", "card": js{"brand": "mastercard", "last4": "4444", "fingerprint": "fp_2"},
	}}}
	for name, c := range map[string]struct {
		changes js
		want    subscription.Card
	}{
		"of the subscription": {js{"customer": customer}, subscription.Card{Brand: "visa", Last4: "4242", Fingerprint: "fp_1"}},
		"of the customer": {
			js{"customer": customer, "default_payment_method": nil},
			subscription.Card{Brand: "mastercard", Last4: "4444", Fingerprint: "fp_2"},
		},
		"none": {js{"default_payment_method": nil}, subscription.Card{}},
		"a wallet": {
			js{"default_payment_method": js{"id": "pm_3", "object": "payment_method", "type": "link"}},
			subscription.Card{Brand: "link"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			w.sells(w.subscribed(monthly(bronze, 499), c.changes), nil)
			if got := w.fetch(); got.Card != c.want {
				t.Errorf("got %+v", got.Card)
			}
		})
	}
}

// TestOthersInTheSameAccount: another server's, and another product's, are not
// ours, and nothing more is asked about them.
func TestOthersInTheSameAccount(t *testing.T) {
	base := newWorld(t)
	for name, metadata := range map[string]js{
		"another product": {}, "another server": {"subspace": "0123", "checkout": "01checkout"},
		"another product with a checkout": {"checkout": "01checkout"},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			w.on("GET /v1/subscriptions/sub_1", w.subscribed(monthly(bronze, 499), js{"metadata": metadata}))
			got := w.fetch()
			if got.Checkout != "" || got.Status != subscription.StatusUnknown || got.Ref != "sub_1" || !got.PeriodEnd.IsZero() {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestAForeignPriceIsNoPlan(t *testing.T) {
	base := newWorld(t)
	for name, change := range map[string]js{
		"another product":             {"product": "prod_x"},
		"another server's":            {"product": "subspace_0123_01bronze"},
		"a week":                      {"recurring": js{"interval": "week", "interval_count": 1}},
		"a quarter":                   {"recurring": js{"interval": "month", "interval_count": 3}},
		"paid once":                   {"recurring": nil},
		"a product that is an object": {"product": js{"id": "prod_x", "object": "product"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			sub := w.subscribed(monthly(bronze, 499), nil)
			i := sub["items"].(js)["data"].([]js)[0]
			i["price"] = after(i["price"].(js), change)
			w.sells(sub, nil)
			if got := w.fetch(); got.Plan != (subscription.Plan{}) {
				t.Errorf("got %+v", got.Plan)
			}
		})
	}
}

func TestASubscriptionThatIsNotThere(t *testing.T) {
	w := newWorld(t)
	w.say("GET /v1/subscriptions/sub_1", http.StatusNotFound, refusal("invalid_request_error", "resource_missing", "id"))
	if _, err := w.stripe.FetchSubscription(t.Context(), "sub_1"); fault.Of(err) == nil || fault.Of(err).Kind != fault.Missing {
		t.Errorf("got %v", err)
	}
}

// TestAMissingPriceIsNoMissingSubscription: the events of a missing object are
// settled for good, so nothing else may look like one.
func TestAMissingPriceIsNoMissingSubscription(t *testing.T) {
	w := newWorld(t)
	invoice, charge := month(0, monthly(bronze, 499))
	sub := w.subscribed(monthly(bronze, 499), nil)
	sub["items"].(js)["data"].([]js)[0]["price"] = w.price("price_2", monthly(bronze, 599))
	w.sells(sub, []js{invoice}, charge)
	w.say("GET /v1/prices/price_1", http.StatusNotFound, refusal("invalid_request_error", "resource_missing", "price"))
	if got := w.fetch(); got.Plan != monthly(bronze, 599) || got.Months != 1 {
		t.Errorf("got %+v", got)
	}
}

// TestLongTenure: more invoices and charges than Stripe lists at a time, and
// charges of the same buyer for something else in between.
func TestLongTenure(t *testing.T) {
	w := newWorld(t)
	plan := monthly(bronze, 499)
	const months = 130
	var invoices, charges []js
	for n := months - 1; n >= 0; n-- {
		from := began.AddDate(0, n, 0)
		id := string(rune('a'+n/26)) + string(rune('a'+n%26))
		invoices = append(invoices, invoiced("in_"+id, "pi_"+id, from, line(499, "price_1", from, began.AddDate(0, n+1, 0), false)))
		charges = append(charges, charged("ch_other"+id, "pi_other"+id, 999, from, nil), charged("ch_"+id, "pi_"+id, 499, from, nil),
			charged("ch_no"+id, "pi_"+id, 499, from, js{"paid": false, "status": "failed"}))
	}
	w.on("GET /v1/subscriptions/sub_1", w.subscribed(plan, nil))
	w.reply("GET /v1/invoices", paged(invoices))
	w.reply("GET /v1/charges", paged(charges))
	got := w.fetch()
	if got.Months != months || !got.PeriodEnd.Equal(began.AddDate(0, months, 0)) {
		t.Errorf("got %d months until %v", got.Months, got.PeriodEnd)
	}
	if len(got.Charges) != 100 {
		t.Fatalf("got %d charges", len(got.Charges))
	}
	for i, c := range got.Charges {
		if want := began.AddDate(0, months-100+i, 0); !c.At.Equal(want) || c.Total != plan.Price {
			t.Fatalf("charge %d is of %v, want %v: %+v", i, c.At, want, c)
		}
	}
}

// paged answers with pages of 100.
func paged(all []js) answer {
	return func(r request) (int, js) {
		from := 0
		for i, o := range all {
			if o["id"] == r.form.Get("starting_after") {
				from = i + 1
			}
		}
		to := min(from+100, len(all))
		page := list(all[from:to]...)
		page["has_more"] = to < len(all)
		return http.StatusOK, page
	}
}
