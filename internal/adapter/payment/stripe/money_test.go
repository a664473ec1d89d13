package stripe_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/payout"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

const (
	refunds   = "POST /v1/refunds"
	transfers = "POST /v1/transfers"
)

func TestRefunding(t *testing.T) {
	base := newWorld(t)
	done := func(w *world, key string) js {
		return js{"id": "re_1", "object": "refund", "amount": 100, "status": "succeeded", "metadata": w.meta("key", key)}
	}
	for name, c := range map[string]struct {
		changes func(*world) js // of the charge
		minor   int64
		answer  func(*world)
		asked   int
		reason  string
	}{
		"in part":           {nil, 100, nil, 1, ""},
		"wholly":            {nil, 499, nil, 1, ""},
		"the rest":          {func(w *world) js { return js{"amount_refunded": 100, "refunds": list(done(w, "other"))} }, 399, nil, 1, ""},
		"with the same key": {func(w *world) js { return js{"amount_refunded": 100, "refunds": list(done(w, "key"))} }, 100, nil, 0, ""},
		"the same key of a server": {func(w *world) js {
			return js{"refunds": list(after(done(w, "key"), js{"metadata": js{"subspace": "0123", "key": "key"}}))}
		}, 100, nil, 1, ""},
		"more than is left":     {func(*world) js { return js{"amount_refunded": 100} }, 400, nil, 0, "refund_too_large"},
		"nothing":               {nil, 0, nil, 0, "refund_too_large"},
		"what went back wholly": {func(*world) js { return js{"amount_refunded": 499, "refunded": true} }, 499, nil, 0, ""},
		"of another server":     {func(*world) js { return js{"metadata": js{"subspace": "0123"}} }, 100, nil, 0, "provider_object_missing"},
		"of a gift":             {func(w *world) js { return js{"metadata": w.meta()} }, 100, nil, 1, ""},
		"refunded meanwhile": {nil, 499, func(w *world) {
			w.say(refunds, http.StatusBadRequest, refusal("invalid_request_error", "charge_already_refunded", ""))
		}, 1, ""},
		"disputed": {nil, 499, func(w *world) {
			w.say(refunds, http.StatusBadRequest, refusal("invalid_request_error", "charge_disputed", ""))
		}, 1, "refund_too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			var changes js
			if c.changes != nil {
				changes = c.changes(w)
			}
			w.on("GET /v1/charges/ch_a", charged("ch_a", "pi_a", 499, began, changes))
			w.on(refunds, js{"id": "re_2", "object": "refund", "status": "succeeded"})
			if c.answer != nil {
				c.answer(w)
			}
			err := w.stripe.Refund(t.Context(), subscription.Repayment{Charge: "ch_a", Amount: eur(c.minor), Key: "key"})
			if (c.reason == "" && err != nil) || (c.reason != "" && !fault.Is(err, c.reason)) {
				t.Fatalf("got %v, want %q", err, c.reason)
			}
			if n := len(w.calls(refunds)); n != c.asked {
				t.Fatalf("refunded %d times", n)
			}
		})
	}
}

func TestARefundSaysWhatItIs(t *testing.T) {
	w := newWorld(t)
	w.on("GET /v1/charges/ch_a", charged("ch_a", "pi_a", 499, began, nil))
	w.on("GET /v1/charges/ch_b", charged("ch_b", "pi_b", 499, began, js{"transfer": "tr_1"}))
	w.on(refunds, js{"id": "re_2", "object": "refund", "status": "succeeded"})
	for _, charge := range []string{"ch_a", "ch_a", "ch_b"} {
		if err := w.stripe.Refund(t.Context(), subscription.Repayment{Charge: charge, Amount: eur(100), Key: "key"}); err != nil {
			t.Fatal(err)
		}
	}
	asked := w.calls(refunds)
	if asked[0].key == "" || asked[0].key != asked[1].key || asked[1].key == asked[2].key {
		t.Errorf("the keys are %q, %q, %q", asked[0].key, asked[1].key, asked[2].key)
	}
	if f := asked[0].form; f.Get("charge") != "ch_a" || f.Get("amount") != "100" || f.Get("metadata[key]") != "key" ||
		f.Get("metadata[subspace]") != w.mark || f.Get("reverse_transfer") != "" {
		t.Errorf("asked %v", f)
	}
	if f := asked[2].form; f.Get("reverse_transfer") != "true" {
		t.Errorf("a share that went out with the charge stays out: %v", f)
	}
}

