package stripe_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func TestWhatBecameOfACharge(t *testing.T) {
	base := newWorld(t)
	opened := began.Add(5 * day)
	returned := func(id, status string, minor int64, at time.Time) js {
		return js{"id": id, "object": "refund", "amount": minor, "status": status, "created": at.Unix()}
	}
	complaint := func(status string, more ...js) js {
		return js{"id": "dp_1", "object": "dispute", "status": status, "created": opened.Unix(), "balance_transactions": more}
	}
	for name, c := range map[string]struct {
		changes  js
		disputes []js
		want     func(*subscription.Charge)
	}{
		"nothing": {nil, nil, func(*subscription.Charge) {}},
		"refunded in parts": {
			js{"amount_refunded": 300, "refunds": list(
				returned("re_2", "pending", 200, began.Add(2*day)), returned("re_x", "failed", 150, began.Add(day)), returned("re_1", "succeeded", 100, began.Add(day)))},
			nil, func(o *subscription.Charge) {
				o.Refunds = []subscription.Refund{{Ref: "re_1", Amount: 100, At: began.Add(day)}, {Ref: "re_2", Amount: 200, At: began.Add(2 * day)}}
			},
		},
		"disputed": {js{"disputed": true}, []js{complaint("needs_response")}, func(o *subscription.Charge) {
			o.Dispute = subscription.Dispute{Ref: "dp_1", State: subscription.DisputeOpen, At: opened}
		}},
		"under review": {js{"disputed": true}, []js{complaint("under_review")}, func(o *subscription.Charge) {
			o.Dispute = subscription.Dispute{Ref: "dp_1", State: subscription.DisputeOpen, At: opened}
		}},
		"lost": {js{"disputed": true}, []js{complaint("lost")}, func(o *subscription.Charge) {
			o.Dispute = subscription.Dispute{Ref: "dp_1", State: subscription.DisputeLost, At: opened, Closed: opened}
		}},
		"won": {
			js{"disputed": true},
			[]js{complaint("won", js{"id": "txn_2", "created": opened.Unix()}, js{"id": "txn_3", "created": opened.Add(30 * day).Unix()})},
			func(o *subscription.Charge) {
				o.Dispute = subscription.Dispute{Ref: "dp_1", State: subscription.DisputeWon, At: opened, Closed: opened.Add(30 * day)}
			},
		},
		"the bank only asks": {js{"disputed": true}, []js{complaint("warning_needs_response")}, func(*subscription.Charge) {}},
		"it has asked":       {js{"disputed": true}, []js{complaint("warning_closed")}, func(*subscription.Charge) {}},
		"it was prevented":   {js{"disputed": true}, []js{complaint("prevented")}, func(*subscription.Charge) {}},
		"a word of tomorrow": {js{"disputed": true}, []js{complaint("escalated")}, func(*subscription.Charge) {}},
		"won once, then lost": {js{"disputed": true}, []js{complaint("lost"), after(complaint("won"), js{"id": "dp_0"})}, func(o *subscription.Charge) {
			o.Dispute = subscription.Dispute{Ref: "dp_1", State: subscription.DisputeLost, At: opened, Closed: opened}
		}},
		"paid out in francs": {
			js{"balance_transaction": js{"id": "txn_1", "amount": 475, "currency": "chf", "fee": 38}},
			nil,
			func(o *subscription.Charge) { o.Fee = 40 }, // 38 * 499 / 475
		},
		"the fee is not known yet": {js{"balance_transaction": nil}, nil, func(o *subscription.Charge) { o.Fee = 0 }},
		"by something else than a card": {
			js{"payment_method_details": js{"type": "link"}},
			nil,
			func(o *subscription.Charge) { o.Card, o.Tax.Proof = subscription.Card{}, "" },
		},
		"without an address": {js{"billing_details": nil}, nil, func(o *subscription.Charge) { o.Tax.Country = "" }},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			plan := monthly(bronze, 499)
			invoice, charge := month(0, plan)
			w.sells(w.subscribed(plan, nil), []js{invoice}, charge)
			want := w.fetch().Charges[0]
			c.want(&want)
			w.on("GET /v1/charges", list(after(charge, c.changes)))
			w.on("GET /v1/disputes", list(c.disputes...))
			if got := w.fetch().Charges[0]; !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestMoreRefundsThanAChargeCarries(t *testing.T) {
	w := newWorld(t)
	invoice, charge := month(0, monthly(bronze, 499))
	few := list(js{"id": "re_b", "object": "refund", "amount": 1, "status": "succeeded", "created": began.Add(2).Unix()})
	few["has_more"] = true
	w.sells(w.subscribed(monthly(bronze, 499), nil), []js{invoice}, after(charge, js{"amount_refunded": 2, "refunds": few}))
	w.on("GET /v1/refunds", list(
		js{"id": "re_b", "object": "refund", "amount": 1, "status": "succeeded", "created": began.Add(2 * day).Unix()},
		js{"id": "re_a", "object": "refund", "amount": 1, "status": "succeeded", "created": began.Add(day).Unix()}))
	if got := w.fetch().Charges[0].Refunds; len(got) != 2 || got[0].Ref != "re_a" {
		t.Errorf("got %+v", got)
	}
}

func TestTax(t *testing.T) {
	base := newWorld(t)
	tax := func(minor int64, rate string) js {
		return js{"amount": minor, "tax_behavior": "inclusive", "taxable_amount": 419, "tax_rate_details": js{"tax_rate": rate}, "type": "tax_rate_details"}
	}
	for name, c := range map[string]struct {
		taxes []js
		want  subscription.Tax
	}{
		"none":          {nil, subscription.Tax{Country: "IT", Proof: "DE"}},
		"one":           {[]js{tax(90, "txr_1")}, subscription.Tax{Minor: 90, Rate: 2200, Country: "IT", Proof: "DE"}},
		"one on two":    {[]js{tax(50, "txr_1"), tax(40, "txr_1")}, subscription.Tax{Minor: 90, Rate: 2200, Country: "IT", Proof: "DE"}},
		"two":           {[]js{tax(50, "txr_1"), tax(40, "txr_2")}, subscription.Tax{Minor: 90, Country: "IT", Proof: "DE"}},
		"two on three":  {[]js{tax(50, "txr_1"), tax(30, "txr_2"), tax(10, "txr_1")}, subscription.Tax{Minor: 90, Country: "IT", Proof: "DE"}},
		"one of naught": {[]js{tax(0, "txr_2"), tax(90, "txr_1")}, subscription.Tax{Minor: 90, Rate: 2200, Country: "IT", Proof: "DE"}},
		"by hand":       {[]js{{"amount": 90, "type": "tax_rate_details"}}, subscription.Tax{Minor: 90, Country: "IT", Proof: "DE"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			invoice, charge := month(0, monthly(bronze, 499))
			invoice = after(invoice, js{"total_taxes": c.taxes, "customer_address": js{"country": "IT"}})
			w.sells(w.subscribed(monthly(bronze, 499), nil), []js{invoice}, charge)
			w.on("GET /v1/tax_rates/txr_1", js{"id": "txr_1", "object": "tax_rate", "percentage": 22.0, "effective_percentage": 22.0})
			for range 2 {
				if got := w.fetch().Charges[0].Tax; got != c.want {
					t.Errorf("got %+v, want %+v", got, c.want)
				}
			}
			if n := len(w.calls("GET /v1/tax_rates/txr_1")); n > 1 {
				t.Errorf("a rate that does not change was asked for %d times", n)
			}
		})
	}
}

func TestACurrencyOtherThanTheEuro(t *testing.T) {
	w := newWorld(t)
	invoice, charge := month(0, monthly(bronze, 499))
	w.sells(w.subscribed(monthly(bronze, 499), nil), []js{invoice}, after(charge, js{"currency": "usd"}))
	if got := w.fetch().Charges[0].Total; got != (money.Amount{Minor: 499, Currency: "USD"}) {
		t.Errorf("got %v", got)
	}
}
