package app_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

type cents struct{ Minor int64 }

// earned is a creator's money as the route tells it.
type earned struct {
	Provider string
	Sandbox  bool
	Interval string
	Payee    *struct{ Name string }
	Account  struct {
		State   string
		Missing []string
	}
	Earnings []struct {
		Currency                                                   string
		Earned, Held_back, Disputed, Payable, On_its_way, Paid_out cents
		Next_at                                                    *time.Time
	}
	Payouts []struct {
		ID, State, Reason, Detail, Statement string
		Amount                               cents
		Sandbox                              bool
	}
}

func earnedBy(t *testing.T, c apptest.Channel) (e earned) {
	t.Helper()
	c.Owner.Do("GET", c.Path("/payouts"), nil).Into(t, &e)
	return e
}

// A creator says who they are, completes an account, and gets what was sold,
// without asking anybody: through the routes of the page, at the sandbox.
func TestACreatorIsPaidOut(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Options{Args: []string{"--payout-holdback", "1ms", "--payout-interval", "daily", "--payout-minimum", "EUR 1", "--operator-share", "20"}})
	c := s.Found("atelier")
	buyer := s.SignUp("buyer")
	buyer.Pays("atelier")

	e := earnedBy(t, c)
	if e.Provider != "sandbox" || !e.Sandbox || e.Interval != "daily" || e.Payee != nil || e.Account.State != "none" || len(e.Earnings) != 1 {
		t.Fatalf("told %+v", e)
	}
	share := e.Earnings[0].Earned.Minor
	if share <= 100 || e.Earnings[0].Payable.Minor != share {
		t.Fatalf("told %+v", e.Earnings)
	}
	if reason := buyer.Refused("GET", c.Path("/payouts"), nil); reason != "owner_only" {
		t.Errorf("a buyer looks into the creator's money: %s", reason)
	}
	c.Owner.Do("PUT", c.Path("/payouts/payee"), map[string]any{"name": "Atelier", "address": "Quay 1"})
	var page struct{ URL string }
	c.Owner.Do("POST", c.Path("/payouts/account"), nil).Into(t, &page)
	to, err := url.Parse(page.URL)
	if err != nil || to.Path != "/sandbox-account" || !strings.HasPrefix(to.Query().Get("back"), "/cockpit/atelier/") || !strings.HasPrefix(page.URL, s.URL) {
		t.Fatalf("led to %q", page.URL)
	}
	account := "/api/sandbox/accounts/" + to.Query().Get("account")
	if reason := buyer.Refused("POST", account, map[string]any{}); reason != "owner_only" {
		t.Errorf("a buyer completes the creator's account: %s", reason)
	}
	c.Owner.Do("POST", c.Path("/payouts/account/check"), nil)
	if e := earnedBy(t, c); e.Account.State != "incomplete" || len(e.Account.Missing) == 0 {
		t.Fatalf("told %+v", e.Account)
	}
	c.Owner.Do("POST", account, map[string]any{})
	c.Owner.Do("POST", c.Path("/payouts/account/check"), nil)
	apptest.Eventually(t, "nothing was paid out", func() bool { return len(earnedBy(t, c).Payouts) == 1 && earnedBy(t, c).Payouts[0].State == "paid" })

	e = earnedBy(t, c)
	if e.Earnings[0].Paid_out.Minor != share || e.Earnings[0].Payable.Minor != 0 || e.Payouts[0].Amount.Minor != share || !e.Payouts[0].Sandbox || e.Payouts[0].Statement == "" {
		t.Fatalf("told %+v", e)
	}
	var statement struct {
		Number, Seller string
		Lines          []struct {
			What   string
			Amount cents
		}
	}
	c.Owner.Do("GET", c.Path("/payouts/"+e.Payouts[0].ID+"/statement"), nil).Into(t, &statement)
	if last := statement.Lines[len(statement.Lines)-1]; !strings.HasPrefix(statement.Number, "SB-ATELIER-") || statement.Seller != "Atelier" || last.What != "paid" || last.Amount.Minor != share {
		t.Errorf("stated %+v", statement)
	}
	if reason := buyer.Refused("GET", c.Path("/payouts/"+e.Payouts[0].ID+"/statement"), nil); reason != "owner_only" {
		t.Errorf("a buyer reads the creator's statement: %s", reason)
	}
	// What is paid back after it is owed, and seen.
	sale := saleTo(t, c, buyer)
	c.Owner.Do("POST", c.Path("/sales/"+sale.Provider+"/"+sale.ID+"/refund"), map[string]any{})
	if e := earnedBy(t, c); e.Earnings[0].Payable.Minor != -share {
		t.Errorf("told %+v", e.Earnings)
	}
}

// What the bank refuses is told, and the money is still there.
func TestARefusedPayoutIsTold(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Options{Args: []string{"--payout-holdback", "1ms", "--payout-minimum", "EUR 1"}})
	c := s.Found("atelier")
	s.SignUp("buyer").Pays("atelier")
	c.Owner.Do("PUT", c.Path("/payouts/payee"), map[string]any{"name": "Atelier", "address": "Quay 1"})
	var page struct{ URL string }
	c.Owner.Do("POST", c.Path("/payouts/account"), nil).Into(t, &page)
	to, err := url.Parse(page.URL)
	if err != nil {
		t.Fatal(err)
	}
	c.Owner.Do("POST", "/api/sandbox/accounts/"+to.Query().Get("account"), map[string]any{"refuses": true})
	c.Owner.Do("POST", c.Path("/payouts/account/check"), nil)
	apptest.Eventually(t, "nothing was refused", func() bool { return len(earnedBy(t, c).Payouts) == 1 && earnedBy(t, c).Payouts[0].State == "refused" })
	e := earnedBy(t, c)
	if p := e.Payouts[0]; p.Reason != "transfer_refused" || p.Detail == "" || p.Statement != "" || e.Earnings[0].Payable.Minor != p.Amount.Minor || e.Earnings[0].Next_at == nil {
		t.Errorf("told %+v", e)
	}
}