func TestACreatorIsPaid(t *testing.T) {
	w := newWorld(t)
	w.on("POST /v1/accounts", js{"id": "acct_1", "object": "account"})
	w.on("POST /v1/account_links", js{"object": "account_link", "url": "https://connect.stripe.com/setup/x"})
	for range 2 {
		got, err := w.stripe.Onboard(t.Context(), "01channel", "", back)
		if want := (payout.Onboarding{Account: "acct_1", URL: "https://connect.stripe.com/setup/x"}); err != nil || got != want {
			t.Fatalf("got %+v, %v", got, err)
		}
	}
	made := w.calls("POST /v1/accounts")
	if f := made[0].form; made[0].key == "" || made[0].key != made[1].key || f.Get("type") != "express" ||
		f.Get("capabilities[transfers][requested]") != "true" || f.Get("metadata[subspace]") != w.mark {
		t.Errorf("made %+v", made)
	}
	if _, err := w.stripe.Onboard(t.Context(), "01channel", "acct_1", back); err != nil || len(w.calls("POST /v1/accounts")) != 2 {
		t.Errorf("a second account was made, or %v", err)
	}
	if f := w.calls("POST /v1/account_links")[2].form; f.Get("account") != "acct_1" || f.Get("return_url") != back || f.Get("refresh_url") != back || f.Get("type") != "account_onboarding" {
		t.Errorf("led by %v", f)
	}
	w.on("GET /v1/transfers", list())
	w.on(transfers, js{"id": "tr_1", "object": "transfer"})
	ref, err := w.stripe.Transfer(t.Context(), "acct_1", eur(1000), "key")
	if err != nil || ref != "tr_1" {
		t.Fatal(ref, err)
	}
	asked := w.one(transfers)
	if f := asked.form; asked.key == "" || f.Get("amount") != "1000" || f.Get("currency") != "eur" || f.Get("destination") != "acct_1" || f.Get("transfer_group") != asked.key {
		t.Errorf("asked %+v", asked)
	}
	w.on("GET /v1/transfers", list(js{"id": "tr_1", "object": "transfer", "transfer_group": asked.key}))
	if ref, err := w.stripe.Transfer(t.Context(), "acct_1", eur(1000), "key"); err != nil || ref != "tr_1" || len(w.calls(transfers)) != 1 {
		t.Errorf("paid again: %q, %v", ref, err)
	}
}

func TestABalanceThatDoesNotCoverATransfer(t *testing.T) {
	w := newWorld(t)
	w.on("GET /v1/transfers", list())
	w.say(transfers, http.StatusBadRequest, refusal("invalid_request_error", "balance_insufficient", ""))
	_, err := w.stripe.Transfer(t.Context(), "acct_1", eur(1000), "key")
	if f := fault.Of(err); f == nil || f.Reason != "provider_balance_short" || f.Kind != fault.Unavailable || f.RetryAfter <= 0 {
		t.Errorf("got %v", err)
	}
	if _, err := w.stripe.Transfer(t.Context(), "acct_1", money.Amount{Minor: 1, Currency: "JPY"}, "key"); !fault.Is(err, "currency_unsupported") {
		t.Errorf("in yen: %v", err)
	}
}

