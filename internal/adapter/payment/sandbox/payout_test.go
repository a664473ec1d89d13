package sandbox_test

import (
	"net/url"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/payment/sandbox"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/payout"
)

func TestTheSandboxPaysACreatorOnce(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{})
	creators := payout.NewService(payout.Config{Store: store.UnitOf(w.db, func(tx *store.Tx) payout.Tx { return tx }), IDs: w.ids, Now: w.clock.Now, Payer: w.sandbox, Test: true})
	bank := sandbox.NewBank(w.sandbox, creators)
	to, err := w.sandbox.Onboard(t.Context(), w.channel, "", "https://here.example/cockpit/deep?show=payouts")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := w.sandbox.Onboard(t.Context(), w.channel, to.Account, "https://here.example/"); err != nil || again.Account != to.Account {
		t.Errorf("a second account: %+v, %v", again, err)
	}
	u, err := url.Parse(to.URL)
	if err != nil || u.Host != "here.example" || u.Query().Get("back") != "/cockpit/deep?show=payouts" || u.Query().Get("account") != to.Account {
		t.Errorf("led to %s", to.URL)
	}
	amount := money.Amount{Minor: 1000, Currency: "EUR"}
	pay := func(key string) (string, error) {
		return w.sandbox.Transfer(t.Context(), to.Account, amount, key)
	}
	if s, err := w.sandbox.Standing(t.Context(), to.Account); err != nil || s.Payable || len(s.Missing) == 0 {
		t.Errorf("an account that nobody completed is %+v, %v", s, err)
	}
	if _, err := pay("a"); !fault.Is(err, "transfer_refused") {
		t.Errorf("got %v", err)
	}
	if err := bank.Complete(t.Context(), w.person(), to.Account, false); !fault.Is(err, "owner_only") {
		t.Errorf("a stranger completes it: %v", err)
	}
	if err := bank.Complete(t.Context(), w.owner, to.Account, false); err != nil {
		t.Fatal(err)
	}
	first, err := pay("a")
	if err != nil {
		t.Fatal(err)
	}
	if err := bank.Complete(t.Context(), w.owner, to.Account, true); err != nil {
		t.Fatal(err)
	}
	// What was paid stays so, although the account would take nothing more.
	if again, err := pay("a"); err != nil || again != first {
		t.Errorf("got %q, %v, want %q", again, err, first)
	}
	if _, err := pay("b"); !fault.Is(err, "transfer_refused") {
		t.Errorf("got %v", err)
	}
	amount.Minor++
	if _, err := pay("a"); !fault.Is(err, "key_reused") {
		t.Errorf("another sum under the key: %v", err)
	}
	if _, err := w.sandbox.Transfer(t.Context(), "acct_unknown", amount, "c"); !fault.Is(err, "provider_object_missing") {
		t.Errorf("got %v", err)
	}
}