func TestWhetherACreatorCanBePaid(t *testing.T) {
	base := newWorld(t)
	for name, c := range map[string]struct {
		changes js
		want    payout.Standing
	}{
		"everything is there": {nil, payout.Standing{Payable: true}},
		"no payouts yet":      {js{"payouts_enabled": false}, payout.Standing{}},
		"no transfers yet":    {js{"capabilities": js{"transfers": "pending"}}, payout.Standing{}},
		"no capability":       {js{"capabilities": nil}, payout.Standing{}},
		"something is missing": {
			js{"requirements": js{"currently_due": []string{"external_account", "individual.dob.day"}, "past_due": []string{"external_account"}}},
			payout.Standing{Payable: true, Missing: []string{"external_account", "individual.dob.day"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			w.on("GET /v1/accounts/acct_1", after(js{
				"id": "acct_1", "object": "account", "metadata": w.meta(), "payouts_enabled": true, "capabilities": js{"transfers": "active"},
			}, c.changes))
			got, err := w.stripe.Standing(t.Context(), "acct_1")
			if err != nil || got.Payable != c.want.Payable || len(got.Missing) != len(c.want.Missing) {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
			for i := range got.Missing {
				if got.Missing[i] != c.want.Missing[i] {
					t.Errorf("missing %v", got.Missing)
				}
			}
		})
	}
	w := newWorld(t)
	w.on("GET /v1/accounts/acct_1", js{"id": "acct_1", "object": "account", "payouts_enabled": true})
	if _, err := w.stripe.Standing(t.Context(), "acct_1"); !fault.Is(err, "provider_object_missing") {
		t.Errorf("of somebody else: %v", err)
	}
}

// What Stripe refuses will not be paid; of what nobody knows, nothing is said.
func TestATransferThatIsRefused(t *testing.T) {
	for code, c := range map[string]struct {
		status  int
		refused bool
	}{
		"insufficient_capabilities_for_transfer": {http.StatusBadRequest, true},
		"account_invalid":                        {http.StatusForbidden, true},
		"api_key_expired":                        {http.StatusUnauthorized, false},
		"lock_timeout":                           {http.StatusTooManyRequests, false},
	} {
		w := newWorld(t)
		w.on("GET /v1/transfers", list())
		w.say(transfers, c.status, refusal("invalid_request_error", code, ""))
		_, err := w.stripe.Transfer(t.Context(), "acct_1", eur(1000), "key")
		if err == nil || fault.Is(err, "transfer_refused") != c.refused {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// TestWhatWasTakenBackOfTransfers: the events say where to look, and what a
// transfer is now is asked of Stripe.
func TestWhatWasTakenBackOfTransfers(t *testing.T) {
	w := newWorld(t)
	event := func(id, transfer string, metadata js, changes js) js {
		return after(js{
			"id": id, "object": "event", "type": "transfer.reversed", "created": began.Unix(),
			"data": js{"object": js{"id": transfer, "object": "transfer", "metadata": metadata, "amount_reversed": 1}},
		}, changes)
	}
	w.on("GET /v1/events", list(
		event("evt_4", "tr_1", w.meta("key", "payout:1"), nil), event("evt_3", "tr_foreign", js{}, nil),
		event("evt_2", "tr_1", w.meta("key", "payout:1"), nil), event("evt_1", "tr_2", w.meta("key", "payout:2"), js{"account": "acct_1"}),
	))
	w.on("GET /v1/transfers/tr_1", js{
		"id": "tr_1", "object": "transfer", "amount": 1000, "amount_reversed": 700, "currency": "eur", "metadata": w.meta("key", "payout:1"),
	})
	got, err := w.stripe.Reversals(t.Context(), began)
	want := payout.Reversal{Key: "payout:1", Ref: "tr_1", Total: eur(700)}
	if err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if f := w.one("GET /v1/events").form; f.Get("type") != "transfer.reversed" || f.Get("created[gte]") != strconv.FormatInt(began.Unix(), 10) {
		t.Errorf("asked %v", f)
	}
	w.one("GET /v1/transfers/tr_1")
}
